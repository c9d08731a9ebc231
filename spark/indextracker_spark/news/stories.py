"""Which articles, headlines and announcements tell one story.

The rule is told with gold/news_stories. A telling whose time is not known is in none: a list that
somebody kept bears no times.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.news.terms import LEAST_TITLE_WORDS, SAME_STORY_HOURS

_SECONDS = SAME_STORY_HOURS * 3600


def news_stories(
    articles: DataFrame, tickers: DataFrame, headlines: DataFrame, announcements: DataFrame
) -> DataFrame:
    """The stories about companies of NSE, with all that tell them.

    Args:
        articles: silver/news_articles.
        tickers: silver/news_tickers.
        headlines: silver/headlines.
        announcements: silver/announcements.

    Returns:
        The columns of gold/news_stories.
    """
    meant = tickers.where("symbol is not null").select("article_id", "symbol").distinct()
    told = (
        _told("articles", articles.join(meant, "article_id", "left"), F.col("title"))
        # What stands under the title of a section need not be about the ticker.
        .unionByName(_told("headlines", headlines.where("section is null"), F.col("title")))
        .unionByName(
            _told(
                "announcements",
                announcements.withColumn("article_id", F.sha2("url", 256)),
                F.concat_ws(": ", "name", "subject"),
            )
        )
    )
    stories = told.join(_stories(told), "telling_id")
    about = Window.partitionBy("story_id")
    return (
        stories.withColumn("companies", F.count("symbol").over(about))
        .where("companies > 0")
        .select("story_id", "place", "telling_id", "symbol", "published_at", "title", "url")
    )


def _told(place: str, rows: DataFrame, title: Column) -> DataFrame:
    """The tellings of a place, each once for each company.

    An article may stand in two hours, and a headline in the lists of several days.
    """
    at = F.col("published_at")
    by_itself = F.concat_ws("\n", F.lit(place), title, F.unix_micros(at).cast("string"))
    first = F.min(F.struct(at, title.alias("title"), "url")).alias("first")
    return (
        rows.where(at.isNotNull())
        .groupBy(
            F.coalesce("article_id", F.sha2(by_itself, 256)).alias("telling_id"), F.col("symbol")
        )
        .agg(first)
        .select(
            *("telling_id", F.lit(place).alias("place"), "symbol"),
            *("first.published_at", "first.title", "first.url"),
        )
    )


def _stories(told: DataFrame) -> DataFrame:
    """The story of each telling_id: with the same words as the one before, and not much later."""
    words = F.trim(F.regexp_replace(F.lower("first.title"), r"[^\p{L}\p{N}]+", " "))
    tellings = (
        told.groupBy("telling_id")
        .agg(F.min(F.struct("published_at", "title")).alias("first"))
        .select("telling_id", F.unix_micros("first.published_at").alias("at"), words.alias("words"))
    )
    says_little = F.size(F.split("words", " ")) < LEAST_TITLE_WORDS
    alike = tellings.withColumn(
        "words", F.when(says_little, F.col("telling_id")).otherwise(F.col("words"))
    )
    in_order = Window.partitionBy("words").orderBy("at", "telling_id")
    apart = F.col("at") - F.lag("at").over(in_order) > _SECONDS * 1_000_000
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    numbered = alike.withColumn("begins", F.coalesce(apart, F.lit(False)).cast("int"))
    numbered = numbered.withColumn("number", F.sum("begins").over(so_far))
    story = Window.partitionBy("words", "number").orderBy("at", "telling_id")
    return numbered.select("telling_id", F.first("telling_id").over(story).alias("story_id"))
