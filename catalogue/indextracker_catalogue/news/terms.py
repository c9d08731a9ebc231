"""Words and numbers of the rules of news that tables and jobs share."""

from __future__ import annotations

from typing import Final

# Where a story is told: articles of Alpha Vantage, headlines of Yahoo, announcements of NSE.
PLACES: Final = ("articles", "headlines", "announcements")

# Equal titles are of one story where no more hours lie between one telling and the next. A title of
# fewer words, such as Driving mobility, may be of anything.
SAME_STORY_HOURS: Final = 24
LEAST_TITLE_WORDS: Final = 4

# From which sentiment on the vendor's words hold, and below its negative; Neutral lies between.
BULLISH: Final = 0.35
SOMEWHAT_BULLISH: Final = 0.15

# Mean returns are told of so many events in so many sessions at least, and not where so few of the
# sessions hold most events that the degrees of freedom are fewer: below, no quantile is certain.
LEAST_EVENTS: Final = 30
LEAST_SESSIONS: Final = 20
LEAST_FREEDOM: Final = 5
POSITIVE: Final = "positive"
NEGATIVE: Final = "negative"
DIFFERENCE: Final = "positive less negative"
CLASSES: Final = (
    *("Bearish", "Somewhat-Bearish", "Neutral", "Somewhat-Bullish", "Bullish"),
    *(POSITIVE, NEGATIVE, DIFFERENCE),
)
HORIZONS: Final = (0, 1)
