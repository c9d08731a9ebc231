"""Figures over the last bars, in numpy: NaN until there are as many, and where one is NaN."""

from __future__ import annotations

import numpy as np

from indextracker_spark.strategies.by_ticker import Floats


def mean(values: Floats, length: int) -> Floats:
    """The mean of the last `length` values."""
    return total(values, length) / length


def total(values: Floats, length: int) -> Floats:
    """The sum of the last `length` values."""
    # Each sum is of its window alone: what is outside of it, a NaN for one, does not touch it.
    found = np.full(len(values), np.nan)
    if len(values) >= length:
        found[length - 1 :] = np.convolve(values, np.ones(length), "valid")
    return found


def deviation(values: Floats, length: int, ddof: int) -> Floats:
    """The standard deviation of the last `length` values."""
    found = np.full(len(values), np.nan)
    if len(values) >= length:
        seen = np.lib.stride_tricks.sliding_window_view(values, length)
        found[length - 1 :] = seen.std(axis=1, ddof=ddof)
    return found
