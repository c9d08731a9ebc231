"""What shares returned after good and bad news, with intervals.

A return counts above the mean of all instruments in the same session, since what moves the market
is no news of a company. What is left of one session is still alike, so that sessions and not events
are taken to be independent: the variance of a mean is that of clusters. Returns are summed as whole
numbers of billionths, so that engines agree to the last bit.

Liang, K.-Y., Zeger, S. L. (1986): Longitudinal data analysis using generalized linear models.
Biometrika 73, 13-22. Abramowitz, M., Stegun, I. A. (1964): 26.7.5, quantiles of Student's t.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue.news.terms import (
    BULLISH,
    DIFFERENCE,
    LEAST_EVENTS,
    LEAST_SESSIONS,
    NEGATIVE,
    POSITIVE,
    SOMEWHAT_BULLISH,
)

_BILLIONTHS = 1_000_000_000
_NORMAL_975 = 1.959963984540054
# Squares of sums of billionths leave 64 bits: 100 returns of 100 % are 1e11, and their square 1e22.
_SUMS, _COUNTS = "decimal(14,0)", "decimal(9,0)"


def sentiment_returns(daily: DataFrame, days: DataFrame, returns: DataFrame) -> DataFrame:
    """Mean returns of each class of sentiment.

    Args:
        daily: gold/news_sentiment_daily.
        days: silver/news_days.
        returns: gold/equity_returns.

    Returns:
        The columns of gold/sentiment_returns.
    """
    above = _above_the_market(returns)
    follows = days.where("day = session_date").select("session_date", "next_session_date")
    at_once = daily.select(
        F.lit(0).alias("horizon_sessions"),
        *("session_date", "instrument_id", F.col("sentiment_before_open").alias("sentiment")),
    )
    after = daily.join(follows, "session_date").select(
        F.lit(1).alias("horizon_sessions"),
        F.col("next_session_date").alias("session_date"),
        *("instrument_id", "sentiment"),
    )
    events = (
        at_once.unionByName(after)
        .where("sentiment is not null")
        .join(above, ["session_date", "instrument_id"])
    )
    return _told(_with_difference(_moments(_classed(events))))


def _above_the_market(returns: DataFrame) -> DataFrame:
    """Returns over one session less the mean of all instruments in it, in billionths."""
    known = returns.where("return_1 is not null").select(
        "session_date", "instrument_id", F.round(F.col("return_1") * _BILLIONTHS).alias("whole")
    )
    known = known.withColumn("whole", F.col("whole").cast("bigint"))
    market = known.groupBy("session_date").agg(
        (F.sum("whole").cast("double") / F.count("*")).alias("mean")
    )
    above = F.round(F.col("whole") - F.col("mean")).cast("bigint")
    return known.join(market, "session_date").select(
        "session_date", "instrument_id", above.alias("above")
    )


def _classed(events: DataFrame) -> DataFrame:
    """Each event in its class, and once more among the good or the bad ones."""
    score = F.col("sentiment")
    word = (
        F.when(score >= BULLISH, "Bullish")
        .when(score >= SOMEWHAT_BULLISH, "Somewhat-Bullish")
        .when(score <= -BULLISH, "Bearish")
        .when(score <= -SOMEWHAT_BULLISH, "Somewhat-Bearish")
        .otherwise("Neutral")
    )
    signed = (
        events.where(holds).withColumn("sentiment_class", F.lit(sign))
        for holds, sign in (
            (score >= SOMEWHAT_BULLISH, POSITIVE),
            (score <= -SOMEWHAT_BULLISH, NEGATIVE),
        )
    )
    return reduce(DataFrame.unionByName, signed, events.withColumn("sentiment_class", word))


def _moments(events: DataFrame) -> DataFrame:
    """Events, sessions, mean and its variance by clusters, of each class."""
    by_session = events.groupBy("horizon_sessions", "sentiment_class", "session_date").agg(
        F.count("*").alias("n"), F.sum("above").alias("total")
    )
    n, total = F.col("n").cast(_COUNTS), F.col("total").cast(_SUMS)
    found = by_session.groupBy("horizon_sessions", "sentiment_class").agg(
        F.sum("n").alias("events"),
        F.count("*").alias("sessions"),
        F.sum("total").cast("double").alias("sum"),
        F.sum(total * total).cast("double").alias("squares"),
        F.sum(total * n).cast("double").alias("cross"),
        F.sum(n * n).cast("double").alias("sizes"),
    )
    mean = F.col("sum") / F.col("events")
    # Of each session the sum of what its events lie above the mean, squared.
    spread = F.col("squares") - 2 * mean * F.col("cross") + mean * mean * F.col("sizes")
    clusters = F.col("sessions") / _freedom()
    variance = F.greatest(spread, F.lit(0.0)) * clusters / (F.col("events") * F.col("events"))
    return found.select(
        *("horizon_sessions", "sentiment_class", "events", "sessions"),
        (mean / _BILLIONTHS).alias("mean"),
        (variance / _BILLIONTHS / _BILLIONTHS).alias("variance"),
    )


def _with_difference(classes: DataFrame) -> DataFrame:
    """The classes, and the good ones less the bad ones."""
    good, bad = (
        classes.where(F.col("sentiment_class") == name).select(
            "horizon_sessions",
            *(
                F.col(own).alias(f"{own}_{name}")
                for own in ("events", "sessions", "mean", "variance")
            ),
        )
        for name in (POSITIVE, NEGATIVE)
    )

    def both(name: str) -> tuple[Column, Column]:
        return F.col(f"{name}_{POSITIVE}"), F.col(f"{name}_{NEGATIVE}")

    (events, others), (mean, other) = both("events"), both("mean")
    (variance, more), (sessions, fewer) = both("variance"), both("sessions")
    difference = good.join(bad, "horizon_sessions").select(
        "horizon_sessions",
        F.lit(DIFFERENCE).alias("sentiment_class"),
        F.least(events, others).alias("least_events"),
        (events + others).alias("events"),
        F.least(sessions, fewer).alias("sessions"),
        (mean - other).alias("mean"),
        (variance + more).alias("variance"),
    )
    return classes.withColumn("least_events", F.col("events")).unionByName(difference)


def _told(classes: DataFrame) -> DataFrame:
    """Means and intervals, where there are events and sessions enough."""
    enough = (F.col("least_events") >= LEAST_EVENTS) & (F.col("sessions") >= LEAST_SESSIONS)
    half = _quantile(_freedom()) * F.sqrt("variance")
    return classes.select(
        *("horizon_sessions", "sentiment_class", "events", "sessions"),
        F.when(enough, F.col("mean")).alias("mean_return"),
        F.when(enough, F.col("mean") - half).alias("low_95"),
        F.when(enough, F.col("mean") + half).alias("high_95"),
    )


def _freedom() -> Column:
    """Degrees of freedom, null where there are none."""
    return F.nullif(F.col("sessions") - 1, F.lit(0))


def _quantile(freedom: Column) -> Column:
    """Where Student's t leaves 2.5 % above it: to four decimals from 19 degrees of freedom on."""
    z = _NORMAL_975
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / (freedom * freedom)
