"""The silver table of trade events: each operation once."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.events import HOUR
from indextracker_catalogue.timeline import Hours

TRADE_EVENTS = Table(
    layer="silver",
    name="trade_events",
    meaning=(
        "One row per operation and hour: of several reports of an operation in an hour the one "
        "with the latest timestamp, of equal ones that which arrived last. The marts have each "
        "operation once whatever its hours."
    ),
    key=("operation_id", "hour"),
    timeline=Hours(),
    spread_by="operation_id",
    in_warehouse=True,
    columns=(
        Column("operation_id", "string", "Number (UUID) of the operation."),
        HOUR,
        Column("traded_at", "timestamp", "Time of the report."),
        Column("person_name", "string", "Who traded."),
        Column("symbol", "string", "What was traded."),
        Column("exchange", "string", "Where it was traded."),
        Column("currency", "string", "Currency of the price."),
        Column("price", "double", "Price.", "currency"),
        Column("operation", "string", "purchase or sale."),
        Column("arrived_at", "timestamp", "When the report that counts arrived."),
    ),
    checks=(
        Check("price_positive", "price <= 0", "A price is above zero."),
        Check(
            "operation_known",
            "operation not in ('purchase', 'sale')",
            "An operation is a purchase or a sale.",
        ),
    ),
)
