"""What options of one expiry say of its forward, and of each other, without a model.

Which prices count does not belong here: a price that does not is nan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

NEAREST = 5
"""So many strikes, those at which call and put cost most alike, tell the forward."""

JUDGED_BY = 3
"""So many tell how wrong it may be: two may agree by chance."""


class Forwards(NamedTuple):
    """Forwards, one a moment.

    Attributes:
        forward: The median of what the strikes say; nan where none has both prices.
        error: Half the range of what they say; nan of fewer than `JUDGED_BY` strikes.
        pairs: How many strikes tell it.
    """

    forward: Floats
    error: Floats
    pairs: NDArray[np.int64]


def forwards(strike: Floats, call: Floats, put: Floats, growth: Floats) -> Forwards:
    """The forwards by put-call parity, the median over the strikes nearest to them.

    A call less a put is the discounted forward less the discounted strike: H. R. Stoll, "The
    relationship between put and call option prices", Journal of Finance 24 (1969), 801-824.

    Args:
        strike: Shape (strikes,), ascending.
        call: Prices of the calls, shape (moments, strikes).
        put: Prices of the puts, likewise.
        growth: What money grows to until expiry, exp(rate * years), shape (moments,).
    """
    apart = call - put
    nearest = np.argsort(np.where(np.isnan(apart), np.inf, np.abs(apart)), axis=1, kind="stable")
    nearest = nearest[:, :NEAREST]
    said = strike[nearest] + np.take_along_axis(apart, nearest, axis=1) * growth[:, None]
    pairs = np.sum(~np.isnan(said), axis=1)
    ordered = np.sort(said, axis=1)  # nan last
    at = np.arange(len(said))
    last = np.maximum(pairs - 1, 0)
    middle = (ordered[at, last // 2] + ordered[at, (last + 1) // 2]) / 2
    error = np.where(pairs >= JUDGED_BY, (ordered[at, last] - ordered[:, 0]) / 2, np.nan)
    return Forwards(middle, error, pairs)


def not_monotone(
    chain: NDArray[np.int64], strike: Floats, price: Floats, slack: Floats, discount: Floats
) -> Truths:
    """Which calls cost less than a neighbour of a higher strike, or too much more than it.

    Between two strikes a call falls by no more than the discounted distance, or a spread of the two
    costs less than nothing, or more than it can pay. Neither option is known to be the wrong one.

    Args:
        chain: Options of one number are compared with each other; ascending, shape (options,).
        strike: Ascending in a chain.
        price: Prices of calls; of puts their negatives, which fall likewise.
        slack: By how much each price may be wrong.
        discount: What a unit at expiry is worth.
    """
    fall = price[:-1] - price[1:]
    room = slack[:-1] + slack[1:]
    outside = (fall < -room) | (fall > discount[1:] * np.diff(strike) + room)
    broken = outside & (chain[1:] == chain[:-1])
    return np.asarray(np.append(broken, False) | np.append(False, broken))


def not_convex(chain: NDArray[np.int64], strike: Floats, price: Floats, slack: Floats) -> Truths:
    """Which options cost more than their two neighbours allow: a butterfly costs less than nothing.

    Args:
        chain: As of `not_monotone`, and so are the others.
        strike: See there.
        price: Prices of calls, or of puts.
        slack: See there.
    """
    broken = np.zeros(len(strike), bool)
    if len(strike) > 2:
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (strike[2:] - strike[1:-1]) / (strike[2:] - strike[:-2])
            chord = share * price[:-2] + (1 - share) * price[2:]
            room = slack[1:-1] + share * slack[:-2] + (1 - share) * slack[2:]
        broken[1:-1] = (price[1:-1] > chord + room) & (chain[2:] == chain[:-2])
    return broken
