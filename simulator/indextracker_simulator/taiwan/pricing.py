"""Premiums of options on a forward: Black's formula of 1976 with a smile over the strikes.

Formulas only: the listed strikes and the trades are in options.py.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTEREST = 0.015  # yearly

AT_THE_MONEY = 0.16
"""Yearly volatility of strikes at the forward."""

_SKEW = -0.55  # puts below the forward cost more than calls as far above it
_SMILE = 1.2
_WINGS = 0.35  # beyond this distance the smile is flat
_LEAST_VOLATILITY, _MOST_VOLATILITY = 0.08, 0.9
_LEAST_YEARS = 1e-7

_TABLE_ENDS = 9.0  # the table of the normal distribution reaches so far on both sides
_TABLE_STEPS = 18_000


def volatility(
    forward: NDArray[np.float64], strike: NDArray[np.int64], years: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the yearly volatility that the market asks for: lowest just above the forward."""
    distance = np.clip(np.log(strike / forward), -_WINGS, _WINGS)
    steepness = 1 / np.sqrt(12 * years + 0.25)  # near expiries smile more
    smile = AT_THE_MONEY + steepness * (_SKEW * distance + 4 * _SMILE * distance**2)
    return np.clip(smile, _LEAST_VOLATILITY, _MOST_VOLATILITY)


def premium(
    forward: NDArray[np.float64],
    strike: NDArray[np.int64],
    years: NDArray[np.float64],
    call: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the value of options, all arguments of one shape; at the end what they pay."""
    years = np.maximum(years, _LEAST_YEARS)
    deviation = volatility(forward, strike, years) * np.sqrt(years)
    upper = np.log(forward / strike) / deviation + deviation / 2
    sign = np.where(call, 1, -1)
    paid = sign * (forward * _normal(sign * upper) - strike * _normal(sign * (upper - deviation)))
    return np.asarray(np.exp(-INTEREST * years) * np.maximum(paid, 0))


def _normal(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cumulative normal distribution, to some 1e-8."""
    return np.interp(deviations, *_normal_table())


@cache
def _normal_table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    at = np.linspace(-_TABLE_ENDS, _TABLE_ENDS, _TABLE_STEPS + 1)
    distribution = NormalDist()
    return at, np.array([distribution.cdf(value) for value in at])
