"""Layout of the true tables: columns, types, order of rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row: TypeAlias = dict[str, Any]

_TEXTS = (
    *("symbol", "series", "isin", "source_formats", "source_format", "kept_format", "figure"),
    *("kind", "text", "feed", "reason", "name", "industry", "index_name"),
)
_COUNTS = ("shares", "trades", "deliverable_shares", "number", "line")
_DATES = ("session_date", "ex_date", "record_date", "first_session", "last_session")
_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(_TEXTS, pa.string()),
    **dict.fromkeys(_COUNTS, pa.int64()),
    **dict.fromkeys(_DATES, pa.date32()),
    "turnover_inr": pa.decimal128(20, 2),
}
"""Every column that is not a number of type double."""


def table(columns: Sequence[str], key: Sequence[str], rows: Iterable[Row]) -> pa.Table:
    """Return rows as a table, sorted by its key."""
    rows = list(rows)
    arrays = [
        pa.array([row[name] for row in rows], _TYPES.get(name, pa.float64())) for name in columns
    ]
    made = pa.table(arrays, names=list(columns))
    return made.sort_by([(name, "ascending") for name in key])


def rupees(paise: int) -> float | None:
    """Return a price in rupees; null where the exchange prints 0 for none."""
    return paise / 100 if paise else None


def exact_rupees(paise: int) -> Decimal:
    """Return an amount in rupees, to the paisa."""
    return Decimal(paise).scaleb(-2)
