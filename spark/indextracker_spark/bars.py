"""Bars of any instrument: folding at the close, intervals, exact sums and what follows from them.

A one-minute bar carries the exact sums of its prints; every coarser bar and every figure of a
session is added up from these, so that no scale is computed twice and all engines agree to the
bit. Which prints count, and when a contract closes, is for the subjects to say.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

SCALES_MINUTES = (1, 5, 15, 30, 60)

# Wide enough for a session of 10^5 prints at prices of 10^6 with four decimals.
PRICE = "decimal(18,4)"
SQUARE = "decimal(27,8)"
WEIGHTED = "decimal(28,4)"

# A minute with spread legs alone has no price: these instants keep it from being first or last.
_BEFORE_ALL = "timestamp'1970-01-01 00:00:00'"
_AFTER_ALL = "timestamp'9999-12-31 00:00:00'"


def local_seconds(at: Column, utc_offset_seconds: int) -> Column:
    """Seconds since local midnight of an instant, in a zone of fixed offset."""
    return F.pmod(F.unix_seconds(at) + F.lit(utc_offset_seconds), F.lit(86_400))


def seconds_of(clock: Column) -> Column:
    """Seconds since midnight of a text HH:MM:SS; null of a text of another form."""
    hours, minutes, seconds = (
        F.substring(clock, start, 2).try_cast("bigint") for start in (1, 4, 7)
    )
    return hours * 3600 + minutes * 60 + seconds


def folded(at: Column, close_seconds: Column, utc_offset_seconds: int) -> Column:
    """The instant whose bar holds a print: one exactly at the close belongs to the last bar."""
    at_close = local_seconds(at, utc_offset_seconds) == close_seconds
    return F.when(at_close, F.timestamp_seconds(F.unix_seconds(at) - 1)).otherwise(at)


def bar_start(at: Column, scale_minutes: Column, utc_offset_seconds: int) -> Column:
    """Start of the interval that holds an instant, aligned to local midnight."""
    width = scale_minutes.cast("bigint") * 60
    local = F.unix_seconds(at) + F.lit(utc_offset_seconds)
    return F.timestamp_seconds(local - F.pmod(local, width) - F.lit(utc_offset_seconds))


def minutes(
    prints: DataFrame, keys: Sequence[str], utc_offset_seconds: int, *, count: str
) -> DataFrame:
    """One-minute bars of printed rows.

    Args:
        prints: Columns `keys`, `bar_at` (the folded instant), `line` (the order), `price` and,
            where the instrument has volume, `contracts`.
        keys: What identifies the instrument and the part of its session.
        utc_offset_seconds: Offset of the exchange's zone.
        count: Name of the column that counts printed rows.

    Returns:
        A row per key and minute with a print: open, high, low, close, `count` and exact sums.
    """
    exact = F.col("price").cast(PRICE)
    weighted = "contracts" in prints.columns
    values = [
        exact.alias("exact"),
        (exact * exact).cast(SQUARE).alias("square"),
        bar_start(F.col("bar_at"), F.lit(1), utc_offset_seconds).alias("bar_start"),
    ]
    sums = [
        F.min_by("price", "line").alias("open"),
        F.max("price").alias("high"),
        F.min("price").alias("low"),
        F.max_by("price", "line").alias("close"),
        F.count("price").alias(count),
        F.sum("exact").cast(PRICE).alias("price_sum"),
        F.sum("square").cast(SQUARE).alias("price_square_sum"),
    ]
    if weighted:
        volume = F.col("contracts").cast("decimal(9,0)")
        values.append((exact * volume).cast(WEIGHTED).alias("weighted"))
        sums.append(F.sum(F.col("contracts").cast("bigint")).alias("contracts"))
        sums.append(F.sum("weighted").cast(WEIGHTED).alias("price_contracts_sum"))
    carried = [*keys, "line", "price", *(["contracts"] if weighted else [])]
    return prints.select(*carried, *values).groupBy(*keys, "bar_start").agg(*sums)


def at_all_scales(one_minute: DataFrame, utc_offset_seconds: int) -> DataFrame:
    """Each one-minute bar once per scale, its `bar_start` that of the coarser bar.

    The minute itself stays in `minute_start`, which orders what is added up.
    """
    scales = F.explode(F.array(*(F.lit(scale) for scale in SCALES_MINUTES)))
    return (
        one_minute.withColumn("scale_minutes", scales)
        .withColumn("minute_start", F.col("bar_start"))
        .withColumn(
            "bar_start",
            bar_start(F.col("minute_start"), F.col("scale_minutes"), utc_offset_seconds),
        )
    )


def rolled_up(bars: DataFrame, keys: Sequence[str], order: str, totals: Sequence[str]) -> DataFrame:
    """Coarser figures from finer ones, without rounding.

    Args:
        bars: Bars with open, high, low, close and exact sums, null where nothing was priced.
        keys: What identifies one coarser figure.
        order: Column that orders the bars inside it.
        totals: Further columns to add up, such as counts and volumes.
    """
    priced = F.col("open").isNotNull()
    first = F.when(priced, F.col(order)).otherwise(F.expr(_AFTER_ALL))
    last = F.when(priced, F.col(order)).otherwise(F.expr(_BEFORE_ALL))
    weighted = "price_contracts_sum" in bars.columns
    sums = {"price_sum": PRICE, "price_square_sum": SQUARE}
    if weighted:
        sums["price_contracts_sum"] = WEIGHTED
    return (
        bars.withColumn("_first", first)
        .withColumn("_last", last)
        .groupBy(*keys)
        .agg(
            F.min_by("open", "_first").alias("open"),
            F.max("high").alias("high"),
            F.min("low").alias("low"),
            F.max_by("close", "_last").alias("close"),
            *(F.sum(name).cast(kind).alias(name) for name, kind in sums.items()),
            *(F.sum(name).alias(name) for name in totals),
        )
    )


def with_figures(bars: DataFrame, count: str) -> DataFrame:
    """Adds mean, sample standard deviation and, where there is volume, the vwap.

    All follow from exact sums: the numerator of the variance is exact, and only the division and
    the root round, once each and alike on every engine.
    """
    n = F.col(count)
    exact_n = n.cast("decimal(9,0)")
    squares = exact_n * F.col("price_square_sum") - F.col("price_sum") * F.col("price_sum")
    variance = _double(squares) / (n.cast("double") * (n.cast("double") - F.lit(1.0)))
    bars = bars.withColumn(
        "mean", F.when(n > 0, _double(F.col("price_sum")) / n.cast("double"))
    ).withColumn("std", F.when(n > 1, F.sqrt(variance)))
    if "price_contracts_sum" in bars.columns:
        volume = F.col("contracts").cast("double")
        bars = bars.withColumn(
            "vwap", F.when(n > 0, _double(F.col("price_contracts_sum")) / volume)
        )
    return bars


def _double(exact: Column) -> Column:
    """The double nearest to a decimal.

    By way of text: engines that divide the unscaled integer as a double round twice beyond 2^53.
    """
    return exact.cast("string").cast("double")
