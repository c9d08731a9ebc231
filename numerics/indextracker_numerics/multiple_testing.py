"""Correlations of many pairs, and p-values that allow for how many were looked at.

Of a hundred pairs that have nothing to do with each other, five have a p-value below 5 %. Benjamini
and Yekutieli's adjusted values hold the rate of false discoveries among those that are called
significant, however the tests depend on each other; pairs that share a series do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Method = Literal["bh", "by"]

_METHODS: Final[dict[Method, str]] = {"bh": "fdr_bh", "by": "fdr_by"}
LEAST_OBSERVATIONS: Final = 30
_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True)
class Correlation:
    """A correlation of Pearson's.

    Attributes:
        value: From -1 to 1.
        low: Lower end of the interval of 95 % by Fisher's z (Metron 1, 1921).
        high: Its upper end.
        p_value: Two-sided, by Student's t with two degrees of freedom less than observations: the
            probability of one so far from zero where there is none.
    """

    value: float
    low: float
    high: float
    p_value: float


def correlation(one: Floats, other: Floats) -> Correlation | None:
    """The correlation of two series of one length; None where it cannot be told.

    It cannot from fewer than `LEAST_OBSERVATIONS`, or where a series does not vary.
    """
    number = len(one)
    if number < LEAST_OBSERVATIONS:
        return None
    from scipy.stats import t  # noqa: PLC0415  0.8 s

    first, second = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    if scale == 0:
        return None
    value = min(max(float((first * second).sum()) / scale, -1.0), 1.0)
    half = _NORMAL_975 / np.sqrt(number - 3)
    # At 1 the transform is infinite, and so is the statistic: both ends are 1, and p is 0.
    with np.errstate(divide="ignore"):
        middle = np.arctanh(value)
        statistic = abs(value) * np.sqrt(np.divide(number - 2, 1 - value**2))
    low, high = np.tanh((middle - half, middle + half))
    return Correlation(value, float(low), float(high), float(2 * t.sf(statistic, number - 2)))


def adjusted(p_values: Floats, method: Method = "by") -> Floats:
    """Adjusted p-values, shape as given: those of at most q have a false discovery rate of q.

    Args:
        p_values: Of all tests that were made, not of those alone that look good.
        method: `by` holds under any dependence (Benjamini, Yekutieli, Annals of Statistics 29,
            2001, pp. 1165-1188), `bh` where tests are independent or depend positively (Benjamini,
            Hochberg, Journal of the Royal Statistical Society B 57, 1995, pp. 289-300).
    """
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415  1.5 s

    if not len(p_values):
        return np.empty(0)
    return np.asarray(multipletests(p_values, method=_METHODS[method])[1], np.float64)
