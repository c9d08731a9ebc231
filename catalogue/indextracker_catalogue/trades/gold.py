"""Gold tables of trade events: how many there were where."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.events import HOUR
from indextracker_catalogue.timeline import Hours

TRADE_COUNTS = Table(
    layer="gold",
    name="trade_counts",
    meaning="One row per exchange, symbol and hour with the operations that were reported for it.",
    key=("hour", "exchange", "symbol"),
    timeline=Hours(),
    in_warehouse=True,
    columns=(
        HOUR,
        Column("exchange", "string", "Where it was traded."),
        Column("symbol", "string", "What was traded."),
        Column("purchases", "bigint", "Operations that are purchases."),
        Column("sales", "bigint", "Operations that are sales."),
        Column("low", "double", "Lowest price.", "currency"),
        Column("high", "double", "Highest price.", "currency"),
    ),
    checks=(
        Check("counts_something", "purchases + sales < 1", "A row counts an operation."),
        Check("low_below_high", "low > high", "The lowest price is not above the highest."),
    ),
)
