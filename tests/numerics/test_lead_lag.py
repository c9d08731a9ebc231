"""Leads and shares: against double loops and statsmodels, and of prices whose leader is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.stattools import coint
from statsmodels.tsa.vector_ar.vecm import VECM

from indextracker_numerics import lead_lag
from indextracker_numerics.lead_lag import Series

LAGS = np.arange(-20, 21)
STEPS = some.lists(some.tuples(some.integers(1, 7), some.integers(-5, 5)), min_size=2, max_size=12)


def series(steps: list[tuple[int, int]]) -> Series:
    seconds, moves = np.array(steps, np.int64).T
    return Series(np.cumsum(seconds), np.cumsum(moves).astype(float))


@given(STEPS, STEPS)
def test_covariances_are_those_of_a_loop_over_all_pairs(
    one: list[tuple[int, int]], other: list[tuple[int, int]]
) -> None:
    first, second = series(one), series(other)
    found = lead_lag.products_by_lag(first, second, LAGS).sum(axis=0)
    for lag, value in zip(LAGS, found, strict=True):
        expected = sum(
            (first.logs[i + 1] - first.logs[i]) * (second.logs[j + 1] - second.logs[j])
            for i in range(len(first.logs) - 1)
            for j in range(len(second.logs) - 1)
            if first.seconds[i] + lag < second.seconds[j + 1]
            and first.seconds[i + 1] + lag > second.seconds[j]
        )
        assert value == pytest.approx(expected)


def walked(seed: int, lead: int, noise: float = 0.2) -> tuple[Series, Series]:
    """4 hours of a walk, seen by the first at a third of the seconds, by the second each fifth."""
    random = np.random.default_rng(seed)
    path = np.cumsum(random.standard_normal(14_600))
    seen = np.flatnonzero(random.random(14_500) < 1 / 3)
    first = path[seen + 100] + noise * random.standard_normal(len(seen))
    late = np.arange(0, 14_400, 5)
    return Series(seen, first), Series(late, path[late + 100 - lead])


@pytest.mark.parametrize("lead", [-13, -4, 3, 12])
def test_a_lead_is_found(lead: int) -> None:
    """The correlation falls to zero within the 5 and 3 seconds between prices: a second is a step
    of an eighth of it, and the largest of such neighbours may be one beside the true one."""
    for seed in range(5):
        found = lead_lag.lead_lag(*walked(seed, lead), LAGS, np.random.default_rng(seed))
        assert abs(found.lead - lead) <= 1
        assert found.lead_low - 1 <= lead <= found.lead_high + 1
        assert found.lead_low * lead > 0
        assert found.lead_high * lead > 0


def test_at_no_lead_an_interval_holds_zero() -> None:
    """An interval of 95 % is without it once in 20; more than 4 of 20 are so once in 400 times."""
    without = 0
    for seed in range(20):
        found = lead_lag.lead_lag(*walked(seed, 0), LAGS, np.random.default_rng(seed))
        without += not found.lead_low <= 0 <= found.lead_high
    assert without <= 4


def test_prices_of_their_own_tell_no_leader() -> None:
    first, second = walked(1, 0)[0], walked(2, 0)[1]
    found = lead_lag.lead_lag(first, second, LAGS, np.random.default_rng(1))
    assert found.lead_low < 0 < found.lead_high
    assert np.abs(found.correlations).max() < 0.2
    inside = (found.lows <= 0) & (found.highs >= 0)
    assert inside.mean() > 0.8


def test_a_lead_shows_in_the_ratio() -> None:
    ahead, behind = (
        lead_lag.lead_lag(*walked(1, lead), LAGS, np.random.default_rng(1)) for lead in (6, -6)
    )
    assert lead_lag.lead_lag_ratio(ahead.correlations, LAGS) > 2
    assert lead_lag.lead_lag_ratio(behind.correlations, LAGS) < 0.5


def corrected(seed: int, first: float, second: float, correlation: float) -> np.ndarray:
    """5,000 steps of two prices, each corrected by a part of their distance, shape (5000, 2)."""
    random = np.random.default_rng(seed)
    shocks = random.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], 5000)
    prices = np.zeros((5000, 2))
    for place in range(1, 5000):
        apart = prices[place - 1, 0] - prices[place - 1, 1]
        change = np.array([-first * apart, second * apart])
        prices[place] = prices[place - 1] + change + shocks[place]
    return prices


@pytest.mark.parametrize(
    ("first", "second", "correlation"), [(0.0, 0.2, 0.0), (0.1, 0.1, 0.4), (0.15, 0.05, 0.6)]
)
def test_shares_are_those_of_the_model(first: float, second: float, correlation: float) -> None:
    """Corrections have standard errors of some 0.009, and shares ten times as much at most."""
    prices = corrected(1, first, second, correlation)
    found = lead_lag.shares(prices[:, 0], prices[:, 1], 2)
    assert found is not None
    total = second**2 + first**2 + 2 * first * second * correlation
    bounds = sorted(
        [(second + first * correlation) ** 2 / total, second**2 * (1 - correlation**2) / total]
    )
    assert found.component == pytest.approx(second / (first + second), abs=0.1)
    assert [found.information_low, found.information_high] == pytest.approx(bounds, abs=0.12)


def test_corrections_are_those_of_statsmodels() -> None:
    """Its cointegrating vector is estimated: some 1/5000 from (1, -1)."""
    prices = corrected(2, 0.1, 0.2, 0.3)
    model = VECM(prices, k_ar_diff=2, coint_rank=1, deterministic="co").fit()
    (one,), (other,) = model.alpha
    # Johansen's vector is the one that is taken for given here.
    assert model.beta[:, 0] == pytest.approx([1, -1], abs=0.01)
    found = lead_lag.shares(prices[:, 0], prices[:, 1], 2)
    assert found is not None
    assert found.component == pytest.approx(other / (other - one), abs=0.01)


def test_the_second_has_what_the_first_has_not() -> None:
    prices = corrected(3, 0.1, 0.2, 0.5)
    one = lead_lag.shares(prices[:, 0], prices[:, 1], 3)
    other = lead_lag.shares(prices[:, 1], prices[:, 0], 3)
    assert one is not None
    assert other is not None
    assert one.component + other.component == pytest.approx(1)
    assert one.information_low + other.information_high == pytest.approx(1)
    assert one.information_high + other.information_low == pytest.approx(1)


@pytest.mark.parametrize("memory", [2, 12])
def test_cointegration_is_tested_as_by_statsmodels(memory: int) -> None:
    first, second = 9.5 + 1e-4 * corrected(4, 0.02, 0.02, 0.0).T
    statistic, p_value, _ = coint(first, second, trend="c", maxlag=memory, autolag=None)
    found = lead_lag.engle_granger(first, second, memory)
    assert found is not None
    assert found.statistic == pytest.approx(statistic, rel=1e-8)
    assert found.p_value == pytest.approx(p_value, rel=1e-6)
    assert found.p_value < 0.01


def test_prices_that_part_are_not_cointegrated() -> None:
    first, second = np.random.default_rng(5).standard_normal((2, 3000)).cumsum(axis=1)
    found = lead_lag.engle_granger(first, second, 2)
    assert found is not None
    assert found.p_value > 0.05


def test_a_price_that_stands_still_tells_nothing() -> None:
    still, moves = np.ones(500), np.random.default_rng(6).standard_normal(500).cumsum()
    assert lead_lag.engle_granger(still, moves, 2) is None
    assert lead_lag.half_life(still, 5) is None
    assert lead_lag.shares(moves[:10], moves[:10], 2) is None
    assert lead_lag.shares(moves, moves, 2) is None


def test_half_of_a_deviation_is_gone_in_the_half_life() -> None:
    """A coefficient of 0.9 has a standard error of 0.006 in 5,000 steps: 7 % of the half-life."""
    shocks = np.random.default_rng(7).standard_normal(5000)
    apart = np.zeros(5000)
    for place in range(1, 5000):
        apart[place] = 0.9 * apart[place - 1] + shocks[place]
    found = lead_lag.half_life(3 + apart, 5)
    assert found == pytest.approx(5 * math.log(0.5) / math.log(0.9), rel=0.2)
    _, by_statsmodels = AutoReg(3 + apart, 1).fit().params
    assert found == pytest.approx(5 * math.log(0.5) / math.log(by_statsmodels), rel=1e-9)
    assert lead_lag.half_life(np.cumsum(np.ones(100)) ** 2, 5) is None
