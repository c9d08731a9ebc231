"""Which tellings are of one story, and which are not."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from spark.frames import Frames

from indextracker_catalogue import news as t
from indextracker_catalogue.news.terms import LEAST_TITLE_WORDS, SAME_STORY_HOURS
from indextracker_spark.job import conform
from indextracker_spark.news.stories import news_stories

Row = dict[str, Any]

AT = datetime(2024, 4, 29, 4, tzinfo=UTC)
TITLE = "Alfa wins a large order"


def number(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def article(url: str, title: str = TITLE, at: datetime = AT, hour: datetime | None = None) -> Row:
    return {"hour": hour or at, "article_id": number(url), "published_at": at} | {
        "title": title,
        "url": url,
    }


def mention(url: str, symbol: str | None = "ALFA", ticker: str = "ALF") -> Row:
    return {"hour": AT, "article_id": number(url), "ticker": ticker, "symbol": symbol}


def headline(
    title: str = TITLE, at: datetime | None = AT, url: str | None = None, **more: Any
) -> Row:
    return {
        "day": date(2024, 4, 29),
        "line": 1,
        "ticker": "ALFA.NS",
        "symbol": "ALFA",
        "title": title,
        "published_at": at,
        "url": url,
        "article_id": number(url) if url else None,
        **more,
    }


def announcement(name: str, subject: str | None, at: datetime = AT) -> Row:
    return {"day": at.date(), "line": 1, "published_at": at, "symbol": "ALFA"} | {
        "name": name,
        "subject": subject,
        "url": None,
    }


@pytest.fixture
def told(frames: Frames) -> Any:
    def stories(
        articles: list[Row] = [],  # noqa: B006 - never changed
        mentions: list[Row] = [],  # noqa: B006
        headlines: list[Row] = [],  # noqa: B006
        announcements: list[Row] = [],  # noqa: B006
    ) -> list[Row]:
        found = news_stories(
            frames.of(t.NEWS_ARTICLES, articles),
            frames.of(t.NEWS_TICKERS, mentions),
            frames.of(t.HEADLINES, headlines),
            frames.of(t.ANNOUNCEMENTS, announcements),
        )
        return conform(found, t.NEWS_STORIES).toArrow().to_pylist()

    return stories


def places(rows: list[Row]) -> list[list[str]]:
    """The places of each story."""
    by_story: dict[str, list[str]] = {}
    for row in rows:
        by_story.setdefault(row["story_id"], []).append(row["place"])
    return sorted(sorted(found) for found in by_story.values())


def test_one_address_is_one_story_whatever_its_titles(told: Any) -> None:
    later = AT + timedelta(days=3)
    rows = told(
        [article("https://x.test/a", "Alfa is said to win")],
        [mention("https://x.test/a")],
        [headline(TITLE, later, "https://x.test/a")],
    )
    assert places(rows) == [["articles", "headlines"]]
    assert {row["story_id"] for row in rows} == {number("https://x.test/a")}


def test_equal_titles_within_a_day_are_one_story_but_for_signs_and_case(told: Any) -> None:
    hours = timedelta(hours=SAME_STORY_HOURS)
    rows = told(
        [article("https://x.test/a")],
        [mention("https://x.test/a")],
        [headline("ALFA wins: a 'large' order!", AT + hours)],
        [announcement("Alfa", "wins a large order", AT - hours)],
    )
    assert places(rows) == [["announcements", "articles", "headlines"]]
    first = min(rows, key=lambda row: row["published_at"])
    assert {row["story_id"] for row in rows} == {first["telling_id"]}


def test_equal_titles_of_other_days_are_other_stories(told: Any) -> None:
    late = AT + timedelta(hours=SAME_STORY_HOURS, seconds=1)
    rows = told(headlines=[headline(), headline(at=late)])
    assert places(rows) == [["headlines"], ["headlines"]]


def test_short_titles_may_be_of_anything(told: Any) -> None:
    title = " ".join(TITLE.split()[: LEAST_TITLE_WORDS - 1])
    rows = told(
        [article("https://x.test/a", title)], [mention("https://x.test/a")], [headline(title)]
    )
    assert places(rows) == [["articles"], ["headlines"]]


def test_an_article_without_a_company_tells_a_story_that_others_tell_of_one(told: Any) -> None:
    rows = told([article("https://x.test/a"), article("https://x.test/b", "Nobody is in here")], [],
                [headline()])  # fmt: skip
    assert places(rows) == [["articles", "headlines"]]
    assert {row["place"]: row["symbol"] for row in rows} == {"articles": None, "headlines": "ALFA"}


def test_what_is_listed_on_several_days_and_dated_anew_is_told_once(told: Any) -> None:
    anew = AT + timedelta(hours=2)
    rows = told(
        [article("https://x.test/a"), article("https://x.test/a", at=anew)],
        [mention("https://x.test/a"), mention("https://x.test/a", ticker="ALF2")],
        [headline(url="https://y.test/b"), headline(url="https://y.test/b", day=date(2024, 4, 30))],
    )
    assert [
        (row["place"], row["published_at"]) for row in sorted(rows, key=lambda r: r["place"])
    ] == [
        ("articles", AT),
        ("headlines", AT),
    ]


def test_an_article_of_two_companies_is_one_story_of_each(told: Any) -> None:
    mentions = [mention("https://x.test/a"), mention("https://x.test/a", "BETA", "BET")]
    rows = told([article("https://x.test/a")], mentions)
    assert len({row["story_id"] for row in rows}) == 1
    assert sorted(row["symbol"] for row in rows) == ["ALFA", "BETA"]


def test_what_has_no_time_or_stands_in_a_section_is_no_telling(told: Any) -> None:
    assert told(headlines=[headline(at=None), headline(section="Related News")]) == []
