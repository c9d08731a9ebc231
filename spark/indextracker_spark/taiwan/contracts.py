"""The contracts of a session: their terms, their dates as known then, their codes, their closes.

The rules for the dates of an expiry do not belong here; they are in expiries.py.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan.terms import (
    ASSUMED_DAY_CLOSE,
    ASSUMED_EXPIRY_RULE,
    ASSUMED_LAST_DAY_CLOSE,
    UTC_OFFSET_SECONDS,
)
from indextracker_spark.shared import bars
from indextracker_spark.taiwan.clock import EXCHANGE


def futures_contracts(
    trades: DataFrame,
    spreads: DataFrame,
    products: DataFrame,
    dated: DataFrame,
    codes: DataFrame,
    closures: DataFrame,
) -> DataFrame:
    """The contracts of a session's futures, outright or legs of spreads."""
    near = spreads.select("session_date", "product", F.col("near_expiry").alias("expiry"))
    far = spreads.select("session_date", "product", F.col("far_expiry").alias("expiry"))
    traded = trades.select("session_date", "product", "expiry").unionByName(near).unionByName(far)
    return _contracts(traded, t.FUTURES, products, dated, codes, closures)


def option_contracts(
    trades: DataFrame,
    products: DataFrame,
    dated: DataFrame,
    codes: DataFrame,
    closures: DataFrame,
) -> DataFrame:
    """The contracts of a session's options: an expiry holds all of its series."""
    traded = trades.select("session_date", "product", "expiry")
    return _contracts(traded, t.OPTIONS, products, dated, codes, closures)


def closes(contracts: DataFrame, products: DataFrame) -> DataFrame:
    """Each contract's close by day in its session, in seconds since local midnight."""
    last_day = F.col("session_date") == F.col("last_trading_date")
    rows = contracts.select("session_date", "product", "expiry", "last_trading_date").distinct()
    day_close = F.when(last_day, F.col("last_day_close")).otherwise(F.col("day_close"))
    return _with_terms(rows, products).select(
        "session_date",
        "product",
        F.col("expiry").alias("closing_expiry"),
        bars.seconds_of(day_close).alias("day_close_seconds"),
    )


def settlements(contracts: DataFrame, products: DataFrame) -> DataFrame:
    """When each contract of a session stops to trade for good: what it settles to is known then.

    Returns:
        `session_date`, `product`, `expiry` and the instant `settles_at`; null of an expiry that
        nobody dates.
    """
    rows = contracts.select("session_date", "product", "expiry", "last_trading_date").distinct()
    midnight = F.datediff("last_trading_date", F.lit("1970-01-01").cast("date")) * 86_400
    closes_at = midnight + bars.seconds_of(F.col("last_day_close")) - UTC_OFFSET_SECONDS
    return _with_terms(rows, products).select(
        "session_date", "product", "expiry", F.timestamp_seconds(closes_at).alias("settles_at")
    )


def _contracts(
    traded: DataFrame,
    instrument: str,
    products: DataFrame,
    dated: DataFrame,
    codes: DataFrame,
    closures: DataFrame,
) -> DataFrame:
    listed = traded.distinct()
    with_dates = _with_terms(listed, products).join(dated, ["expiry_rule", "expiry"], "left")
    known = _as_known(with_dates, closures)
    validity = codes.select(
        F.col("expiry_rule").alias("rule"),
        F.col("expiry").alias("coded"),
        "expire_code",
        F.col("valid_from").alias("since"),
        F.col("valid_to").alias("until"),
    )
    borne = (
        (F.col("expiry_rule") == F.col("rule"))
        & (F.col("expiry") == F.col("coded"))
        & F.col("session_date").between(F.col("since"), F.col("until"))
    )
    return known.join(validity, borne, "left").select(
        "session_date",
        "product",
        "expiry",
        "expire_code",
        "last_trading_date",
        "final_settlement_date",
        "product_assumed",
        F.lit(instrument).alias("instrument"),
    )


def _as_known(dated: DataFrame, closures: DataFrame) -> DataFrame:
    """Undoes what a closure moved, for sessions before its announcement.

    A typhoon day is announced on the evening before: until then its expiry was due on it.
    """
    late = closures.where(F.col("exchange") == EXCHANGE).select("closed_date", "announced_on")
    first = F.least("nominal_date", "last_trading_date")
    last = F.greatest("nominal_date", "last_trading_date")
    moved = (
        (F.col("announced_on") >= F.col("session_date"))
        & (F.col("closed_date") >= first)
        & (F.col("closed_date") <= last)
    )
    expected = (
        dated.select("session_date", "expiry_rule", "expiry", "nominal_date", "last_trading_date")
        .distinct()
        .join(late, moved)
        .groupBy("session_date", "expiry_rule", "expiry")
        .agg(
            F.min_by(
                "closed_date", F.abs(F.datediff(F.col("closed_date"), F.col("nominal_date")))
            ).alias("expected")
        )
    )
    same_day = F.col("final_settlement_date") == F.col("last_trading_date")
    return (
        dated.join(expected, ["session_date", "expiry_rule", "expiry"], "left")
        .withColumn(
            "final_settlement_date",
            F.when(same_day, F.coalesce("expected", "final_settlement_date")).otherwise(
                F.col("final_settlement_date")
            ),
        )
        .withColumn("last_trading_date", F.coalesce("expected", "last_trading_date"))
    )


def _with_terms(rows: DataFrame, products: DataFrame) -> DataFrame:
    """Adds the product's terms at the session, or the common ones where it is unknown."""
    terms = products.select(
        F.col("product").alias("known"),
        "day_close",
        "last_day_close",
        "expiry_rule",
        F.col("valid_from").alias("since"),
        F.col("valid_to").alias("until"),
    )
    held = (
        (F.col("product") == F.col("known"))
        & (F.col("session_date") >= F.col("since"))
        & (F.col("until").isNull() | (F.col("session_date") <= F.col("until")))
    )
    return rows.join(terms, held, "left").select(
        *rows.columns,
        F.coalesce("day_close", F.lit(ASSUMED_DAY_CLOSE)).alias("day_close"),
        F.coalesce("last_day_close", F.lit(ASSUMED_LAST_DAY_CLOSE)).alias("last_day_close"),
        F.coalesce("expiry_rule", F.lit(ASSUMED_EXPIRY_RULE)).alias("expiry_rule"),
        F.col("known").isNull().alias("product_assumed"),
    )
