"""Weights by rank among all tickers of an instant: what momentum and reversal have in common."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_spark.strategies.spans import firsts


def past_return(since: int, until: int) -> Column:
    """The return of a ticker from the close `since` bars ago to that `until` bars ago.

    None where a close is missing or not above zero.
    """
    by_time = Window.partitionBy("ticker").orderBy("at")
    first = F.lag("close", since).over(by_time)
    last = F.lag("close", until).over(by_time) if until else F.col("close")
    return F.when((first > 0) & (last > 0), last / first - 1)


def ranked(prices: DataFrame, score: Column, span: str, highest: float, lowest: float) -> DataFrame:
    """Targets at the first bars of months or weeks, of every ticker with a bar then.

    Args:
        prices: Bars of the universe.
        score: By which tickers are ranked; one without a score is not held.
        span: `month` or `week`.
        highest: Share of the ranked tickers that are bought, those with the highest scores: each
            for the same part of the equity, all of it together.
        lowest: Share that is sold short, those with the lowest scores, in the same way.
    """
    scored = prices.select("ticker", "at", score.alias("score"))
    chosen = scored.join(F.broadcast(firsts(prices, span)), "at")
    at_once = Window.partitionBy("at")
    number = F.count("score").over(at_once)
    best = at_once.orderBy(F.col("score").desc_nulls_last(), "ticker")
    worst = at_once.orderBy(F.col("score").asc_nulls_last(), "ticker")
    placed = chosen.withColumns(
        {
            "long": F.floor(number * highest),
            "short": F.floor(number * lowest),
            "from_best": F.row_number().over(best),
            "from_worst": F.row_number().over(worst),
        }
    )
    target = (
        F.when(F.col("score").isNull(), 0.0)
        .when(F.col("from_best") <= F.col("long"), 1 / F.col("long"))
        .when(F.col("from_worst") <= F.col("short"), -1 / F.col("short"))
        .otherwise(0.0)
    )
    return placed.select("ticker", "at", target.cast("double").alias("target"))
