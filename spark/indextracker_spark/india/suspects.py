"""Corporate actions of NSE that prices do not show, and moves of prices that no action explains.

The open is held against the close before, since that move has no session's trading in it.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue.india.terms import (
    ACTION_WITHOUT_MOVE,
    FACTOR_UNKNOWN,
    MOVE_BEYOND_ACTION,
    MOVE_WITHOUT_ACTION,
)
from indextracker_spark.india.returns import own_series

# Price bands end at 20 % either way; where there are none, opens further away are rare.
_LARGEST_MOVE = 0.25
# What an action of less leaves is lost in the moves of a day.
_SMALLEST_ACTION = 0.1
# What leaves the factor at 1 and moves the price by as much as it likes.
_EXPLAINING = "demerger|capital_reduction|other"


def suspects(adjusted: DataFrame, instruments: DataFrame) -> DataFrame:
    """The securities whose open and actions do not fit each other.

    Args:
        adjusted: gold/equities_adjusted.
        instruments: silver/instruments: what is printed as previous close of an instrument's first
            session is the price of its issue.

    Returns:
        The columns of gold/corporate_action_suspects.
    """
    first = instruments.groupBy("instrument_id").agg(F.min("valid_from").alias("first_session"))
    rows = own_series(adjusted).join(first, "instrument_id").where("session_date > first_session")
    moved = rows.withColumn("move", F.col("open") / F.col("previous_close"))
    return (
        moved.withColumn("class", _class())
        .where("class is not null")
        .select(
            *("session_date", "symbol", "series", "instrument_id", "class"),
            *("previous_close", "open", "move", "factor", "actions", "reason"),
            "factor_missing",
        )
    )


def _class() -> Column:
    """What does not fit; null where nothing is wrong, or a price is not known."""
    left = F.col("move") / F.col("factor")
    far = F.abs(left - 1) > _LARGEST_MOVE
    explained = F.coalesce(F.col("actions").rlike(_EXPLAINING), F.lit(False))
    size = F.abs(F.log("factor"))
    unmoved = (size >= _SMALLEST_ACTION) & (F.abs(F.log("move")) < size / 2)
    unknown = F.col("factor").isNull() & (
        F.col("actions").isNotNull() | (F.abs(F.col("move") - 1) > _LARGEST_MOVE)
    )
    return (
        F.when(unknown, FACTOR_UNKNOWN)
        .when(unmoved, ACTION_WITHOUT_MOVE)
        .when(far & (F.col("factor") != 1), MOVE_BEYOND_ACTION)
        .when(far & ~explained, MOVE_WITHOUT_ACTION)
    )
