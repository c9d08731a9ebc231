"""Bronze tables of news: the entries of a document, every cell as published text."""

from __future__ import annotations

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.news.columns import DAY, DOCUMENT, HOUR, INDIA, LINE, TEXT
from indextracker_catalogue.shared.lines import OF_LINES
from indextracker_catalogue.timeline import Hours


def _text(name: str, meaning: str) -> Column:
    return Column(name, "string", f"{meaning}, as published.")


ALPHAVANTAGE_NEWS = Table(
    layer="bronze",
    name="alphavantage_news",
    meaning=(
        "One row per article of an hour's answer of Alpha Vantage (NEWS_SENTIMENT); an article may "
        "stand there twice, with addresses that differ in what tracks readers."
    ),
    key=("hour", "line"),
    timeline=Hours(),
    columns=(
        HOUR,
        LINE,
        _text("title", "Headline, blanks between words as one"),
        _text("url", "Address of the article"),
        _text("time_published", "Time of publication, YYYYMMDDTHHMMSS in UTC"),
        _text("authors", "Names of the authors, a JSON list"),
        _text("summary", "What it says in short, blanks between words as one"),
        _text("banner_image", "Address of a picture; null where there is none"),
        _text("source", "Name of the publication"),
        _text("category_within_source", "Section of the publication; n/a where there is none"),
        _text("source_domain", "Site of the publication"),
        _text("topics", "Topics with their relevance, a JSON list of objects"),
        _text("overall_sentiment_score", "Sentiment of the whole article"),
        _text("overall_sentiment_label", "Word for that sentiment"),
        _text(
            "ticker_sentiment",
            "Tickers with their relevance and sentiment, a JSON list of objects; [] of an article "
            "without a ticker",
        ),
        TEXT,
        DOCUMENT,
    ),
    checks=OF_LINES,
)

NSE_ANNOUNCEMENTS = Table(
    layer="bronze",
    name="nse_announcements",
    meaning=(
        "One row per item of NSE's feed of announcements (Online_announcements.xml), as it stood "
        "late on a day: what companies filed, and funds too."
    ),
    key=("day", "line"),
    timeline=INDIA,
    columns=(
        DAY,
        LINE,
        _text("title", "Name of the company or fund"),
        _text("link", "Address of the filing; empty where there is none"),
        _text("description", "The announcement, with |SUBJECT: and its subject at the end"),
        _text("pub_date", "Time of publication, DD-Mon-YYYY HH:MM:SS, of India without a mark"),
        TEXT,
        DOCUMENT,
    ),
    checks=OF_LINES,
)

YAHOO_HEADLINES = Table(
    layer="bronze",
    name="yahoo_headlines",
    meaning=(
        "One row per headline that Yahoo listed for a ticker on a day, in the order of the "
        "document, which has a part for each ticker: RSS, or a list that somebody kept. A part "
        "without headlines, or that cannot be read, has one row that says so."
    ),
    key=("day", "line"),
    timeline=INDIA,
    columns=(
        DAY,
        LINE,
        Column("part", "string", "Name of the part of the document."),
        _text("ticker", "Ticker, in RSS that of the part and in a kept list that of the row"),
        _text("title", "Headline, blanks between words as one; in a kept list there is junk too"),
        _text("link", "Address of the article; empty where there is none"),
        _text("pub_date", "Time of publication in any form; empty where there is none"),
        Column(
            "section",
            "string",
            "Title of a section under which a kept list has it: what stands there need not be "
            "about the ticker. Empty where there is none.",
        ),
        Column(
            "fetched_at",
            "string",
            "When the part came, in ISO 8601, to two seconds; empty of a kept list.",
        ),
        Column(
            "problem",
            "string",
            "`empty` for a part without headlines, else why the part cannot be read; empty in the "
            "row of a headline.",
            width=1024,
        ),
        TEXT,
        DOCUMENT,
    ),
    checks=OF_LINES,
)
