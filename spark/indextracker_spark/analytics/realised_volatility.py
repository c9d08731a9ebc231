"""Jobs of realised volatility and of what is expected of it.

The formulas are in indextracker_numerics: realised.py and har.py.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import analytics as a
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.job import Input
from indextracker_numerics import har, realised
from indextracker_numerics.sampling import median_per_instant, previous_tick, whole_steps
from indextracker_spark.analytics import prints
from indextracker_spark.analytics.arrow import of_rows, schema_of
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.job import SparkJob
from indextracker_spark.taiwan.clock import EXCHANGE

_GRID_SECONDS = 60
_EVERY = 5
"""Steps of the grid between two prices of which a return is taken."""

# From prints.CONTINUOUS_UNTIL to the close at 13:30 the index stands still.
_CALL_MINUTES = 5

_LEAST_MINUTES = 30
_AHEAD = {"next_session": har.DAY, "next_month": har.MONTH}
_PRICES = ("open", "high", "low", "close", "previous_close")


def of_index(levels: DataFrame) -> DataFrame:
    """How much the index moved in a session, from its levels."""
    closes = levels.where((F.col("index_id") == prints.INDEX) & F.col("is_previous_close"))
    previous = closes.select("session_date", F.col("level").alias("previous_close"))
    return _measured(prints.of_index(levels), previous, _CALL_MINUTES)


def of_future(
    trades: DataFrame, contracts: DataFrame, figures: DataFrame, sessions: DataFrame
) -> DataFrame:
    """How much the future's front contract moved in each part of a session, from its trades.

    Args:
        trades: Outright trades.
        contracts: Contracts with their codes.
        figures: Of parts of sessions, those before too: the previous close of each contract.
        sessions: The sessions of all exchanges.
    """
    calendar = sessions.where(F.col("exchange") == EXCHANGE).select(
        "session_date", "previous_session_date"
    )
    closes = figures.where(
        (F.col("product") == a.FUTURE_ASSET) & (F.col("session_part") == "day")
    ).select(
        F.col("session_date").alias("previous_session_date"),
        "expiry",
        F.col("close").alias("previous_close"),
    )
    previous = calendar.join(closes, "previous_session_date").drop("previous_session_date")
    fronts = prints.of_fronts(trades, contracts, [a.FUTURE_ASSET])
    return _measured(fronts, previous, 0)


def forecasts(measured: DataFrame, sessions: DataFrame, implied: DataFrame) -> DataFrame:
    """What is known at the end of each session about the volatility of days to come.

    Args:
        measured: gold/realised_volatility of one asset, of those sessions and those before.
        sessions: The sessions of all exchanges.
        implied: gold/volatility_index of those sessions.
    """
    known = implied.where(F.col("volatility_index").isNotNull())
    asked = known.groupBy("session_date").agg(
        F.max_by("volatility_index", "observed_at").alias("implied_volatility")
    )
    days = measured.where("session_part = 'day'").select(
        *("session_date", "asset", "open", "high", "low", "close", "previous_close"),
        "daily_volatility",
    )
    dates = sessions.where(F.col("exchange") == EXCHANGE).select("session_date")
    # The place of a session in the calendar tells which is missing between two that are there.
    numbered = dates.withColumn(
        "place", F.expr("row_number() over (order by session_date)").cast("bigint")
    )
    rows = days.join(numbered, "session_date").join(asked, "session_date", "left")
    schema = schema_of(a.VOLATILITY_FORECASTS)
    return by_group(rows, ["asset"], ["place"], _of_asset, schema)


def _measured(rows: DataFrame, previous: DataFrame, call_minutes: int) -> DataFrame:
    known = rows.join(previous, [name for name in previous.columns if name in rows.columns], "left")
    of_part = partial(_of_part, call_minutes=call_minutes)
    schema = schema_of(a.REALISED_VOLATILITY)
    return by_group(known, ["session_date", "session_part"], ["at", "line"], of_part, schema)


def _of_part(rows: pa.Table, call_minutes: int) -> pa.Table:
    """The row of one part of a session, none where it is shorter than half an hour."""
    seconds, prices = prints.of_asset(rows)
    grid = whole_steps(seconds, _GRID_SECONDS)
    if len(grid) <= _LEAST_MINUTES:
        return of_rows(a.REALISED_VOLATILITY, [])
    steps = np.log(previous_tick(seconds, prices, grid))
    first, last = float(prices[0]), float(prices[-1])
    high, low = float(prices.max()), float(prices.min())
    before = rows["previous_close"][0].as_py()
    overnight = math.log(first / before) if before else math.nan
    grids = realised.returns_on_grids(steps, _EVERY)
    subsampled = float(np.mean([realised.realised_variance(returns) for returns in grids]))
    at, medians = median_per_instant(seconds, prices)
    kernel = realised.realised_kernel(at, np.log(medians))
    variances = {
        "realised": realised.realised_variance(grids[0]),
        "subsampled": subsampled,
        "bipower": realised.bipower_variance(grids[0]),
        "kernel": kernel.variance if kernel else math.nan,
        "parkinson": realised.parkinson_variance(high, low),
        "garman_klass": realised.garman_klass_variance(first, high, low, last),
        "daily": subsampled + overnight**2,
    }
    jump = realised.jump_test(np.diff(steps[: len(steps) - call_minutes]))
    row = {name: rows[name][0].as_py() for name in ("session_date", "asset", "session_part")}
    row |= {
        "expiry": rows["expiry"][0].as_py(),
        "prints": len(prices),
        "span_minutes": len(grid) - 1,
        "open": first,
        "high": high,
        "low": low,
        "close": last,
        "previous_close": before,
        "overnight_return": overnight,
        "kernel_bandwidth": kernel.bandwidth if kernel else None,
        "jump_statistic": jump.statistic if jump else None,
        "jump_p_value": jump.p_value if jump else None,
        "jump_share": jump.share if jump else None,
    }
    row |= {f"{name}_volatility": realised.annualised(each) for name, each in variances.items()}
    return of_rows(a.REALISED_VOLATILITY, [row])


def _of_asset(rows: pa.Table) -> pa.Table:
    """What is known at the end of each session that is there, by it and those before."""
    places = rows["place"].to_numpy()
    columns = {name: _spread(places, rows[name]) for name in _PRICES}
    variances = (_spread(places, rows["daily_volatility"]) / 100) ** 2 / realised.SESSIONS_A_YEAR
    implied = rows["implied_volatility"].cast(pa.float64()).to_numpy()
    found = []
    for number, place in enumerate(places - places[0]):
        month = slice(max(0, place - har.MONTH + 1), place + 1)
        row = {
            "session_date": rows["session_date"][number].as_py(),
            "asset": rows["asset"][0].as_py(),
            "implied_volatility": implied[number],
            "yang_zhang_volatility": _yang_zhang({n: each[month] for n, each in columns.items()}),
        }
        known = variances[max(0, place - a.FORECAST_SESSIONS) : place + 1]
        for name, ahead in _AHEAD.items():
            expected = har.forecast(known, ahead)
            row[f"{name}_volatility"] = realised.annualised(expected.variance)
            row[f"{name}_sample"] = expected.sample
            row[f"{name}_missing"] = _missing(expected)
        row["variance_risk_premium"] = implied[number] ** 2 - row["next_month_volatility"] ** 2
        found.append(row)
    return of_rows(a.VOLATILITY_FORECASTS, found)


def _missing(expected: har.Forecast) -> str | None:
    if not math.isnan(expected.variance):
        return None
    if expected.sample < har.LEAST_SAMPLE:
        return f"{expected.sample} sessions of {har.LEAST_SAMPLE}"
    return f"one of the last {har.MONTH} sessions is missing"


def _spread(places: Any, column: pa.ChunkedArray) -> Any:
    """A value for each session from the first to the last, NaN where there is none."""
    values = np.full(places[-1] - places[0] + 1, np.nan)
    values[places - places[0]] = column.cast(pa.float64()).to_numpy()
    return values


def _yang_zhang(prices: dict[str, Any]) -> float:
    """The volatility of a month, NaN where one of its sessions or prices is missing."""
    if len(prices["open"]) < har.MONTH:
        return math.nan
    variance = realised.yang_zhang_variance(*(prices[name] for name in _PRICES))
    return float(realised.annualised(variance))


_FORECAST_READS = (
    Input(a.REALISED_VOLATILITY, a.FORECAST_SESSIONS),
    t.SESSIONS,
    Input(a.VOLATILITY_INDEX, optional=True),
)
_INDEX, _FUTURE = {"asset": a.INDEX_ASSET}, {"asset": a.FUTURE_ASSET}

JOBS = (
    SparkJob(a.REALISED_VOLATILITY, (t.INDEX_LEVELS,), of_index, _INDEX),
    SparkJob(
        a.REALISED_VOLATILITY,
        (t.FUTURES_TRADES, t.CONTRACTS, Input(t.FUTURES_SESSIONS, look_back=1), t.SESSIONS),
        of_future,
        _FUTURE,
    ),
    SparkJob(a.VOLATILITY_FORECASTS, _FORECAST_READS, forecasts, _INDEX),
    SparkJob(a.VOLATILITY_FORECASTS, _FORECAST_READS, forecasts, _FUTURE),
)
