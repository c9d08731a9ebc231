"""What an expert would write for one purpose: tick files to stored bars, in DuckDB alone.

The yardstick of the benchmarks. It does the same work as the pipeline on the same documents (text
as published, typed trades and spreads, bars of five scales of futures, calendar spreads and
options, all stored), without checks, lineage, recovery or any other product's rules than it needs.
Used nowhere else.

    python benchmarks/by_hand.py ARCHIVE OUT FIRST LAST
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

HOURS = Path(__file__).parents[1] / "indextracker" / "reference" / "products.csv"
SCALES = (1, 5, 15, 30, 60)
BATCH = 10
THREADS = 2

_EXPIRY = r"\d{6}([WF]\d)?"
_PART = """
    strptime(trade_date || trade_time, '%Y%m%d%H%M%S') as local_at,
    case when trade_date < strftime(session_date, '%Y%m%d') or trade_time < '080000'
        then 'night' else 'day' end as session_part
"""

FUTURES_CELLS = (
    *("trade_date", "product", "expiry", "trade_time", "price", "volume"),
    *("near_price", "far_price", "opening_auction"),
)
OPTION_CELLS = (
    *("trade_date", "product", "strike", "expiry", "option_type", "trade_time"),
    *("price", "volume", "opening_auction"),
)

_FUTURES = f"""
create temp table lines as
select session_date, line, trim(product) as product, trim(expiry) as expiry,
    price::double as price, volume::int as volume, {_PART}
from bronze_futures
where price <> 'n/a' and trade_time is not null and volume is not null
    and regexp_full_match(trim(expiry), '{_EXPIRY}(/{_EXPIRY})?')
    and volume::int % case when contains(expiry, '/') then 4 else 2 end = 0
"""

_OPTIONS = f"""
create temp table option_trades as
select session_date, line, trim(product) as product, trim(expiry) as expiry,
    trim(strike)::decimal(12, 4) as strike, trim(option_type) as option_type,
    trim(price)::double as price, trim(volume)::int as sides, {_PART}
from (
    select * replace (trim(trade_date) as trade_date, trim(trade_time) as trade_time)
    from bronze_options
)
where regexp_full_match(trim(expiry), '{_EXPIRY}') and try_cast(trim(price) as double) is not null
    and try_cast(trim(strike) as decimal(12, 4)) is not null and trim(option_type) in ('C', 'P')
    and try_cast(trim(volume) as int) > 0
"""

_CLOSES = """
create temp table closes as
with contracts as (
    select distinct session_date, product, unnest(string_split(expiry, '/')) as expiry from lines
    union
    select distinct session_date, product, expiry from option_trades
), dated as (
    select *, make_date(expiry[1:4]::int, expiry[5:6]::int, 1) as month,
           case when length(expiry) = 8 then expiry[8:8]::int else 3 end as nth,
           case when expiry[7:7] = 'F' then 5 else 3 end as weekday
    from contracts
), expiring as (
    select session_date, product, expiry,
           month + ((7 + weekday - isodow(month)) % 7 + 7 * (nth - 1))::int as last_day
    from dated
)
select e.session_date, e.product, e.expiry,
       case when e.session_date = e.last_day then coalesce(h.last_day_close, '13:30:00')
            else coalesce(h.day_close, '13:45:00') end as day_close
from expiring e
left join (
    select * from read_csv($hours, all_varchar = true)
) h on e.product = h.product
   and e.session_date >= coalesce(h.valid_from, '1998-01-01')::date
   and e.session_date <= coalesce(h.valid_to, '9999-01-01')::date
"""

_PLACED = """
create temp table placed as
select p.*, time_bucket(interval 1 minute,
    case when strftime(p.local_at, '%H:%M:%S')
              = case when p.session_part = 'night' then '05:00:00' else c.day_close end
         then p.local_at - interval 1 second else p.local_at end) as minute
from ({prints}) p
join closes c
    on p.session_date = c.session_date and p.product = c.product and p.{expiry} = c.expiry
"""

_MINUTES = """
create temp table minutes as
select {key}, minute, arg_min(price, line) as open, max(price) as high, min(price) as low,
    arg_max(price, line) as close, count(*) as prints, {sums}
from placed group by all
"""

_BARS = """
create temp table {name} as
with scaled as (
    select *, time_bucket(to_minutes(scale), minute, timestamp '2000-01-01') as bar_start
    from minutes cross join (select unnest({scales}) as scale) as scales
), rolled as (
    select {key}, scale, bar_start,
           arg_min(open, minute) filter (open is not null) as open, max(high) as high,
           min(low) as low, arg_max(close, minute) filter (close is not null) as close,
           coalesce(sum(prints), 0) as prints, {totals}
    from scaled group by all
)
select *, s1::double / nullif({n}, 0) as mean,
    case when {n} > 1 then sqrt(
        ({n}::decimal(9, 0) * s2::decimal(28, 8) - s1::decimal(19, 4) * s1::decimal(19, 4))
        ::double / ({n} * ({n} - 1.0))) end as std
from rolled
"""

_EXACT = "price::decimal(18, 4)"


@dataclass(frozen=True)
class Kind:
    """Bars of one kind of instrument.

    Attributes:
        key: What identifies an instrument and the part of its session.
        expiry: The expiry with which it closes.
        n: What counts in mean and std.
        sums: SQL of the sums over the prints of a minute, by name.
    """

    key: str
    expiry: str
    n: str
    sums: dict[str, str]


_OUTRIGHT = {
    "contracts": "sum(contracts)",
    "s1": f"sum({_EXACT})",
    "s2": f"sum(({_EXACT} * {_EXACT})::decimal(27, 8))",
    "sw": f"sum(({_EXACT} * contracts)::decimal(28, 4))",
}
FUTURES = Kind("session_date, product, expiry, session_part", "expiry", "prints", _OUTRIGHT)
SPREADS = Kind(
    "session_date, product, near_expiry, far_expiry, session_part",
    "near_expiry",
    "prints",
    _OUTRIGHT,
)
OPTIONS = Kind(
    "session_date, product, expiry, strike, option_type, session_part",
    "expiry",
    "contracts",
    {
        "contracts": "sum(sides) // 2",
        "s1": f"(sum(({_EXACT} * sides)::decimal(28, 4)) * 0.5::decimal(2, 1))::decimal(28, 4)",
        "s2": f"(sum(({_EXACT} * {_EXACT} * sides)::decimal(35, 8)) * 0.5::decimal(2, 1))",
    },
)


def run(archive: Path, sessions: Sequence[date], out: Path) -> dict[str, int]:
    """Reads the sessions' tick files and stores text, trades, spreads and bars as Parquet.

    Args:
        archive: Folder of the zips.
        sessions: In order; read ten at a time.
        out: Folder to write into.

    Returns:
        Bars of each kind, and contracts in those of one minute.
    """
    found: dict[str, int] = {}
    for first in range(0, len(sessions), BATCH):
        batch = sessions[first : first + BATCH]
        for name, number in _run(archive, batch, out / str(first)).items():
            found[name] = found.get(name, 0) + number
    return found


def _run(archive: Path, sessions: Sequence[date], out: Path) -> dict[str, int]:
    out.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {THREADS}")
        _read(connection, archive, "bronze_futures", "Daily", sessions, FUTURES_CELLS, out)
        _read(connection, archive, "bronze_options", "OptionsDaily", sessions, OPTION_CELLS, out)
        connection.execute(_FUTURES)
        connection.execute(_OPTIONS)
        connection.execute(_CLOSES, {"hours": str(HOURS)})
        connection.execute(
            "create temp table trades as select * exclude volume, volume // 2 as contracts"
            " from lines where not contains(expiry, '/')"
        )
        connection.execute(
            "create temp table spreads as select * exclude (volume, expiry),"
            " split_part(expiry, '/', 1) as near_expiry, split_part(expiry, '/', 2) as far_expiry,"
            " volume // 4 as contracts from lines where contains(expiry, '/')"
        )
        for table in ("trades", "spreads", "option_trades"):
            _store(connection, table, out)
        with _legs(connection):
            _bars(connection, "futures_bars", "trades", FUTURES, out, legs=True)
        _bars(connection, "spread_bars", "spreads", SPREADS, out)
        _bars(connection, "option_bars", "option_trades", OPTIONS, out)
        found = {}
        for table, contracts in (
            ("futures_bars", "contracts + spread_contracts"),
            ("spread_bars", "contracts"),
            ("option_bars", "contracts"),
        ):
            [(bars, total)] = connection.execute(
                f"select count(*), sum({contracts}) filter (scale = 1) from {table}"
            ).fetchall()
            found |= {f"{table}": bars, f"contracts of {table}": int(total)}
    return found


def _read(
    connection: duckdb.DuckDBPyConnection,
    archive: Path,
    table: str,
    stem: str,
    sessions: Sequence[date],
    cells: Sequence[str],
    out: Path,
) -> None:
    """The text of all lines behind the header, stored as it is."""
    parts = []
    for session in sessions:
        with zipfile.ZipFile(archive / f"{stem}_{session:%Y_%m_%d}.zip") as zipped:
            text = zipped.read(zipped.namelist()[0])
        begin = text.index(b"\n") + 1
        if text.startswith(b"-", begin):
            begin = text.index(b"\n", begin) + 1
        plain = out / f"{stem}_{session}.csv"
        plain.write_bytes(text[begin:])
        parts.append(
            f"select date '{session}' as session_date, row_number() over () as line, *"
            f" from read_csv('{plain}', header = false, all_varchar = true, quote = '',"
            f" null_padding = true, parallel = false, names = {list(cells)})"
        )
    connection.execute(f"create temp table {table} as {' union all '.join(parts)}")
    _store(connection, table, out)
    for plain in out.glob("*.csv"):
        plain.unlink()


@contextmanager
def _legs(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Contracts traded as legs of spreads, per minute."""
    prints = (
        "select session_date, product, unnest([near_expiry, far_expiry]) as expiry, session_part,"
        " local_at, contracts from spreads"
    )
    connection.execute(_PLACED.format(prints=prints, expiry="expiry"))
    connection.execute(
        f"create temp table legs as select {FUTURES.key}, minute,"
        " sum(contracts) as spread_contracts from placed group by all"
    )
    connection.execute("drop table placed")
    yield
    connection.execute("drop table legs")


def _bars(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    prints: str,
    kind: Kind,
    out: Path,
    *,
    legs: bool = False,
) -> None:
    sums = ", ".join(f"{sql} as {column}" for column, sql in kind.sums.items())
    totals = [f"coalesce(sum({column}), 0) as {column}" for column in kind.sums]
    connection.execute(_PLACED.format(prints=f"select * from {prints}", expiry=kind.expiry))
    connection.execute(_MINUTES.format(key=kind.key, sums=sums))
    if legs:
        totals.append("coalesce(sum(spread_contracts), 0) as spread_contracts")
        connection.execute(
            "create or replace temp table minutes as select * from minutes full join legs"
            f" using ({kind.key}, minute)"
        )
    connection.execute(
        _BARS.format(
            name=name, key=kind.key, n=kind.n, totals=", ".join(totals), scales=list(SCALES)
        )
    )
    connection.execute("drop table placed")
    connection.execute("drop table minutes")
    _store(connection, name, out)


def _store(connection: duckdb.DuckDBPyConnection, table: str, out: Path) -> None:
    file = out / f"{table}.parquet"
    connection.execute(f"copy {table} to '{file}' (compression zstd, compression_level 1)")


def main() -> None:
    """Runs over the weekdays between two days that the archive has."""
    archive, out = Path(sys.argv[1]), Path(sys.argv[2])
    first, last = (date.fromisoformat(day) for day in sys.argv[3:5])
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    sessions = [day for day in days if (archive / f"Daily_{day:%Y_%m_%d}.zip").exists()]
    sys.stdout.write(f"{run(archive, sessions, out)}\n")


if __name__ == "__main__":
    main()
