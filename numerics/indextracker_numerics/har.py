"""Forecasts of variance by the means of the last day, week and month.

Corsi: A simple approximate long-memory model of realized volatility. Journal of Financial
Econometrics 7 (2009), here of variances, as Andersen, Bollerslev and Diebold: Roughing it up.
Review of Economics and Statistics 89 (2007). How variances are measured is in realised.py.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from indextracker_numerics.regression import centred, dot, least_squares
from indextracker_numerics.sampling import Floats

DAY, WEEK, MONTH = 1, 5, 22
"""Sessions whose mean variance is a regressor."""

LEAST_SAMPLE = 60
"""Fewer sessions to estimate from give no forecast."""


class Forecast(NamedTuple):
    """What is expected at the end of the last session given.

    Attributes:
        variance: Mean variance of the sessions ahead; NaN where it is not known.
        sample: From how many sessions the coefficients are estimated.
    """

    variance: float
    sample: int


def forecast(variances: Floats, ahead: int) -> Forecast:
    """The mean variance of some sessions to come, by least squares on those before alone.

    A forecast outside of all that was observed is replaced by the mean, the filter of Bollerslev,
    Patton and Quaedvlieg: Exploiting the errors. Journal of Econometrics 192 (2016); so is that of
    variances that do not change.

    Args:
        variances: A session each, in their order, the last one today's; NaN where not known, shape
            (n,).
        ahead: Over how many sessions the mean is taken, directly: no forecast is fed back.

    Returns:
        The forecast; without one where today's regressors are not known, or fewer than 60 sessions
        have both regressors and what followed.
    """
    number = len(variances) - MONTH + 1
    if number <= ahead:
        return Forecast(float("nan"), 0)
    means = [_means(variances, sessions)[-number:] for sessions in (DAY, WEEK, MONTH)]
    regressors = np.column_stack(means)
    today, followed = regressors[-1], _means(variances, ahead)[MONTH:]
    before = regressors[: len(followed)]
    known = ~np.isnan(before).any(axis=1) & ~np.isnan(followed)
    sample = int(known.sum())
    if sample < LEAST_SAMPLE or np.isnan(today).any():
        return Forecast(float("nan"), sample)
    observed, explaining = followed[known], before[known]
    mean = float(observed.mean())
    fit = least_squares(centred(explaining), centred(observed[:, None]))
    if fit is None:
        return Forecast(mean, sample)
    expected = mean + dot(today - explaining.mean(axis=0), fit.coefficients[:, 0])
    inside = observed.min() <= expected <= observed.max()
    return Forecast(expected if inside else mean, sample)


def _means(variances: Floats, sessions: int) -> Floats:
    """Means of so many neighbours, one for each place that they can begin at."""
    return np.asarray(sliding_window_view(variances, sessions).mean(axis=1))
