"""Mean returns after news with their intervals, held against a direct computation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spark.frames import Frames

from indextracker_catalogue import news as t
from indextracker_catalogue.india import EQUITY_RETURNS
from indextracker_catalogue.news.terms import LEAST_EVENTS, LEAST_SESSIONS
from indextracker_spark.job import conform
from indextracker_spark.news.event_study import sentiment_returns

Row = dict[str, Any]

FIRST = date(2024, 1, 1)
# Student's t, 2.5 % above, by degrees of freedom, as tables have it.
QUANTILES = {
    24: 2.063899,
    25: 2.059539,
    26: 2.055529,
    27: 2.051831,
    28: 2.048407,
    29: 2.045230,
    30: 2.042272,
    31: 2.039513,
    32: 2.036933,
    33: 2.034515,
    34: 2.032245,
    35: 2.030108,
    36: 2.028094,
    37: 2.026192,
    38: 2.024394,
    39: 2.022691,
}


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
    """Early news against its own session; all news against the next; above the mean of all."""
    sessions = 40
    returns = [
        *flat(sessions, "REST"),
        *(returned(place, "ALFA", 0.02 if place % 2 else -0.01) for place in range(sessions)),
    ]
    events = [event(place, "ALFA", 0.5, 0.5) for place in range(0, sessions, 2)]
    events += [event(place, "REST", 0.0, None) for place in range(sessions)]
    found = study(events, returns, sessions)
    assert (found[0, "Bullish"]["events"], found[1, "Bullish"]["events"]) == (20, 20)
    assert (0, "Neutral") not in found
    # The last session's next one has no return.
    assert found[1, "Neutral"]["events"] == 39
    assert found[1, "Neutral"]["mean_return"] == pytest.approx(-(20 * 0.01 - 19 * 0.005) / 39)


@pytest.mark.parametrize(
    ("events", "sessions", "told"),
    [
        (LEAST_EVENTS, LEAST_SESSIONS, True),
        (LEAST_EVENTS - 1, LEAST_SESSIONS, False),
        (LEAST_EVENTS, LEAST_SESSIONS - 1, False),
    ],
)
def test_no_figure_is_told_of_few_events(
    study: Any, events: int, sessions: int, told: bool
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
    assert [row[name] is not None for name in ("mean_return", "low_95", "high_95")] == [told] * 3


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
    found = study([event(0, "ALFA", score, score)], [returned(0, "ALFA", 0.0)], 2)
    assert set(found) == {(0, word), *([(0, sign)] if sign else [])}


@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(seed=st.integers(0, 2**32 - 1))
def test_intervals_are_those_of_clusters_by_session(study: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    sessions, names = 40, "ABCD"
    returns = np.round(random.normal(0, 0.02, (sessions, len(names))), 9)
    scores = np.round(random.uniform(-1, 1, (sessions, len(names))), 6)
    found = study(
        [
            event(n, name, float(scores[n, k]), float(scores[n, k]))
            for n in range(sessions)
            for k, name in enumerate(names)
        ],
        [
            returned(n, name, float(returns[n, k]))
            for n in range(sessions)
            for k, name in enumerate(names)
        ],
        sessions,
    )
    above = returns - returns.mean(axis=1, keepdims=True)
    means, variances, counts = {}, {}, {}
    for sign, chosen in (("positive", scores >= 0.15), ("negative", scores <= -0.15)):
        row = found[0, sign]
        events, in_sessions = int(chosen.sum()), int(chosen.any(axis=1).sum())
        mean = above[chosen].mean()
        sums = np.where(chosen, above - mean, 0).sum(axis=1)
        variance = (sums**2).sum() * in_sessions / (in_sessions - 1) / events**2
        half = QUANTILES[in_sessions - 1] * np.sqrt(variance)
        assert (row["events"], row["sessions"]) == (events, in_sessions)
        assert row["mean_return"] == pytest.approx(mean, abs=1e-9)
        assert row["high_95"] - row["mean_return"] == pytest.approx(half, rel=1e-4)
        assert row["mean_return"] - row["low_95"] == pytest.approx(half, rel=1e-4)
        means[sign], variances[sign], counts[sign] = mean, variance, in_sessions
    row = found[0, "positive less negative"]
    half = QUANTILES[min(counts.values()) - 1] * np.sqrt(sum(variances.values()))
    assert row["mean_return"] == pytest.approx(means["positive"] - means["negative"], abs=1e-9)
    assert row["high_95"] - row["mean_return"] == pytest.approx(half, rel=1e-4)
