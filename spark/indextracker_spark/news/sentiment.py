"""How good the news of a session was for a company: its stories, each once, by the vendor's scores.

Scores have six decimals and are summed as whole numbers, so that engines agree to the last bit.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.india.terms import SHARE_SERIES

# India has had no other offset since 1945.
INDIA_OFFSET_SECONDS = 19_800
_MILLIONTHS = 1_000_000


def news_sentiment_daily(
    stories: DataFrame, tickers: DataFrame, days: DataFrame, instruments: DataFrame
) -> DataFrame:
    """The stories of each company and session, and their mean sentiment.

    Args:
        stories: gold/news_stories.
        tickers: silver/news_tickers.
        days: silver/news_days.
        instruments: silver/instruments.

    Returns:
        The columns of gold/news_sentiment_daily.
    """
    local = F.timestamp_seconds(F.unix_seconds("published_at") + INDIA_OFFSET_SECONDS)
    told = _scored(stories, tickers).withColumn("day", F.to_date(local))
    late = F.col("published_at") > F.col("closed_at")
    counted = told.join(days, "day").select(
        "symbol",
        F.when(late, F.col("next_session_date")).otherwise(F.col("session_date")).alias("session"),
        (late | (F.col("published_at") < F.col("opened_at"))).alias("before_open"),
        *("score", "relevance"),
    )
    scored = F.col("score").isNotNull()
    early = scored & F.col("before_open")
    by_session = counted.groupBy(F.col("session").alias("session_date"), "symbol").agg(
        F.count("*").alias("stories"),
        F.count_if(scored).alias("scored_stories"),
        _mean(scored).alias("sentiment"),
        F.count_if(early).alias("scored_before_open"),
        _mean(early).alias("sentiment_before_open"),
    )
    return by_session.join(_instruments(instruments), "symbol", "left").select(
        *("session_date", "symbol", "instrument_id", "stories", "scored_stories"),
        *("sentiment", "scored_before_open", "sentiment_before_open"),
    )


def _scored(stories: DataFrame, tickers: DataFrame) -> DataFrame:
    """Each story of a company once: when it was first told, and the score of its first article."""
    # An article that was dated anew stands in two hours: the later one was scored last.
    last = Window.partitionBy("article_id", "symbol").orderBy(F.desc("hour"), "ticker")
    scores = (
        tickers.where("symbol is not null")
        .withColumn("place_in_order", F.row_number().over(last))
        .where("place_in_order = 1")
        .select(
            F.col("article_id").alias("telling_id"),
            "symbol",
            _whole("sentiment_score").alias("score"),
            _whole("relevance_score").alias("relevance"),
        )
    )
    first = F.when(
        F.col("score").isNotNull(), F.struct("published_at", "telling_id", "score", "relevance")
    )
    # A telling that names no company tells of those that the others name.
    companies = stories.where("symbol is not null").select("story_id", "symbol").distinct()
    times = stories.groupBy("story_id").agg(F.min("published_at").alias("published_at"))
    firsts = (
        stories.where("symbol is not null")
        .join(scores, ["telling_id", "symbol"])
        .groupBy("story_id", "symbol")
        .agg(F.min(first).alias("first"))
        .select("story_id", "symbol", "first.score", "first.relevance")
    )
    return companies.join(times, "story_id").join(firsts, ["story_id", "symbol"], "left")


def _mean(which: Column) -> Column:
    """Mean score of some stories, weighted by relevance."""
    weights = F.sum(F.when(which, F.col("relevance")))
    weighted = F.sum(F.when(which, F.col("relevance") * F.col("score")))
    return weighted.cast("double") / F.nullif(weights, F.lit(0)).cast("double") / _MILLIONTHS


def _whole(name: str) -> Column:
    return F.round(F.col(name) * _MILLIONTHS).cast("bigint")


def _instruments(instruments: DataFrame) -> DataFrame:
    """The instrument that last had a symbol, of shares alone."""
    latest = F.max(F.struct("valid_to", "instrument_id")).alias("latest")
    shares = instruments.where(F.col("series").isin(*SHARE_SERIES))
    return shares.groupBy("symbol").agg(latest).select("symbol", "latest.instrument_id")
