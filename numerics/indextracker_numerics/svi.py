"""Smiles of one expiry in the raw SVI form, and whether they leave an arbitrage.

Total variance, volatility squared times years, by the logarithm k of strike over forward is

    w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)).

J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14
(2014), 59-71. Which prices count, and in which order expiries are fitted, does not belong here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from indextracker_numerics.one_thread import one_thread

Floats = NDArray[np.float64]

LEAST_STRIKES = 6
"""One more than SVI has parameters: below it a fit says nothing of its error."""

# b (1 + |rho|): a steeper wing has no moments (R. Lee, Mathematical Finance 14, 2004, 469-480).
_STEEPEST = 2.0
# The search for m and sigma: a grid, then finer ones around the best of it, each with steps of a
# third of those before: the sixth has 1/1500 of the strikes' span, and total variance is then found
# to 0.0004 of its range. What is weighted anew is sought near what was found.
_GRID, _FINER, _FINER_AGAIN = 13, 5, 3
# Residuals beyond so many robust deviations count by their size and not by its square; twice
# reweighted, one of 20 prices that is twice what it should be moves the others' smile by 5 %.
_HUBER, _REWEIGHTED = 2.5, 2
_DEVIATIONS_PER_MEDIAN = 1.4826
# So far inside of its limits a fit under constraints aims, since a solver ends a little beside.
_MARGIN = 1e-4


class Raw(NamedTuple):
    """Parameters of a smile, or of several in arrays.

    Attributes:
        a: Level of total variance.
        b: Slope of the wings, zero or more.
        rho: Their asymmetry, between -1 and 1.
        m: Where along log-moneyness the smile lies.
        sigma: How round it is there, above zero.
    """

    a: float
    b: float
    rho: float
    m: float
    sigma: float


def total_variance(smile: Raw, moneyness: Floats) -> Floats:
    """Volatility squared times years, at logarithms of strike over forward."""
    y = moneyness - smile.m
    root = np.sqrt(y**2 + smile.sigma**2)
    return np.asarray(smile.a + smile.b * (smile.rho * y + root))


def slope(smile: Raw, moneyness: Floats) -> Floats:
    """The first derivative of total variance by log-moneyness."""
    y = moneyness - smile.m
    return np.asarray(smile.b * (smile.rho + y / np.sqrt(y**2 + smile.sigma**2)))


def density_factor(smile: Raw, moneyness: Floats) -> Floats:
    """Durrleman's function g: the density of the underlying at expiry has its sign.

    Where it is below zero a butterfly of options has a price below zero (Gatheral and Jacquier,
    section 2.2). Not defined where total variance is zero or less, which is an arbitrage too: there
    it is given as -inf.
    """
    variance = total_variance(smile, moneyness)
    first = slope(smile, moneyness)
    second = smile.b * smile.sigma**2 / ((moneyness - smile.m) ** 2 + smile.sigma**2) ** 1.5
    with np.errstate(divide="ignore", invalid="ignore"):
        g = (
            (1 - moneyness * first / (2 * variance)) ** 2
            - first**2 / 4 * (1 / variance + 0.25)
            + second / 2
        )
    return np.where(variance > 0, g, -np.inf)


def crossedness(earlier: Floats, later: Floats) -> float:
    """By how much total variance of an earlier expiry exceeds that of a later one, at most.

    Zero where there is no calendar arbitrage (Gatheral and Jacquier, section 5.2).

    Args:
        earlier: Total variances at some log-moneyness.
        later: Those of the later expiry, at the same.
    """
    return float(max(np.max(earlier - later), 0.0))


def fit(
    moneyness: Floats,
    variance: Floats,
    accuracy: Floats,
    along: Floats,
    earlier: Floats | None = None,
) -> Raw:
    """The smile nearest to some points, without arbitrage where that can be had.

    The points are first fitted freely, by a search over m and sigma alone: given these, SVI is
    linear in what is left (S. De Marco and C. Martini, "Quasi-explicit calibration of Gatheral's
    SVI model", Zeliade Systems 2009). Where that leaves an arbitrage, all five parameters are
    moved by sequential quadratic programming, until none is left or the search ends.

    Args:
        moneyness: Logarithms of strike over forward, `LEAST_STRIKES` or more of them different.
        variance: Total variances there, above zero.
        accuracy: What a unit of total variance is worth at each: residuals are multiplied by it, so
            1 / (its standard error) makes all residuals alike.
        along: The log-moneyness at which there is to be no arbitrage.
        earlier: Total variances of the earlier expiry there, above which this one is to be.

    Returns:
        Parameters. What arbitrage is left is told by `density_factor` and `crossedness`.

    Raises:
        ValueError: There are too few points for five parameters.
    """
    number = len(np.unique(moneyness))
    if number < LEAST_STRIKES:
        raise ValueError(f"{number} strikes do not tell a smile: it takes {LEAST_STRIKES}")
    weight = accuracy
    smile = _quasi_explicit(moneyness, variance, weight)
    for _ in range(_REWEIGHTED):
        residual = accuracy * np.abs(total_variance(smile, moneyness) - variance)
        usual = _HUBER * _DEVIATIONS_PER_MEDIAN * np.median(residual)
        weight = accuracy * np.sqrt(np.minimum(1.0, usual / np.maximum(residual, 1e-300)))
        if not weight.any():  # the points are of a smile, to the last bit of most of them
            return smile
        smile = _quasi_explicit(moneyness, variance, weight, near=smile)
    least = np.zeros_like(along) if earlier is None else earlier
    if _free_of_arbitrage(smile, along, least):
        return smile
    return _constrained(smile, moneyness, variance, weight, along, least)


def _free_of_arbitrage(smile: Raw, along: Floats, least: Floats) -> bool:
    return bool(
        (density_factor(smile, along) >= 0).all() and (total_variance(smile, along) >= least).all()
    )


def _quasi_explicit(
    moneyness: Floats, variance: Floats, weight: Floats, near: Raw | None = None
) -> Raw:
    """The best smile by weighted squares, found over m and sigma."""
    lowest, highest = float(moneyness.min()), float(moneyness.max())
    span = highest - lowest
    # m up to half a span beside the strikes; sigma from a 125th of the span to five spans.
    middle = np.array([(lowest + highest) / 2, np.log(span / 5)])
    reach = np.array([span, np.log(25.0)])
    closer = 4 / (_GRID - 1)
    if near is not None:
        middle, reach = np.array([near.m, np.log(near.sigma)]), reach * closer**2
    share = weight**2 / np.sum(weight**2)
    steps = np.linspace(-1, 1, _GRID)
    for _ in range(1 + (_FINER if near is None else _FINER_AGAIN)):
        m = np.repeat(middle[0] + reach[0] * steps, _GRID)
        sigma = np.exp(np.tile(middle[1] + reach[1] * steps, _GRID))
        left, right, missed = _wings(moneyness, variance, share, m, sigma)
        best = int(np.argmin(missed))
        middle = np.array([m[best], np.log(sigma[best])])
        reach = reach * closer
    m_best, sigma_best = float(m[best]), float(sigma[best])
    rising, falling = _basis(moneyness, m[best : best + 1], sigma[best : best + 1])
    level = variance - right[best] * rising[0] - left[best] * falling[0]
    both = left[best] + right[best]
    return Raw(
        a=float(np.sum(share * level)),
        b=float(both / 2 / sigma_best),
        rho=float((right[best] - left[best]) / both) if both > 0 else 0.0,
        m=m_best,
        sigma=sigma_best,
    )


def _basis(moneyness: Floats, m: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """What rises to the right and what to the left, a row for each pair of m and sigma.

    In these SVI is a + right * rising + left * falling, and its limits are those of a box: right is
    b (1 + rho) sigma and left is b (1 - rho) sigma.
    """
    y = (moneyness - m[:, None]) / sigma[:, None]
    root = np.sqrt(y**2 + 1)
    return (root + y) / 2, (root - y) / 2


def _wings(
    moneyness: Floats, variance: Floats, share: Floats, m: Floats, sigma: Floats
) -> tuple[Floats, Floats, Floats]:
    """For each pair of m and sigma the best left and right in their box, and what they miss.

    A quadratic form of two variables has its least in a box inside of it, or on one of its edges.
    """
    rising, falling = _basis(moneyness, m, sigma)
    rising = rising - np.sum(share * rising, axis=1, keepdims=True)
    falling = falling - np.sum(share * falling, axis=1, keepdims=True)
    aim = variance - np.sum(share * variance)
    rr = np.sum(share * rising * rising, axis=1)
    rf = np.sum(share * rising * falling, axis=1)
    ff = np.sum(share * falling * falling, axis=1)
    ra = np.sum(share * rising * aim, axis=1)
    fa = np.sum(share * falling * aim, axis=1)
    most = _STEEPEST * sigma

    def missed(left: Floats, right: Floats) -> Floats:
        gained = 2 * (right * ra + left * fa) - right**2 * rr - 2 * right * left * rf - left**2 * ff
        return np.asarray(np.sum(share * aim * aim) - gained)

    none = np.zeros_like(most)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = rr * ff - rf**2
        inside = (fa * rr - ra * rf) / spread, (ra * ff - fa * rf) / spread
        sound = (spread > 0) & np.all([(x >= 0) & (x <= most) for x in inside], axis=0)
        candidates = [
            *((end, np.clip((ra - end * rf) / rr, 0, most)) for end in (none, most)),
            *((np.clip((fa - end * rf) / ff, 0, most), end) for end in (none, most)),
        ]
    lefts = np.array([np.where(sound, inside[0], candidates[0][0]), *(c[0] for c in candidates)])
    rights = np.array([np.where(sound, inside[1], candidates[0][1]), *(c[1] for c in candidates)])
    misses = np.array([missed(left, right) for left, right in zip(lefts, rights, strict=True)])
    chosen = np.argmin(np.where(np.isnan(misses), np.inf, misses), axis=0), np.arange(len(m))
    return lefts[chosen], rights[chosen], misses[chosen]


def _constrained(
    start: Raw,
    moneyness: Floats,
    variance: Floats,
    weight: Floats,
    along: Floats,
    least: Floats,
) -> Raw:
    """The smile nearest to the points that leaves no arbitrage, sought from one that does.

    That one itself, where none is found: far from the points there may be one, which tells nothing.
    """
    width = float(moneyness.max() - moneyness.min())
    height = float(np.median(variance))
    # All five of the order of one.
    units = np.array([height, height / width, 1.0, width, width])
    # In hundredths of the height, squared: the solver's tolerance is then far below any error.
    share = weight**2 / np.sum(weight**2) / (height / 100) ** 2

    def smile_of(x: Floats) -> Raw:
        return Raw(*(float(value) for value in x * units))

    def missed(x: Floats) -> float:
        return float(np.sum(share * (total_variance(smile_of(x), moneyness) - variance) ** 2))

    def room(x: Floats) -> Floats:
        smile = smile_of(x)
        above = (total_variance(smile, along) - least) / height
        density = np.maximum(density_factor(smile, along), -1e3)
        steep = _STEEPEST - smile.b * (1 + abs(smile.rho))
        return np.concatenate([density - _MARGIN, above - _MARGIN, [steep]])

    with one_thread():
        found = minimize(
            missed,
            np.array(start) / units,
            method="SLSQP",
            bounds=[(None, None), (0, None), (-0.999, 0.999), (None, None), (1e-3, None)],
            constraints={"type": "ineq", "fun": room},
            options={"maxiter": 100, "ftol": 1e-6},
        )
    smile = smile_of(found.x)
    return smile if _free_of_arbitrage(smile, along, least) else start
