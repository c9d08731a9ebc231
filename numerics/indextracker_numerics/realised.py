"""Variance of a price over one session, measured from its path or from its range.

All prices are logarithms unless an argument says otherwise, and all variances are in squared
logarithmic returns over the span of the prices: `annualised` turns them into volatilities. What is
expected of sessions to come is in har.py.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from indextracker_numerics.regression import dot
from indextracker_numerics.sampling import Floats, Integers, previous_tick

SESSIONS_A_YEAR = 252

# E|u|^p of a standard normal u, for the powers that bipower and tri-power variation take.
_MEAN_1 = math.sqrt(2 / math.pi)
_MEAN_4_3 = 2 ** (2 / 3) * math.gamma(7 / 6) / math.sqrt(math.pi)

# Variance of the ratio of bipower to realised variation without jumps, times the returns.
_RATIO_VARIANCE = math.pi**2 / 4 + math.pi - 5

# Barndorff-Nielsen and others (2009), table 1 and section 2: of Parzen's weights.
_PARZEN_BANDWIDTH = ((12**2) / 0.269) ** (1 / 5)
_NOISE_STEP_SECONDS = 120
_SPARSE_STEP_SECONDS = 20 * 60
_JITTERED = 2
_LEAST_KERNEL_PRICES = 30

_LEAST_TESTED = 30
_LEAST_MOVED = 0.9


class JumpTest(NamedTuple):
    """Whether a path jumped.

    Attributes:
        statistic: Standard normal without a jump, for many returns; large after one.
        p_value: Chance of a statistic at least as large without a jump.
        share: Part of the realised variance that bipower variation does not hold; at least 0.
    """

    statistic: float
    p_value: float
    share: float


class Kernel(NamedTuple):
    """A realised kernel.

    Attributes:
        variance: Its estimate.
        bandwidth: Autocovariances with a weight above zero.
    """

    variance: float
    bandwidth: int


def annualised(variance: Floats | float) -> Floats | float:
    """The yearly volatility in per cent of the variance of a session, by 252 sessions a year."""
    return 100.0 * np.sqrt(SESSIONS_A_YEAR * variance)


def realised_variance(returns: Floats) -> float:
    """Sum of squared returns."""
    return dot(returns, returns)


def returns_on_grids(logs: Floats, every: int) -> list[Floats]:
    """Returns on each grid of every n-th price, whose mean variance is the subsampled one.

    Zhang, Mykland and Ait-Sahalia: A tale of two time scales. JASA 100 (2005). Each grid begins
    with the first price and ends with the last, so that each spans the whole path.

    Args:
        logs: Prices at even distances, shape (m,), m above 1.
        every: How many distances make a step; as many grids there are.
    """
    last = len(logs) - 1
    ends = np.array([0, last])
    grids = (np.union1d(np.arange(start, last + 1, every), ends) for start in range(every))
    return [np.diff(logs[grid]) for grid in grids]


def bipower_variance(returns: Floats) -> float:
    """Variance without jumps: products of the sizes of neighbouring returns.

    Barndorff-Nielsen and Shephard: Power and bipower variation with stochastic volatility and
    jumps. Journal of Financial Econometrics 2 (2004), with n/(n-1) for the product that is missing.

    Args:
        returns: Shape (n,), n above 1.
    """
    number, sizes = len(returns), np.abs(returns)
    return number / (number - 1) * dot(sizes[1:], sizes[:-1]) / _MEAN_1**2


def tripower_quarticity(returns: Floats) -> float:
    """Integrated quarticity without jumps, with n/(n-2) for the products that are missing.

    Huang and Tauchen: The relative contribution of jumps to total price variance. Journal of
    Financial Econometrics 3 (2005), formula 8.

    Args:
        returns: Shape (n,), n above 2.
    """
    number, powers = len(returns), np.abs(returns) ** (4 / 3)
    products = float(np.sum(powers[2:] * powers[1:-1] * powers[:-2]))
    return number * number / (number - 2) * products / _MEAN_4_3**3


def jump_test(returns: Floats) -> JumpTest | None:
    """The ratio test for jumps, one-sided.

    Barndorff-Nielsen and Shephard: Econometrics of testing for jumps. Journal of Financial
    Econometrics 4 (2006), with the bound on the quarticity of Huang and Tauchen (2005), formula 11.

    Where the variance changes within the span it rejects more often than its level says.

    Args:
        returns: Shape (n,) at even distances.

    Returns:
        None of fewer than 30 returns, or where more than a tenth of them are zero: products of
        neighbours are then too small, and every path would seem to jump.
    """
    number = len(returns)
    if number < _LEAST_TESTED or np.count_nonzero(returns) < _LEAST_MOVED * number:
        return None
    missing = 1 - bipower_variance(returns) / realised_variance(returns)
    quarticity = tripower_quarticity(returns) / bipower_variance(returns) ** 2
    statistic = missing / math.sqrt(_RATIO_VARIANCE / number * max(1.0, quarticity))
    return JumpTest(statistic, math.erfc(statistic / math.sqrt(2)) / 2, max(missing, 0.0))


def realised_kernel(seconds: Integers, logs: Floats) -> Kernel | None:
    """Variance robust to noise: autocovariances of all returns under Parzen's weights.

    Barndorff-Nielsen, Hansen, Lunde and Shephard: Realized kernels in practice. Econometrics
    Journal 12 (2009): the bandwidth of section 2.1, the first and the last price replaced by means
    of two.

    Args:
        seconds: Instants of the prices, ascending, each once, shape (n,).
        logs: The prices, shape (n,).

    Returns:
        None where there are fewer than 30 prices, less than 20 minutes of them, or no change.
    """
    if len(logs) < _LEAST_KERNEL_PRICES or seconds[-1] - seconds[0] < _SPARSE_STEP_SECONDS:
        return None
    jittered = np.concatenate(
        [
            [np.mean(logs[:_JITTERED])],
            logs[_JITTERED:-_JITTERED],
            [np.mean(logs[-_JITTERED:])],
        ]
    )
    returns = np.diff(jittered)
    sparse = _sparse_variance(seconds, logs)
    if not sparse > 0:
        return None
    noise = math.sqrt(_noise_variance(seconds, logs) / sparse)
    wanted = _PARZEN_BANDWIDTH * noise ** (4 / 5) * len(returns) ** (3 / 5)
    bandwidth = min(math.ceil(wanted), len(returns) - 1)
    weights = _parzen(np.arange(1, bandwidth + 1) / (bandwidth + 1))
    covariances = [dot(returns[lag:], returns[:-lag]) for lag in range(1, bandwidth + 1)]
    variance = realised_variance(returns) + 2 * dot(weights, np.array(covariances))
    return Kernel(variance, bandwidth)


def parkinson_variance(high: float, low: float) -> float:
    """From the range of a session, for a price without drift.

    Parkinson: The extreme value method for estimating the variance of the rate of return. Journal
    of Business 53 (1980).

    Args:
        high: Highest price, no logarithm.
        low: Lowest price.
    """
    return math.log(high / low) ** 2 / (4 * math.log(2))


def garman_klass_variance(opening: float, high: float, low: float, close: float) -> float:
    """From the range and the change of a session.

    Garman and Klass: On the estimation of security price volatilities from historical data. Journal
    of Business 53 (1980), their practical estimator.

    Args:
        opening: First price, no logarithm.
        high: Highest price.
        low: Lowest price.
        close: Last price.
    """
    change = math.log(close / opening)
    return math.log(high / low) ** 2 / 2 - (2 * math.log(2) - 1) * change**2


def yang_zhang_variance(
    opens: Floats, highs: Floats, lows: Floats, closes: Floats, previous_closes: Floats
) -> float:
    """Variance of a whole day, overnight included, from several sessions; free of drift.

    Yang and Zhang: Drift independent volatility estimation based on high, low, open, and close
    prices. Journal of Business 73 (2000).

    Args:
        opens: First prices, no logarithms, a session each, shape (n,), n above 1.
        highs: Highest prices.
        lows: Lowest prices.
        closes: Last prices.
        previous_closes: Of the session before each.
    """
    number = len(opens)
    overnight, within = np.log(opens / previous_closes), np.log(closes / opens)
    up, down = np.log(highs / opens), np.log(lows / opens)
    ranges = float(np.mean(up * (up - within) + down * (down - within)))
    weight = 0.34 / (1.34 + (number + 1) / (number - 1))
    open_to_close = float(np.var(within, ddof=1))
    return float(np.var(overnight, ddof=1)) + weight * open_to_close + (1 - weight) * ranges


def _parzen(at: Floats) -> Floats:
    """Parzen's weights between 0 and 1."""
    near = 1 - 6 * at**2 + 6 * at**3
    return np.where(at <= 0.5, near, 2 * (1 - at) ** 3)


def _noise_variance(seconds: Integers, logs: Floats) -> float:
    """Variance of the noise in a price, from returns two minutes apart on average.

    On every grid of each q-th price the realised variance is divided by twice its returns other
    than zero; their mean is too large rather than too small.
    """
    span = int(seconds[-1] - seconds[0])
    every = max(1, round(_NOISE_STEP_SECONDS * len(logs) / span))
    found = []
    for start in range(every):
        returns = np.diff(logs[start::every])
        if moved := np.count_nonzero(returns):
            found.append(realised_variance(returns) / (2 * moved))
    return float(np.mean(found)) if found else 0.0


def _sparse_variance(seconds: Integers, logs: Floats) -> float:
    """Mean realised variance of returns of 20 minutes, over grids that begin at each second."""
    clock = np.arange(seconds[0], seconds[-1] + 1)
    path = previous_tick(seconds, logs, clock)
    moves = path[_SPARSE_STEP_SECONDS:] - path[:-_SPARSE_STEP_SECONDS]
    return realised_variance(moves) / _SPARSE_STEP_SECONDS
