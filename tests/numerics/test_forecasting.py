"""Forecasts find an edge of known size, none in noise, and nothing of what comes later."""

import threading
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker_numerics import forecasting, minute_features
from indextracker_numerics.minute_features import Floats
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.contracts import contracts_of, curve_of
from indextracker_simulator.taiwan.products import products_of
from indextracker_simulator.taiwan.walk import local_second

MINUTES, INSIDE = 300, slice(30, 284)
TRAINED, TESTED = 40, 20
SESSIONS = [
    day for day in trading_calendar().sessions if date(2024, 3, 1) <= day <= date(2024, 7, 31)
][: TRAINED + TESTED]


def simulated(day: date, lead: int) -> tuple[dict[str, Floats], Floats]:
    """Bars of TX, front month, and levels of the index: a print and a level every 5 seconds."""
    (product,) = (product for product in products_of(day) if product.name == "TX")
    curve = curve_of(product.underlying, 7, day, lead)
    front = next(one for one in contracts_of(product, day) if not one.weekly)
    seconds = local_second(day, 8 * 3600 + 45 * 60) + 5 * np.arange(12 * MINUTES)
    beside = np.random.default_rng(day.toordinal()).integers(-1, 2, len(seconds))
    prints = (np.round(curve.forward(front, seconds)) + beside).reshape(MINUTES, 12)
    levels = curve.path.at(seconds).reshape(MINUTES, 12)[:, -1].copy()
    levels[:15] = levels[285:] = np.nan
    bars = {
        "open": prints[:, 0],
        "high": prints.max(axis=1),
        "low": prints.min(axis=1),
        "close": prints[:, -1],
        "contracts": np.full(MINUTES, 12.0),
    }
    return bars, levels


def matrix(bars: dict[str, Floats], levels: Floats) -> Floats:
    return np.stack([*minute_features.features(bars, levels, 0.01).values()], axis=1)


def pooled(by_session: list[tuple[Floats, Floats]]) -> tuple[float, float]:
    """R2 of all sessions, and its error where sessions are independent, by linearisation."""
    squares = np.array([(came**2).sum() for came, _ in by_session])
    errors = np.array([((came - told) ** 2).sum() for came, told in by_session])
    r2 = 1 - errors.sum() / squares.sum()
    left = squares - errors - r2 * squares
    count = len(left)
    return r2, float(np.sqrt(count / (count - 1) * (left**2).sum()) / squares.sum())


def walked(
    features: list[Floats], targets: list[Floats], model: str
) -> list[tuple[Floats, Floats]]:
    """What came and what was forecast of each session that has `TRAINED` before it."""
    found = []
    for place in range(TRAINED, len(features)):
        before = slice(place - TRAINED, place)
        known, came = np.concatenate(features[before]), np.concatenate(targets[before])
        there, asked = ~np.isnan(came), ~np.isnan(targets[place])
        told = forecasting.MODELS[model](known[there], came[there], features[place][asked])
        found.append((targets[place][asked], told))
    return found


@pytest.fixture(scope="module")
def at_once() -> list[tuple[dict[str, Floats], Floats]]:
    return [simulated(day, lead=0) for day in SESSIONS]


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("model", forecasting.MODELS)
def test_no_edge_is_found_on_a_random_walk(
    at_once: list[tuple[dict[str, Floats], Floats]], model: str, horizon: int
) -> None:
    features = [matrix(*one)[INSIDE] for one in at_once]
    targets = [minute_features.returns_ahead(bars["open"], horizon)[INSIDE] for bars, _ in at_once]
    r2, error = pooled(walked(features, targets, model))
    assert r2 - 1.96 * error < 0  # no interval above zero
    # What estimating costs on ten thousand rows: 13 coefficients, or 100 small trees.
    assert r2 > -0.03


def test_the_basis_forecasts_the_index_where_futures_lead_it() -> None:
    """40 seconds of the minute that comes are known: R2 is near 2/3, less ticks and estimation."""
    found = {}
    for lead in (0, 40):
        sessions = [simulated(day, lead) for day in SESSIONS]
        features = [matrix(*one)[INSIDE] for one in sessions]
        ahead = [np.append(levels[1:] / levels[:-1] - 1, np.nan)[INSIDE] for _, levels in sessions]
        found[lead] = pooled(walked(features, ahead, "ridge"))
    r2, error = found[0]
    assert r2 - 1.96 * error < 0
    r2, error = found[40]
    assert r2 - 1.96 * error > 0.2
    assert r2 + 1.96 * error < 2 / 3


@pytest.mark.parametrize("coefficient", [0.0, 0.1, 0.3])
def test_the_r2_of_an_autoregression_is_recovered(coefficient: float) -> None:
    """That of x' = a x + e is a squared; the penalty takes away what it says beforehand."""
    random = np.random.default_rng(3)
    features, targets = [], []
    for _ in SESSIONS:
        shocks = random.standard_normal(MINUTES) * 3e-4
        values = shocks.copy()
        for place in range(1, MINUTES):
            values[place] += coefficient * values[place - 1]
        others = random.standard_normal((MINUTES - 1, 5))
        features.append(np.column_stack([values[:-1], others]))
        targets.append(values[1:])
    r2, error = pooled(walked(features, targets, "ridge"))
    rows, penalty = TRAINED * (MINUTES - 1), 6 * (1 - 0.005) / 0.005
    kept = 1 - (penalty / (penalty + rows)) ** 2
    estimation = 6 / rows
    assert abs(r2 - coefficient**2 * kept) < 2 * error + estimation
    if coefficient:
        assert r2 - 1.96 * error > 0
        by_trees, _ = pooled(walked(features, targets, "boosting"))
        assert 0.4 * coefficient**2 < by_trees < coefficient**2 + 2 * error


@given(
    place=st.integers(30, 283),
    change=st.sampled_from(("open", "high", "low", "close", "contracts", "level")),
)
def test_features_rest_on_nothing_that_comes_later(place: int, change: str) -> None:
    bars, levels = simulated(SESSIONS[0], lead=0)
    before = matrix(bars, levels)[: place + 1]
    values = levels if change == "level" else bars[change]
    values[place + 1 :] *= 1.01
    assert np.array_equal(matrix(bars, levels)[: place + 1], before, equal_nan=True)


def test_what_is_decided_is_filled_in_the_next_minute() -> None:
    opens = np.array([100.0, 101, 102, 104, np.nan, 107, 108])
    assert minute_features.returns_ahead(opens, 1) == pytest.approx(
        [102 / 101 - 1, 104 / 102 - 1, np.nan, np.nan, 108 / 107 - 1, np.nan, np.nan], nan_ok=True
    )
    ahead = minute_features.returns_ahead(opens, 5)
    assert ahead == pytest.approx([108 / 101 - 1, *[np.nan] * 6], nan_ok=True)


def test_an_old_price_is_not_known() -> None:
    values, ages = minute_features.last_known(np.array([np.nan, 5, np.nan, np.nan, 6]), oldest=1)
    assert values == pytest.approx([np.nan, 5, 5, np.nan, 6], nan_ok=True)
    assert ages == pytest.approx([np.nan, 0, 1, 2, 0], nan_ok=True)


@given(
    ends=st.lists(st.integers(0, 100), min_size=1),
    begins=st.integers(0, 100),
    embargo=st.integers(0, 20),
)
def test_no_target_reaches_into_the_test_or_its_embargo(
    ends: list[int], begins: int, embargo: int
) -> None:
    kept = forecasting.purged(np.array(ends), begins, embargo)
    assert kept.tolist() == [end <= begins - embargo for end in ends]


@pytest.mark.parametrize("model", forecasting.MODELS)
def test_fits_are_equal_to_the_last_bit_in_threads_at_a_time(model: str) -> None:
    random = np.random.default_rng(5)
    known, asked = random.standard_normal((10_000, 13)), random.standard_normal((254, 13))
    targets = 1e-4 * (known[:, 0] + random.standard_normal(10_000))
    fit = forecasting.MODELS[model]
    expected, found = fit(known, targets, asked).tobytes(), []
    threads = [
        threading.Thread(target=lambda: found.append(fit(known, targets, asked).tobytes()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 3


def test_scores_are_told_of_trades_that_pay() -> None:
    returns = np.array([0.001, -0.002, 0.003, 0.001])
    forecasts = np.array([0.002, 0.001, 0.00001, -0.001])
    fills = np.array([20_000.0, 20_000, 20_000, np.nan])
    found = forecasting.scores(returns, forecasts, fills, np.full(4, 2.0), seed=1)
    # 40 and 20 points are forecast, 0.2 is not worth it, and nothing can be taken in the last.
    assert found.trades == 2
    assert found.pnl.value == pytest.approx(20 - 40 - 4)
    assert found.hit_rate.value == 0.5
    assert found.r2.value == pytest.approx(forecasting.r_squared(returns, forecasts))
    assert found == forecasting.scores(returns, forecasts, fills, np.full(4, 2.0), seed=1)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of hits that are as likely as not, 19 of 20 intervals hold a half; 3 errors of 200 draws."""
    random, held = np.random.default_rng(11), 0
    for draw in range(200):
        returns, forecasts = random.standard_normal((2, 254))
        rate = forecasting.scores(
            returns, forecasts, np.full(254, np.nan), np.ones(254), seed=draw
        ).hit_rate
        held += rate.low <= 0.5 <= rate.high
    # Nine blocks a session: a bootstrap of so few is a few per cent too narrow.
    assert 200 * 0.86 <= held <= 200 * 0.99


def test_a_seed_follows_from_the_key_alone() -> None:
    assert forecasting.seed_of("2024-12-16", "5") == 14288004842244619864
    assert forecasting.seed_of("2024-12-16", "1") != forecasting.seed_of("2024-12-16", "5")
