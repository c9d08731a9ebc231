"""Regular expressions that an entry of a document has to match to become a fact.

They keep to what the dialects of Arrow and Python share. Typed values and reasons of rejects do not
belong here.
"""

from __future__ import annotations

from typing import Final

from indextracker_catalogue.line_form import LineForm

ADDRESS: Final = r"https?://[^\s]+"
INSTANT: Final = "[0-9]{8}T[0-9]{6}"
# A score is printed with up to six decimals; one near zero comes as 7e-06.
SCORE: Final = r"-?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?"
LABELS: Final = ("Bearish", "Somewhat-Bearish", "Neutral", "Somewhat-Bullish", "Bullish")

# How documents write an instant, as strftime has it.
INSTANTS: Final = "%Y%m%dT%H%M%S"
INDIAN_INSTANTS: Final = "%d-%b-%Y %H:%M:%S"

ARTICLE_LINE: Final = LineForm(
    ("title", "url", "time_published", "overall_sentiment_score", "overall_sentiment_label"),
    ((".+", ADDRESS, INSTANT, SCORE, "|".join(LABELS)),),
)
ANNOUNCEMENT_LINE: Final = LineForm(
    ("title", "link", "description", "pub_date"),
    ((".+", f"({ADDRESS}|)", ".+", "[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}"),),
)

# What a browser shows around the headlines of a page, and a kept list holds as if it were one.
SECTION_TITLES: Final = ("Related News",)
# What the row of a part without headlines says.
EMPTY: Final = "empty"
HEADLINE_LINE: Final = LineForm(
    ("ticker", "title", "link", "pub_date", "problem"),
    (("[^ ]+", ".+", ".*", ".*", ""), ("[^ ]+", "", "", "", EMPTY)),
)
