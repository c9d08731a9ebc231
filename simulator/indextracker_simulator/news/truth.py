"""The tables that a reader of the news must get, made from the stories themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from indextracker_simulator.news.alphavantage import label
from indextracker_simulator.news.stories import TICKERS, stories

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from indextracker_simulator.news.newsroom import Newsroom

_INSTANT = pa.timestamp("us", tz="UTC")
_ARTICLES = pa.schema(
    {
        "article_id": pa.string(),
        "published_at": _INSTANT,
        "title": pa.string(),
        "summary": pa.string(),
        "source": pa.string(),
        "url": pa.string(),
        "sentiment_score": pa.float64(),
        "sentiment_label": pa.string(),
    }
)
_TICKERS = pa.schema(
    {
        "article_id": pa.string(),
        "ticker": pa.string(),
        "number": pa.int64(),
        "relevance_score": pa.float64(),
        "sentiment_score": pa.float64(),
        "sentiment_label": pa.string(),
    }
)
_TOPICS = pa.schema(
    {"article_id": pa.string(), "topic": pa.string(), "relevance_score": pa.float64()}
)

_KEYS = ("article_id", "ticker", "topic")


def news(
    newsroom: Newsroom, first: datetime, last: datetime, read_at: datetime
) -> dict[str, pa.Table]:
    """Return the articles published between two moments as the vendor scored them at a third.

    Returns:
        news_articles, each story once, by the address that does not track its readers;
        news_tickers, with the number of the instrument that a ticker means, null where it means
        none of India; news_topics. Scores are rounded to the six decimals that are sent.
    """
    written = stories(newsroom.exchange, first, min(last, read_at))
    numbers = {ticker: number for number, ticker in TICKERS.items()}
    articles, tickers, topics = [], [], []
    for story in written:
        key: dict[str, Any] = {"article_id": hashlib.sha256(story.url.encode()).hexdigest()}
        score = round(story.score_at(read_at), 6)
        articles.append(
            key
            | {
                "published_at": story.at,
                "title": story.title,
                "summary": story.summary,
                "source": story.source,
                "url": story.url,
                "sentiment_score": score,
                "sentiment_label": label(story.score_at(read_at)),
            }
        )
        tickers += [
            key
            | {
                "ticker": one.ticker,
                "number": numbers.get(one.ticker),
                "relevance_score": round(one.relevance, 6),
                "sentiment_score": round(one.score, 6),
                "sentiment_label": label(one.score),
            }
            for one in story.mentions_at(read_at)
        ]
        topics += [
            key | {"topic": topic, "relevance_score": round(relevance, 6)}
            for topic, relevance in story.topics
        ]
    return {
        "news_articles": _table(_ARTICLES, articles),
        "news_tickers": _table(_TICKERS, tickers),
        "news_topics": _table(_TOPICS, topics),
    }


def _table(schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> pa.Table:
    key = [(name, "ascending") for name in schema.names if name in _KEYS]
    return pa.Table.from_pylist(list(rows), schema).sort_by(key)
