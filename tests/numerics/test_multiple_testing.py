"""Adjusted p-values are the papers', and hold the rate of false discoveries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from indextracker_numerics.multiple_testing import LEAST_OBSERVATIONS, adjusted, correlation


def test_adjusted_values_are_those_of_the_paper() -> None:
    """The fifteen of Benjamini and Hochberg (1995), table 1: four are rejected at 5 %."""
    values = np.array(
        [
            *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
            *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
        ]
    )
    assert (adjusted(values, "bh") <= 0.05).sum() == 4
    # Benjamini and Yekutieli's are those times 1 + 1/2 + ... + 1/15.
    harmonic = (1 / np.arange(1, 16)).sum()
    expected = np.minimum(adjusted(values, "bh") * harmonic, 1)
    assert adjusted(values) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_looking_at_many_makes_none_more_certain(values: list[float]) -> None:
    found = adjusted(np.array(values))
    assert found.shape == (len(values),)
    assert ((found >= np.array(values) - 1e-12) & (found <= 1)).all()


def test_false_discoveries_are_held_where_series_have_nothing_to_do_with_each_other() -> None:
    """All pairs of six random series, 400 times: any discovery is a false one, in 5 % at most.

    Without adjusting, some of 15 pairs is called correlated in about half of them.
    """
    random, called, unadjusted = np.random.default_rng(2), 0, 0
    for _ in range(400):
        series = random.standard_normal((6, 60))
        found = [correlation(series[i], series[j]) for i in range(6) for j in range(i)]
        values = np.array([one.p_value for one in found if one])
        assert len(values) == 15
        called += bool((adjusted(values) <= 0.05).any())
        unadjusted += bool((values <= 0.05).any())
    assert called <= 400 * 0.05
    assert unadjusted > 400 * 0.4


def test_a_correlation_that_is_there_is_found() -> None:
    random = np.random.default_rng(4)
    one = random.standard_normal(500)
    other = 0.5 * one + np.sqrt(0.75) * random.standard_normal(500)
    found = correlation(one, other)
    assert found is not None
    by_scipy = pearsonr(one, other)
    assert (found.value, found.p_value) == pytest.approx((by_scipy.statistic, by_scipy.pvalue))
    assert (found.low, found.high) == pytest.approx(tuple(by_scipy.confidence_interval(0.95)))
    assert found.low < 0.5 < found.high


def test_nothing_is_told_of_few_days_or_of_what_does_not_vary() -> None:
    values = np.arange(float(LEAST_OBSERVATIONS))
    assert correlation(values[1:], values[1:]) is None
    assert correlation(values, np.ones(LEAST_OBSERVATIONS)) is None
    exact = correlation(values, 2 * values)
    assert exact is not None
    assert (exact.value, exact.low, exact.high, exact.p_value) == pytest.approx((1, 1, 1, 0))
