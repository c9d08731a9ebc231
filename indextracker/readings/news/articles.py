"""The reading of a vendor's articles, with the tickers and topics in them.

An article that stands in an answer twice is one. What articles say of prices is decided in gold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa

from indextracker.readings import cells
from indextracker.readings.cells import Mask
from indextracker.readings.model import Reading, Records, Rule, quoting, unlike
from indextracker.readings.news.addresses import article_id, plain
from indextracker_catalogue.news import bronze as t
from indextracker_catalogue.news import forms, reference, silver

_FORM: Final = forms.ARTICLE_LINE
_INSTANT: Final = pa.timestamp("us", tz="UTC")
# The texts and the numbers of each entry of a list.
_ENTRIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ticker_sentiment": ("ticker", ("relevance_score", "ticker_sentiment_score")),
    "topics": ("topic", ("relevance_score",)),
}


def _holds(column: pa.ChunkedArray, of_text: Callable[[str], bool]) -> Mask:
    return cells.holds(
        column, lambda texts: pa.array([of_text(text) for text in texts.to_pylist()], pa.bool_())
    )


def _is_instant(text: str) -> bool:
    try:
        _published(text)
    except ValueError:
        return False
    return True


def _published(text: str) -> datetime:
    return datetime.strptime(text, forms.INSTANTS).replace(tzinfo=UTC)


def is_of(text: str, hour: date) -> bool:
    """Whether a time of publication lies in an hour."""
    return text.startswith(f"{hour:%Y%m%dT%H}")


def _are_entries(cell: str) -> Callable[[str], bool]:
    """Whether a list has a name and numbers in each entry."""
    name, numbers = _ENTRIES[cell]

    def are(text: str) -> bool:
        return all(
            isinstance(entry, dict)
            and isinstance(entry.get(name), str)
            and entry[name]
            and all(re.fullmatch(forms.SCORE, str(entry.get(number))) for number in numbers)
            for entry in json.loads(text)
        )

    return are


def _conditions(lines: pa.Table, _: date) -> list[Mask]:
    return [
        _holds(lines.column("time_published"), _is_instant),
        *(_holds(lines.column(cell), _are_entries(cell)) for cell in _ENTRIES),
    ]


def _unreadable(cell: str, is_readable: Callable[[str], bool]) -> Rule:
    return Rule(
        lambda line, _: not is_readable(line[cell] or ""),
        quoting(f"unreadable {cell.replace('_', ' ')}", cell),
    )


ARTICLES = Reading(
    t.ALPHAVANTAGE_NEWS,
    _FORM,
    _conditions,
    (
        *(
            unlike(cell, form, f"unreadable {cell.replace('_', ' ')}")
            for cell, form in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
        _unreadable("time_published", _is_instant),
        *(_unreadable(cell, _are_entries(cell)) for cell in _ENTRIES),
    ),
)


def _articles(lines: pa.Table, hour: date) -> Iterator[dict[str, Any]]:
    """The lines of an hour, the first of each article; those of another hour are that one's."""
    found = set()
    for line in lines.to_pylist():
        number = article_id(line["url"])
        if number not in found and is_of(line["time_published"], hour):
            found.add(number)
            yield {**line, "article_id": number}


def articles(lines: pa.Table, hour: date) -> pa.Table:
    """The articles of an hour.

    Args:
        lines: The lines that are read.
        hour: The hour.

    Returns:
        The columns of silver/news_articles but the hour.
    """
    return _table(
        {
            "article_id": pa.string(),
            "published_at": _INSTANT,
            "title": pa.string(),
            "summary": pa.string(),
            "source": pa.string(),
            "url": pa.string(),
            "sentiment_score": pa.float64(),
            "sentiment_label": pa.string(),
        },
        (
            {
                **{name: one[name] for name in ("article_id", "title", "source")},
                "published_at": _published(one["time_published"]),
                "summary": one["summary"] or "",
                "url": plain(one["url"]),
                "sentiment_score": float(one["overall_sentiment_score"]),
                "sentiment_label": one["overall_sentiment_label"],
            }
            for one in _articles(lines, hour)
        ),
    )


def tickers(lines: pa.Table, hour: date, instruments: pa.Table) -> pa.Table:
    """The tickers of an hour's articles, each once; of an article without one, no row.

    Args:
        lines: The lines that are read.
        hour: The hour.
        instruments: The rows of silver/news_instruments.

    Returns:
        The columns of silver/news_tickers but the hour.
    """
    meant = {row["ticker"]: row["symbol"] for row in instruments.to_pylist()}
    return _table(
        {
            "article_id": pa.string(),
            "ticker": pa.string(),
            "symbol": pa.string(),
            "relevance_score": pa.float64(),
            "sentiment_score": pa.float64(),
            "sentiment_label": pa.string(),
        },
        (
            {
                "article_id": number,
                "ticker": ticker,
                "symbol": meant.get(ticker),
                "relevance_score": float(entry["relevance_score"]),
                "sentiment_score": float(entry["ticker_sentiment_score"]),
                "sentiment_label": entry.get("ticker_sentiment_label"),
            }
            for number, ticker, entry in _entries(lines, hour, "ticker_sentiment")
        ),
    )


def topics(lines: pa.Table, hour: date) -> pa.Table:
    """The topics of an hour's articles, each once.

    Args:
        lines: The lines that are read.
        hour: The hour.

    Returns:
        The columns of silver/news_topics but the hour.
    """
    return _table(
        {"article_id": pa.string(), "topic": pa.string(), "relevance_score": pa.float64()},
        (
            {
                "article_id": number,
                "topic": topic,
                "relevance_score": float(entry["relevance_score"]),
            }
            for number, topic, entry in _entries(lines, hour, "topics")
        ),
    )


def _entries(lines: pa.Table, hour: date, cell: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The entries of a list of each article, the first of each name."""
    name, _ = _ENTRIES[cell]
    for one in _articles(lines, hour):
        first: dict[str, dict[str, Any]] = {}
        for entry in json.loads(one[cell]):
            first.setdefault(entry[name], entry)
        for named, entry in first.items():
            yield one["article_id"], named, entry


def _table(kinds: Mapping[str, pa.DataType], rows: Iterator[dict[str, Any]]) -> pa.Table:
    found = list(rows)
    return pa.table(
        {name: pa.array([row[name] for row in found], kind) for name, kind in kinds.items()}
    )


OF_ARTICLES = Records(silver.NEWS_ARTICLES, (ARTICLES,), articles)
OF_TICKERS = Records(
    silver.NEWS_TICKERS, (ARTICLES,), tickers, others=(reference.NEWS_INSTRUMENTS,)
)
OF_TOPICS = Records(silver.NEWS_TOPICS, (ARTICLES,), topics)
