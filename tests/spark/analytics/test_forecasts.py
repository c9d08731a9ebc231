"""Features, forecasts and scores of sessions, from bars."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import forecasts as terms
from indextracker_numerics import forecasting, minute_features
from indextracker_spark.analytics.forecasts import (
    forecast_features,
    forecast_values,
    forecasts,
)
from indextracker_spark.job import conform

Row = dict[str, object]

DAY = date(2024, 12, 17)
OPENED = datetime(2024, 12, 17, 0, 45, tzinfo=UTC)
RANDOM = np.random.default_rng(1)
PRICES = 20_000 + np.cumsum(RANDOM.integers(-3, 4, (300, 4)).ravel()).reshape(300, 4)
CONTRACTS = RANDOM.integers(1, 50, 300)
LEVELS = PRICES[:, -1] - 12.5


def bars(product: str, expiry: str, minutes: range, part: str = "day", scale: int = 1) -> list[Row]:
    return [
        {
            "session_date": DAY,
            "product": product,
            "expiry": expiry,
            "session_part": part,
            "scale_minutes": scale,
            "bar_start": OPENED + timedelta(minutes=minute),
            "open": float(PRICES[minute, 0]),
            "high": float(PRICES[minute].max()),
            "low": float(PRICES[minute].min()),
            "close": float(PRICES[minute, -1]),
            "contracts": int(CONTRACTS[minute]),
        }
        for minute in minutes
    ]


@pytest.fixture(scope="module")
def known(frames: Frames) -> list[Row]:
    """Rows of gold/forecast_features of a session in which a minute has no trade."""
    untraded = [*range(100), *range(101, 300)]
    of_front = [row for row in bars("TX", "202412", range(300)) if row["bar_start"] != _at(100)]
    assert len(of_front) == len(untraded)
    spread_alone = {**bars("TX", "202412", range(100, 101))[0], "open": None, "close": None}
    others = [
        *bars("TX", "202501", range(300)),
        *bars("MTX", "202412", range(300)),
        *bars("TX", "202412", range(5), scale=5),
        *bars("TX", "202412", range(5), part="night"),
    ]
    contracts = [
        {"session_date": DAY, "product": product, "expiry": expiry, "expire_code": code}
        for product, expiry, code in (
            ("TX", "202412", "M"),
            ("TX", "202412", "W"),
            ("TX", "202501", "M+1"),
            ("MTX", "202412", "M"),
        )
    ]
    sessions = [
        {"session_date": DAY, "product": "TX", "expiry": expiry, "session_part": part}
        | {"open": opened, "close": closed}
        for expiry, part, opened, closed in (
            ("202412", "night", 20_000.0, 20_100.0),
            ("202412", "day", 20_000.0, 19_000.0),
            ("202501", "night", 20_000.0, 18_000.0),
        )
    ]
    levels = [
        {"session_date": DAY, "index_id": index, "scale_minutes": scale, "bar_start": _at(minute)}
        | {"close": float(LEVELS[minute]) + beside}
        for index, scale, beside in (("TAIEX", 1, 0), ("TAIEX", 5, 9), ("other", 1, 9))
        for minute in range(15, 285)
    ]
    made = forecast_features(
        frames.of(t.FUTURES_BARS, [*of_front, spread_alone, *others]),
        frames.of(t.CONTRACTS, contracts),
        frames.of(t.FUTURES_SESSIONS, sessions),
        frames.of(t.INDEX_BARS, levels),
    )
    return _rows(made, terms.FORECAST_FEATURES)


def test_a_minute_knows_what_was_before_it(known: list[Row]) -> None:
    assert [row["bar_start"] for row in known] == [_at(minute) for minute in range(30, 284)]
    assert {(row["product"], row["expiry"]) for row in known} == {("TX", "202412")}
    row = known[170]  # 12:05
    close = PRICES[:, -1]
    for minutes in terms.RETURN_MINUTES:
        expected = np.log(close[200] / close[200 - minutes])
        assert row[f"return_{minutes}"] == pytest.approx(expected)
    assert row["index_return_5"] == pytest.approx(np.log(LEVELS[200] / LEVELS[195]))
    assert row["basis"] == pytest.approx(12.5 / LEVELS[200])
    assert row["range_5"] == pytest.approx(np.log(PRICES[196:201].max() / PRICES[196:201].min()))
    moves = np.sign(close[196:201] - close[195:200])
    traded = CONTRACTS[196:201]
    assert row["signed_volume"] == pytest.approx((moves * traded).sum() / traded.sum())
    assert row["night_return"] == pytest.approx(np.log(20_100 / 20_000))
    assert row["fill_price"] == PRICES[201, 0]
    assert row["next_return_5"] == pytest.approx(PRICES[206, 0] / PRICES[201, 0] - 1)


def test_a_minute_without_a_trade_fills_nothing(known: list[Row]) -> None:
    unfilled = {row["bar_start"] for row in known if row["fill_price"] is None}
    assert unfilled == {_at(99)}
    unknown = {row["bar_start"] for row in known if row["next_return_5"] is None}
    assert unknown == {_at(99), _at(94)}


def test_features_are_declared_in_their_order() -> None:
    made = minute_features.features(
        {name: np.ones(40) for name in ("high", "low", "close", "contracts")}, np.ones(40), 0.0
    )
    assert [*made] == [column.name for column in terms.FEATURES]
    assert terms.RETURN_MINUTES == minute_features.RETURN_MINUTES
    assert terms.INDEX_RETURN_MINUTES == minute_features.INDEX_RETURN_MINUTES


LONG = 44
COEFFICIENT = 0.4


@pytest.fixture(scope="module")
def features(frames: Frames) -> DataFrame:
    """Features of sessions whose next return follows from the last one, in no order."""
    rows: list[Row] = []
    random = np.random.default_rng(8)
    sessions = _sessions(frames)[:LONG]
    for day in sessions:
        value = 0.0
        begin = datetime(day.year, day.month, day.day, 1, 15, tzinfo=UTC)
        for minute in range(60):
            after = COEFFICIENT * value + random.standard_normal() * 1e-3
            rows.append(
                {column.name: random.standard_normal() for column in terms.FEATURES}
                | {"session_date": day, "product": "TX", "expiry": "202412"}
                | {"bar_start": begin + timedelta(minutes=minute), "fill_price": 20_000.0}
                | {"return_1": value, "return_5": value, "next_return_1": after}
                | {"next_return_5": None if minute == 7 else after}
            )
            value = after
    order = random.permutation(len(rows))
    return frames.of(terms.FORECAST_FEATURES, [rows[place] for place in order])


@pytest.fixture(scope="module")
def values(frames: Frames, features: DataFrame) -> DataFrame:
    return _values(frames, features, _sessions(frames)[:LONG])


def test_a_session_is_forecast_from_the_sessions_before_alone(
    frames: Frames, features: DataFrame, values: DataFrame
) -> None:
    """What comes later, or lies further back than the look-back, changes no bit of it."""
    sessions = _sessions(frames)[:LONG]
    day = sessions[42]
    seen = [str(one) for one in sessions[42 - terms.TRAINING_SESSIONS : 43]]
    alone = _values(frames, features.where(features.session_date.isin(seen)), [day])
    every = _rows(values, terms.FORECAST_VALUES)
    expected = [row for row in every if row["session_date"] == day]
    assert _rows(alone, terms.FORECAST_VALUES) == expected
    assert {row["training_sessions"] for row in expected} == {terms.TRAINING_SESSIONS}
    rows = {row["horizon_minutes"]: row["training_rows"] for row in expected}
    assert rows == {1: 40 * 60, 5: 40 * 59}


def test_nothing_is_trained_on_too_few_sessions(values: DataFrame, frames: Frames) -> None:
    trained = {
        row["session_date"]
        for row in _rows(values, terms.FORECAST_VALUES)
        if row["ridge"] is not None and row["boosting"] is not None
    }
    assert trained == {*_sessions(frames)[terms.LEAST_TRAINING_SESSIONS : LONG]}


def test_what_is_forecast_is_what_the_formula_gives(
    frames: Frames, features: DataFrame, values: DataFrame
) -> None:
    day = _sessions(frames)[43]
    known = _rows(features, terms.FORECAST_FEATURES)
    names = [column.name for column in terms.FEATURES]
    sessions = {*_sessions(frames)[3:43]}
    before = [row for row in known if row["session_date"] in sessions]
    own = [row for row in known if row["session_date"] == day]
    told = forecasting.ridge(
        *(np.array([[row[name] for name in names] for row in before]),),
        np.array([row["next_return_1"] for row in before]),
        np.array([[row[name] for name in names] for row in own]),
    )
    found = [
        row["ridge"]
        for row in _rows(values, terms.FORECAST_VALUES)
        if row["session_date"] == day and row["horizon_minutes"] == 1
    ]
    assert found == told.tolist()


def test_scores_say_how_good_forecasts_were_or_why_not(values: DataFrame, frames: Frames) -> None:
    rows = _rows(forecasts(values), terms.FORECASTS)
    assert len(rows) == LONG * len(terms.HORIZONS_MINUTES) * len(terms.MODELS)
    few = [row for row in rows if row["missing"] is not None]
    assert len(few) == terms.LEAST_TRAINING_SESSIONS * 2 * 2
    assert few[-1]["missing"] == "19 sessions to train on of 20"
    assert all(row["r2"] is None and row["pnl_points"] is None for row in few)
    of_ridge = [row for row in rows if row["model"] == terms.RIDGE and row["r2"] is not None]
    assert all(row["r2_low"] <= row["r2"] <= row["r2_high"] for row in of_ridge)
    assert {row["minutes"] for row in of_ridge} == {59, 60}
    pooled = 1 - sum(row["squared_errors"] for row in of_ridge) / sum(
        row["squared_returns"] for row in of_ridge
    )
    # Of 24 sessions of two times 60 minutes: the error of R2 is 2 a sqrt(1 - a2) / sqrt(n).
    assert pooled == pytest.approx(COEFFICIENT**2, abs=3 * 2 * COEFFICIENT / np.sqrt(24 * 60))
    # 1e-3 of 20,000 points against 1.15 a side: forecasts of 8 points are worth it.
    assert all(row["trades"] > 0 for row in of_ridge if row["horizon_minutes"] == 1)
    assert {round(row["cost_points"], 9) for row in of_ridge} == {1.15}
    last = [row for row in rows if row["model"] == terms.LAST_RETURN]
    assert all(row["training_rows"] is None and row["missing"] is None for row in last)


def _values(frames: Frames, features: DataFrame, sessions: list[date]) -> DataFrame:
    asked = [{"session_date": day, "index_id": "TAIEX", "session_part": "day"} for day in sessions]
    return forecast_values(
        features, frames.of(t.INDEX_SESSIONS, asked), frames.reference(t.SESSIONS)
    )


def _sessions(frames: Frames) -> list[date]:
    every = frames.reference(t.SESSIONS).where("exchange = 'XTAI'")
    return sorted(
        row["session_date"]
        for row in every.where("session_date between '2024-09-01' and '2024-12-31'").collect()
    )


def _at(minute: int) -> datetime:
    return OPENED + timedelta(minutes=minute)


def _rows(frame: DataFrame, table: terms.Table) -> list[Row]:
    order = [(name, "ascending") for name in table.key]
    found: list[Row] = conform(frame, table).toArrow().sort_by(order).to_pylist()
    return found
