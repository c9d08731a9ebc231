"""Values of markets by calendar day, and their correlations."""

from datetime import date, timedelta

import numpy as np
import pytest
from spark.frames import Frames

from indextracker_catalogue import india, news
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import across as terms
from indextracker_numerics.multiple_testing import adjusted
from indextracker_spark.analytics.across import market_correlations, market_days
from indextracker_spark.job import conform

Row = dict[str, object]

FRIDAY, MONDAY, TUESDAY = date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17)


def test_values_are_of_the_day_on_which_they_are_known(frames: Frames) -> None:
    """A night counts on the morning on which it ends; a holiday of one side leaves the other."""
    front = [
        {"session_date": day, "product": "TX", "expiry": "202412", "expire_code": "M"}
        for day in (FRIDAY, MONDAY)
    ]
    night = {"product": "TX", "expiry": "202412", "session_part": "night"}
    futures = [
        night | {"session_date": MONDAY, "open": 20_000.0, "close": 20_200.0},
        night | {"session_date": MONDAY, "expiry": "202501", "open": 20_000.0, "close": 1.0},
        night | {"session_date": FRIDAY, "open": None, "close": None},
    ]
    level = {"index_id": "TAIEX", "session_part": "day"}
    levels = [
        level | {"session_date": FRIDAY, "open": 20_000.0, "close": 20_500.0},
        level | {"session_date": MONDAY, "open": 20_910.0, "close": 20_500.0},
        level | {"session_date": MONDAY, "session_part": "whole", "open": 1.0, "close": 2.0},
    ]
    nifty = {"index_name": "Nifty 50", "session_date": TUESDAY}
    indian = [
        nifty | {"open": 24_240.0, "close": 24_300.0, "points_change": 300.0},
        nifty | {"index_name": "Nifty Next 50", "open": 1.0, "close": 2.0, "points_change": 1.0},
    ]
    told = [
        {"session_date": TUESDAY, "symbol": symbol}
        | {"scored_before_open": number, "sentiment_before_open": score}
        for symbol, number, score in (("A", 3, 0.2), ("B", 1, -0.4), ("C", 0, None))
    ]
    found = market_days(
        frames.of(t.FUTURES_SESSIONS, futures),
        frames.of(t.CONTRACTS, front),
        frames.of(t.INDEX_SESSIONS, levels),
        frames.reference(t.SESSIONS),
        frames.of(india.INDEX_CLOSES, indian),
        frames.of(news.NEWS_SENTIMENT_DAILY, told),
    )
    rows = conform(found, terms.MARKET_DAYS).toArrow().to_pylist()
    assert {(row["day"], row["series"]): row["value"] for row in rows} == pytest.approx(
        {
            (MONDAY, "tx_night"): 0.01,
            (MONDAY, "taiex_open"): 0.02,
            (FRIDAY, "taiex_day"): 0.025,
            (MONDAY, "taiex_day"): 20_500 / 20_910 - 1,
            (TUESDAY, "nifty_open"): 0.01,
            (TUESDAY, "nifty_day"): 60 / 24_240,
            (TUESDAY, "news_before_open"): 0.05,
        }
    )


def test_all_pairs_are_told_and_allowed_for(frames: Frames) -> None:
    random, begin = np.random.default_rng(6), date(2024, 1, 1)
    rows: list[Row] = []
    for number in range(120):
        day, common = begin + timedelta(days=number), random.standard_normal()
        values = {
            "tx_night": common,
            "nifty_open": 0.6 * common + 0.8 * random.standard_normal(),
            "taiex_day": random.standard_normal(),
            "nifty_day": 1.0,
        }
        if number < 29:
            values["news_before_open"] = random.standard_normal()
        # A holiday in India.
        left_out = {"nifty_open", "nifty_day"} if number % 10 == 0 else set()
        rows += [
            {"day": day, "series": name, "value": float(value)}
            for name, value in values.items()
            if name not in left_out
        ]
    order = random.permutation(len(rows))
    frame = frames.of(terms.MARKET_DAYS, [rows[place] for place in order])
    found = conform(market_correlations(frame), terms.MARKET_CORRELATIONS).toArrow().to_pylist()
    told = {(row["first_series"], row["second_series"]): row for row in found}
    assert len(told) == 15
    pair = told["tx_night", "nifty_open"]
    assert (pair["days"], pair["first_day"], pair["timing"]) == (108, date(2024, 1, 2), "during")
    # Three errors of a correlation of 0.6.
    assert pair["correlation"] == pytest.approx(0.6, abs=3 * (1 - 0.6**2) / np.sqrt(108))
    assert pair["adjusted_p_value"] < 1e-6
    assert told["tx_night", "taiex_day"]["timing"] == "before"
    assert told["news_before_open", "nifty_open"]["timing"] == "together"
    assert told["tx_night", "news_before_open"]["missing"] == "29 days of 30"
    assert told["tx_night", "nifty_day"]["missing"] == "one does not vary"
    assert told["tx_night", "taiex_open"]["missing"] == "0 days of 30"
    tested = [row for row in found if row["p_value"] is not None]
    assert len(tested) == 3
    assert [row["adjusted_p_value"] for row in tested] == pytest.approx(
        adjusted(np.array([row["p_value"] for row in tested]))
    )


def test_pairs_without_a_day_are_told_too(frames: Frames) -> None:
    found = market_correlations(frames.of(terms.MARKET_DAYS, [])).toArrow().to_pylist()
    assert {row["missing"] for row in found} == {"0 days of 30"}
    assert len(found) == 15
