"""Silver tables of quotes, of alerts on them, and of what no stream's consumer could read."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.events import HOUR
from indextracker_catalogue.timeline import Hours

QUOTES = Table(
    layer="silver",
    name="quotes",
    meaning=(
        "One row per quote or replayed trade of a symbol. One that came several times, equal in "
        "all that identifies it, is there once, as it arrived first."
    ),
    key=("symbol", "quoted_at", "source"),
    key_nullable=("line", "price", "day_volume"),
    timeline=Hours(),
    columns=(
        Column("symbol", "string", "What is quoted."),
        Column("quoted_at", "timestamp", "Time of the price; of Yahoo in whole seconds."),
        Column("source", "string", "Where it is from: yahoo, yahoo-chart or replay."),
        Column("line", "bigint", "What orders trades of one instant; null of a quote."),
        Column(
            "counts_at",
            "timestamp",
            "The instant whose bar holds it: a second earlier than quoted_at where it is exactly "
            "at the close.",
        ),
        HOUR,
        Column("price", "double", "Last price.", "currency"),
        Column("size", "bigint", "Units of this trade; null of a quote.", "units"),
        Column("day_volume", "bigint", "Units traded so far that day; null of a replay.", "units"),
        Column("currency", "string", "Currency of the price; null where it is not told."),
        Column("exchange", "string", "Exchange by the vendor's code; null where not told."),
        Column("quote_type", "string", "What kind of thing it is; null where not told."),
        Column("market_hours", "string", "Part of the day; null where not told."),
        Column("previous_close", "double", "Close of the day before; null where not told."),
        Column("open_price", "double", "First price of the day; null where not told."),
        Column("arrived_at", "timestamp", "When it arrived first."),
    ),
    checks=(
        Check("price_there", "price is null", "A quote has a price."),
        Check("size_not_negative", "size < 0", "No trade is of less than nothing."),
    ),
)

ALERTS = Table(
    layer="silver",
    name="alerts",
    meaning=(
        "One row per alert: a quote, or the silence after one, that met a rule. It is there before "
        "anybody is told of it, and says who has been."
    ),
    key=("alert_id",),
    timeline=Hours(),
    writes="merge",
    by_job=False,
    in_warehouse=True,
    columns=(
        Column(
            "alert_id",
            "string",
            "Digest of the rule, the symbol and the event that decided it: deciding again gives "
            "the same.",
        ),
        Column("hour", "timestamp", "Hour of UTC of window_end, by its beginning."),
        Column("rule", "string", "Name of the rule."),
        Column("symbol", "string", "What is quoted; of a silent pattern of symbols the pattern."),
        Column("kind", "string", "moves, volume or stale."),
        Column(
            "window_begin",
            "timestamp",
            "Time of the price compared with, or since when there is one; of a volume the "
            "beginning of its minute, of a silence the last arrival.",
        ),
        Column(
            "window_end",
            "timestamp",
            "Time of the quote that decided it; of a silence when it had lasted for long enough.",
        ),
        Column("price", "double", "Price of that quote; null of a silence.", "currency"),
        Column(
            "reference_price",
            "double",
            "Price that it is compared with; null of other kinds than moves.",
            "currency",
        ),
        Column(
            "change_percent",
            "double",
            "Price less the one compared with, in per cent of that; null of other kinds.",
            "percent",
        ),
        Column(
            "volume",
            "bigint",
            "Units of the minute so far; null of other kinds than volume.",
            "units",
        ),
        Column("message", "string", "What happened, in a sentence.", width=1024),
        Column(
            "receivers",
            "string",
            "Whom it is sent to, by commas; null where to nobody.",
            width=4096,
        ),
        Column("decided_at", "timestamp", "When it was decided."),
        Column(
            "sent_to", "string", "Those that have accepted it, by commas; null before.", width=4096
        ),
        Column(
            "sent_at",
            "timestamp",
            "When the last of the receivers accepted it; null before, or where there are none.",
        ),
    ),
    checks=(
        Check(
            "kind_known",
            "kind not in ('moves', 'volume', 'stale')",
            "An alert is of a move, a volume or a silence.",
        ),
        Check("window_in_order", "window_begin > window_end", "A window begins before its end."),
        Check(
            "sent_to_somebody",
            "sent_at is not null and sent_to is null",
            "What was sent has been accepted by somebody.",
        ),
    ),
)

DEAD_LETTERS = Table(
    layer="silver",
    name="dead_letters",
    meaning=(
        "One row per line of a stream that could not be read, with the reason, and per gap of "
        "records that were deleted unread."
    ),
    key=("stream", "shard", "sequence", "position"),
    timeline=Hours(),
    slice_by=("stream",),
    columns=(
        Column("stream", "string", "Subject whose stream it came through."),
        Column("shard", "string", "Shard of the record."),
        Column("sequence", "string", "Number of the record in the shard."),
        Column("position", "int", "Place in the record, from 0; -1 of a gap."),
        Column("hour", "timestamp", "Hour of UTC in which it arrived, by its beginning."),
        Column("arrived_at", "timestamp", "When it arrived; of a gap, when that was found."),
        Column("text", "string", "The line; null of a gap.", width=4096),
        Column("reason", "string", "Why it could not be read.", width=1024),
    ),
    checks=(Check("no_dead_letters", "true", "Every line of a stream can be read.", "warn"),),
)
