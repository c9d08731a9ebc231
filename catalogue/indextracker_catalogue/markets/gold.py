"""Gold tables of quotes: bars of each symbol."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.bars import PRICE, SCALES_MINUTES, SQUARE, WEIGHTED
from indextracker_catalogue.shared.events import HOUR
from indextracker_catalogue.timeline import Hours

QUOTE_BARS = Table(
    layer="gold",
    name="quote_bars",
    meaning=(
        f"One row per symbol, scale ({', '.join(map(str, SCALES_MINUTES))} minutes) and interval "
        "that has a quote or replayed trade. Intervals are aligned to the hours of UTC."
    ),
    key=("symbol", "scale_minutes", "bar_start"),
    timeline=Hours(),
    in_warehouse=True,
    columns=(
        Column("symbol", "string", "What is quoted."),
        Column("scale_minutes", "int", "Length of the interval.", "minutes"),
        Column("bar_start", "timestamp", "Start of the half-open interval."),
        HOUR,
        Column("open", "double", "First price.", "currency"),
        Column("high", "double", "Highest price.", "currency"),
        Column("low", "double", "Lowest price.", "currency"),
        Column("close", "double", "Last price.", "currency"),
        Column("mean", "double", "Mean price of the quotes, unweighted.", "currency"),
        Column("std", "double", "Sample standard deviation; null of one quote.", "currency"),
        Column("vwap", "double", "Mean price weighted by volume; null without one.", "currency"),
        Column(
            "volume",
            "bigint",
            "Units traded: the sizes of trades; of quotes, by how much the day's volume grew since "
            "the quote before, an hour back at most.",
            "units",
        ),
        Column("quotes", "bigint", "How many quotes or trades."),
        Column("price_sum", PRICE, "Exact sum of the prices."),
        Column("price_square_sum", SQUARE, "Exact sum of their squares."),
        Column("price_volume_sum", WEIGHTED, "Exact sum of price times volume."),
    ),
    checks=(
        Check(
            "prices_within_range",
            "not (low <= open and open <= high and low <= close and close <= high)",
            "Open and close lie between low and high.",
        ),
        Check("has_quotes", "quotes < 1 or volume < 0", "A bar has a quote."),
    ),
)
