"""The continuous future on TAIEX as a universe of strategies: a bar a session, returns kept."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from indextracker.lake import scratch
from indextracker.reader import Lakehouse
from indextracker.strategies.universes import OfReader
from indextracker_catalogue import taiwan as t

_PRODUCT = "TX"


def _rows(lakehouse: Lakehouse, first: date, last: date, ticker: str | None) -> pa.Table:
    del ticker  # there is one
    bars = lakehouse.continuous(
        _PRODUCT, adjust="ratio", per="session", first=first, last=last
    ).rows
    with scratch.catalog() as connection:
        connection.register("bars", bars)
        return connection.sql(
            """
            select
                product as ticker, session_date::timestamp at time zone 'UTC' as "at",
                open, high, low, close, close as adj_close, contracts::double as volume,
                null::double as dividend, null::varchar as sector
            from bars where close is not null order by 2
            """
        ).to_arrow_table()


CONTINUOUS = OfReader(
    name="futures",
    table=t.FUTURES_SESSIONS,
    reads=(t.FUTURES_SESSIONS, t.FUTURES_BARS, t.CONTRACTS),
    rows=_rows,
)
