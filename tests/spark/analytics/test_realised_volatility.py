"""Jobs of realised volatility, on the simulated exchange, whose variance and jumps are known."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from spark.analytics import simulated
from spark.frames import Frames

from indextracker_catalogue import analytics as a
from indextracker_catalogue import taiwan as t
from indextracker_numerics import har, realised
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.indices import TAIEX_PROCESS
from indextracker_simulator.taiwan.walk import CASH_STEPS, cash_path, close_of, jumps
from indextracker_spark.analytics import realised_volatility as jobs
from indextracker_spark.job import conform

SESSIONS = [date(2022, 3, 2), date(2022, 3, 3), date(2022, 3, 4)]
NEAR, NEXT = "202203", "202204"


def found(rows: pa.Table, frames: Frames) -> pl.DataFrame:
    of_index = jobs.of_index(frames.spark.createDataFrame(rows))
    table = conform(of_index, a.REALISED_VOLATILITY).toArrow()
    return pl.DataFrame(table).sort("session_date", "session_part")


@pytest.fixture(scope="module")
def index_rows() -> pa.Table:
    return pa.concat_tables([simulated.levels(on) for on in SESSIONS])


def test_the_volatility_of_the_index_is_what_the_exchange_drew(
    index_rows: pa.Table, frames: Frames
) -> None:
    """Of a variance estimated from 54 returns the standard deviation is a root of 2 / 54: 19 %,
    subsampled 16 %, of the kernel likewise, of a volatility half of that: 30 % is three and more.
    """
    days = found(index_rows, frames)
    assert days["session_date"].to_list() == SESSIONS
    for row in days.to_dicts():
        # From 09:01, when all shares have opened.
        path = np.log(cash_path(TAIEX_PROCESS, simulated.SEED, row["session_date"]))[11:]
        drawn = realised.annualised(realised.realised_variance(np.diff(path)))
        for name in ("realised", "subsampled", "kernel"):
            assert row[f"{name}_volatility"] == pytest.approx(drawn, rel=0.3), name
        before = trading_calendar().previous(row["session_date"])
        close = round(close_of(TAIEX_PROCESS, simulated.SEED, before), 2)
        assert row["previous_close"] == close
        assert row["overnight_return"] == pytest.approx(path[0] - math.log(close), abs=1e-6)
        whole = row["subsampled_volatility"] ** 2 + 252 * (100 * row["overnight_return"]) ** 2
        assert row["daily_volatility"] == pytest.approx(math.sqrt(whole))
        ends = [round(math.exp(level), 2) for level in path[[0, -1]]]
        assert [row["open"], row["close"]] == ends
        assert (row["prints"], row["span_minutes"]) == (CASH_STEPS - 11, 269)


def test_rows_do_not_depend_on_the_order_of_levels(index_rows: pa.Table, frames: Frames) -> None:
    shuffled = np.random.default_rng(1).permutation(index_rows.num_rows)
    assert found(index_rows.take(shuffled), frames).equals(found(index_rows, frames))


def test_measures_are_right_on_average() -> None:
    """Of one day a variance is wrong by a fifth, of 120 days' mean by a hundredth or two.

    Each measure over what the exchange drew of the day, from each of its levels: the mean is 1
    within four of its own standard errors.
    """
    sessions = [one for one in trading_calendar().sessions if one >= date(2021, 6, 1)][:120]
    found: dict[str, list[float]] = {"five minutes": [], "subsampled": [], "kernel": []}
    for on in sessions:
        path = np.log(cash_path(TAIEX_PROCESS, simulated.SEED, on))[11:]
        drawn = realised.realised_variance(np.diff(path))
        grids = [realised.realised_variance(np.diff(path[first::60])) for first in range(0, 60, 12)]
        # The kernel is of whole seconds; the path has a level every five.
        kernel = realised.realised_kernel(5 * np.arange(len(path)), path)
        assert kernel is not None
        parts = [
            (len(path) - 1) / (60 * ((len(path) - 1 - first) // 60)) for first in range(0, 60, 12)
        ]
        found["five minutes"].append(grids[0] * parts[0] / drawn)
        found["subsampled"].append(np.mean(np.multiply(grids, parts)) / drawn)
        found["kernel"].append(kernel.variance / drawn)
    for name, ratios in found.items():
        error = np.std(ratios) / np.sqrt(len(ratios))
        assert error < 0.03, name
        assert np.mean(ratios) == pytest.approx(1, abs=4 * error), name


def test_days_with_jumps_are_told_from_days_without() -> None:
    """By 250 sessions, of returns of a minute before the call, as the job takes them.

    Without a jump a path of changing variance, as after the opening, is rejected more often than
    the level says. How often is found by 2,000 paths of the exchange's own liveliness; of some 150
    sessions the rate has a standard deviation of 2.4 %, and 7 % is three.
    """
    grid = np.arange(12, CASH_STEPS - 60 + 1, 12)
    sessions = [one for one in trading_calendar().sessions if one >= date(2021, 6, 1)][:250]
    p_values, largest = [], []
    for on in sessions:
        path = np.log(cash_path(TAIEX_PROCESS, simulated.SEED, on))
        tested = realised.jump_test(np.diff(path[grid - 1]))
        assert tested is not None
        p_values.append(tested.p_value)
        largest.append(np.abs(jumps(simulated.SEED, on)).max())
    rejected = np.array(p_values) < 0.05
    size = np.array(largest)

    elapsed = 60 * np.arange(1, len(grid))
    liveliness = 1 + 2 * np.exp(-elapsed / 1200)
    random = np.random.default_rng(1)
    without = [
        realised.jump_test(liveliness * random.standard_normal(len(elapsed))) for _ in range(2000)
    ]
    expected = np.mean([one is not None and one.p_value < 0.05 for one in without])
    assert 0.05 < expected < 0.12
    assert rejected[size == 0].mean() == pytest.approx(expected, abs=0.07)
    # From half of a day's standard deviation on: some eight of a minute's.
    assert rejected[size > 0.5].mean() > 0.8


def test_a_future_is_measured_by_part_and_of_its_front_contract(frames: Frames) -> None:
    on = SESSIONS[1]
    spark = frames.spark
    rows = simulated.trades(on)
    closes = [
        {
            "session_date": before,
            "product": product,
            "expiry": expiry,
            "session_part": part,
            "close": close,
        }
        for before, product, expiry, part, close in (
            (SESSIONS[0], "TX", NEAR, "day", 17_000.0),
            (SESSIONS[0], "TX", NEAR, "night", 1.0),
            (SESSIONS[0], "TX", NEXT, "day", 2.0),
            (SESSIONS[0], "MTX", NEAR, "day", 3.0),
            (on, "TX", NEAR, "day", 4.0),
        )
    ]
    measured = jobs.of_future(
        spark.createDataFrame(rows),
        frames.of(t.CONTRACTS, simulated.contracts(on, ("TX", "MTX"), NEAR, NEXT)),
        frames.of(t.FUTURES_SESSIONS, closes),
        frames.reference(t.SESSIONS),
    )
    parts = pl.DataFrame(conform(measured, a.REALISED_VOLATILITY).toArrow()).sort("session_part")
    assert parts["session_part"].to_list() == ["day", "night"]
    prints = pl.DataFrame(rows).filter(pl.col("expiry") == NEAR).sort("traded_at", "line")
    for row in parts.to_dicts():
        own = prints.filter(pl.col("session_part") == row["session_part"])["price"]
        assert (row["asset"], row["expiry"], row["prints"]) == ("TX", NEAR, len(own))
        assert (row["open"], row["close"]) == (own[0], own[-1])
        assert (row["high"], row["low"]) == (own.max(), own.min())
        assert row["previous_close"] == 17_000.0
        assert row["overnight_return"] == pytest.approx(math.log(own[0] / 17_000))
    assert parts["span_minutes"].to_list() == [300, 840]


def test_less_than_half_an_hour_is_no_part(index_rows: pa.Table, frames: Frames) -> None:
    assert found(index_rows.slice(0, 360), frames).is_empty()


def days(number: int) -> tuple[list[date], list[dict]]:
    """So many sessions of a year, with prices and variances drawn."""
    dates = [one for one in trading_calendar().sessions if one >= date(2021, 6, 1)][:number]
    random = np.random.default_rng(3)
    rows = []
    close = 17_000.0
    for on in dates:
        opening = close * math.exp(0.004 * random.standard_normal())
        last = opening * math.exp(0.008 * random.standard_normal())
        rows.append(
            {
                "session_date": on,
                "asset": "TAIEX",
                "session_part": "day",
                "open": opening,
                "high": max(opening, last) * 1.003,
                "low": min(opening, last) * 0.997,
                "close": last,
                "previous_close": close,
                "daily_volatility": 15 * math.exp(0.3 * random.standard_normal()),
            }
        )
        close = last
    return dates, rows


def forecast(
    rows: list[dict], frames: Frames, implied: dict[datetime, float] | None = None
) -> pl.DataFrame:
    """Forecasts of sessions, and what options imply at some instants."""
    levels = [
        {"session_date": at.date(), "observed_at": at, "volatility_index": level}
        for at, level in (implied or {}).items()
    ]
    expected = jobs.forecasts(
        frames.of(a.REALISED_VOLATILITY, rows),
        frames.reference(t.SESSIONS),
        frames.of(a.VOLATILITY_INDEX, levels),
    )
    table = conform(expected, a.VOLATILITY_FORECASTS).toArrow()
    return pl.DataFrame(table).sort("session_date")


def test_forecasts_know_what_was_before_alone(frames: Frames) -> None:
    dates, rows = days(130)
    whole = forecast(rows, frames)
    part = forecast(rows[:100], frames)
    assert whole["session_date"].to_list() == dates
    assert whole.head(100).equals(part)
    last = part.row(-1, named=True)
    variances = np.array([row["daily_volatility"] for row in rows[:100]]) ** 2 / 252e4
    for name, ahead in (("next_session", 1), ("next_month", 22)):
        expected = har.forecast(variances, ahead)
        assert last[f"{name}_sample"] == expected.sample
    assert last["next_session_volatility"] == pytest.approx(
        realised.annualised(har.forecast(variances, 1).variance)
    )
    # 100 sessions less a month before and one after leave 57.
    assert (last["next_month_sample"], last["next_month_volatility"]) == (57, None)
    told = last["next_session_missing"], last["next_month_missing"]
    assert told == (None, "57 sessions of 60")
    month = {name: np.array([row[name] for row in rows[78:100]]) for name in jobs._PRICES}
    expected_month = realised.yang_zhang_variance(*month.values())
    assert last["yang_zhang_volatility"] == pytest.approx(realised.annualised(expected_month))


def test_a_missing_session_is_no_session_less(frames: Frames) -> None:
    """It is a gap of the calendar: for a month after it nothing is known of a month."""
    dates, rows = days(130)
    gap = 100
    known = forecast(rows[:gap] + rows[gap + 1 :], frames)
    assert dates[gap] not in known["session_date"].to_list()
    after = known.filter(pl.col("session_date") > dates[gap])
    for name in ("yang_zhang_volatility", "next_session_volatility"):
        assert after[name].is_null().to_list() == [place < 21 for place in range(len(after))]
    missing = after.filter(pl.col("next_session_missing").is_not_null())["next_session_missing"]
    assert missing.to_list() == ["one of the last 22 sessions is missing"] * 21


def test_a_forecast_reads_a_year_of_sessions_and_no_more(frames: Frames) -> None:
    """A session built alone, with its look-back, has the row of one built with all."""
    _, rows = days(a.FORECAST_SESSIONS + 20)
    alone = forecast(rows[-a.FORECAST_SESSIONS - 1 :], frames)
    assert alone.tail(1).equals(forecast(rows, frames).tail(1))


def test_a_premium_is_the_last_implied_variance_less_what_is_expected(frames: Frames) -> None:
    dates, rows = days(110)
    last, before = dates[-1], dates[-2]
    early, late = (datetime(last.year, last.month, last.day, hour, tzinfo=UTC) for hour in (2, 5))
    found = forecast(rows, frames, {late: 20.0, early: 30.0})
    row = found.row(-1, named=True)
    assert row["session_date"] == last
    assert row["implied_volatility"] == 20.0
    assert row["next_month_volatility"] > 0
    premium = 20.0**2 - row["next_month_volatility"] ** 2
    assert row["variance_risk_premium"] == pytest.approx(premium)
    # Without an index of that session there is none, and without a forecast neither.
    assert found.filter(pl.col("session_date") == before)["variance_risk_premium"].item() is None
    short = forecast(rows[-30:], frames, {late: 20.0}).row(-1, named=True)
    assert (short["implied_volatility"], short["variance_risk_premium"]) == (20.0, None)
