"""What markets and news say about each other: their values by calendar day, and correlations.

Days are joined by the calendar: a night of Taiwan ends at 05:00, and India opens at 11:45 in
Taipei. Formulas are in indextracker_numerics.multiple_testing.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import across as terms
from indextracker_catalogue.analytics.forecasts import FORECAST_INDEX, FORECAST_PRODUCT
from indextracker_catalogue.india import INDEX_CLOSES
from indextracker_catalogue.news import NEWS_SENTIMENT_DAILY
from indextracker_numerics import multiple_testing
from indextracker_spark.analytics.arrow import arrow_of, schema_of
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.job import SparkJob

_BILLIONTHS = 1_000_000_000
_SCHEMA = arrow_of(terms.MARKET_CORRELATIONS)


def market_days(
    futures: DataFrame,
    contracts: DataFrame,
    levels: DataFrame,
    sessions: DataFrame,
    indian: DataFrame,
    news: DataFrame,
) -> DataFrame:
    """The values of each series.

    Args:
        futures: gold/futures_sessions.
        contracts: silver/contracts.
        levels: gold/index_sessions.
        sessions: silver/sessions.
        indian: silver/index_closes.
        news: gold/news_sentiment_daily.

    Returns:
        The columns of gold/market_days.
    """
    of_product = F.col("product") == FORECAST_PRODUCT
    front = contracts.where(of_product & (F.col("expire_code") == "M"))
    night = futures.where(of_product & (F.col("session_part") == "night")).join(
        front.select("session_date", "expiry"), ["session_date", "expiry"]
    )
    index = levels.where((F.col("index_id") == FORECAST_INDEX) & (F.col("session_part") == "day"))
    before = index.select(
        F.col("session_date").alias("previous_session_date"), F.col("close").alias("before")
    )
    opened = (
        index.join(
            sessions.where(F.col("exchange") == t.XTAI.exchange).select(
                "session_date", "previous_session_date"
            ),
            "session_date",
        )
        .join(before, "previous_session_date")
        .select("session_date", "open", "before")
    )
    nifty = indian.where(F.col("index_name") == terms.INDIAN_INDEX)
    told = F.col("sentiment_before_open") * F.col("scored_before_open") * _BILLIONTHS
    sentiment = (
        news.where("scored_before_open > 0")
        .groupBy("session_date")
        # Of whole numbers, whose sum is the same in any order.
        .agg(
            F.sum(F.round(told).cast("bigint")).alias("total"),
            F.sum("scored_before_open").alias("number"),
        )
    )
    mean = F.col("total").cast("double") / F.col("number") / _BILLIONTHS
    values = {
        "tx_night": (night, F.col("close") / F.col("open") - 1),
        "taiex_open": (opened, F.col("open") / F.col("before") - 1),
        "news_before_open": (sentiment, mean),
        "nifty_open": (nifty, F.col("open") / (F.col("close") - F.col("points_change")) - 1),
        "taiex_day": (index, F.col("close") / F.col("open") - 1),
        "nifty_day": (nifty, F.col("close") / F.col("open") - 1),
    }
    found = (
        rows.select(
            F.col("session_date").alias("day"), F.lit(name).alias("series"), value.alias("value")
        )
        for name, (rows, value) in values.items()
    )
    return reduce(DataFrame.unionByName, found).where("value is not null")


def market_correlations(days: DataFrame) -> DataFrame:
    """Correlations of all pairs of series.

    Args:
        days: gold/market_days.

    Returns:
        The columns of gold/market_correlations; a pair without a day has a row too.
    """
    # Of no rows nothing would be computed.
    one = days.sparkSession.range(1).select(
        *(F.lit(None).cast(c.spark_type).alias(c.name) for c in terms.MARKET_DAYS.columns)
    )
    every = days.unionByName(one).withColumn("group", F.lit(0))
    ddl = schema_of(terms.MARKET_CORRELATIONS)
    return by_group(every, ["group"], ["series", "day"], _of_all, ddl)


def _of_all(every: pa.Table) -> pa.Table:
    series = {}
    for name in terms.SERIES:
        rows = every.filter(pc.equal(every["series"], name))
        series[name] = (
            rows["day"].to_numpy().astype("datetime64[D]"),
            rows["value"].to_numpy(),
        )
    told = [_of_pair(series, *pair) for pair in combinations(terms.SERIES, 2)]
    tested = [row for row in told if row["p_value"] is not None]
    by_all = multiple_testing.adjusted(np.array([row["p_value"] for row in tested], np.float64))
    for row, value in zip(tested, by_all, strict=True):
        row["adjusted_p_value"] = float(value)
    return pa.Table.from_pylist(told, _SCHEMA)


def _of_pair(series: dict[str, tuple[Any, Any]], first: str, second: str) -> dict[str, Any]:
    days, left, right = np.intersect1d(
        series[first][0], series[second][0], assume_unique=True, return_indices=True
    )
    one, other = series[first][1][left], series[second][1][right]
    found = multiple_testing.correlation(one, other)
    row: dict[str, Any] = {
        "first_series": first,
        "second_series": second,
        "timing": _timing(terms.SERIES[first], terms.SERIES[second]),
        "days": len(days),
        "first_day": days[0].item() if len(days) else None,
        "last_day": days[-1].item() if len(days) else None,
        "p_value": None,
    }
    if found is None:
        least = multiple_testing.LEAST_OBSERVATIONS
        few = len(days) < least
        return row | {"missing": f"{len(days)} days of {least}" if few else "one does not vary"}
    return row | {
        "correlation": found.value,
        "correlation_low": found.low,
        "correlation_high": found.high,
        "p_value": found.p_value,
    }


def _timing(first: terms.Series, second: terms.Series) -> str:
    if first.ends <= second.begins:
        return terms.BEFORE
    return terms.DURING if first.ends < second.ends else terms.TOGETHER


JOBS = (
    SparkJob(
        terms.MARKET_DAYS,
        (
            t.FUTURES_SESSIONS,
            t.CONTRACTS,
            t.INDEX_SESSIONS,
            t.SESSIONS,
            INDEX_CLOSES,
            NEWS_SENTIMENT_DAILY,
        ),
        market_days,
    ),
    SparkJob(terms.MARKET_CORRELATIONS, (terms.MARKET_DAYS,), market_correlations),
)
