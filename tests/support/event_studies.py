"""Means of groups and their intervals by sessions, straight from the matrices of the papers.

The job has closed forms and sums of whole numbers; here is what they must be equal to.
"""

from __future__ import annotations

from math import atan, exp, lgamma, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Figure(NamedTuple):
    """A figure, its standard error and the degrees of freedom of that."""

    mean: float
    error: float
    freedom: float

    @property
    def half(self) -> float:
        """Half the width of its interval of 95 %."""
        return quantile(self.freedom) * self.error

    def holds(self, value: float) -> bool:
        """Whether the interval holds a value."""
        return below(abs(self.mean - value) / self.error, self.freedom) <= 0.975


def figure(values: Numbers, sides: NDArray[np.int64], sessions: NDArray[np.int64]) -> Figure:
    """The mean of the values of side 1, less that of side -1 where there are any.

    Bell and McCaffrey's CR2, with the degrees of freedom after Satterthwaite where the errors of
    events are independent and alike: Pustejovsky and Tipton (2018), equations 4 to 11.
    """
    names = [side for side in (1, -1) if (sides == side).any()]
    x = np.stack([sides == side for side in names], axis=1).astype(float)
    contrast = np.array(names, dtype=float)
    bread = np.linalg.inv(x.T @ x)
    means = bread @ x.T @ values
    residuals = values - x @ means
    beside = np.eye(len(values)) - x @ bread @ x.T
    variance, columns = 0.0, []
    for session in np.unique(sessions):
        own = sessions == session
        roots, vectors = np.linalg.eigh(beside[np.ix_(own, own)])
        adjusted = vectors @ np.diag(roots**-0.5) @ vectors.T @ x[own] @ bread @ contrast
        variance += float(adjusted @ residuals[own]) ** 2
        columns.append(beside[:, own] @ adjusted)
    of_sessions = np.stack(columns, axis=1)
    squares = of_sessions.T @ of_sessions
    freedom = np.trace(squares) ** 2 / (squares**2).sum()
    return Figure(float(contrast @ means), sqrt(variance), float(freedom))


def quantile(freedom: float) -> float:
    """Where Student's t leaves 2.5 % above it."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle, freedom) < 0.975 else (low, middle)
    return low


_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(60)


def below(t: float, freedom: float) -> float:
    """How much of Student's distribution lies below a t that is not negative."""
    # With t = sqrt(freedom) tan(angle) the density is a power of a cosine.
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(pi)
    angle = atan(t / sqrt(freedom))
    cosines = np.cos(angle * (_POINTS + 1) / 2)
    return 0.5 + scale * angle / 2 * float(_WEIGHTS @ cosines ** (freedom - 1))
