"""Measures of variance: against their formulas written out, and paths whose variance is known."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from indextracker_numerics import realised

SMALL = some.floats(-0.01, 0.01, allow_subnormal=False)
RETURNS = some.lists(SMALL, min_size=4, max_size=40)


def gaussian(seed: int, number: int, deviation: float = 1e-3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(number) * deviation


@given(RETURNS, some.integers(1, 5))
def test_grids_together_are_the_formula_written_out(returns: list[float], every: int) -> None:
    logs = np.cumsum([9.5, *returns])
    found = realised.returns_on_grids(logs, every)
    for start, grid in enumerate(found):
        places = [0, *range(start or every, len(logs) - 1, every), len(logs) - 1]
        expected = sum((logs[b] - logs[a]) ** 2 for a, b in itertools.pairwise(places))
        assert realised.realised_variance(grid) == pytest.approx(expected, rel=1e-9, abs=1e-30)
    assert len(found) == every


@given(RETURNS)
def test_power_variations_are_their_formulas_written_out(returns: list[float]) -> None:
    number, sizes = len(returns), [abs(one) for one in returns]
    pairs = sum(sizes[i] * sizes[i - 1] for i in range(1, number))
    triples = sum((sizes[i] * sizes[i - 1] * sizes[i - 2]) ** (4 / 3) for i in range(2, number))
    moment = 2 ** (2 / 3) * math.gamma(7 / 6) / math.gamma(1 / 2)
    bipower = math.pi / 2 * number / (number - 1) * pairs
    tripower = number * moment**-3 * number / (number - 2) * triples
    found = np.array(returns)
    assert realised.bipower_variance(found) == pytest.approx(bipower, rel=1e-9, abs=1e-30)
    assert realised.tripower_quarticity(found) == pytest.approx(tripower, rel=1e-9, abs=1e-30)


def test_a_kernel_is_its_formula_written_out() -> None:
    seconds = np.arange(1500, dtype=np.int64) * 2
    logs = np.cumsum(gaussian(1, 1500, 1e-4))
    found = realised.realised_kernel(seconds, logs)
    assert found is not None
    ends = [(logs[0] + logs[1]) / 2, *logs[2:-2], (logs[-2] + logs[-1]) / 2]
    x = np.diff(ends)
    expected = 0.0
    for h in range(-found.bandwidth, found.bandwidth + 1):
        at = abs(h) / (found.bandwidth + 1)
        weight = 1 - 6 * at**2 + 6 * at**3 if at <= 0.5 else 2 * (1 - at) ** 3
        expected += weight * sum(x[j] * x[j - abs(h)] for j in range(abs(h), len(x)))
    assert found.variance == pytest.approx(expected, rel=1e-9)


def test_a_kernel_sees_through_noise_that_multiplies_realised_variance() -> None:
    """4 hours of a price each second, variance 1e-4, with noise whose variance is 1e-8.

    Noise adds 2 n times its own variance, 2.9e-4, to the realised variance of all returns. The
    kernel's error has, by theorem 2 of the paper, a standard deviation of some 1/(n^(1/5)) of the
    variance, of 20 days together a tenth of it at most.
    """
    number, found, dense = 14_400, [], []
    for seed in range(20):
        path = np.cumsum(gaussian(seed, number, math.sqrt(1e-4 / number)))
        noisy = path + gaussian(1000 + seed, number, 1e-4)
        kernel = realised.realised_kernel(np.arange(number, dtype=np.int64), noisy)
        assert kernel is not None
        found.append(kernel.variance)
        dense.append(realised.realised_variance(np.diff(noisy)))
    assert np.mean(dense) == pytest.approx(3.9e-4, rel=0.02)
    assert np.mean(found) == pytest.approx(1e-4, rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "logs"),
    [
        (range(0, 29 * 60, 60), range(29)),
        (range(1199), range(1199)),
        (range(2400), [0] * 2400),
    ],
    ids=["too few", "too short", "without a change"],
)
def test_there_is_no_kernel(seconds: range, logs: range) -> None:
    assert realised.realised_kernel(np.array(seconds), np.array(logs) / 1e5) is None


def test_ranges_measure_the_variance_of_a_walk() -> None:
    """1,000 walks of 2,000 steps with variance 1e-4, seen at each step.

    The range of a walk in steps is too small by some 1 / sqrt(steps) of itself, its variance by 4
    %. The efficiencies of 5 and 7.4 against the squared return, whose relative variance is 2, give
    relative standard deviations of 0.63 and 0.52, of the mean of 1,000 days 0.02.
    """
    paths = np.cumsum(gaussian(3, 2_000_000, math.sqrt(1e-4 / 2000)).reshape(1000, 2000), axis=1)
    prices = np.exp(np.concatenate([np.zeros((1000, 1)), paths], axis=1)) * 17_000
    days = [(day[0], day.max(), day.min(), day[-1]) for day in prices]
    parkinson = np.mean([realised.parkinson_variance(high, low) for _, high, low, _ in days])
    garman_klass = np.mean([realised.garman_klass_variance(*day) for day in days])
    assert parkinson == pytest.approx(1e-4 * 0.96, rel=0.06)
    assert garman_klass == pytest.approx(1e-4 * 0.96, rel=0.06)


def test_yang_and_zhang_is_its_formula_written_out_and_free_of_drift() -> None:
    opens, highs, lows, closes, before = np.array(
        [
            [101.0, 104.0, 99.0, 103.0, 100.0],
            [102.0, 105.0, 101.0, 102.5, 103.0],
            [103.0, 103.5, 98.0, 99.0, 102.5],
        ]
    ).T
    n, o, c = 3, np.log(opens / before), np.log(closes / opens)
    u, d = np.log(highs / opens), np.log(lows / opens)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    expected = (
        sum((o - o.mean()) ** 2) / (n - 1)
        + k * sum((c - c.mean()) ** 2) / (n - 1)
        + (1 - k) * sum(u * (u - c) + d * (d - c)) / n
    )
    found = realised.yang_zhang_variance(opens, highs, lows, closes, before)
    assert found == pytest.approx(expected, rel=1e-12)
    # A market that gains the same each night and is still by day has no variance.
    rising = np.array([100.0, 101.0, 102.01])
    assert realised.yang_zhang_variance(
        rising * 1.01, rising * 1.01, rising * 1.01, rising * 1.01, rising
    ) == pytest.approx(0.0, abs=1e-30)


def test_without_jumps_a_test_rejects_as_often_as_its_level_says() -> None:
    """Of 600 paths 5 %: the share's standard deviation is 0.9 %, and 270 returns add some 0.5 %."""
    tests = [realised.jump_test(gaussian(seed, 270)) for seed in range(600)]
    rejected = np.mean([one is not None and one.p_value < 0.05 for one in tests])
    assert rejected == pytest.approx(0.05, abs=0.03)


def test_a_jump_is_found_with_its_share() -> None:
    """Of ten standard deviations, so 100 of 370 parts of the variance.

    Bipower variation has its products with two neighbours, 2 x 10 x 0.8 x pi / 2 = 25 parts: 75 of
    370 are left. The variation's own error is 13 %, so 10 % of the share's whole, of ten paths 3 %.
    """
    shares = []
    for seed in range(10):
        returns = gaussian(seed, 270)
        returns[100] += 1e-2
        found = realised.jump_test(returns)
        assert found is not None
        assert found.p_value < 0.05
        shares.append(found.share)
    assert np.mean(shares) == pytest.approx(75 / 370, abs=0.06)


def test_a_price_that_stands_still_is_not_tested() -> None:
    returns = gaussian(1, 270)
    returns[::9] = 0
    assert realised.jump_test(returns) is None
    assert realised.jump_test(gaussian(1, 29)) is None


def test_a_day_of_one_per_cent_is_sixteen_a_year() -> None:
    assert realised.annualised(1e-4) == pytest.approx(15.8745, abs=1e-4)
