"""Returns of NSE's securities over sessions, their ranges, and how many of them rise and fall.

They compare prices over corporate actions as of each row's own session, by the factors that
adjustments.py found.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
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
    in_order = Window.partitionBy("instrument_id").orderBy("number")
    by_day = Window.partitionBy("instrument_id").orderBy("day")
    year = by_day.rangeBetween(1 - YEAR_DAYS, Window.currentRow)
    before = by_day.rangeBetween(1 - YEAR_DAYS, -1)
    known = F.min("unknown").over(year) == F.col("unknown")
    return rows.select(
        *("session_date", "symbol", "series", "instrument_id", "close"),
        *(
            _return(n, F.max("earlier").over(in_order.rangeBetween(-n, -n)))
            for n in RETURN_SESSIONS
        ),
        F.when(known, F.max("base_high").over(year) * F.col("left")).alias("high_52_weeks"),
        F.when(known, F.min("base_low").over(year) * F.col("left")).alias("low_52_weeks"),
        F.count("*").over(year).alias("sessions_52_weeks"),
        F.when(known, F.col("base_high") > F.max("base_high").over(before)).alias("new_high"),
        F.when(known, F.col("base_low") < F.min("base_low").over(before)).alias("new_low"),
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
    most = Window.partitionBy("session_date", "instrument_id").orderBy(F.desc("shares"), "series")
    own = rows.where(~F.col("series").isin(*BESIDE_SERIES))
    return own.withColumn("place", F.row_number().over(most)).where("place = 1").drop("place")


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
    based = left.withColumns(
        {f"base_{name}": F.col(name) / F.col("left") for name in ("high", "low", "close")}
    )
    return based.withColumn("earlier", F.struct("unknown", "base_close"))


def _return(sessions: int, earlier: Column) -> Column:
    """The return since an earlier session; null without a trade in it, or with a factor unknown."""
    since = F.col("base_close") / earlier["base_close"] - 1
    known = earlier["unknown"] == F.col("unknown")
    return F.when(known, since).alias(f"return_{sessions}")
