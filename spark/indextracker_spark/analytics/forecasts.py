"""Forecasts of the front month: features of each minute, forecasts from them, and their scores.

The formulas are in indextracker_numerics: minute_features and forecasting. Here rows of a session
are brought together and handed to them as arrays.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import forecasts as terms
from indextracker_catalogue.job import Input
from indextracker_numerics import forecasting, minute_features
from indextracker_spark.analytics.arrow import INSTANT, arrow_of, schema_of
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.job import SparkJob

Floats = npt.NDArray[np.float64]
Rows = dict[str, Any]

_FEATURES, _VALUES, _SCORES = (
    arrow_of(table) for table in (terms.FORECAST_FEATURES, terms.FORECAST_VALUES, terms.FORECASTS)
)
_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_AHEAD_OF_UTC = 8 * _HOUR
# By day, in Taipei: futures from 08:45 to 13:45. From 09:15 on the longest return is known; the
# index's last level, of 13:30:00, is in its bar of 13:29, at whose end it is a second old at most.
_OPENS = 8 * _HOUR + 45 * _MINUTE
_MINUTES = 300
_FIRST, _LAST = 30, 283
_LONGEST = max(minute_features.RETURN_MINUTES)
_EMBARGO = _LONGEST * _MINUTE
_NAMES = [column.name for column in terms.FEATURES]
_FUTURE, _LEVEL, _NIGHT = "future", "level", "night"


def forecast_features(
    bars: DataFrame, contracts: DataFrame, sessions: DataFrame, levels: DataFrame
) -> DataFrame:
    """What is known at the end of each minute, and what came afterwards.

    Args:
        bars: gold/futures_bars.
        contracts: silver/contracts.
        sessions: gold/futures_sessions.
        levels: gold/index_bars.

    Returns:
        The columns of gold/forecast_features.
    """
    of_product = F.col("product") == terms.FORECAST_PRODUCT
    front = contracts.where(of_product & (F.col("expire_code") == "M"))
    front = front.select("session_date", "expiry")
    of_future = ("session_date", "expiry", "bar_start", "open", "high", "low", "close", "contracts")
    traded = bars.where(of_product).where("scale_minutes = 1 and session_part = 'day'")
    future = traded.where("open is not null").select(*of_future)
    future = future.join(front, ["session_date", "expiry"])
    night = sessions.where(of_product).where("session_part = 'night' and open is not null")
    night = night.select("session_date", "expiry", "open", "close")
    night = night.join(front, ["session_date", "expiry"])
    level = levels.where(
        (F.col("index_id") == terms.FORECAST_INDEX) & (F.col("scale_minutes") == 1)
    ).select("session_date", "bar_start", "close")
    kinds = ((future, _FUTURE), (night, _NIGHT), (level, _LEVEL))
    future, night, level = (rows.withColumn("kind", F.lit(kind)) for rows, kind in kinds)
    every = future.unionByName(night, True).unionByName(level, True)
    order = ("kind", "bar_start")
    return by_group(
        every, ["session_date"], order, _features_of, schema_of(terms.FORECAST_FEATURES)
    )


def forecast_values(features: DataFrame, asked: DataFrame, sessions: DataFrame) -> DataFrame:
    """What each model forecasts of each minute, trained on the sessions before.

    Args:
        features: gold/forecast_features, of the look-back too.
        asked: A table without a look-back: its sessions are forecast, no others are trained for.
        sessions: silver/sessions.

    Returns:
        The columns of gold/forecast_values.
    """
    in_order = F.row_number().over(Window.partitionBy("exchange").orderBy("session_date"))
    numbered = sessions.where(F.col("exchange") == t.XTAI.exchange).select(
        "session_date", in_order.alias("number")
    )
    of_forecast = asked.select("session_date").distinct().join(numbered, "session_date")
    windows = of_forecast.select(
        F.col("session_date").alias("forecast_date"),
        F.explode(F.sequence(F.col("number") - terms.TRAINING_SESSIONS, F.col("number"))).alias(
            "number"
        ),
    )
    rows = features.join(numbered, "session_date").join(windows, "number").drop("number")
    order = ("session_date", "bar_start")
    return by_group(rows, ["forecast_date"], order, _values_of, schema_of(terms.FORECAST_VALUES))


def forecasts(values: DataFrame) -> DataFrame:
    """How good the forecasts of each session were.

    Args:
        values: gold/forecast_values.

    Returns:
        The columns of gold/forecasts.
    """
    order = ("horizon_minutes", "bar_start")
    return by_group(values, ["session_date"], order, _scores_of, schema_of(terms.FORECASTS))


def _features_of(rows: pa.Table) -> pa.Table:
    day = rows["session_date"][0].as_py()
    opened = _midnight(day) + _OPENS
    of_kind = {
        kind: rows.filter(pc.equal(rows["kind"], kind)) for kind in (_FUTURE, _LEVEL, _NIGHT)
    }
    future = of_kind[_FUTURE]
    if not future.num_rows:
        return _FEATURES.empty_table()
    bars = {
        name: _on_grid(future, name, opened)
        for name in ("open", "high", "low", "close", "contracts")
    }
    night = of_kind[_NIGHT].to_pylist()
    night_return = float(np.log(night[0]["close"] / night[0]["open"])) if night else 0.0
    known = minute_features.features(bars, _on_grid(of_kind[_LEVEL], "close", opened), night_return)
    ahead = {
        f"next_return_{n}": minute_features.returns_ahead(bars["open"], n)
        for n in terms.HORIZONS_MINUTES
    }
    complete = ~np.isnan(np.stack([known[name] for name in _NAMES])).any(axis=0)
    place = np.arange(_MINUTES)
    kept = np.flatnonzero(complete & (place >= _FIRST) & (place <= _LAST))
    fills = np.append(bars["open"][1:], np.nan)
    numbers = {**known, "fill_price": fills, **ahead}
    return pa.table(
        {
            "session_date": _same(day, len(kept)),
            "product": _same(terms.FORECAST_PRODUCT, len(kept)),
            "bar_start": pa.array(opened + kept * _MINUTE).cast(INSTANT),
            "expiry": _same(future["expiry"][0].as_py(), len(kept)),
            **{name: _known(values[kept]) for name, values in numbers.items()},
        },
        schema=_FEATURES,
    )


def _values_of(rows: pa.Table) -> pa.Table:
    day = rows["forecast_date"][0].as_py()
    days = rows["session_date"].to_numpy().astype("datetime64[D]")
    own = days == np.datetime64(day)
    if not own.any():
        return _VALUES.empty_table()
    at = rows["bar_start"].cast(INSTANT).cast(pa.int64()).to_numpy()
    matrix = np.stack([_numbers(rows, name) for name in _NAMES], axis=1)
    told = rows.filter(pa.array(own))
    made = []
    for horizon in terms.HORIZONS_MINUTES:
        targets = _numbers(rows, f"next_return_{horizon}")
        # A return is known with the first trade of its last minute, at the latest at its end.
        ends = at + (horizon + 2) * _MINUTE
        begins = int(at[own].min()) - _LONGEST * _MINUTE
        trained = ~own & ~np.isnan(targets) & forecasting.purged(ends, begins, _EMBARGO)
        sessions = len(np.unique(days[trained]))
        enough = sessions >= terms.LEAST_TRAINING_SESSIONS
        nothing = np.full(int(own.sum()), np.nan)
        columns = {
            "session_date": _same(day, len(told)),
            "product": told["product"],
            "horizon_minutes": _same(horizon, len(told), pa.int32()),
            "bar_start": told["bar_start"].cast(INSTANT),
            "expiry": told["expiry"],
            "fill_price": told["fill_price"],
            "next_return": _known(targets[own]),
            "last_return": told[f"return_{horizon}"],
            **{
                name: _known(
                    model(matrix[trained], targets[trained], matrix[own]) if enough else nothing
                )
                for name, model in forecasting.MODELS.items()
            },
            "training_sessions": _same(sessions, len(told), pa.int32()),
            "training_rows": _same(int(trained.sum()), len(told), pa.int32()),
        }
        made.append(pa.table(columns, schema=_VALUES))
    return pa.concat_tables(made)


def _scores_of(rows: pa.Table) -> pa.Table:
    day = rows["session_date"][0].as_py()
    made: list[Rows] = []
    for horizon in terms.HORIZONS_MINUTES:
        own = rows.filter(pc.equal(rows["horizon_minutes"], horizon))
        if not own.num_rows:
            continue
        minutes = own.filter(pc.is_valid(own["next_return"]))
        made += [_score_of(day, horizon, model, own, minutes) for model in terms.MODELS]
    return pa.Table.from_pylist(made, _SCORES)


def _score_of(day: date, horizon: int, model: str, own: pa.Table, rows: pa.Table) -> Rows:
    returns, values = _numbers(rows, "next_return"), _numbers(rows, model)
    trained = {
        name: own[name][0].as_py() if model != terms.LAST_RETURN else None
        for name in ("training_sessions", "training_rows")
    }
    said: Rows = {
        "session_date": day,
        "product": own["product"][0].as_py(),
        "horizon_minutes": horizon,
        "model": model,
        "minutes": len(rows),
        **trained,
        "missing": _missing(own, rows, model, returns),
    }
    if said["missing"] is None:
        fills = _numbers(rows, "fill_price")
        at = rows["bar_start"].cast(INSTANT).cast(pa.int64()).to_numpy()
        minute = (at - _midnight(day) - _OPENS) // _MINUTE - _FIRST
        sides = terms.HALF_SPREAD_POINTS + terms.FEE_POINTS + terms.TAX_RATE * fills
        # What is traded first is given up when the next position may be taken.
        free = np.where(minute % horizon == 0, fills, np.nan)
        # The side at the end is of another price: by 1 % of it, the tax differs by 0.004 points.
        seed = forecasting.seed_of(f"{day}", f"{horizon}")
        scores = forecasting.scores(returns, values, free, 2 * sides, seed)
        last = _numbers(rows, terms.LAST_RETURN)
        said |= {
            "squared_returns": float((returns**2).sum()),
            "squared_errors": float(((returns - values) ** 2).sum()),
            "trades": scores.trades,
            "cost_points": float(sides.mean()),
        }
        if model != terms.LAST_RETURN:
            said["r2_against_last_return"] = forecasting.r_squared(returns, values, last)
        for name, figure in (
            ("r2", scores.r2),
            ("hit_rate", scores.hit_rate),
            ("pnl_points", scores.pnl),
        ):
            said[name], said[f"{name}_low"], said[f"{name}_high"] = (
                None if np.isnan(value) else value
                for value in (figure.value, figure.low, figure.high)
            )
    return said


def _missing(own: pa.Table, rows: pa.Table, model: str, returns: Floats) -> str | None:
    sessions = own["training_sessions"][0].as_py()
    if model != terms.LAST_RETURN and sessions < terms.LEAST_TRAINING_SESSIONS:
        return f"{sessions} sessions to train on of {terms.LEAST_TRAINING_SESSIONS}"
    if not rows.num_rows:
        return "no minute with a return"
    return None if returns.any() else "no price moved"


def _midnight(day: date) -> int:
    """The beginning of a day in Taipei, in microseconds."""
    return int(np.datetime64(day, "D").astype(np.int64)) * _DAY - _AHEAD_OF_UTC


def _on_grid(rows: pa.Table, name: str, opened: int) -> Floats:
    """A column by the minutes of the day session; NaN where there is no bar."""
    grid = np.full(_MINUTES, np.nan)
    place = (rows["bar_start"].cast(INSTANT).cast(pa.int64()).to_numpy() - opened) // _MINUTE
    inside = (place >= 0) & (place < _MINUTES)
    grid[place[inside]] = _numbers(rows, name)[inside]
    return grid


def _numbers(rows: pa.Table, name: str) -> Floats:
    """A column as doubles, NaN where it is null."""
    doubles = pc.fill_null(rows[name].cast(pa.float64()), np.nan)
    return np.asarray(doubles.to_numpy(), np.float64)


def _known(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True)


def _same(value: Any, number: int, kind: pa.DataType | None = None) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), number)


JOBS = (
    SparkJob(
        terms.FORECAST_FEATURES,
        (t.FUTURES_BARS, t.CONTRACTS, t.FUTURES_SESSIONS, t.INDEX_BARS),
        forecast_features,
    ),
    SparkJob(
        terms.FORECAST_VALUES,
        (Input(terms.FORECAST_FEATURES, terms.TRAINING_SESSIONS), t.INDEX_SESSIONS, t.SESSIONS),
        forecast_values,
    ),
    SparkJob(terms.FORECASTS, (terms.FORECAST_VALUES,), forecasts),
)
