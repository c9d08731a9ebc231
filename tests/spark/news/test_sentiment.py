"""For which session a story counts, and how good its news is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from spark.frames import Frames

from indextracker_catalogue import news as t
from indextracker_catalogue.india import INSTRUMENTS
from indextracker_spark.job import conform
from indextracker_spark.news.sentiment import news_sentiment_daily

Row = dict[str, Any]

# Thursday 2024-10-31 traded; Friday 2024-11-01 from 18:00 to 19:00 alone (Muhurat); then Monday.
THURSDAY, MUHURAT, MONDAY, TUESDAY = (
    *(date(2024, 10, 31), date(2024, 11, 1)),
    *(date(2024, 11, 4), date(2024, 11, 5)),
)


def india(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)


def told(story: str, at: datetime, symbol: str | None = "ALFA", **more: Any) -> Row:
    return {"story_id": story, "place": "articles", "telling_id": story, "symbol": symbol} | {
        "published_at": at,
        **more,
    }


def scored(telling: str, score: float, relevance: float = 0.5, **more: Any) -> Row:
    return {"hour": india(1, 0), "article_id": telling, "ticker": "ALF", "symbol": "ALFA"} | {
        "sentiment_score": score,
        "relevance_score": relevance,
        **more,
    }


@pytest.fixture
def daily(frames: Frames) -> Any:
    def by_session(
        stories: list[Row], scores: list[Row], spells: list[Row] | None = None
    ) -> list[Row]:
        found = news_sentiment_daily(
            frames.of(t.NEWS_STORIES, stories),
            frames.of(t.NEWS_TICKERS, scores),
            frames.reference(t.NEWS_DAYS),
            frames.of(INSTRUMENTS, spells or []),
        )
        return conform(found, t.NEWS_SENTIMENT_DAILY).toArrow().sort_by("session_date").to_pylist()

    return by_session


@pytest.mark.parametrize(
    ("at", "session", "before_open"),
    [
        (india(31, 9, 14, month=10), THURSDAY, 1),
        (india(31, 9, 15, month=10), THURSDAY, 0),
        (india(31, 15, 30, month=10), THURSDAY, 0),
        (india(31, 15, 31, month=10), MUHURAT, 1),
        (india(1, 12), MUHURAT, 1),
        (india(1, 18, 30), MUHURAT, 0),
        (india(1, 19, 1), MONDAY, 1),
        (india(2, 12), MONDAY, 1),
        (india(3, 23, 59), MONDAY, 1),
        (india(4, 0, 1), MONDAY, 1),
        (india(4, 23, 59), TUESDAY, 1),
    ],
)
def test_a_story_after_the_close_counts_for_the_next_session(
    daily: Any, at: datetime, session: date, before_open: int
) -> None:
    (row,) = daily([told("a", at)], [scored("a", 0.4)])
    assert (row["session_date"], row["scored_before_open"]) == (session, before_open)
    assert row["sentiment"] == 0.4
    assert row["sentiment_before_open"] == (0.4 if before_open else None)


def test_sentiments_are_weighted_by_relevance(daily: Any) -> None:
    stories = [told(name, india(1, 12)) for name in "abc"]
    (row,) = daily(stories, [scored("a", 0.6, 0.9), scored("b", -0.2, 0.3)])
    assert (row["stories"], row["scored_stories"]) == (3, 2)
    assert row["sentiment"] == pytest.approx((0.9 * 0.6 - 0.3 * 0.2) / 1.2, abs=1e-12)


def test_a_story_of_several_places_counts_once_when_it_was_first_told(daily: Any) -> None:
    """By an announcement during a session, with the score of the first of two articles."""
    rows = daily(
        [
            told("s", india(31, 10, month=10), place="announcements", telling_id="n"),
            told("s", india(31, 16, month=10), telling_id="a"),
            told("s", india(31, 17, month=10), telling_id="b"),
        ],
        [scored("a", 0.3), scored("b", -0.9)],
    )
    assert [(row["session_date"], row["stories"], row["sentiment"]) for row in rows] == [
        (THURSDAY, 1, 0.3)
    ]


def test_an_article_that_was_dated_anew_has_its_last_score(daily: Any) -> None:
    anew = scored("a", -0.5, hour=india(1, 6))
    (row,) = daily([told("a", india(1, 12))], [scored("a", 0.5), anew])
    assert (row["scored_stories"], row["sentiment"]) == (1, -0.5)


def test_what_names_no_company_counts_for_those_that_others_name(daily: Any) -> None:
    rows = daily([told("s", india(1, 12)), told("s", india(1, 11), None, telling_id="b")], [])
    assert [(row["symbol"], row["stories"], row["sentiment"]) for row in rows] == [
        ("ALFA", 1, None)
    ]


def test_a_symbol_is_of_the_instrument_that_had_it_last(daily: Any) -> None:
    def spell(instrument: str, series: str, until: date) -> Row:
        return {"instrument_id": instrument, "symbol": "ALFA", "series": series} | {
            "valid_from": THURSDAY,
            "valid_to": until,
        }

    spells = [
        spell("old", "EQ", THURSDAY),
        spell("new", "BE", MUHURAT),
        spell("bond", "N1", MONDAY),
    ]
    (row,) = daily([told("a", india(1, 12))], [], spells)
    assert row["instrument_id"] == "new"
    (unknown,) = daily([told("a", india(1, 12))], [])
    assert unknown["instrument_id"] is None
