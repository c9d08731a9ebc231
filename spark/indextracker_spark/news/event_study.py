"""What shares returned after good and bad news, with intervals.

A return counts above the mean of all other instruments in the same session, since what moves the
market is no news of a company. What is left of one session may still be alike, so that sessions and
not events are taken to be independent. A figure is a mean, or the mean of one group less that of
another; the two share sessions, so that a session counts once, with what it adds to the difference.

The variance is that of clusters after Bell and McCaffrey, without bias where events are alike, and
the interval is Student's with the degrees of freedom that they give it: few where some sessions
hold most events. For means of groups both have closed forms (docs/decisions/0054). What is added up
over sessions is rounded to whole numbers first, so that engines agree to the last bit.

Bell, R. M., McCaffrey, D. F. (2002): Bias reduction in standard errors for linear regression with
multi-stage samples. Survey Methodology 28 (2), 169-181. Pustejovsky, J. E., Tipton, E. (2018):
Small-sample methods for cluster-robust variance estimation and hypothesis testing in fixed effects
models. Journal of Business & Economic Statistics 36 (4), 672-683. Abramowitz, M., Stegun, I. A.
(1964): 26.7.5, quantiles of Student's t.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue.news.terms import (
    BULLISH,
    CLASSES,
    DIFFERENCE,
    HORIZONS,
    LEAST_EVENTS,
    LEAST_FREEDOM,
    LEAST_SESSIONS,
    NEGATIVE,
    POSITIVE,
    SOMEWHAT_BULLISH,
)

_BILLIONTHS = 1_000_000_000
# Of a session's part of a mean, in billionths: 1e-15. Its square leaves 64 bits.
_FINE = 1_000_000
_PARTS = "decimal(17,0)"
# Of shares of all events, which are below one.
_SHARES = 1_000_000_000_000_000
_NORMAL_975 = 1.959963984540054
_FIGURE = ("horizon_sessions", "sentiment_class")


def sentiment_returns(daily: DataFrame, days: DataFrame, returns: DataFrame) -> DataFrame:
    """Mean returns of each class of sentiment; a class without events has a row too.

    Args:
        daily: gold/news_sentiment_daily.
        days: silver/news_days.
        returns: gold/equity_returns.

    Returns:
        The columns of gold/sentiment_returns.
    """
    above = _above_the_others(returns)
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
    return _told(_every_class(daily).join(_estimates(_classed(events)), [*_FIGURE], "left"))


def _above_the_others(returns: DataFrame) -> DataFrame:
    """Returns over one session less the mean of the other instruments in it, in billionths."""
    known = returns.where("return_1 is not null").select(
        "session_date", "instrument_id", F.round(F.col("return_1") * _BILLIONTHS).alias("whole")
    )
    known = known.withColumn("whole", F.col("whole").cast("bigint"))
    market = known.groupBy("session_date").agg(
        F.sum("whole").alias("total"), F.count("*").alias("n")
    )
    # A return less the mean of the n - 1 others, over one denominator.
    above = (F.col("whole") * F.col("n") - F.col("total")).cast("double") / (F.col("n") - 1)
    return known.join(market.where("n > 1"), "session_date").select(
        "session_date", "instrument_id", F.round(above).cast("bigint").alias("above")
    )


def _classed(events: DataFrame) -> DataFrame:
    """Each event in each of its classes; those of the bad ones count against a difference."""
    score = F.col("sentiment")
    word = (
        F.when(score >= BULLISH, "Bullish")
        .when(score >= SOMEWHAT_BULLISH, "Somewhat-Bullish")
        .when(score <= -BULLISH, "Bearish")
        .when(score <= -SOMEWHAT_BULLISH, "Somewhat-Bearish")
        .otherwise("Neutral")
    )
    good, bad = score >= SOMEWHAT_BULLISH, score <= -SOMEWHAT_BULLISH
    signed = (
        events.where(holds).select("*", F.lit(name).alias("sentiment_class"), side.alias("side"))
        for holds, name, side in (
            (F.lit(True), word, F.lit(1)),
            (good, POSITIVE, F.lit(1)),
            (bad, NEGATIVE, F.lit(1)),
            (good | bad, DIFFERENCE, F.when(good, 1).otherwise(-1)),
        )
    )
    return reduce(DataFrame.unionByName, signed)


def _estimates(events: DataFrame) -> DataFrame:
    """Of each class the mean, its variance by sessions, and the degrees of freedom of that."""
    groups = events.groupBy(*_FIGURE, "side").agg(
        F.count("*").alias("size"),
        F.countDistinct("session_date").alias("in_sessions"),
        (F.sum("above").cast("double") / F.count("*")).alias("mean"),
    )
    figures = groups.groupBy(*_FIGURE).agg(
        F.sum("size").alias("events"),
        F.count("*").alias("sides"),
        F.min("size").alias("least_events"),
        F.min("in_sessions").alias("sessions"),
        F.sum(F.col("side") * F.col("mean")).alias("mean"),
        F.sum(1 / F.col("size")).alias("sizes"),
    )
    sessions = _sessions(events, groups.join(figures.select(*_FIGURE, "sizes"), [*_FIGURE]))
    moments = sessions.groupBy(*_FIGURE).agg(
        F.sum(F.col("part") * F.col("part")).cast("double").alias("variance"),
        *(
            (F.sum(F.round(F.col(name) * _SHARES).cast("bigint")).cast("double") / _SHARES).alias(
                name
            )
            for name in ("good", "bad", "both", "own")
        ),
    )
    good, bad, both = F.col("good"), F.col("bad"), F.col("both")
    return figures.join(moments, [*_FIGURE]).select(
        *(*_FIGURE, "events", "sides", "least_events", "sessions"),
        (F.col("mean") / _BILLIONTHS).alias("mean"),
        (F.sqrt("variance") / _FINE / _BILLIONTHS).alias("error"),
        (1 / (good * good + 2 * both * both + bad * bad + F.col("own"))).alias("freedom"),
    )


def _sessions(events: DataFrame, groups: DataFrame) -> DataFrame:
    """What each session adds to a figure, and what the degrees of freedom need of it.

    A group has N events, n of them in a session, with the residuals r. The session adds
    sum(r) / (N sqrt(1 - n/N)), which is the correction CR2 where the regressors are the groups. Of
    the matrix whose trace and squares give the degrees of freedom, a session has the element
    a - p - q on the diagonal, and with another one sqrt(p p') + sqrt(q q') off it.
    """
    by_group = events.groupBy(*_FIGURE, "session_date", "side").agg(
        F.count("*").alias("n"), F.sum("above").alias("total")
    )
    share, size = F.col("n") / F.col("size"), F.col("size")
    # A group of one session has no figure, and nothing to be divided by.
    left = F.when(share < 1, 1 - share)
    residuals = F.col("total") - F.col("n") * F.col("mean")
    part = F.col("side") * residuals / (size * F.sqrt(left)) * _FINE
    alone = share / (size * left) / F.col("sizes")
    parts = by_group.join(groups, [*_FIGURE, "side"]).select(
        *(*_FIGURE, "session_date", "side"),
        F.round(part).cast("bigint").alias("part"),
        alone.alias("alone"),
        (alone * share).alias("shared"),
    )
    of_good, of_bad = (
        F.coalesce(F.sum(F.when(F.col("side") == side, F.col("shared"))), F.lit(0.0))
        for side in (1, -1)
    )
    alone = F.col("alone")
    shared = F.col("good") + F.col("bad")
    return (
        parts.groupBy(*_FIGURE, "session_date")
        .agg(
            F.sum("part").cast(_PARTS).alias("part"),
            F.sum("alone").alias("alone"),
            of_good.alias("good"),
            of_bad.alias("bad"),
        )
        .select(
            *(*_FIGURE, "part", "good", "bad"),
            F.sqrt(F.col("good") * F.col("bad")).alias("both"),
            (alone * alone - 2 * alone * shared).alias("own"),
        )
    )


def _every_class(daily: DataFrame) -> DataFrame:
    """A row for each figure that there may be."""
    horizons, classes = (
        F.explode(F.array(*(F.lit(value) for value in values))) for values in (HORIZONS, CLASSES)
    )
    one = daily.sparkSession.range(1)
    return one.select(horizons.alias("horizon_sessions")).select(
        "horizon_sessions", classes.alias("sentiment_class")
    )


def _told(classes: DataFrame) -> DataFrame:
    """Means and intervals where there is enough to tell them, else what there is too little of."""
    sides = F.when(F.col("sentiment_class") == DIFFERENCE, 2).otherwise(1)
    least = F.when(F.col("sides") == sides, F.col("least_events")).otherwise(0)
    sessions = F.coalesce(F.when(F.col("sides") == sides, F.col("sessions")), F.lit(0))
    freedom = F.round("freedom", 3)
    too_few = F.coalesce(
        *(
            F.when(found < needed, F.concat(found.cast("string"), F.lit(f" {what} of {needed}")))
            for found, needed, what in (
                (least, LEAST_EVENTS, "events"),
                (sessions, LEAST_SESSIONS, "sessions"),
                (freedom, LEAST_FREEDOM, "degrees of freedom"),
            )
        )
    )
    mean, half = F.col("mean"), _quantile(F.col("freedom")) * F.col("error")
    told = (("mean_return", mean), ("low_95", mean - half), ("high_95", mean + half))
    return classes.select(
        *(*_FIGURE, F.coalesce("events", F.lit(0)).alias("events"), sessions.alias("sessions")),
        *(F.when(too_few.isNull(), value).alias(name) for name, value in told),
        F.when(too_few.isNull(), F.col("freedom")).alias("degrees_of_freedom"),
        too_few.alias("too_few"),
    )


def _quantile(freedom: Column) -> Column:
    """Where Student's t leaves 2.5 % above it: to three decimals from 5 degrees of freedom on."""
    z = _NORMAL_975
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    # z + a/f + b/f2 + ..., from the last term on.
    return reduce(lambda inner, term: term + inner / freedom, reversed((z, *terms)), F.lit(0.0))
