"""By what a price of NSE is multiplied to compare with the newest, in each time between actions.

The factors of single sessions are found in adjustments.py.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F


def equity_factors(adjusted: DataFrame, instruments: DataFrame) -> DataFrame:
    """The times between the corporate actions of each instrument, with their factors.

    Args:
        adjusted: All rows of gold/equities_adjusted.
        instruments: silver/instruments, which may know by now that two instruments are one.

    Returns:
        The columns of gold/equity_factors.
    """
    spells = instruments.select("instrument_id", "symbol", "series", "valid_from", "valid_to")
    valid = F.col("session_date").between(F.col("valid_from"), F.col("valid_to"))
    # The factor of a session stands in each series of the instrument.
    sessions = (
        adjusted.select("session_date", "symbol", "series", "factor")
        .join(spells, ["symbol", "series"])
        .where(valid)
        .groupBy("instrument_id", "session_date")
        .agg(F.max("factor").alias("factor"), F.max(F.col("factor").isNull()).alias("unknown"))
    )
    in_order = Window.partitionBy("instrument_id").orderBy("session_date")
    begins = (F.col("unknown") | (F.col("factor") != 1)).cast("int")
    times = (
        sessions.withColumn("begins", begins)
        .withColumn("number", F.sum("begins").over(in_order))
        .groupBy("instrument_id", "number")
        .agg(
            F.min("session_date").alias("valid_from"),
            F.max("session_date").alias("valid_to"),
            # Of its first session; that of all others is 1.
            F.min_by("factor", "session_date").alias("own"),
            F.min_by("unknown", "session_date").alias("own_unknown"),
        )
    )
    later = (
        Window.partitionBy("instrument_id")
        .orderBy(F.desc("number"))
        .rowsBetween(Window.unboundedPreceding, -1)
    )
    unknown = F.coalesce(F.max("own_unknown").over(later), F.lit(False))
    product = F.coalesce(F.product(F.coalesce("own", F.lit(1.0))).over(later), F.lit(1.0))
    return times.select(
        *("instrument_id", "valid_from", "valid_to"), F.when(~unknown, product).alias("factor")
    )
