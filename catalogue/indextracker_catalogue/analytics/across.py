"""Tables of what markets and news say about each other, by calendar day."""

from __future__ import annotations

from typing import Final, NamedTuple

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Whole

__all__ = ["MARKET_CORRELATIONS", "MARKET_DAYS"]

INDIAN_INDEX: Final = "Nifty 50"


class Series(NamedTuple):
    """A series of one value a calendar day.

    Attributes:
        meaning: What a value is.
        begins: Hour in Taipei from which on it forms, counted from midnight of the day.
        ends: Hour at which it is known.
    """

    meaning: str
    begins: float
    ends: float


# In the order in which they are known: Taipei is 2.5 hours ahead of India, and neither changes its
# clocks. Special sessions of NSE are in the evening, so that the order holds on these days too.
SERIES: Final[dict[str, Series]] = {
    "tx_night": Series("TX, front month, in the night: first price to last", -9, 5),
    "taiex_open": Series("TAIEX: first level over the close before", -10.5, 9),
    "news_before_open": Series("Mean sentiment of companies before NSE opens", -6, 11.75),
    "nifty_open": Series("Nifty 50: open over the close before", -6, 11.75),
    "taiex_day": Series("TAIEX: first level to close", 9, 13.5),
    "nifty_day": Series("Nifty 50: open to close", 11.75, 18),
}

BEFORE, DURING, TOGETHER = "before", "during", "together"

DAY = Column("day", "date", "Calendar day.")

MARKET_DAYS = Table(
    layer="gold",
    name="market_days",
    meaning=(
        "One row per calendar day and series that has a value on it, of Taiwan, of NSE and of the "
        "news: no row where the market was closed, or its documents are missing. A night ends on "
        "the morning of its day."
    ),
    key=("day", "series"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        DAY,
        Column("series", "string", f"One of {', '.join(SERIES)}."),
        Column("value", "double", "A return as a fraction; of news a sentiment from -1 to 1."),
    ),
    checks=(
        Check(
            "series_known",
            f"series not in ({', '.join(repr(name) for name in SERIES)})",
            "A series is declared.",
        ),
    ),
)

MARKET_CORRELATIONS = Table(
    layer="gold",
    name="market_correlations",
    meaning=(
        "One row per pair of series of gold/market_days, all pairs there are: their correlation "
        "over the days on which both have a value, and its p-value before and after allowing for "
        "the number of pairs. The first of a pair is known no later than the second."
    ),
    key=("first_series", "second_series"),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        Column("first_series", "string", "The one that is known first."),
        Column("second_series", "string", "The other one."),
        Column(
            "timing",
            "string",
            f"'{BEFORE}': the first is known before the second begins to form. '{DURING}': before "
            "it is known, so that it may tell of an open, but nobody trades at the close before. "
            f"'{TOGETHER}': both are known at once.",
        ),
        Column("days", "bigint", "Days on which both have a value.", "days"),
        Column("first_day", "date", "The first of these; null without one."),
        Column("last_day", "date", "The last of these; null without one."),
        Column("correlation", "double", "Pearson's; null where missing says why."),
        Column("correlation_low", "double", "Lower end of its interval of 95 %, by Fisher's z."),
        Column("correlation_high", "double", "Upper end, likewise."),
        Column("p_value", "double", "Two-sided, of no correlation, by Student's t; null likewise."),
        Column(
            "adjusted_p_value",
            "double",
            "By Benjamini and Yekutieli over all pairs with a p-value: calling those of at most q "
            "correlated holds the rate of false ones at q.",
        ),
        Column("missing", "string", "Why there is no figure; null where there is one."),
    ),
    checks=(
        Check(
            "adjusted_upwards",
            "adjusted_p_value < p_value",
            "Looking at many pairs makes none more certain.",
        ),
        Check(
            "a_figure_or_why_not",
            "(correlation is null) = (missing is null)",
            "A row has figures, or says why not.",
        ),
    ),
)
