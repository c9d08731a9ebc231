"""The bronze table of quotes: every field as the producer wrote it."""

from __future__ import annotations

from indextracker_catalogue.shared.events import events_table, field

QUOTE_EVENTS = events_table(
    "quote_events",
    "One row per quote of a vendor, or per replayed trade, as it came through the stream; what a "
    "producer put twice stands there twice.",
    (
        field("symbol", "What is quoted"),
        field("price", "Its last price, rounded as the vendor hints"),
        field("time", "Time of the price, ISO 8601 in UTC"),
        field("closes_at", "Close to which a trade exactly at it still counts; of replays alone"),
        field("line", "What orders trades of one instant: their line; of replays alone"),
        field("size", "Units of this trade; of a quote there is none"),
        field("day_volume", "Units traded so far that day; of a replay there is none"),
        field("currency", "Currency of the price"),
        field("exchange", "Exchange by the vendor's code"),
        field("quote_type", "What kind of thing it is: EQUITY, INDEX, FUTURE, CRYPTOCURRENCY"),
        field("market_hours", "Part of the day: PRE, REGULAR, POST or EXTENDED"),
        field("previous_close", "Close of the day before"),
        field("open_price", "First price of the day"),
        field("day_high", "Highest price of the day"),
        field("day_low", "Lowest price of the day"),
        field("change", "Price less the close before"),
        field("change_percent", "The same in per cent of the close before"),
        field("short_name", "Its name"),
        field("source", "Where it is from: yahoo, yahoo-chart or replay"),
    ),
)
