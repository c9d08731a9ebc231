"""Forecasts by day, week and month, against `arch`, and against loops where it has none."""

import numpy as np
import pytest
from arch.univariate import HARX

from indextracker_numerics import har


def variances(number: int = 200, seed: int = 4) -> np.ndarray:
    """A persistent variance, as of markets."""
    random = np.random.default_rng(seed)
    logs = np.zeros(number)
    for place in range(1, number):
        logs[place] = 0.9 * logs[place - 1] + 0.3 * random.standard_normal()
    return 1e-4 * np.exp(logs)


def test_the_next_session_is_that_of_arch() -> None:
    known = variances() * 1e4
    model = HARX(known, lags=[1, 5, 22], rescale=False).fit(disp="off")
    expected = model.forecast(horizon=1).mean.to_numpy()[-1, 0]
    found = har.forecast(known, 1)
    assert found.variance == pytest.approx(expected, rel=1e-9)
    assert found.sample == 200 - 22


def test_the_next_month_is_a_regression_written_out() -> None:
    known = variances()
    rows = [
        (1, known[s], known[s - 4 : s + 1].mean(), known[s - 21 : s + 1].mean())
        for s in range(21, 200)
    ]
    followed = [known[s + 1 : s + 23].mean() for s in range(21, 200 - 22)]
    before = np.array(rows[: len(followed)])
    coefficients = np.linalg.solve(before.T @ before, before.T @ np.array(followed))
    found = har.forecast(known, 22)
    assert found.variance == pytest.approx(np.array(rows[-1]) @ coefficients, rel=1e-6)
    assert found.sample == len(followed)


def test_a_forecast_beyond_all_that_was_seen_is_the_mean_of_it() -> None:
    known = variances()
    known[-1] = 1.0
    assert har.forecast(known, 1).variance == pytest.approx(known[22:].mean())


def test_a_missing_session_takes_its_month_out_of_the_sample() -> None:
    known = variances()
    whole = har.forecast(known, 1).sample
    known[100] = np.nan
    # It is a regressor of 22 sessions, and what followed the one before it.
    assert har.forecast(known, 1).sample == whole - 23
    known[-3] = np.nan
    assert np.isnan(har.forecast(known, 1).variance)


@pytest.mark.parametrize("number", [1, 22, 23, 81])
def test_too_few_sessions_give_no_forecast(number: int) -> None:
    found = har.forecast(variances(number), 1)
    assert np.isnan(found.variance)
    assert found.sample == max(0, number - 22)
