"""Forecasts of returns that are trained on what was before, and how good they were.

Walk-forward: each session is forecast from rows of sessions before it. Where a row's target reaches
into what is forecast it is purged, and with it an embargo before (Lopez de Prado, Advances in
Financial Machine Learning, Wiley 2018, chapter 7). Fits use one thread: a sum over several would
round otherwise from run to run. Which features there are is told in `minute_features`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from indextracker_numerics.one_thread import one_thread

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PRIOR_R2: Final = 0.005
"""Part of the variance that features may explain beforehand: it sets the penalty of the ridge."""

BLOCK_MINUTES: Final = 30
REPLICATES: Final = 1_000
LEAST_SESSIONS: Final = 20
"""Below, no figure over sessions is told."""
_EDGES = (0.025, 0.975)


def purged(ends: Integers, begins: int, embargo: int) -> Bools:
    """Which rows may be trained on for a test that begins at an instant.

    Args:
        ends: Instant at which the target of each row is known, shape (rows,).
        begins: Instant of the first price that the test's features read.
        embargo: How long before that a target has to be known, in the same unit.

    Returns:
        Shape (rows,); False where target and test overlap, or lie closer than the embargo.
    """
    return np.asarray(ends + embargo <= begins)


def ridge(known: Floats, targets: Floats, asked: Floats) -> Floats:
    """Forecasts by ridge regression without an intercept (Hoerl, Kennard, Technometrics 12, 1970).

    Features are standardised by what is known. The penalty is that of a normal prior by which they
    explain `PRIOR_R2` of the variance together: features * (1 - R2) / R2. There is no intercept:
    the mean return of some minutes is smaller than its error.

    Args:
        known: Features to train on, shape (rows, features).
        targets: What came of them, shape (rows,).
        asked: Features to forecast from, shape (n, features).

    Returns:
        Shape (n,).
    """
    from sklearn.linear_model import Ridge  # noqa: PLC0415  0.7 s

    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    penalty = known.shape[1] * (1 - PRIOR_R2) / PRIOR_R2
    model = Ridge(alpha=penalty, fit_intercept=False, solver="cholesky")
    with one_thread():
        model.fit((known - middle) / spread, targets)
        return np.asarray(model.predict((asked - middle) / spread), np.float64)


def boosting(known: Floats, targets: Floats, asked: Floats) -> Floats:
    """Forecasts by gradient boosting of small trees on histograms (Friedman 2001).

    Friedman, Greedy function approximation: a gradient boosting machine, Annals of Statistics 29.
    No early stopping: it would hold back random rows, which lie between those trained on.

    Args:
        known: Features to train on, shape (rows, features).
        targets: What came of them, shape (rows,).
        asked: Features to forecast from, shape (n, features).

    Returns:
        Shape (n,).
    """
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415  0.7 s

    model = HistGradientBoostingRegressor(
        learning_rate=0.02,
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=200,
        max_bins=64,
        early_stopping=False,
        random_state=0,
    )
    # In units of their deviation: the gain of a split of returns of 1e-4 is near what is nothing.
    unit = float(targets.std()) or 1.0
    with one_thread():
        model.fit(known, targets / unit)
        return np.asarray(model.predict(asked), np.float64) * unit


MODELS: Final[dict[str, Callable[[Floats, Floats, Floats], Floats]]] = {
    "ridge": ridge,
    "boosting": boosting,
}


def r_squared(returns: Floats, forecasts: Floats, instead: Floats | float = 0.0) -> float:
    """Out-of-sample R2: by how much squared errors are below those of another forecast.

    Campbell, Thompson, Review of Financial Studies 21 (2008), pp. 1509-1531, with zero for the
    historical mean.

    Args:
        returns: What came, shape (n,).
        forecasts: What was forecast, shape (n,).
        instead: The other forecast.

    Returns:
        1 where every forecast was right, 0 where they are as good as the other, NaN where the
        other one has no error.
    """
    errors = float(((returns - instead) ** 2).sum())
    return 1 - float(((returns - forecasts) ** 2).sum()) / errors if errors > 0 else np.nan


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval of 95 %; all NaN where there is nothing to tell it from."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Scores:
    """How good the forecasts of a session were.

    Attributes:
        r2: Out-of-sample R2 against zero.
        hit_rate: Part of the minutes, without a return or forecast of zero, whose sign was right.
        pnl: Points made after cost.
        trades: How often a position was taken.
    """

    r2: Estimate
    hit_rate: Estimate
    pnl: Estimate
    trades: int


def scores(
    returns: Floats, forecasts: Floats, fills: Floats, round_trips: Floats, seed: int
) -> Scores:
    """Scores with intervals by the circular block bootstrap.

    Politis, Romano: A circular block-resampling procedure for stationary data (1992): blocks of
    `BLOCK_MINUTES`, longer than a target and most features, since neighbouring minutes share both.

    Args:
        returns: What came in each minute, shape (n,), in their order.
        forecasts: What was forecast, shape (n,).
        fills: Price at which a position is taken, in points; NaN in minutes in which none may be,
            since an earlier one may still be held.
        round_trips: What it costs to take a position and give it up, in points, shape (n,).
        seed: Of the random numbers.
    """
    squares, errors = returns**2, (returns - forecasts) ** 2
    signed = np.sign(returns) * np.sign(forecasts)
    # A position is worth taking where more is forecast than it costs.
    traded = np.abs(forecasts) * np.nan_to_num(fills) > round_trips
    points = np.where(
        traded, np.sign(forecasts) * returns * np.nan_to_num(fills) - round_trips, 0.0
    )
    draws = _blocks(len(returns), seed)

    def estimate(above: Floats, below: Floats | None = None) -> Estimate:
        values = above[draws].sum(axis=1)
        value = float(above.sum())
        if below is not None:
            whole = float(below.sum())
            under = below[draws].sum(axis=1)
            if whole == 0 or (under == 0).any():
                return Estimate(value / whole if whole else np.nan, np.nan, np.nan)
            value, values = value / whole, values / under
        low, high = np.quantile(values, _EDGES)
        return Estimate(value, float(low), float(high))

    return Scores(
        r2=estimate(squares - errors, squares),
        hit_rate=estimate((signed > 0).astype(np.float64), (signed != 0).astype(np.float64)),
        pnl=estimate(points),
        trades=int(traded.sum()),
    )


def over_sessions(
    squared_returns: Floats, squared_errors: Floats, pnl_points: Floats
) -> tuple[Estimate, Estimate] | None:
    """R2 of all sessions together, and what a contract made a session, with intervals of 95 %.

    Sessions are taken to be independent. The interval of R2, a ratio of sums, is that of its
    linearisation (Cochran, Sampling Techniques, Wiley 1977, chapter 6), with Student's t.

    Args:
        squared_returns: Sum of squared returns of each session, shape (sessions,).
        squared_errors: Sum of squared errors of a model in each.
        pnl_points: What a contract made in each, after cost.

    Returns:
        None below `LEAST_SESSIONS`.
    """
    number = len(squared_returns)
    if number < LEAST_SESSIONS:
        return None
    from scipy.stats import t  # noqa: PLC0415  0.8 s

    quantile = float(t.ppf(_EDGES[1], number - 1))
    whole = float(squared_returns.sum())
    r2 = 1 - float(squared_errors.sum()) / whole
    left = (1 - r2) * squared_returns - squared_errors
    half = quantile * float(np.sqrt((left**2).sum() * number / (number - 1))) / whole
    mean = float(pnl_points.mean())
    around = quantile * float(pnl_points.std(ddof=1)) / number**0.5
    return Estimate(r2, r2 - half, r2 + half), Estimate(mean, mean - around, mean + around)


def verdict(figures: tuple[Estimate, Estimate] | None) -> str:
    """Whether there is an edge, by what `over_sessions` gives."""
    if figures is None:
        return "too few sessions"
    r2, pnl = figures
    if r2.high < 0:
        return "no edge found: worse than zero"
    if r2.low <= 0:
        return "no edge found"
    return "edge found, after cost too" if pnl.low > 0 else "edge found, not after cost"


def seed_of(*key: str) -> int:
    """A seed that follows from a key alone, the same in every process."""
    return int.from_bytes(hashlib.sha256("/".join(key).encode()).digest()[:8], "big")


def _blocks(number: int, seed: int) -> Integers:
    """Rows of each replicate, shape (replicates, number)."""
    length = min(BLOCK_MINUTES, number)
    blocks = -(-number // length)
    begins = np.random.default_rng(seed).integers(0, number, (REPLICATES, blocks, 1))
    rows = (begins + np.arange(length)) % number
    return np.asarray(rows.reshape(REPLICATES, -1)[:, :number], np.int64)
