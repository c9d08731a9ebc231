"""What an expert would write for one purpose: tick files to stored bars, in DuckDB alone.

The yardstick of the benchmarks. It does the same work as the pipeline on the same documents (text
as published, typed trades and spreads, bars of five scales with spread legs, all stored), without
checks, lineage, recovery or any other product's rules than it needs. Used nowhere else.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

HOURS = Path(__file__).parents[1] / "indextracker" / "reference" / "products.csv"
SCALES = (1, 5, 15, 30, 60)

_TYPED = """
create temp table lines as
select session_date, line, trim(product) as product, trim(expiry) as expiry,
       trade_date::int as trade_date, trade_time, price::double as price, volume::int as volume,
       strptime(trade_date || trade_time, '%Y%m%d%H%M%S') as local_at,
       case when trade_date < strftime(session_date, '%Y%m%d') or trade_time < '080000'
            then 'night' else 'day' end as session_part
from bronze
"""

_CLOSES = """
create temp table closes as
with contracts as (
    select distinct session_date, product, unnest(string_split(expiry, '/')) as expiry from lines
), dated as (
    select *, make_date(expiry[1:4]::int, expiry[5:6]::int, 1) as month,
           case when expiry[7:7] = 'W' then expiry[8:8]::int else 3 end as nth
    from contracts
), expiring as (
    select session_date, product, expiry,
           month + ((10 - isodow(month)) % 7 + 7 * (nth - 1))::int as last_day
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
create temp table {name} as
select p.*, time_bucket(interval 1 minute,
    case when strftime(p.local_at, '%H:%M:%S')
              = case when p.session_part = 'night' then '05:00:00' else c.day_close end
         then p.local_at - interval 1 second else p.local_at end) as minute
from ({prints}) p
join closes c on p.session_date = c.session_date and p.product = c.product and p.expiry = c.expiry
"""

_MINUTES = """
create temp table minutes as
with outright as (
    select session_date, product, expiry, session_part, minute,
           arg_min(price, line) as open, max(price) as high, min(price) as low,
           arg_max(price, line) as close, count(*) as trades, sum(contracts) as contracts,
           sum(price::decimal(18, 4)) as s1,
           sum((price::decimal(18, 4) * price::decimal(18, 4))::decimal(27, 8)) as s2,
           sum((price::decimal(18, 4) * contracts)::decimal(28, 4)) as sw
    from placed_trades group by all
), legs as (
    select session_date, product, expiry, session_part, minute,
           sum(contracts) as spread_contracts
    from placed_legs group by all
)
select * from outright
full join legs using (session_date, product, expiry, session_part, minute)
"""

_BARS = """
create temp table bars as
with scaled as (
    select *, time_bucket(to_minutes(scale), minute, timestamp '2000-01-01') as bar_start
    from minutes cross join (select unnest({scales}) as scale) as scales
), rolled as (
    select session_date, product, expiry, session_part, scale, bar_start,
           arg_min(open, minute) filter (open is not null) as open, max(high) as high,
           min(low) as low, arg_max(close, minute) filter (close is not null) as close,
           coalesce(sum(trades), 0) as trades, coalesce(sum(contracts), 0) as contracts,
           coalesce(sum(spread_contracts), 0) as spread_contracts,
           sum(s1) as s1, sum(s2) as s2, sum(sw) as sw
    from scaled group by all
)
select * exclude (s1, s2, sw),
       s1::double / nullif(trades, 0) as mean,
       case when trades > 1 then sqrt(
           (trades::decimal(9, 0) * s2::decimal(28, 8) - s1::decimal(19, 4) * s1::decimal(19, 4))
           ::double / (trades * (trades - 1.0))) end as std,
       sw::double / nullif(contracts, 0) as vwap
from rolled
"""


def run(archive: Path, sessions: Sequence[date], out: Path) -> dict[str, int]:
    """Reads the sessions' tick files and stores text, trades, spreads and bars as Parquet.

    Args:
        archive: Folder of the zips.
        sessions: One batch.
        out: Folder to write into.

    Returns:
        Bars, and contracts in them at the scale of one minute.
    """
    out.mkdir(parents=True, exist_ok=True)
    columns = (
        "trade_date",
        "product",
        "expiry",
        "trade_time",
        "price",
        "volume",
        "near_price",
        "far_price",
        "opening_auction",
    )
    with duckdb.connect() as connection:
        parts = []
        for session in sessions:
            with zipfile.ZipFile(archive / f"Daily_{session:%Y_%m_%d}.zip") as zipped:
                text = zipped.read(zipped.namelist()[0])
            plain = out / f"{session}.csv"
            plain.write_bytes(text[text.index(b"\n") + 1 :])
            parts.append(
                f"select date '{session}' as session_date, row_number() over () + 1 as line, *"
                f" from read_csv('{plain}', header = false, all_varchar = true, quote = '',"
                f" null_padding = true, parallel = false, names = {list(columns)})"
            )
        connection.execute(f"create temp table read as {' union all '.join(parts)}")
        connection.execute(
            "create temp table bronze as select * from read where price <> 'n/a'"
            " and regexp_full_match(trim(expiry),"
            " '\\d{6}([WF]\\d)?(/\\d{6}([WF]\\d)?)?') and trade_time is not null"
            " and volume::int % case when contains(expiry, '/') then 4 else 2 end = 0"
        )
        _store(connection, "read", out / "bronze.parquet")
        connection.execute(_TYPED)
        connection.execute(_CLOSES, {"hours": str(HOURS)})
        connection.execute(
            "create temp table trades as select * exclude volume, volume // 2 as contracts"
            " from lines where not contains(expiry, '/')"
        )
        connection.execute(
            "create temp table spreads as select * exclude volume, volume // 4 as contracts"
            " from lines where contains(expiry, '/')"
        )
        _store(connection, "trades", out / "trades.parquet")
        _store(connection, "spreads", out / "spreads.parquet")
        legs = (
            "select session_date, product, unnest(string_split(expiry, '/')) as expiry,"
            " session_part, local_at, contracts from spreads"
        )
        connection.execute(_PLACED.format(name="placed_trades", prints="select * from trades"))
        connection.execute(_PLACED.format(name="placed_legs", prints=legs))
        connection.execute(_MINUTES)
        connection.execute(_BARS.format(scales=list(SCALES)))
        _store(connection, "bars", out / "bars.parquet")
        bars, contracts = connection.execute(
            "select count(*), sum(contracts + spread_contracts) filter (scale = 1) from bars"
        ).fetchall()[0]
    for session in sessions:
        (out / f"{session}.csv").unlink()
    return {"bars": bars, "contracts": int(contracts)}


def _store(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    connection.execute(f"copy {table} to '{file}' (compression zstd, compression_level 1)")
