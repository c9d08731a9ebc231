"""Prices in collections of files: which collections there are, and rows of one of them.

What a row is, and how files became rows, is decided by who loads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.reader.model import Collections
from indextracker.reader.names import known
from indextracker.reader.tables import Tables


def prices(
    tables: Tables,
    collections: Collections,
    name: str,
    tickers: Sequence[str],
    first: date | None,
    last: date | None,
) -> pa.Table:
    """Rows as of `Lakehouse.prices`."""
    table = collections.prices
    there = tables.lake.keys(table, tables.as_of) if tables.exists(table) else []
    collection = known(name, there, "collection")
    where = pc.scalar(True)
    if first is not None:
        where &= pc.field("at") >= pa.scalar(_midnight(first))
    if last is not None:
        where &= pc.field("at") < pa.scalar(_midnight(last + timedelta(days=1)))
    if tickers:
        named = tables.read(table, [collection], None, ["ticker"])["ticker"].unique().to_pylist()
        wanted = [known(ticker, named, "ticker", collection) for ticker in tickers]
        where &= pc.field("ticker").isin(pa.array(wanted, pa.string()))
    rows = tables.read(table, [collection], where)
    return rows.sort_by([("ticker", "ascending"), ("at", "ascending"), ("line", "ascending")])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
