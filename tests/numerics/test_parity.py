"""Forwards by put-call parity, and relations between prices of options that need no model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker_numerics.black76 import premium
from indextracker_numerics.parity import forwards, not_convex, not_monotone

STRIKE = np.arange(90.0, 111.0, 2.0)
ONE = np.zeros(len(STRIKE), np.int64)


def prices(forward: float, call: bool, volatility: float = 0.2) -> np.ndarray:
    return premium(forward, STRIKE, 0.1, volatility, call=call, rate=0.02)


@given(st.floats(92, 108), st.floats(0.05, 0.8))
def test_prices_of_one_forward_tell_it(forward: float, volatility: float) -> None:
    call, put = (prices(forward, side, volatility)[None, :] for side in (True, False))
    found = forwards(STRIKE, call, put, np.array([np.exp(0.002)]))
    assert found.forward == pytest.approx([forward])
    assert found.error == pytest.approx([0], abs=1e-9)
    assert found.pairs.tolist() == [5]


def test_the_median_of_the_nearest_strikes_counts() -> None:
    call, put = prices(100, True), prices(100, False)
    wrong = call.copy()
    wrong[STRIKE == 100] += 3  # of the five nearest one
    wrong[STRIKE == 90] += 50  # far away
    gone = np.full_like(call, np.nan)
    two = np.where(np.isin(STRIKE, (98, 102)), call, np.nan)
    legs = np.array([wrong, gone, two])
    found = forwards(STRIKE, legs, np.broadcast_to(put, legs.shape), np.full(3, np.exp(0.002)))
    assert found.forward == pytest.approx([100, np.nan, 100], nan_ok=True)
    assert found.error == pytest.approx([1.5, np.nan, np.nan], abs=0.01, nan_ok=True)
    assert found.pairs.tolist() == [5, 0, 2]


@given(st.floats(80, 120), st.floats(0.05, 1.0), st.booleans())
def test_prices_of_one_volatility_break_nothing(
    forward: float, volatility: float, call: bool
) -> None:
    price = prices(forward, call, volatility)
    slack, discount = np.full(len(STRIKE), 1e-9), np.full(len(STRIKE), np.exp(-0.002))
    falling = price if call else -price
    assert not not_monotone(ONE, STRIKE, falling, slack, discount).any()
    assert not not_convex(ONE, STRIKE, price, slack).any()


def test_what_is_broken_is_found_beyond_the_slack() -> None:
    price, discount = prices(100, True), np.ones(len(STRIKE))
    dear = price.copy()
    dear[5] += 2.5  # above its neighbour on the left, and a spread to the right pays less
    narrow, wide = np.full(len(STRIKE), 0.1), np.full(len(STRIKE), 5.0)
    assert np.flatnonzero(not_monotone(ONE, STRIKE, dear, narrow, discount)).tolist() == [4, 5, 6]
    assert np.flatnonzero(not_convex(ONE, STRIKE, dear, narrow)).tolist() == [5]
    assert not not_monotone(ONE, STRIKE, dear, wide, discount).any()
    assert not not_convex(ONE, STRIKE, dear, wide).any()
    # Options of different chains are not compared.
    apart = np.arange(len(STRIKE))
    assert not not_monotone(apart, STRIKE, dear, narrow, discount).any()
    assert not not_convex(apart, STRIKE, dear, narrow).any()
