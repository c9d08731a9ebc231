"""Model-free variance: a published example, a flat volatility, and what must not matter."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker_numerics import black76
from indextracker_numerics.variance_index import constant_maturity, term_variance

EXAMPLE = Path(__file__).with_name("cboe_white_paper.csv")
MINUTES_OF_A_YEAR = 365 * 24 * 60
# Minutes to expiry, interest, strike, call and put where these cost most alike, and call and put
# at 1960 (midpoints), as the white paper has them; then what it comes to.
NEAR = (35_924, 0.000305, (1965, 21.05, 23.15), (24.25, 21.30), 1962.89996, 0.01846292)
NEXT = (46_394, 0.000286, (1960, 27.30, 24.90), (27.30, 24.90), 1962.40006, 0.01882101)
PUBLISHED = 13.69


def _example(term: str, terms: tuple) -> tuple[float, float, float]:
    """Years, forward and variance of a term of the example."""
    minutes, rate, (parity, parity_call, parity_put), (call_at, put_at), *_ = terms
    lines = (line for line in EXAMPLE.read_text().splitlines() if not line.startswith("#"))
    rows = [row for row in csv.DictReader(lines) if row["term"] == term]
    mid = {float(row["strike"]): (float(row["bid"]) + float(row["ask"])) / 2 for row in rows}
    strike = np.array(sorted({*mid, 1960.0}))
    price = np.array([mid.get(at, math.nan) for at in strike])
    years = minutes / MINUTES_OF_A_YEAR
    forward = parity + math.exp(rate * years) * (parity_call - parity_put)
    put = np.where(strike < 1960, price, np.where(strike == 1960, put_at, np.nan))
    call = np.where(strike > 1960, price, np.where(strike == 1960, call_at, np.nan))
    found = term_variance(strike, call, put, forward, years, rate)
    assert found.k0 == 1960
    assert found.puts + found.calls == len(rows)
    return years, forward, found.variance


def test_the_example_of_cboes_white_paper() -> None:
    near_years, near_forward, near = _example("near", NEAR)
    next_years, next_forward, further = _example("next", NEXT)
    assert near_forward == pytest.approx(NEAR[-2], abs=5e-6)
    assert next_forward == pytest.approx(NEXT[-2], abs=5e-6)
    assert near == pytest.approx(NEAR[-1], abs=5e-9)
    assert further == pytest.approx(NEXT[-1], abs=5e-9)
    variance = constant_maturity(near_years, near, next_years, further, 30)
    assert round(100 * math.sqrt(variance), 2) == PUBLISHED


def _flat(volatility: float, years: float, forward: float, step: float) -> tuple:
    """Strikes to eight deviations on both sides, calls and puts of one volatility."""
    reach = 8 * volatility * math.sqrt(years)
    first, last = forward * math.exp(-reach), forward * math.exp(reach)
    strike = np.arange(math.ceil(first / step), math.floor(last / step) + 1) * step
    call, put = (
        black76.premium(forward, strike, years, volatility, call=is_call)
        for is_call in (True, False)
    )
    return strike, call, put


@given(
    volatility=st.floats(0.1, 0.6),
    days=st.integers(5, 90),
    forward=st.floats(9_900.0, 10_100.0),
)
def test_of_a_flat_volatility_it_is_its_square(
    volatility: float, days: int, forward: float
) -> None:
    years, step = days / 365, 25.0
    strike, call, put = _flat(volatility, years, forward, step)
    found = term_variance(strike, call, put, forward, years)
    # The sum is the trapezoidal rule, whose error is at most h^2/12 of the total change of the
    # slope of Q/K^2. The slopes of put and call go from 0 to at most 1; K^-2 adds less than half as
    # much again over eight deviations of these volatilities and times.
    error = 2 / years * step**2 / 12 * 2 * 1.5 / (strike[0] * forward)
    assert found.variance == pytest.approx(volatility**2, abs=error)


@given(missing=st.sets(st.integers(0, 60)), only=st.sampled_from(["call", "put"]))
def test_the_other_option_at_k0_follows_from_parity(missing: set[int], only: str) -> None:
    strike, call, put = _flat(0.2, 30 / 365, 10_020.0, 50.0)
    middle = int(np.searchsorted(strike, 10_020.0, side="right")) - 1
    whole = term_variance(strike, call, put, 10_020.0, 30 / 365)
    (put if only == "call" else call)[middle] = np.nan
    part = term_variance(strike, call, put, 10_020.0, 30 / 365)
    assert part.variance == pytest.approx(whole.variance, rel=1e-9)
    # Options in the money count for nothing.
    for place in missing - {middle}:
        (call if strike[place] < part.k0 else put)[place] = np.nan
    assert term_variance(strike, call, put, 10_020.0, 30 / 365) == part


def test_strikes_without_a_price_are_as_if_they_were_not_listed() -> None:
    strike, call, put = _flat(0.2, 30 / 365, 10_020.0, 50.0)
    kept = np.arange(strike.size) % 3 == 0
    sparse = term_variance(strike[kept], call[kept], put[kept], 10_020.0, 30 / 365)
    call[~kept] = put[~kept] = np.nan
    assert term_variance(strike, call, put, 10_020.0, 30 / 365) == sparse


def test_without_prices_there_is_no_variance() -> None:
    strike, nothing = np.array([9_900.0, 10_000.0]), np.full(2, np.nan)
    above = term_variance(strike, np.full(2, 5.0), nothing, 9_000.0, 0.1)
    assert math.isnan(above.k0)
    alone = term_variance(strike, nothing, np.array([np.nan, 80.0]), 10_010.0, 0.1)
    assert (alone.k0, alone.puts, alone.calls) == (10_000.0, 0, 0)
    assert math.isnan(alone.variance)


@given(st.floats(0.001, 1.0), st.integers(7, 29), st.integers(31, 70))
def test_terms_of_one_variance_have_it_at_every_maturity(
    variance: float, near: int, further: int
) -> None:
    found = constant_maturity(near / 365, variance, further / 365, variance, 30)
    assert found == pytest.approx(variance)
