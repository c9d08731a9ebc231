"""Returns of NSE's securities over sessions, their ranges, and how many of them rise and fall.

They compare prices over corporate actions as of each row's own session, by the factors that
adjustments.py found.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.india.terms import BESIDE_SERIES, RETURN_SESSIONS

YEAR_DAYS = 7 * 52
# Units of funds have such ISINs.
_OF_FUNDS = "INF%"


def equity_returns(adjusted: DataFrame, days: DataFrame) -> DataFrame:
    """The returns and the range of each instrument, of the series that is its own.

    Args:
        adjusted: gold/equities_adjusted, of 252 sessions before those asked for too.
        days: silver/nse_days: a session that is missing in the lake is one all the same.

    Returns:
        The columns of gold/equity_returns.
    """
    rows = _comparable(own_series(adjusted), days)
    # Where a factor between two sessions is not known, they are in two of these.
    in_order = Window.partitionBy("instrument_id", "unknown").orderBy("number")
    by_day = Window.partitionBy("instrument_id").orderBy("day")
    before = by_day.rangeBetween(1 - YEAR_DAYS, -1)
    ranged = rows.withColumns(
        {
            "highest": F.max("base_high").over(before),
            "lowest": F.min("base_low").over(before),
            "is_known": F.min("unknown").over(before) == F.col("unknown"),
            "sessions_before": F.count("*").over(before),
            **{
                f"close_{n}": F.max("base_close").over(in_order.rangeBetween(-n, -n))
                for n in RETURN_SESSIONS
            },
        }
    )
    base_high, base_low = F.col("base_high"), F.col("base_low")
    high, low = F.col("highest"), F.col("lowest")
    # In the first session there is nothing before that might not be known.
    known = F.coalesce("is_known", F.lit(True))
    return ranged.select(
        *("session_date", "symbol", "series", "instrument_id", "close"),
        *(
            (F.col("base_close") / F.col(f"close_{n}") - 1).alias(f"return_{n}")
            for n in RETURN_SESSIONS
        ),
        F.when(known, F.greatest(base_high, high) * F.col("left")).alias("high_52_weeks"),
        F.when(known, F.least(base_low, low) * F.col("left")).alias("low_52_weeks"),
        (F.col("sessions_before") + 1).alias("sessions_52_weeks"),
        F.when(known, base_high > high).alias("new_high"),
        F.when(known, base_low < low).alias("new_low"),
    )


def equity_breadth(returns: DataFrame, instruments: DataFrame) -> DataFrame:
    """How many securities of each series rise and fall in a session, but for funds.

    Args:
        returns: gold/equity_returns.
        instruments: silver/instruments, for the ISINs that tell funds.

    Returns:
        The columns of gold/equity_breadth.
    """
    change = F.col("return_1")
    funds = instruments.where(F.col("isin").like(_OF_FUNDS)).select(
        "symbol", "series", "valid_from", "valid_to"
    )
    same = ["symbol", "series"]
    of_funds = (
        returns.join(funds, same)
        .where("session_date between valid_from and valid_to")
        .select("session_date", *same)
    )
    counted = returns.join(of_funds, ["session_date", *same], "left_anti")
    return counted.groupBy("session_date", "series").agg(
        F.count("*").alias("securities"),
        F.count_if(change > 0).alias("advances"),
        F.count_if(change < 0).alias("declines"),
        F.count_if(change == 0).alias("unchanged"),
        F.count_if(change.isNull()).alias("not_compared"),
        F.count_if("new_high").alias("new_highs"),
        F.count_if("new_low").alias("new_lows"),
    )


def own_series(rows: DataFrame) -> DataFrame:
    """A row for each instrument and session: without block deals and the like.

    Of two series of its own, the one with more shares.
    """
    same = ["session_date", "instrument_id"]
    own = rows.where(~F.col("series").isin(*BESIDE_SERIES))
    # Few have two: to put all rows into order for them takes ten times as long.
    several = own.groupBy(*same).count().where("count > 1").select(*same)
    most = Window.partitionBy(*same).orderBy(F.desc("shares"), "series")
    chosen = own.join(several, same, "left_semi").withColumn("place", F.row_number().over(most))
    return own.join(several, same, "left_anti").unionByName(chosen.where("place = 1").drop("place"))


def _comparable(rows: DataFrame, days: DataFrame) -> DataFrame:
    """Prices on one base for each instrument, so that any two of its sessions compare.

    Adds the session's number, the product of all factors so far (`left`), and how many of them are
    not known.
    """
    sessions = days.where("is_session").select(F.col("day").alias("session_date"))
    # Some thousand rows: Spark warns of a window without partitions.
    one = Window.partitionBy(F.lit(1)).orderBy("session_date")
    numbers = sessions.withColumn("number", F.row_number().over(one))
    so_far = (
        Window.partitionBy("instrument_id")
        .orderBy("session_date")
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    known = F.coalesce("factor", F.lit(1.0))
    left = rows.join(numbers, "session_date").withColumns(
        {
            "left": F.product(known).over(so_far),
            "unknown": F.sum(F.col("factor").isNull().cast("int")).over(so_far),
            "day": F.unix_date("session_date"),
        }
    )
    return left.withColumns(
        {f"base_{name}": F.col(name) / F.col("left") for name in ("high", "low", "close")}
    )
