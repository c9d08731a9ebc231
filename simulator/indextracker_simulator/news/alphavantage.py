"""The vendor's answers: articles with sentiment, and errors, all with status 200.

It only writes: the stories are in stories.py, whom the vendor answers is decided in newsroom.py.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indextracker_simulator.news.stories import Mention, Story

MOST: Final = 1_000
"""The greatest number of articles of an answer; another than this gives the usual one."""

USUAL: Final = 50

INVALID_KEY: Final = {"Error Message": "the parameter apikey is invalid or missing."}
NO_ARTICLES: Final = {
    "Information": "No articles found. Please adjust the time range or refer to the API "
    "documentation."
}
INVALID_INPUTS: Final = {"Information": "Invalid inputs. Please refer to the API documentation."}

_LABELS = ((0.35, "Bullish"), (0.15, "Somewhat-Bullish"))
_SCORES = (
    "x <= -0.35: Bearish; -0.35 < x <= -0.15: Somewhat-Bearish; -0.15 < x < 0.15: Neutral; "
    "0.15 <= x < 0.35: Somewhat_Bullish; x >= 0.35: Bullish"
)
_RELEVANCE = "0 < x <= 1, with a higher score indicating higher relevance."


def quota_used_up(key: str, requests_a_day: int) -> dict[str, str]:
    """Return what the vendor says when a day's requests are spent: the key is in it."""
    return {
        "Information": f"We have detected your API key as {key} and our standard API rate limit "
        f"is {requests_a_day} requests per day. Please subscribe to a plan to remove the limit."
    }


def chosen(stories: Sequence[Story], fields: Mapping[str, str], now: datetime) -> list[Story]:
    """Return the stories that a request asks for, in its order.

    Several tickers or topics are wanted together: a story has all of them.
    """
    tickers, topics = (
        {text for text in fields.get(name, "").split(",") if text} for name in ("tickers", "topics")
    )
    found = [
        story
        for story in stories
        if tickers <= {one.ticker for one in story.mentions_at(now)}
        and topics <= {topic.lower().replace(" - ", "_") for topic, _ in story.topics}
    ]
    if fields.get("sort", "LATEST") != "EARLIEST":
        found.reverse()
    return found


def feed(stories: Sequence[Story], now: datetime, limit: str | None) -> dict[str, Any]:
    """Return an answer with articles, as scored at a moment; a few of them stand there twice.

    Args:
        stories: What is asked for.
        now: The moment.
        limit: How many articles are wanted.
    """
    most = MOST if limit == str(MOST) else USUAL
    articles = [article for story in stories for article in _articles(story, now)][:most]
    return {
        "items": str(len(articles)),
        "sentiment_score_definition": _SCORES,
        "relevance_score_definition": _RELEVANCE,
        "feed": articles,
    }


def label(score: float) -> str:
    """Return the vendor's word for a score."""
    for bound, word in _LABELS:
        if abs(score) >= bound:
            return word if score > 0 else word.replace("Bullish", "Bearish")
    return "Neutral"


def answer_json(content: Mapping[str, Any]) -> bytes:
    """Return an answer as it is sent."""
    return json.dumps(content, indent=4).encode()


def _articles(story: Story, now: datetime) -> Iterable[dict[str, Any]]:
    yield _article(story, now, story.url)
    if story.twice:
        yield _article(story, now, f"{story.url}?utm_source=feed&utm_medium=rss")


def _article(story: Story, now: datetime, url: str) -> dict[str, Any]:
    score = story.score_at(now)
    return {
        "title": story.title,
        "url": url,
        "time_published": f"{story.at:%Y%m%dT%H%M%S}",
        "authors": [f"{story.source} Staff"],
        "summary": story.summary,
        "banner_image": None,
        "source": story.source,
        "category_within_source": "n/a",
        "source_domain": story.domain,
        "topics": [
            {"topic": topic, "relevance_score": f"{relevance:.6f}"}
            for topic, relevance in story.topics
        ],
        "overall_sentiment_score": round(score, 6),
        "overall_sentiment_label": label(score),
        "ticker_sentiment": [_sentiment(one) for one in story.mentions_at(now)],
    }


def _sentiment(one: Mention) -> dict[str, str]:
    return {
        "ticker": one.ticker,
        "relevance_score": f"{one.relevance:.6f}",
        "ticker_sentiment_score": f"{one.score:.6f}",
        "ticker_sentiment_label": label(one.score),
    }
