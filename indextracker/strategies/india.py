"""Shares of NSE as a universe of strategies: end of day, adjusted as of the last day."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from indextracker.lake import scratch
from indextracker.reader import Lakehouse
from indextracker.strategies.universes import OfReader
from indextracker_catalogue import india as i

# Shares are traded in it, and are delivered; other series are of blocks, bonds and trade for trade.
_SERIES = "EQ"


def _rows(lakehouse: Lakehouse, first: date, last: date, ticker: str | None) -> pa.Table:
    daily = lakehouse.equities(
        ticker or (), first=first, last=last, series=_SERIES, adjusted=last
    ).rows
    spells = lakehouse.table(i.INSTRUMENTS.path).rows
    with scratch.catalog() as connection:
        connection.register("daily", daily)
        connection.register("spells", spells)
        # An instrument is one ticker through all its symbols: the one it has at the end.
        return connection.sql(
            """
            with named as (
                select instrument_id, max_by(symbol, session_date) as ticker
                from daily where instrument_id is not null group by 1
            ),
            industries as (
                select instrument_id, max_by(industry, valid_to) as industry
                from spells where industry is not null group by 1
            )
            select
                coalesce(named.ticker, daily.symbol) as ticker,
                daily.session_date::timestamp at time zone 'UTC' as "at",
                daily.open, daily.high, daily.low, daily.close, daily.close as adj_close,
                daily.shares::double as volume, null::double as dividend,
                industries.industry as sector
            from daily
            left join named using (instrument_id)
            left join industries using (instrument_id)
            where daily.close is not null
            order by 1, 2
            """
        ).to_arrow_table()


SHARES = OfReader(
    name="nse",
    table=i.EQUITIES_DAILY,
    reads=(i.EQUITIES_DAILY, i.EQUITIES_ADJUSTED, i.INSTRUMENTS),
    rows=_rows,
)
