"""Prices at chosen instants, held against a search through all prints."""

import statistics

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from indextracker_numerics.sampling import median_per_instant, previous_tick, whole_steps

PRINTS = some.lists(some.tuples(some.integers(0, 40), some.integers(1, 9)), min_size=1, max_size=25)


@given(PRINTS)
def test_an_instant_has_the_median_of_its_prints(prints: list[tuple[int, int]]) -> None:
    seconds, prices = np.array(prints, np.int64).T
    at, medians = median_per_instant(seconds, prices.astype(float))
    expected = {
        second: statistics.median(price for one, price in prints if one == second)
        for second, _ in prints
    }
    assert dict(zip(at.tolist(), medians.tolist(), strict=True)) == expected
    assert at.tolist() == sorted(expected)


@given(PRINTS)
def test_the_last_print_up_to_an_instant_counts(prints: list[tuple[int, int]]) -> None:
    prints = sorted(prints, key=lambda one: one[0])
    seconds, prices = np.array(prints, np.int64).T
    grid = np.arange(-2, 43)
    found = previous_tick(seconds, prices.astype(float), grid)
    for instant, price in zip(grid, found, strict=True):
        before = [one for second, one in prints if second <= instant]
        assert price == (before[-1] if before else prints[0][1])


def test_steps_span_the_prints() -> None:
    assert whole_steps(np.array([61, 240]), 60).tolist() == [60, 120, 180, 240]
    assert whole_steps(np.array([60, 241]), 60).tolist() == [60, 120, 180, 240, 300]
