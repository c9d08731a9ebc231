"""The variance that the options of one expiry ask for, whatever model prices them, and an index.

The formula is that of Cboe's VIX, after K. Demeterfi, E. Derman, M. Kamal and J. Zou, "More than
you ever wanted to know about volatility swaps", Goldman Sachs Quantitative Strategies (1999), as
Cboe's white papers of 2009 to 2019 write it:

    variance = 2/T sum(dK/K^2 exp(rT) Q(K)) - 1/T (F/K0 - 1)^2

Which prices count, and which expiries, is decided where it is called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DAYS_OF_A_YEAR = 365


@dataclass(frozen=True)
class TermVariance:
    """What the options of one expiry say at one moment.

    Attributes:
        k0: The highest strike with a price at or below the forward; nan where there is none.
        puts: Strikes below it whose put has a price.
        calls: Strikes above it whose call has a price.
        variance: A year, as a fraction squared; nan without at least two strikes in all.
    """

    k0: float
    puts: int
    calls: int
    variance: float


def term_variance(
    strike: Floats, call: Floats, put: Floats, forward: float, years: float, rate: float = 0.0
) -> TermVariance:
    """The variance of one expiry: puts below the forward, calls above it, both where they meet.

    Where only one of both has a price at `k0`, the other follows from put-call parity with the
    forward. A strike without a price is none: its neighbours then stand for the gap.

    Args:
        strike: Strikes, each once and ascending, in points.
        call: Prices of the calls at them, in points; nan where there is none.
        put: Likewise of the puts.
        forward: Price of the underlying for delivery at expiry, in points.
        years: Time to expiry, above zero.
        rate: Interest a year, continuously compounded, as a fraction.
    """
    priced = np.isfinite(call) | np.isfinite(put)
    below = np.flatnonzero(priced & (strike <= forward))
    if not below.size:
        return TermVariance(np.nan, 0, 0, np.nan)
    middle = below[-1]
    k0 = float(strike[middle])
    growth = np.exp(rate * years)
    # The mean of call and put, of which either gives the other: they are half of this apart.
    half = (forward - k0) / growth / 2
    both = np.array([call[middle] - half, put[middle] + half])
    price = np.where(strike < k0, put, call)
    price[middle] = np.mean(both[np.isfinite(both)])
    counted = np.isfinite(price)
    puts, calls = int(counted[:middle].sum()), int(counted[middle + 1 :].sum())
    if puts + calls == 0:
        return TermVariance(k0, 0, 0, np.nan)
    at, cost = strike[counted], price[counted]
    # Half the distance between the neighbours, at both ends that to the only one.
    width = np.gradient(at)
    total = float(np.sum(width / at**2 * growth * cost))
    variance = 2 / years * total - (forward / k0 - 1) ** 2 / years
    return TermVariance(k0, puts, calls, variance)


def constant_maturity(
    near_years: float, near_variance: float, next_years: float, next_variance: float, days: int
) -> float:
    """The variance over a constant number of days, from two terms.

    It is linear in total variance over time; where both terms are longer, it reaches beyond them.

    Args:
        near_years: Time to expiry of the near term, in years of 365 days.
        near_variance: Its variance a year.
        next_years: Likewise of the next term, which is longer.
        next_variance: See there.
        days: The number of days.

    Returns:
        A variance a year. It may be negative where it reaches beyond both terms.
    """
    aim = days / _DAYS_OF_A_YEAR
    weight = (next_years - aim) / (next_years - near_years)
    total = near_years * near_variance * weight + next_years * next_variance * (1 - weight)
    return total / aim
