"""Columns and checks that several tables of news share."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column
from indextracker_catalogue.timeline import Days

HOUR = Column("hour", "timestamp", "Hour in which the article was published, by its beginning.")
INDIA = Days("Asia/Kolkata")
DAY = Column("day", "date", "Day in India on which it was published; of headlines, listed.")
LINE = Column("line", "bigint", "Place in the document, from 1.")
ARTICLE_ID = Column(
    "article_id",
    "string",
    "Digest (sha256, hexadecimal) of the article's address without the parameters that track its "
    "readers: one number wherever the article is told of.",
)
INSTRUMENT_SYMBOL = Column("symbol", "string", "NSE's symbol of the company.")
TEXT = Column("text", "string", "The whole entry where it has no cells; null here.")
DOCUMENT = Column("document", "string", "Digest (sha256) of the document in the landing zone.")

SENTIMENT_LABEL = Column(
    "sentiment_label",
    "string",
    "The vendor's word: Bearish, Somewhat-Bearish, Neutral, Somewhat-Bullish or Bullish.",
)


SENTIMENT_WITHIN_ONE = Check(
    "sentiment_within_one",
    "abs(sentiment_score) > 1",
    "A sentiment lies between -1 and 1.",
    "warn",
)
RELEVANCE_WITHIN_ONE = Check(
    "relevance_within_one",
    "relevance_score < 0 or relevance_score > 1",
    "A relevance lies between 0 and 1.",
    "warn",
)
