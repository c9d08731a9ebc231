"""Prices at chosen instants, from prints at irregular ones.

What is estimated from them does not belong here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def median_per_instant(seconds: Integers, prices: Floats) -> tuple[Integers, Floats]:
    """One price for each instant with a print: the median of its prints.

    Rule T4 for trades in Barndorff-Nielsen, Hansen, Lunde and Shephard: Realized kernels in
    practice. Econometrics Journal 12 (2009). The order of the prints does not matter.

    Args:
        seconds: Instants of the prints, shape (n,), in any order.
        prices: Their prices, shape (n,).

    Returns:
        The instants, ascending, and their medians.
    """
    order = np.lexsort((prices, seconds))
    at, ordered = seconds[order], prices[order]
    starts = np.flatnonzero(np.append(len(at) > 0, at[1:] != at[:-1]))
    last = np.append(starts[1:], len(at)) - 1
    return at[starts], (ordered[(starts + last) // 2] + ordered[(starts + last + 1) // 2]) / 2


def previous_tick(seconds: Integers, prices: Floats, grid: Integers) -> Floats:
    """The last price at or before each instant of a grid; before the first print, the first price.

    Args:
        seconds: Instants of the prints, ascending, shape (n,); of equal ones the last counts.
        prices: Their prices, shape (n,), n above zero.
        grid: Instants, shape (m,).

    Returns:
        Prices, shape (m,).
    """
    places = np.searchsorted(seconds, grid, side="right") - 1
    return np.asarray(prices[np.maximum(places, 0)])


def whole_steps(seconds: Integers, step: int) -> Integers:
    """The multiples of a step that span the prints, shape (m,).

    Args:
        seconds: Instants, ascending, at least one.
        step: In seconds.
    """
    first, last = int(seconds[0]) // step, -(-int(seconds[-1]) // step)
    return np.arange(first, last + 1, dtype=np.int64) * step
