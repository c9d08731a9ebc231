"""Levels and trades of a session of the simulated exchange, as the lake has them in silver."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa

from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_simulator.taiwan.session import Session

SEED = 7
TAIPEI = timedelta(hours=8)
MICRO = 1_000_000


@cache
def session(on: date, lead_seconds: int = 10) -> Session:
    return Session(SEED, on, "demo", lead_seconds=lead_seconds)


def rows(table: Table, columns: dict[str, object]) -> pa.Table:
    """Rows of a table; a column that is not given is null."""
    number = max(len(each) for each in columns.values())  # type: ignore[arg-type]
    schema = [(field.name, field.type) for field in arrow_schema(table)]
    return pa.table(
        {
            name: pa.array(columns[name]).cast(kind) if name in columns else pa.nulls(number, kind)
            for name, kind in schema
        }
    )


def levels(on: date) -> pa.Table:
    """silver/index_levels of TAIEX, the row of the previous close among them."""
    found = session(on).index.levels[:, 0] / 100
    opened = datetime(on.year, on.month, on.day, 9, tzinfo=UTC) - TAIPEI
    seconds = int(opened.timestamp()) + 5 * np.arange(len(found))
    return rows(
        t.INDEX_LEVELS,
        {
            "session_date": [on] * len(found),
            "index_id": ["TAIEX"] * len(found),
            "observed_at": pa.array(seconds * MICRO).cast(pa.timestamp("us", "UTC")),
            "level": found,
            "is_previous_close": np.arange(len(found)) == 0,
            "line": np.arange(1, len(found) + 1),
        },
    )


def trades(on: date, products: tuple[str, ...] = ("TX",), lead_seconds: int = 10) -> pa.Table:
    """silver/futures_trades of some products."""
    tape = session(on, lead_seconds).tape
    chosen = np.flatnonzero((tape.far == "") & np.isin(tape.product, products))
    own = tape.where(chosen)
    seconds = own.second - int(TAIPEI.total_seconds())
    return rows(
        t.FUTURES_TRADES,
        {
            "session_date": [on] * len(own),
            "line": chosen,
            "session_part": np.where(own.night, "night", "day"),
            "traded_at": pa.array(seconds * MICRO).cast(pa.timestamp("us", "UTC")),
            "product": own.product,
            "expiry": own.near,
            "price": own.price / 100,
            "contracts": own.contracts,
            "opening_auction": own.auction,
        },
    )


def contracts(on: date, products: tuple[str, ...], front: str, other: str) -> list[dict]:
    """silver/contracts: the front month and the next."""
    return [
        {"session_date": on, "product": product, "expiry": expiry, "expire_code": code}
        for product in products
        for expiry, code in ((front, "M"), (other, "M+1"))
    ]
