"""The basis of futures over their index, and the deviation of ETFs from theirs, by the minute.

The last trade of a minute is held against the level of the index at the same instant: the last one
published by then, which is hours old at night and in the first quarter of an hour of the day. No
later level is looked at. Formulas, limits and sources are in docs/analytics.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import futures as a
from indextracker_catalogue.job import Input
from indextracker_catalogue.taiwan.terms import NIGHT_CLOSE, UTC_OFFSET_SECONDS
from indextracker_spark.analytics.continuous import futures_on_indices, median, previous
from indextracker_spark.job import SparkJob
from indextracker_spark.shared import bars
from indextracker_spark.taiwan.clock import FIXED_PRICE_OPENS, STOCKS_CLOSE, seconds

_DAY_SECONDS = 86_400
_FRESH = f"index_age_seconds <= {a.INDEX_OLD_AFTER_SECONDS}"


def basis(
    trades: DataFrame,
    levels: DataFrame,
    contracts: DataFrame,
    products: DataFrame,
    indices: DataFrame,
    sessions: DataFrame,
) -> DataFrame:
    """Futures on an index against it at the same instant.

    Args:
        trades: silver/futures_trades.
        levels: silver/index_levels, of the session before each one too.
        contracts: silver/contracts of futures.
        products: silver/products.
        indices: silver/indices.
        sessions: silver/sessions.

    Returns:
        The columns of gold/basis.
    """
    of_contract = ["session_date", "product", "expiry"]
    held = futures_on_indices(trades, products).withColumnRenamed("underlying", "index_id")
    dated = contracts.select(*of_contract, "last_trading_date").distinct()
    followed = (
        held.join(indices.select("index_id").distinct(), "index_id")
        .join(dated, of_contract, "left")
        .withColumn("last_second", bars.seconds_of(F.col("last_day_close")))
    )
    close = (
        F.when(F.col("session_part") == "night", seconds(NIGHT_CLOSE))
        .when(F.col("session_date") == F.col("last_trading_date"), F.col("last_second"))
        .otherwise(bars.seconds_of(F.col("day_close")))
    )
    priced = _last_of_minutes(followed, of_contract, close)
    ends = F.unix_date("last_trading_date") * _DAY_SECONDS + F.col("last_second")
    left = ends - UTC_OFFSET_SECONDS - F.unix_seconds("priced_at")
    rows = _with_levels(priced, levels, sessions).withColumns(
        {
            "days_to_settlement": left / _DAY_SECONDS,
            "basis": F.when(F.expr(_FRESH), F.col("price") - F.col("index_level")),
        }
    )
    level, days = F.col("index_level"), F.col("days_to_settlement")
    years = days / a.DAYS_A_YEAR
    share = F.col("basis") / level
    fair = F.when(F.expr(_FRESH), level * (1 + a.RATE_PER_YEAR * years))
    return rows.select(
        *of_contract,
        "bar_start",
        "session_part",
        "index_id",
        "priced_at",
        F.col("price").alias("future_price"),
        "index_level",
        "index_observed_at",
        "index_age_seconds",
        "days_to_settlement",
        "basis",
        (100 * share).alias("basis_percent"),
        F.when(days >= a.CARRY_FROM_DAYS, share / years).alias("annualised_carry"),
        fair.alias("fair_value"),
        (F.col("price") - fair).alias("mispricing"),
    )


def etf_deviation(
    trades: DataFrame, levels: DataFrame, etfs: DataFrame, sessions: DataFrame
) -> DataFrame:
    """ETFs against their index at the same instant, by what they were in an earlier session.

    Args:
        trades: silver/etf_trades, of the sessions of the reference too.
        levels: silver/index_levels, of one more session.
        etfs: silver/etfs.
        sessions: silver/sessions.

    Returns:
        The columns of gold/etf_deviation.
    """
    followed = etfs.select("symbol", F.col("underlying").alias("index_id"))
    in_hours = bars.local_seconds(F.col("traded_at"), UTC_OFFSET_SECONDS) < seconds(
        FIXED_PRICE_OPENS
    )
    priced = _last_of_minutes(
        trades.where(in_hours).join(followed, "symbol"),
        ["session_date", "symbol"],
        seconds(STOCKS_CLOSE),
    )
    ratio = F.when(F.expr(_FRESH), F.col("price") / F.col("index_level"))
    rows = _with_levels(priced, levels, sessions).withColumn("ratio", ratio)
    known = rows.where("ratio is not null")
    medians = known.groupBy("symbol", F.col("session_date").alias("reference_date")).agg(
        median(F.col("ratio")).alias("reference_ratio"), F.count("*").alias("reference_minutes")
    )
    latest = (
        _back(sessions, a.REFERENCE_SESSIONS)
        .join(medians, "reference_date")
        .groupBy("session_date", "symbol")
        .agg(F.max("reference_date").alias("reference_date"))
    )
    return (
        rows.join(latest, ["session_date", "symbol"], "left")
        .join(medians, ["symbol", "reference_date"], "left")
        .withColumn("deviation_percent", 100 * (F.col("ratio") / F.col("reference_ratio") - 1))
        .select(*a.ETF_DEVIATION.column_names)
    )


def _last_of_minutes(trades: DataFrame, of: list[str], close_seconds: Column) -> DataFrame:
    """The last trade of each minute, by its line; one exactly at the close is of the last minute.

    Adds `bar_start`, and names the instant of the trade `priced_at`.
    """
    at = bars.folded(F.col("traded_at"), close_seconds, UTC_OFFSET_SECONDS)
    minute = bars.bar_start(at, F.lit(1), UTC_OFFSET_SECONDS)
    placed = trades.withColumn("bar_start", minute).withColumnRenamed("traded_at", "priced_at")
    last = placed.groupBy(*of, "bar_start").agg(F.max("line").alias("line"))
    return placed.join(last, [*of, "bar_start", "line"], "left_semi")


def _with_levels(priced: DataFrame, levels: DataFrame, sessions: DataFrame) -> DataFrame:
    """Adds the level that was known at `priced_at`, when it was published, and its age.

    The first row of a report is none: it repeats the close of the session before, which is taken
    from that session, with its own instant.
    """
    of_index = ["session_date", "index_id"]
    published = (
        levels.where("not is_previous_close")
        .join(priced.select("index_id").distinct(), "index_id", "left_semi")
        .select(*of_index, F.col("observed_at").alias("at"), "level")
    )
    last = published.groupBy(*of_index).agg(F.max("at").alias("at"))
    of_next = previous(sessions).withColumnsRenamed(
        {"session_date": "next", "previous": "session_date"}
    )
    closing = (
        published.join(last, [*of_index, "at"])
        .join(of_next, "session_date")
        .select(F.col("next").alias("session_date"), "index_id", "at", "level")
    )
    known = published.unionByName(closing).withColumns(
        {"observed_at": F.col("at"), "is_asked": F.lit(0)}
    )
    asked = (
        priced.select(*of_index, F.col("priced_at").alias("at"))
        .distinct()
        .withColumns(
            {
                "level": F.lit(None).cast("double"),
                "observed_at": F.lit(None).cast("timestamp"),
                "is_asked": F.lit(1),
            }
        )
    )
    # At the same instant the level comes first: it is known then.
    so_far = (
        Window.partitionBy(*of_index)
        .orderBy("at", "is_asked")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    answered = (
        known.unionByName(asked)
        .withColumns(
            {
                "index_level": F.last("level", ignorenulls=True).over(so_far),
                "index_observed_at": F.last("observed_at", ignorenulls=True).over(so_far),
            }
        )
        .where("is_asked = 1")
        .select(*of_index, F.col("at").alias("priced_at"), "index_level", "index_observed_at")
    )
    age = F.unix_micros("priced_at") - F.unix_micros("index_observed_at")
    return priced.join(answered, [*of_index, "priced_at"]).withColumn(
        "index_age_seconds", age / 1_000_000
    )


def _back(sessions: DataFrame, count: int) -> DataFrame:
    """Each session beside each of so many before it, as `reference_date`."""
    step = previous(sessions)
    one_more = step.withColumnsRenamed({"session_date": "reference_date", "previous": "earlier"})
    reached = step.withColumnRenamed("previous", "reference_date")
    found = reached
    for _ in range(count - 1):
        reached = reached.join(one_more, "reference_date").select(
            "session_date", F.col("earlier").alias("reference_date")
        )
        found = found.unionByName(reached)
    return found


JOBS = (
    SparkJob(
        a.BASIS,
        (
            t.FUTURES_TRADES,
            Input(t.INDEX_LEVELS, 1),
            t.CONTRACTS,
            t.PRODUCTS,
            t.INDICES,
            t.SESSIONS,
        ),
        basis,
        {"instrument": t.FUTURES},
    ),
    SparkJob(
        a.ETF_DEVIATION,
        (
            Input(t.ETF_TRADES, a.REFERENCE_SESSIONS),
            Input(t.INDEX_LEVELS, a.REFERENCE_SESSIONS + 1),
            t.ETFS,
            t.SESSIONS,
        ),
        etf_deviation,
    ),
)
