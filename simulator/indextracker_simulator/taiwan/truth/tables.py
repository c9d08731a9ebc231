"""Layout of the true tables: columns, types, order of rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from indextracker_simulator.taiwan.walk import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

Row: TypeAlias = dict[str, Any]

_UTC_OFFSET = 8 * HOUR
_INSTANT = pa.timestamp("us", tz="UTC")
_TYPES = {
    "session_date": pa.date32(),
    "line": pa.int64(),
    "session_part": pa.string(),
    "traded_at": _INSTANT,
    "observed_at": _INSTANT,
    "bar_start": _INSTANT,
    "index_name": pa.string(),
    "symbol": pa.string(),
    "is_previous_close": pa.bool_(),
    "product": pa.string(),
    "expiry": pa.string(),
    "near_expiry": pa.string(),
    "far_expiry": pa.string(),
    "strike": pa.decimal128(12, 4),
    "option_type": pa.string(),
    "side": pa.string(),
    "opening_auction": pa.bool_(),
    "expire_code": pa.string(),
    "last_trading_date": pa.date32(),
    "final_settlement_date": pa.date32(),
    "feed": pa.string(),
    "text": pa.string(),
    "reason": pa.string(),
    "class": pa.string(),
    "scale_minutes": pa.int32(),
    "sides": pa.int32(),
    **dict.fromkeys(
        (
            "contracts",
            "spread_contracts",
            "official_contracts",
            "computed_contracts",
            "contracts_difference",
            "open_interest",
            "shares",
            "trades",
            "ticks",
            "prints",
        ),
        pa.int64(),
    ),
}
"""Every column that is not a number of type double."""

CONTRACTS = (
    "session_date",
    "product",
    "expiry",
    "expire_code",
    "last_trading_date",
    "final_settlement_date",
)
SERIES = ("product", "expiry", "strike", "option_type")

_KEYS = frozenset(
    {
        "feed",
        "line",
        "index_name",
        "observed_at",
        "symbol",
        *SERIES,
        "expire_code",
        "near_expiry",
        "far_expiry",
        "session_part",
        "scale_minutes",
        "bar_start",
    }
)
"""Columns that are, or are harmless beside, a table's key; tables are sorted by them."""


def table(
    day: date, columns: tuple[str, ...], rows: Iterable[Row], counts: pa.DataType | None = None
) -> pa.Table:
    """Return the rows of one session as a table, sorted by its key.

    Args:
        day: The session.
        columns: Its columns in their order, `session_date` among them.
        rows: Its rows, without `session_date`.
        counts: Type of `contracts`, where it is not the usual one.
    """
    rows = list(rows)
    types = _TYPES | ({"contracts": counts} if counts else {})
    arrays = {
        name: pa.array([row[name] for row in rows], types.get(name, pa.float64()))
        for name in columns
        if name != "session_date"
    }
    dates = pa.array([day] * len(rows), pa.date32())
    keys = [(name, "ascending") for name in columns if name in _KEYS]
    return pa.table({"session_date": dates, **arrays}).select(columns).sort_by(keys)


def instant(second: int) -> int:
    """Return the UTC instant of a local second, microseconds."""
    return (second - _UTC_OFFSET) * 1_000_000


def part_name(night: bool) -> str:
    """Return how tables call a part of the session."""
    return "night" if night else "day"


def series_cells(strike: int | None, call: bool | None) -> Row:
    """Return strike and type of an option series; nulls of what is none."""
    return {
        "strike": None if strike is None else Decimal(strike),
        "option_type": None if call is None else "C" if call else "P",
    }
