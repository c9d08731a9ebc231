"""What an expert would write for one purpose: tick files to stored bars, in Arrow and DuckDB.

The yardstick of the benchmarks. It does the same work as the pipeline on the same documents (text
as published, typed trades and spreads, bars of five scales of futures, calendar spreads and
options, all stored as Delta tables), without checks, lineage, recovery or any other product's rules
than it needs. Used nowhere else.

It is as fast as its author could make it. A session is one thread's: inflated by ISA-L, parsed as
text by Arrow, typed by casts and by arithmetic on the digits of dates and times, counted into
one-minute sums, from which the coarser bars are made. Sums are doubles.

    python benchmarks/by_hand.py ARCHIVE OUT FIRST LAST
"""

from __future__ import annotations

import json
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import Schema
from deltalake.transaction import AddAction, create_table_with_add_actions
from isal import isal_zlib
from pyarrow import csv

HOURS = Path(__file__).parents[1] / "indextracker" / "reference" / "taiwan" / "products.csv"
SCALES = (1, 5, 15, 30, 60)
THREADS = 2
# Where a night part ends; its last print belongs to the bar before.
NIGHT_CLOSE_SECONDS = 5 * 3600

FUTURES_CELLS = (
    *("trade_date", "product", "expiry", "trade_time", "price", "volume"),
    *("near_price", "far_price", "opening_auction"),
)
OPTION_CELLS = (
    *("trade_date", "product", "strike", "expiry", "option_type", "trade_time"),
    *("price", "volume", "opening_auction"),
)

# `clock` counts the seconds of Taipei's clock since 1970.
_TIMED = """
select * exclude (trade_date, trade_time, d, t),
    (epoch(make_date(d // 10000, d // 100 % 100, d % 100))::bigint
        + t // 10000 * 3600 + t // 100 % 100 * 60 + t % 100) as clock,
    case when d < {day} or t < 80000 then 'night' else 'day' end as session_part
from (
    select *, try_cast(trade_date as int) as d,
        try_cast(left(trade_time, 6) as int) as t
    from raw
)
"""

_LINES = """
create or replace temp table lines as
select line, session_part, clock, product, expiry, contains(expiry, '/') as is_spread,
    try_cast(price as double) as price, try_cast(volume as int) as volume
from ({timed})
where price <> 'n/a' and clock is not null and length(expiry) >= 6
    and try_cast(volume as int) % (case when contains(expiry, '/') then 4 else 2 end) = 0
"""

_TRADES = """
create or replace temp table trades as
select * exclude (is_spread, volume), volume // 2 as contracts from lines where not is_spread
"""

_SPREADS = """
create or replace temp table spreads as
select * exclude (is_spread, volume, expiry), split_part(expiry, '/', 1) as near_expiry,
    split_part(expiry, '/', 2) as far_expiry, volume // 4 as contracts
from lines where is_spread
"""

_SIDES = """
create or replace temp table option_trades as
select line, session_part, clock, product, expiry, try_cast(strike as decimal(12, 4)) as strike,
    option_type, try_cast(price as double) as price,
    try_cast(volume as int) as sides
from ({timed})
where clock is not null and try_cast(price as double) is not null and try_cast(volume as int) > 0
    and try_cast(strike as decimal(12, 4)) is not null and option_type in ('C', 'P')
"""

_CLOSES = r"""
create or replace temp table closes as
with contracts as ({contracts}), dated as (
    select *, make_date(expiry[1:4]::int, expiry[5:6]::int, 1) as month,
           case when length(expiry) = 8 then expiry[8:8]::int else 3 end as nth,
           case when expiry[7:7] = 'F' then 5 else 3 end as weekday
    from contracts where regexp_full_match(expiry, '\d{{6}}([WF]\d)?')
), expiring as (
    select product, expiry,
           month + ((7 + weekday - isodow(month)) % 7 + 7 * (nth - 1))::int as last_day
    from dated
)
select e.product, e.expiry, epoch(
           case when e.last_day = date '{session}' then coalesce(h.last_day_close, '13:30:00')
                else coalesce(h.day_close, '13:45:00') end::time)::bigint as day_close
from expiring e
left join hours h on e.product = h.product
   and h.valid_from <= date '{session}' and h.valid_to >= date '{session}'
"""

_MINUTES = """
create or replace temp table minutes as
select {key},
    (clock - (clock % 86400 = if(session_part = 'night', {night_close}, day_close))::int) // 60
        as minute,
    arg_min(price, line) as open, max(price) as high, min(price) as low,
    arg_max(price, line) as close, count(*) as prints, {sums}
from {prints} join closes on {prints}.product = closes.product and {expiry} = closes.expiry
group by all
"""

_LEGS = """
create or replace temp table minutes as
with legs as (
    select product, unnest([near_expiry, far_expiry]) as expiry, session_part, clock, contracts
    from spreads
), counted as (
    select {key},
        (clock - (clock % 86400 = if(session_part = 'night', {night_close}, day_close))::int) // 60
            as minute, sum(contracts) as spread_contracts
    from legs join closes using (product, expiry) group by all
)
select * from minutes full join counted using ({key}, minute)
"""

_BARS = """
select {key}, {scale} as scale_minutes,
    make_timestamp((minute // {scale} * {scale} * 60 - 28800) * 1000000) as bar_start,
    arg_min(open, minute) filter (open is not null) as open, max(high) as high, min(low) as low,
    arg_max(close, minute) filter (close is not null) as close,
    sum(s1) / sum({n}) as mean,
    case when sum({n}) > 1 then
        sqrt(greatest(sum(s2) - sum(s1) * sum(s1) / sum({n}), 0) / (sum({n}) - 1)) end as std,
    coalesce(sum(prints), 0) as prints, {totals}
from minutes group by {key}, minute // {scale}
"""


@dataclass(frozen=True)
class Kind:
    """Bars of one kind of instrument.

    Attributes:
        name: Of the table of bars.
        prints: The table of what is counted.
        key: What identifies an instrument and the part of its session.
        expiry: The expiry with which it closes.
        n: What counts in mean and std.
        sums: SQL of the sums over the prints of a minute, by name.
        totals: What is added up besides.
    """

    name: str
    prints: str
    key: str
    expiry: str
    n: str
    sums: dict[str, str]
    totals: tuple[str, ...] = ("contracts",)


_OUTRIGHT = {
    "contracts": "sum(contracts)::bigint",
    "s1": "sum(price)",
    "s2": "sum(price * price)",
    "price_contracts_sum": "sum(price * contracts)",
}
FUTURES = Kind(
    "futures_bars",
    "trades",
    "product, expiry, session_part",
    "trades.expiry",
    "prints",
    _OUTRIGHT,
    ("contracts", "price_contracts_sum", "spread_contracts"),
)
SPREADS = Kind(
    "spread_bars",
    "spreads",
    "product, near_expiry, far_expiry, session_part",
    "near_expiry",
    "prints",
    _OUTRIGHT,
    ("contracts", "price_contracts_sum"),
)
OPTIONS = Kind(
    "option_bars",
    "option_trades",
    "product, expiry, strike, option_type, session_part",
    "option_trades.expiry",
    "contracts",
    {
        "contracts": "sum(sides)::bigint // 2",
        "s1": "sum(price * sides) / 2",
        "s2": "sum(price * price * sides) / 2",
    },
)
COUNTED = {
    "futures_bars": "contracts + spread_contracts",
    "spread_bars": "contracts",
    "option_bars": "contracts",
}


def run(archive: Path, sessions: Sequence[date], out: Path) -> dict[str, int]:
    """Reads the sessions' tick files and stores text, trades, spreads and bars.

    Args:
        archive: Folder of the zips.
        sessions: In order.
        out: Folder of the Delta tables.

    Returns:
        Bars of each kind, and contracts in those of one minute.
    """
    threads = min(THREADS, len(sessions))
    own = threading.local()

    def one(session: date) -> Counter[str]:
        if not hasattr(own, "connection"):
            own.connection = duckdb.connect(config={"threads": THREADS // threads})
            own.connection.execute(_HOURS)
        return _Session(own.connection, archive, session, out).run()

    found: Counter[str] = Counter()
    with ThreadPoolExecutor(threads) as pool:
        for counts in pool.map(one, sessions):
            found.update(counts)
    for table in sorted(out.iterdir()):
        _commit(table)
    return dict(found)


_HOURS = f"""
create temp table hours as
select product, last_day_close, day_close, coalesce(valid_from, '1998-01-01')::date as valid_from,
    coalesce(valid_to, '9999-01-01')::date as valid_to
from read_csv('{HOURS}', all_varchar = true)
"""


class _Session:
    """The files of a session, on one connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, archive: Path, session: date, out: Path
    ) -> None:
        self._sql = connection
        self._archive = archive
        self._session = session
        self._out = out
        self._timed = _TIMED.format(day=f"{session:%Y%m%d}")
        self._found: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        self._read("bronze_futures", "Daily", FUTURES_CELLS)
        self._sql.execute(_LINES.format(timed=self._timed))
        self._sql.execute(_TRADES)
        self._sql.execute(_SPREADS)
        self._stored("trades")
        self._stored("spreads")
        self._close(
            "select distinct product, unnest(string_split(expiry, '/')) as expiry from lines"
        )
        self._minutes(FUTURES)
        self._sql.execute(_LEGS.format(key=FUTURES.key, night_close=NIGHT_CLOSE_SECONDS))
        self._bars(FUTURES)
        self._minutes(SPREADS)
        self._bars(SPREADS)
        self._read("bronze_options", "OptionsDaily", OPTION_CELLS)
        self._sql.execute(_SIDES.format(timed=self._timed))
        self._stored("option_trades")
        self._close("select distinct product, expiry from option_trades")
        self._minutes(OPTIONS)
        self._bars(OPTIONS)
        return self._found

    def _read(self, table: str, stem: str, cells: Sequence[str]) -> None:
        """Registers the text of the lines below the header as `raw`, and stores it."""
        body = _inflated(self._archive / f"{stem}_{self._session:%Y_%m_%d}.zip")
        begin = body.index(b"\n") + 1
        if body.startswith(b"-", begin):
            begin = body.index(b"\n", begin) + 1
        lines = body[begin:]
        if not lines.isascii():
            lines = lines.decode("cp950").encode()
        raw = csv.read_csv(
            pa.BufferReader(lines),
            csv.ReadOptions(column_names=list(cells), use_threads=False, block_size=4 << 20),
            csv.ParseOptions(quote_char=False, invalid_row_handler=lambda _: "skip"),
            csv.ConvertOptions(column_types=dict.fromkeys(cells, pa.string())),
        )
        raw = pa.table({cell: pc.ascii_trim_whitespace(raw[cell]) for cell in cells})
        raw = raw.append_column("line", pa.arange(2, raw.num_rows + 2))
        pq.write_table(
            raw,
            self._place(table),
            compression="zstd",
            compression_level=1,
            use_dictionary=list(cells),
            column_encoding={"line": "DELTA_BINARY_PACKED"},
        )
        self._sql.register("raw", raw)

    def _close(self, contracts: str) -> None:
        self._sql.execute(_CLOSES.format(contracts=contracts, session=self._session))

    def _minutes(self, kind: Kind) -> None:
        key = ", ".join(f"{kind.prints}.{name}" for name in kind.key.split(", "))
        sums = ", ".join(f"{sql} as {column}" for column, sql in kind.sums.items())
        self._sql.execute(
            _MINUTES.format(
                key=key,
                night_close=NIGHT_CLOSE_SECONDS,
                sums=sums,
                prints=kind.prints,
                expiry=kind.expiry,
            )
        )

    def _bars(self, kind: Kind) -> None:
        totals = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in kind.totals)
        scales = (
            _BARS.format(key=kind.key, scale=scale, n=kind.n, totals=totals) for scale in SCALES
        )
        self._sql.execute(
            f"create or replace temp table {kind.name} as {' union all '.join(scales)}"
        )
        self._stored(kind.name)
        [(bars, contracts)] = self._sql.execute(
            f"select count(*), sum({COUNTED[kind.name]}) filter (scale_minutes = 1)"
            f" from {kind.name}"
        ).fetchall()
        self._found.update({kind.name: bars, f"contracts of {kind.name}": int(contracts or 0)})

    def _stored(self, table: str) -> None:
        columns = "*"
        if table in ("trades", "spreads", "option_trades"):
            columns = "* exclude (clock), make_timestamp((clock - 28800) * 1000000) as traded_at"
        self._sql.execute(
            f"copy (select {columns} from {table}) to '{self._place(table)}'"
            " (format parquet, compression zstd, compression_level 1)"
        ).fetchall()

    def _place(self, table: str) -> Path:
        folder = self._out / table / f"session_date={self._session}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "part-0.parquet"


def _inflated(zipped: Path) -> bytes:
    """The only entry of a zip."""
    with zipfile.ZipFile(zipped) as found:
        [entry] = found.infolist()
        assert found.fp
        # The local header has two lengths of its own, of the name and of what is added.
        found.fp.seek(entry.header_offset + 26)
        around = int.from_bytes(found.fp.read(2), "little") + int.from_bytes(
            found.fp.read(2), "little"
        )
        found.fp.seek(entry.header_offset + 30 + around)
        packed = found.fp.read(entry.compress_size)
    inflated = bytes(isal_zlib.decompress(packed, -15, entry.file_size))
    if isal_zlib.crc32(inflated) != entry.CRC:
        raise ValueError(f"{zipped} is damaged")
    return inflated


def _commit(table: Path) -> None:
    """Makes the files of a table a Delta table, in one commit."""
    files = sorted(table.glob("*/part-0.parquet"))
    now = int(time.time() * 1000)
    added = [
        AddAction(
            str(file.relative_to(table)),
            file.stat().st_size,
            {"session_date": file.parent.name.partition("=")[2]},
            now,
            data_change=True,
            stats=json.dumps({"numRecords": pq.read_metadata(file).num_rows}),
        )
        for file in files
    ]
    fields = [
        pa.field(name, pa.timestamp("us", "UTC") if pa.types.is_timestamp(kind) else kind)
        for name, kind in ((field.name, field.type) for field in pq.read_schema(files[0]))
    ]
    schema = Schema.from_arrow(pa.schema([*fields, pa.field("session_date", pa.date32())]))
    create_table_with_add_actions(
        str(table), schema, added, mode="overwrite", partition_by=["session_date"]
    )


def main() -> None:
    """Runs over the weekdays between two days that the archive has."""
    archive, out = Path(sys.argv[1]), Path(sys.argv[2])
    first, last = (date.fromisoformat(day) for day in sys.argv[3:5])
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    sessions = [day for day in days if (archive / f"Daily_{day:%Y_%m_%d}.zip").exists()]
    sys.stdout.write(f"{run(archive, sessions, out)}\n")


if __name__ == "__main__":
    main()
