"""The bronze table of trade events: every field as the producer wrote it."""

from __future__ import annotations

from indextracker_catalogue.shared.events import events_table, field

TRADE_RECORDS = events_table(
    "trade_records",
    "One row per report of a sale or purchase as it came through the stream; reports may repeat, "
    "and a later one corrects an earlier one.",
    (
        field("operation_id", "Number (UUID) of the operation"),
        field("person_name", "Who traded"),
        field("symbol", "What was traded"),
        field("timestamp", "Time of the report, YYYY-MM-DD HH:MM:SS, taken to be in UTC"),
        field("exchange", "Where it was traded"),
        field("currency", "Currency of the price"),
        field("price", "Price"),
        field("operation", "purchase or sale"),
    ),
)
