"""Returns, ranges and breadth over corporate actions."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames
from support.nse_months import Months

from indextracker_catalogue import india as t
from indextracker_catalogue.india.terms import RETURN_SESSIONS
from indextracker_simulator.india.truth import adjusted
from indextracker_spark.india.returns import equity_breadth, equity_returns
from indextracker_spark.job import conform

Row = dict[str, Any]

FIRST = date(2024, 1, 1)


def days(count: int) -> list[date]:
    """Weekdays from the first of 2024."""
    every = (FIRST + timedelta(days=number) for number in range(2 * count + 7))
    return [day for day in every if day.weekday() < 5][:count]


def traded(
    closes: Sequence[float | None],
    factors: dict[int, float | None] | None = None,
    symbol: str = "ALFA",
    series: str = "EQ",
) -> list[Row]:
    """Rows of gold/equities_adjusted; None where there was no trade."""
    return [
        {
            "session_date": day,
            "symbol": symbol,
            "series": series,
            "instrument_id": symbol,
            **dict.fromkeys(("open", "high", "low", "close"), close),
            "shares": 1_000,
            "factor": (factors or {}).get(place, 1.0),
        }
        for place, (day, close) in enumerate(zip(days(len(closes)), closes, strict=True))
        if close is not None
    ]


def calendar(frames: Frames, sessions: Sequence[date]) -> DataFrame:
    """silver/nse_days: sessions, and the day after the last one, which is none."""
    closed = {"day": sessions[-1] + timedelta(days=1), "is_session": False}
    return frames.of(t.NSE_DAYS, [*({"day": one, "is_session": True} for one in sessions), closed])


def returned(frames: Frames, rows: list[Row]) -> list[Row]:
    found = equity_returns(frames.of(t.EQUITIES_ADJUSTED, rows), calendar(frames, days(60)))
    return conform(found, t.EQUITY_RETURNS).toArrow().sort_by("session_date").to_pylist()


def test_a_return_is_over_sessions_of_the_exchange(frames: Frames) -> None:
    rows = traded([100.0, 110.0, None, 121.0]) + traded([1.0] * 4, symbol="BETA")
    found = [row["return_1"] for row in returned(frames, rows) if row["symbol"] == "ALFA"]
    assert found == [None, pytest.approx(0.1), None]


def test_a_return_over_an_ex_date_compares_adjusted_prices(frames: Frames) -> None:
    closes = [2_655.7, 2_700.0, 2_750.0, 2_700.0, 2_655.7, 1_334.4]
    last = returned(frames, traded(closes, {5: 0.5}))[-1]
    assert last["return_1"] == pytest.approx(1_334.4 / 1_327.85 - 1)
    assert last["return_5"] == pytest.approx(1_334.4 / 1_327.85 - 1)
    assert (last["low_52_weeks"], last["high_52_weeks"]) == (1_327.85, 1_375.0)
    assert (last["new_low"], last["new_high"], last["sessions_52_weeks"]) == (False, False, 6)


def test_nothing_is_told_over_a_factor_that_is_not_known(frames: Frames) -> None:
    found = returned(frames, traded([100.0, 100.0, 60.0, 61.0], {2: None}))
    assert [row["return_1"] for row in found] == [None, 0.0, None, pytest.approx(1 / 60)]
    assert [row["high_52_weeks"] for row in found] == [100.0, 100.0, None, None]


@pytest.mark.parametrize("last", [2, 59])
def test_a_session_that_is_missing_in_the_lake_stretches_no_return(
    frames: Frames, last: int
) -> None:
    """Two sessions that follow each other in a lake need not be one session apart."""
    rows = [row for place, row in enumerate(traded([100.0] * 60)) if place in (0, last)]
    assert [row["return_1"] for row in returned(frames, rows)] == [None, None]


def test_block_deals_have_no_returns(frames: Frames) -> None:
    rows = traded([100.0, 101.0]) + traded([90.0, 90.0], series="BL")
    assert {row["series"] for row in returned(frames, rows)} == {"EQ"}


def test_breadth_counts_every_security_but_funds_once(frames: Frames) -> None:
    rows = [
        *traded([100.0, 120.0], symbol="FUND"),
        *traded([100.0, 101.0], symbol="UP"),
        *traded([100.0, 99.0], symbol="DOWN"),
        *traded([100.0, 50.0], {1: 0.5}, symbol="SAME"),
        *traded([None, 50.0], symbol="NEW"),
        *traded([100.0, 100.0], symbol="SMALL", series="SM"),
    ]
    fund = {"symbol": "FUND", "series": "EQ", "isin": "INF204KB17I5", "valid_from": FIRST}
    known = frames.of(t.INSTRUMENTS, [fund | {"valid_to": days(2)[1]}])
    returns = equity_returns(frames.of(t.EQUITIES_ADJUSTED, rows), calendar(frames, days(2)))
    found = (
        conform(equity_breadth(returns, known), t.EQUITY_BREADTH).drop("year").toArrow().to_pylist()
    )
    by_series = {row["series"]: row for row in found if row["session_date"] == days(2)[1]}
    figures = ("securities", "advances", "declines", "unchanged", "not_compared")
    assert [by_series["EQ"][name] for name in figures] == [4, 1, 1, 1, 1]
    assert (by_series["EQ"]["new_highs"], by_series["EQ"]["new_lows"]) == (1, 1)
    assert by_series["SM"]["unchanged"] == 1


def test_returns_are_those_of_the_simulated_exchange(frames: Frames, months: Months) -> None:
    """Of its last session, after which there are all five."""
    last = months.sessions[-1]
    frame = frames.spark.createDataFrame(months.adjusted)
    returns = equity_returns(frame, calendar(frames, months.sessions))
    found = returns.where(f"session_date = date'{last}'").toArrow().to_pylist()
    prices = adjusted(months.nse, months.sessions, last).to_pylist()
    closes = {(row["number"], row["session_date"]): row["adjusted_close"] for row in prices}
    numbers = {row["symbol"]: row["number"] for row in prices if row["session_date"] == last}
    assert {row["symbol"] for row in found} == numbers.keys()
    told = Counter[int]()
    for row in found:
        number = numbers[row["symbol"]]
        for sessions in RETURN_SESSIONS:
            before = closes.get((number, months.sessions[-1 - sessions]))
            expected = before and pytest.approx(closes[number, last] / before - 1, abs=1e-12)
            assert row[f"return_{sessions}"] == expected
            told[sessions] += expected is not None
    assert min(told[sessions] for sessions in RETURN_SESSIONS) > 40
