"""Instruments: the spells of each security in the rows of sessions, and whose they are.

Which spells are of one instrument is told by identities.py.
"""

from __future__ import annotations

from typing import Final

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.india.terms import BESIDE_SERIES, SHARE_SERIES
from indextracker_spark.india.identities import Spell, instrument_ids

# The line of shares and units; any other is a series.
SHARES: Final = ""

_ROWS: Final = (
    "instrument_id string, symbol string, series string, isin string, name string, "
    "industry string, valid_from date, valid_to date"
)


def instruments(daily: DataFrame) -> DataFrame:
    """The rows of silver/instruments.

    Args:
        daily: All rows of silver/equities_daily.
    """
    found = [Spell(**row.asDict()) for row in spells(daily).collect()]
    ids = instrument_ids(found, shares=SHARES)
    rows = [
        (number, s.symbol, s.series, s.isin, None, None, s.first_session, s.last_session)
        for number, s in zip(ids, found, strict=True)
    ]
    return daily.sparkSession.createDataFrame(rows, _ROWS)


def spells(daily: DataFrame) -> DataFrame:
    """The times in which each security was traded under one symbol, series and ISIN.

    An ISIN that a document does not print is the next one of the same symbol and series, else the
    last one.

    Args:
        daily: Rows of silver/equities_daily.

    Returns:
        The columns of `identities.Spell`.
    """
    beside = F.col("series").isin(*BESIDE_SERIES)
    # A share's own series follow each other; each that is traded beside them follows itself.
    lane = F.when(beside, F.col("series")).otherwise("")
    of_shares = F.col("series").isin(*SHARE_SERIES, *BESIDE_SERIES)
    line = F.when(of_shares, F.lit(SHARES)).otherwise(F.col("series"))
    rows = daily.select(
        "session_date", "symbol", "series", "isin", "previous_close", "close"
    ).withColumns({"beside": beside, "lane": lane, "line": line})
    same = Window.partitionBy("symbol", "lane", "line", "series").orderBy("session_date")
    later = same.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    earlier = same.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    rows = rows.withColumn(
        "isin",
        F.coalesce(
            F.first("isin", ignorenulls=True).over(later),
            F.last("isin", ignorenulls=True).over(earlier),
        ),
    )
    own = Window.partitionBy("symbol", "lane", "line").orderBy("session_date", "series")
    called = F.concat_ws(" ", "series", F.coalesce("isin", F.lit("-")))
    begins = F.coalesce((called != F.lag(called).over(own)).cast("int"), F.lit(1))
    return (
        rows.withColumn("begins", begins)
        .withColumn("number", F.sum("begins").over(own))
        .groupBy("symbol", "lane", "line", "number")
        .agg(
            F.first("series").alias("series"),
            F.first("isin").alias("isin"),
            F.first("beside").alias("beside"),
            F.min("session_date").alias("first_session"),
            F.max("session_date").alias("last_session"),
            F.min_by("previous_close", "session_date").alias("previous_close"),
            F.max_by("close", "session_date").alias("close"),
        )
        .drop("lane", "number")
    )
