"""Premiums and the volatilities that they imply: by hand, and there and back."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from indextracker_numerics.black76 import bounds, greeks, implied_volatility, premium

forwards = st.floats(0.01, 1e6)
distances = st.floats(-1.5, 1.5)
times = st.floats(1 / (365 * 24 * 60), 20)
volatilities = st.floats(0.005, 5)
rates = st.floats(-0.05, 0.25)


@pytest.mark.parametrize(
    ("arguments", "call", "rate", "expected", "within"),
    [
        # J. Hull, Options, Futures, and Other Derivatives, European futures options: a put on crude
        # oil of four months.
        ((60, 60, 4 / 12, 0.25), False, 0.09, 3.35, 0.005),
        # At the money the formula is F (2 N(s/2) - 1).
        ((100, 100, 1, 0.2), True, 0.0, 100 * (2 * NormalDist().cdf(0.1) - 1), 1e-12),
        # By the tables: d1 = -0.3432, d2 = -0.5554, so exp(-0.025) (100 * 0.3657 - 110 * 0.2893).
        ((100, 110, 0.5, 0.3), True, 0.05, 4.6285, 0.001),
    ],
)
def test_premiums_known_by_hand(
    arguments: tuple[float, ...], call: bool, rate: float, expected: float, within: float
) -> None:
    found = premium(*arguments, call=call, rate=rate)
    assert found == pytest.approx(expected, abs=within)
    forward, strike, years, volatility = arguments
    back = implied_volatility(found, forward, strike, years, call=call, rate=rate)
    assert back == pytest.approx(volatility, rel=1e-12)


@given(forwards, distances, times, volatilities, rates, st.booleans())
def test_a_price_is_what_its_volatility_gives(
    forward: float, distance: float, years: float, volatility: float, rate: float, call: bool
) -> None:
    """There and back, wherever a price is between its bounds: to the last bits of the forward."""
    strike = forward * math.exp(distance)
    price = premium(forward, strike, years, volatility, call=call, rate=rate)
    least, most = bounds(forward, strike, years, call=call, rate=rate)
    found = implied_volatility(price, forward, strike, years, call=call, rate=rate)
    if not least < price < most:
        assert np.isnan(found)
        return
    again = premium(forward, strike, years, found, call=call, rate=rate)
    assert abs(again - price) <= 1e-13 * max(forward, strike)


@given(distances, st.floats(0.02, 1), st.floats(0.05, 1), st.booleans())
def test_a_volatility_comes_back_where_the_price_tells_it(
    distance: float, years: float, volatility: float, call: bool
) -> None:
    strike = math.exp(distance)
    price = premium(1.0, strike, years, volatility, call=call)
    least, _ = bounds(1.0, strike, years, call=call, rate=0)
    if price - least < 1e-9:  # in the noise of the subtraction
        return
    found = implied_volatility(price, 1.0, strike, years, call=call)
    assert found == pytest.approx(volatility, rel=1e-4)


@given(forwards, distances, times, volatilities, rates)
def test_calls_and_puts_keep_parity(
    forward: float, distance: float, years: float, volatility: float, rate: float
) -> None:
    strike = forward * math.exp(distance)
    call, put = premium(forward, strike, years, volatility, call=[True, False], rate=rate)
    apart = math.exp(-rate * years) * (forward - strike)
    assert call - put == pytest.approx(apart, abs=1e-11 * (forward + strike))


def test_arrays_are_solved_at_once_and_what_is_impossible_is_nan() -> None:
    prices = np.array([5.0, 9.99, 10.0, 100.0, 101.0, -1.0, np.nan])
    found = implied_volatility(prices, 100.0, 90.0, 0.25, call=True)
    # A call of 90 on 100 costs more than 10 and less than 100.
    assert np.isnan(found).all()
    assert implied_volatility(10.5, 100.0, 90.0, 0.25, call=True) > 0
    assert np.isnan(implied_volatility(12.0, 100.0, 90.0, 0.0, call=True))
    grid = implied_volatility([[11.0], [12.0]], 100.0, 90.0, [0.25, 0.5, 1.0], call=True)
    assert grid.shape == (2, 3)
    assert (np.diff(grid, axis=1) < 0).all()
    assert (np.diff(grid, axis=0) > 0).all()


def test_far_from_the_money_it_finds_the_root_too() -> None:
    """Where Newton's method alone leaves the bracket, or creeps."""
    volatilities = np.array([0.02, 0.1, 0.5, 3.0])
    for distance in (-1.0, -0.2, -1e-6, 0.0, 0.3, 1.0):
        prices = premium(1.0, np.exp(distance), 0.5, volatilities, call=distance >= 0)
        there = prices > 1e-280
        found = implied_volatility(prices, 1.0, np.exp(distance), 0.5, call=distance >= 0)
        assert found[there] == pytest.approx(volatilities[there], rel=1e-9)


GRID = [
    axis.ravel()
    for axis in np.meshgrid(
        np.exp(np.linspace(-0.6, 0.6, 13)),  # strikes in units of the forward
        [1 / 365, 7 / 365, 30 / 365, 0.25, 1.0, 3.0],
        [0.05, 0.1, 0.2, 0.4, 0.8, 1.5],
        [0.0, 0.015, 0.1],
        [True, False],
    )
]
FORWARD = 17_000.0


def test_volatilities_are_those_of_quantlib() -> None:
    """Two searches from the same price: to 1e-8 wherever a price has enough bits to tell it."""
    strike, years, volatility, rate, call = GRID
    price = premium(FORWARD, strike * FORWARD, years, volatility, call=call, rate=rate)
    found = implied_volatility(price, FORWARD, strike * FORWARD, years, call=call, rate=rate)
    vega = greeks(FORWARD, strike * FORWARD, years, volatility, call=call, rate=rate).vega
    # A price of some 1e4 is known to 1e-12: below, it tells no volatility to 1e-8.
    told = np.flatnonzero((vega > 1e-2) & ~np.isnan(found))
    assert len(told) > 0.6 * len(price)
    for place in told:
        kind = QuantLib.Option.Call if call[place] else QuantLib.Option.Put
        expected = QuantLib.blackFormulaImpliedStdDev(
            kind,
            strike[place] * FORWARD,
            FORWARD,
            price[place],
            math.exp(-rate[place] * years[place]),
            0.0,
            volatility[place] * math.sqrt(years[place]),
            1e-15,
            1000,
        ) / math.sqrt(years[place])
        assert found[place] == pytest.approx(expected, abs=1e-8)


def test_greeks_are_those_of_quantlib() -> None:
    strike, years, volatility, rate, call = GRID
    found = greeks(FORWARD, strike * FORWARD, years, volatility, call=call, rate=rate)
    for place in range(0, len(strike), 7):
        kind = QuantLib.Option.Call if call[place] else QuantLib.Option.Put
        payoff = QuantLib.PlainVanillaPayoff(kind, strike[place] * FORWARD)
        deviation = volatility[place] * math.sqrt(years[place])
        discount = math.exp(-rate[place] * years[place])
        black = QuantLib.BlackCalculator(payoff, FORWARD, deviation, discount)
        assert found.delta[place] == pytest.approx(black.deltaForward(), abs=1e-12)
        assert found.gamma[place] == pytest.approx(black.gammaForward(), abs=1e-12)
        assert found.vega[place] == pytest.approx(black.vega(years[place]), rel=1e-9, abs=1e-9)


@given(distances, st.floats(0.02, 3), st.floats(0.05, 1.5), rates, st.booleans())
def test_greeks_are_what_premiums_do(
    distance: float, years: float, volatility: float, rate: float, call: bool
) -> None:
    """By central differences of a thousandth: their error is some 1e-6 of the third derivative."""
    strike, step = math.exp(distance), 1e-3

    def worth(forward: float = 1.0, t: float = years, v: float = volatility) -> float:
        return float(premium(forward, strike, t, v, call=call, rate=rate))

    found = greeks(1.0, strike, years, volatility, call=call, rate=rate)
    by_forward = (worth(1 + step) - worth(1 - step)) / (2 * step)
    curved = (worth(1 + step) - 2 * worth() + worth(1 - step)) / step**2
    v, t = step * volatility, step * years
    by_volatility = (worth(v=volatility + v) - worth(v=volatility - v)) / (2 * v)
    by_time = (worth(t=years + t) - worth(t=years - t)) / (2 * t)
    sharp = 1e-3 / (volatility**2 * years)
    assert found.delta == pytest.approx(by_forward, abs=sharp)
    assert found.gamma == pytest.approx(curved, rel=1e-2, abs=10 * sharp)
    assert found.vega == pytest.approx(by_volatility, abs=1e-5)
    assert found.theta == pytest.approx(-by_time, rel=1e-4, abs=1e-5)
