"""The effect of news that the simulated exchange was given comes back out of the event study.

Two worlds have the same news and differ in its effect alone, so that what one returned more than
the other is that effect, whatever chance made of both. How often an interval holds the truth needs
hundreds of worlds, and is found in tests/spark/news/test_event_study.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames
from support import one_sail

from indextracker.building.reference_tables import REFERENCES
from indextracker_catalogue import TABLES
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.news import announcements
from indextracker_simulator.india.truth import adjusted
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.news.truth import news
from indextracker_spark.job import conform
from indextracker_spark.news.event_study import sentiment_returns
from indextracker_spark.news.sentiment import news_sentiment_daily
from indextracker_spark.news.stories import news_stories

Row = dict[str, Any]

NOW = datetime(2026, 8, 21, 12, tzinfo=UTC)
FIRST, LAST = date(2022, 7, 1), date(2023, 12, 29)
STRONG = 0.05
DIFFERENCE = "positive less negative"


def of(path: str, rows: list[Row]) -> DataFrame:
    """Rows of a table; a column that a row does not have is null."""
    return Frames(one_sail.engine()._start()).of(TABLES[path], rows)


class Study:
    """A simulated exchange with an effect, what was written of it, and what came of that."""

    def __init__(self, effect: float) -> None:
        self.effect = effect
        self.nse = Exchange(clock=lambda: NOW, news_effect=effect)
        self.sessions = self.nse.calendar.between(FIRST, LAST)
        daily, days = self._daily(), of("silver/news_days", self._days())
        self.daily = conform(daily, TABLES["gold/news_sentiment_daily"]).toArrow().to_pylist()
        events = of("gold/news_sentiment_daily", self.daily)
        told = sentiment_returns(events, days, of("gold/equity_returns", self._returns()))
        rows = conform(told, TABLES["gold/sentiment_returns"]).toArrow().to_pylist()
        self.told = {(row["horizon_sessions"], row["sentiment_class"]): row for row in rows}

    def expected(self) -> float:
        """What good news should return above bad news, by how good it was."""
        good = {
            (str(told.number), after): told.good
            for before, after in pairwise(self.sessions)
            for told in announcements(self.nse.instruments, self.nse.seed, before)
        }
        scored = [
            (row["sentiment_before_open"], good.get((row["symbol"], row["session_date"]), 0.0))
            for row in self.daily
            if row["sentiment_before_open"] is not None and row["session_date"] > self.sessions[0]
        ]
        better = [worth for score, worth in scored if score >= 0.15]
        worse = [worth for score, worth in scored if score <= -0.15]
        return self.effect * (fmean(better) - fmean(worse))

    def _days(self) -> list[Row]:
        return REFERENCES[TABLES["silver/news_days"]].made(NOW.date()).to_pylist()

    def _daily(self) -> DataFrame:
        first = datetime.combine(FIRST, datetime.min.time(), UTC)
        written = news(Newsroom(exchange=self.nse), first, first + (LAST - FIRST), NOW)
        hours = {
            row["article_id"]: row["published_at"].replace(minute=0, second=0, microsecond=0)
            for row in written["news_articles"].to_pylist()
        }
        articles = [
            {**row, "hour": hours[row["article_id"]]}
            for row in written["news_articles"].to_pylist()
        ]
        tickers = [
            {**row, "hour": hours[row["article_id"]], "symbol": _symbol(row["number"])}
            for row in written["news_tickers"].to_pylist()
        ]
        instruments = [
            {"instrument_id": symbol, "symbol": symbol, "series": "EQ", "valid_from": FIRST}
            | {"valid_to": LAST}
            for symbol in {row["symbol"] for row in tickers if row["symbol"]}
        ]
        mentions = of("silver/news_tickers", tickers)
        stories = news_stories(
            of("silver/news_articles", articles),
            mentions,
            of("silver/headlines", []),
            of("silver/announcements", []),
        )
        return news_sentiment_daily(
            stories,
            mentions,
            of("silver/news_days", self._days()),
            of("silver/instruments", instruments),
        )

    def _returns(self) -> list[Row]:
        """Returns of one session, over corporate actions, of every share."""
        closes: dict[int, dict[date, float]] = {}
        for row in adjusted(self.nse, self.sessions, LAST).to_pylist():
            closes.setdefault(row["number"], {})[row["session_date"]] = row["adjusted_close"]
        return [
            {"session_date": after, "symbol": str(number), "series": "EQ"}
            | {"instrument_id": str(number), "return_1": of_one[after] / of_one[before] - 1}
            for number, of_one in closes.items()
            for before, after in pairwise(self.sessions)
            if before in of_one and after in of_one
        ]


def _symbol(number: int | None) -> str | None:
    return None if number is None else str(number)


@pytest.fixture(scope="module")
def strong() -> Study:
    return Study(STRONG)


@pytest.fixture(scope="module")
def none() -> Study:
    return Study(0.0)


def test_a_strong_effect_is_found_in_the_session_that_follows_the_news(
    strong: Study, none: Study
) -> None:
    found, without = (study.told[0, DIFFERENCE] for study in (strong, none))
    assert found["events"] == without["events"] > 200
    more = found["mean_return"] - without["mean_return"]
    assert more == pytest.approx(strong.expected(), rel=0.05)
    assert found["low_95"] > 0
    assert strong.told[0, "Bullish"]["low_95"] > 0
    assert strong.told[0, "Bearish"]["high_95"] < 0


def test_a_session_later_nothing_is_left_of_it(strong: Study, none: Study) -> None:
    found, without = (study.told[1, DIFFERENCE] for study in (strong, none))
    assert abs(found["mean_return"] - without["mean_return"]) < 0.15 * strong.expected()


def test_without_an_effect_no_figure_is_far_from_zero(none: Study) -> None:
    """Six standard errors, which chance exceeds once in some hundred million worlds."""
    for row in none.told.values():
        if row["too_few"] is None:
            half = (row["high_95"] - row["low_95"]) / 2
            assert abs(row["mean_return"]) < 3 * half
    assert none.told[0, DIFFERENCE]["too_few"] is None


def test_every_story_counts_for_the_session_after_it(strong: Study) -> None:
    """Simulated companies are written of after the close and before the next opening alone."""
    assert strong.daily
    for row in strong.daily:
        assert row["scored_before_open"] == row["scored_stories"]
        assert row["session_date"] > FIRST - timedelta(days=1)
