"""Mean returns after news with their intervals, held against a direct computation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spark.frames import Frames
from support.event_studies import figure

from indextracker_catalogue import news as t
from indextracker_catalogue.india import EQUITY_RETURNS
from indextracker_catalogue.news.terms import CLASSES, HORIZONS, LEAST_EVENTS, LEAST_SESSIONS
from indextracker_spark.job import conform
from indextracker_spark.news.event_study import sentiment_returns

Row = dict[str, Any]

FIRST = date(2024, 1, 1)
FIGURES = ("mean_return", "low_95", "high_95", "degrees_of_freedom")


def session(place: int) -> date:
    return FIRST + timedelta(days=place)


def days(count: int) -> list[Row]:
    return [
        {"day": session(n), "session_date": session(n), "next_session_date": session(n + 1)}
        for n in range(count)
    ]


def returned(place: int, name: str, value: float | None) -> Row:
    return {"session_date": session(place), "symbol": name, "series": "EQ"} | {
        "instrument_id": name,
        "return_1": value,
    }


def event(place: int, name: str, score: float, early: float | None = None) -> Row:
    return {"session_date": session(place), "symbol": name, "instrument_id": name} | {
        "sentiment": score,
        "sentiment_before_open": early,
    }


@pytest.fixture(scope="module")
def study(frames: Frames) -> Any:
    def told(events: list[Row], returns: list[Row], count: int) -> dict[tuple[int, str], Row]:
        found = sentiment_returns(
            frames.of(t.NEWS_SENTIMENT_DAILY, events),
            frames.of(t.NEWS_DAYS, days(count)),
            frames.of(EQUITY_RETURNS, returns),
        )
        rows = conform(found, t.SENTIMENT_RETURNS).toArrow().to_pylist()
        return {(row["horizon_sessions"], row["sentiment_class"]): row for row in rows}

    return told


def flat(count: int, *names: str) -> Iterator[Row]:
    """Instruments that return nothing."""
    for place in range(count):
        yield from (returned(place, name, 0.0) for name in names)


def test_each_horizon_is_held_against_its_own_return(study: Any) -> None:
    """Early news against its own session; all news against the next; above the other's return."""
    sessions = 40
    returns = [
        *flat(sessions, "REST"),
        *(returned(place, "ALFA", 0.02 if place % 2 else -0.01) for place in range(sessions)),
    ]
    events = [event(place, "ALFA", 0.5, 0.5) for place in range(0, sessions, 2)]
    events += [event(place, "REST", 0.0, None) for place in range(sessions)]
    found = study(events, returns, sessions)
    assert (found[0, "Bullish"]["events"], found[1, "Bullish"]["events"]) == (20, 20)
    assert found[0, "Neutral"]["events"] == 0
    # The last session's next one has no return.
    assert found[1, "Neutral"]["events"] == 39
    assert found[1, "Neutral"]["mean_return"] == pytest.approx(-(20 * 0.02 - 19 * 0.01) / 39)


@pytest.mark.parametrize(
    ("events", "sessions", "too_few"),
    [
        (LEAST_EVENTS, LEAST_SESSIONS, None),
        (LEAST_EVENTS - 1, LEAST_SESSIONS, "29 events of 30"),
        (LEAST_EVENTS, LEAST_SESSIONS - 1, "19 sessions of 20"),
    ],
)
def test_no_figure_is_told_of_few_events(
    study: Any, events: int, sessions: int, too_few: str | None
) -> None:
    names = ("ALFA", "BETA")
    returns = [
        *flat(sessions, "REST"),
        *(returned(n, name, 0.01) for n in range(sessions) for name in names),
    ]
    happened = [(n % sessions, names[n // sessions]) for n in range(events)]
    found = study([event(n, name, 0.2, 0.2) for n, name in happened], returns, sessions)
    row = found[0, "Somewhat-Bullish"]
    assert (row["events"], row["sessions"]) == (events, sessions)
    assert row["too_few"] == too_few
    assert [row[name] is None for name in FIGURES] == [too_few is not None] * len(FIGURES)


def test_no_figure_is_told_where_a_few_sessions_hold_most_events(study: Any) -> None:
    """Of 220 events 200 are in two sessions, which is worth little more than those two."""
    names = [f"S{n}" for n in range(101)]
    returns = [
        returned(n, name, 0.001 * ((7 * n + k) % 5))
        for n in range(22)
        for k, name in enumerate(names)
    ]
    happened = [(n, name) for n in range(22) for name in (names[:100] if n < 2 else names[:1])]
    row = study([event(n, name, 0.2, 0.2) for n, name in happened], returns, 22)[0, "positive"]
    assert (row["events"], row["sessions"], row["mean_return"]) == (220, 22, None)
    freedom, _, of = row["too_few"].partition(" ")
    assert (round(float(freedom)), of) == (1, "degrees of freedom of 5")


def test_a_class_without_events_says_so(study: Any) -> None:
    found = study([], [returned(0, "ALFA", 0.0), returned(0, "BETA", 0.0)], 2)
    assert set(found) == {(horizon, name) for horizon in HORIZONS for name in CLASSES}
    assert {(row["events"], row["sessions"], row["too_few"]) for row in found.values()} == {
        (0, 0, "0 events of 30")
    }


@pytest.mark.parametrize(
    ("score", "word", "sign"),
    [
        (-0.35, "Bearish", "negative"),
        (-0.349, "Somewhat-Bearish", "negative"),
        (-0.15, "Somewhat-Bearish", "negative"),
        (-0.149, "Neutral", None),
        (0.149, "Neutral", None),
        (0.15, "Somewhat-Bullish", "positive"),
        (0.35, "Bullish", "positive"),
    ],
)
def test_classes_are_those_of_the_vendor(
    study: Any, score: float, word: str, sign: str | None
) -> None:
    found = study([event(0, "ALFA", score, score)], [*flat(1, "ALFA", "BETA")], 2)
    counted = {key for key, row in found.items() if row["events"]}
    signs = {(0, sign), (0, "positive less negative")} if sign else set()
    assert counted == {(0, word), *signs}


@settings(max_examples=6, suppress_health_check=[*HealthCheck])
@given(seed=st.integers(0, 2**32 - 1))
def test_intervals_are_those_of_clusters_by_session(study: Any, seed: int) -> None:
    """The closed forms are equal to the matrices, with sessions of very different sizes."""
    random = np.random.default_rng(seed)
    sessions, names = 40, "ABCDEFGH"
    returns = np.round(random.normal(0, 0.02, (sessions, len(names))), 9)
    scores = np.round(random.uniform(-1, 1, (sessions, len(names))), 6)
    told = random.random((sessions, len(names))) < random.beta(1.5, 1, (sessions, 1))
    places = [(n, k) for n in range(sessions) for k in range(len(names))]
    found = study(
        [
            event(n, names[k], float(scores[n, k]), float(scores[n, k]))
            for n, k in places
            if told[n, k]
        ],
        [returned(n, names[k], float(returns[n, k])) for n, k in places],
        sessions,
    )
    others = (returns.sum(axis=1, keepdims=True) - returns) / (len(names) - 1)
    above, days_of = returns - others, np.repeat(np.arange(sessions)[:, None], len(names), axis=1)
    good, bad = told & (scores >= 0.15), told & (scores <= -0.15)
    for name, chosen in (
        ("positive", good),
        ("negative", bad),
        ("positive less negative", good | bad),
    ):
        sides = np.where(bad, -1, 1) if name.startswith("positive") else np.ones_like(days_of)
        expected = figure(above[chosen], sides[chosen], days_of[chosen])
        row = found[0, name]
        assert row["events"] == chosen.sum()
        assert row["mean_return"] == pytest.approx(expected.mean, abs=1e-9)
        assert row["degrees_of_freedom"] == pytest.approx(expected.freedom, rel=1e-6)
        assert row["high_95"] - row["mean_return"] == pytest.approx(expected.half, rel=1e-3)
        assert row["mean_return"] - row["low_95"] == pytest.approx(expected.half, rel=1e-3)


WORLDS = 300
EFFECT = 0.02
# Of so many intervals of 95 %, how many may hold the truth: three standard deviations.
BOUNDS = (0.95 - 3 * (0.95 * 0.05 / WORLDS) ** 0.5, 0.95 + 3 * (0.95 * 0.05 / WORLDS) ** 0.5)


class Worlds:
    """What the figures of many small worlds say of an effect that they were given.

    A session has one to eleven events, a few sessions most of them; returns have heavy tails and,
    in a world of shocks, a part that all events of a session share.
    """

    def __init__(self, effect: float, shock: float) -> None:
        self.events = [self._events(seed, effect, shock) for seed in range(WORLDS)]
        self.figures = [figure(*one) for one in self.events]

    @classmethod
    @cache
    def of(cls, effect: float, shock: float) -> Worlds:
        """The worlds of an effect and of shocks, made once."""
        return cls(effect, shock)

    def held(self, value: float) -> float:
        """The share of intervals that hold a value."""
        return float(np.mean([one.holds(value) for one in self.figures]))

    @staticmethod
    def _events(seed: int, effect: float, shock: float) -> tuple[Any, Any, Any]:
        random = np.random.default_rng(seed)
        sizes = 1 + np.minimum(random.geometric(0.35, 36), 10)
        sessions = np.repeat(np.arange(len(sizes)), sizes)
        sides = np.where(random.random(len(sessions)) < 0.5, 1, -1)
        shared = shock * random.standard_normal(len(sizes))
        values = 0.02 * (random.standard_t(5, len(sessions)) + shared[sessions])
        return values + effect * sides / 2, sides, sessions


@pytest.mark.parametrize("shock", [0.0, 1.0])
def test_intervals_of_95_percent_hold_nothing_in_95_of_100_worlds_without_an_effect(
    shock: float,
) -> None:
    worlds = Worlds.of(0.0, shock)
    assert BOUNDS[0] <= worlds.held(0.0) <= BOUNDS[1]


def test_an_effect_is_found_with_its_size() -> None:
    worlds = Worlds.of(EFFECT, 1.0)
    means = np.array([one.mean for one in worlds.figures])
    assert abs(means.mean() - EFFECT) < 3 * means.std() / WORLDS**0.5
    assert BOUNDS[0] <= worlds.held(EFFECT) <= BOUNDS[1]
    assert worlds.held(0.0) < 0.2
