"""Bars of any instrument: folding at the close, intervals, exact sums and what follows from them.

A one-minute bar carries the exact sums of its prints; every coarser bar and every figure of a
session is added up from these, so that no scale is computed twice and all engines agree to the
bit. Which prints count, and when a contract closes, is decided by the subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue.shared.bars import (
    PRICE,
    SCALES_MINUTES,
    SQUARE,
    WEIGHTED,
    WEIGHTED_SQUARE,
)

_COUNT = "decimal(9,0)"

# A minute with spread legs alone has no price: these instants keep it from being first or last.
_BEFORE_ALL = "timestamp'1970-01-01 00:00:00'"
_AFTER_ALL = "timestamp'9999-12-31 00:00:00'"


@dataclass(frozen=True)
class Figures:
    """What bars of a kind count, and what weighs their mean and standard deviation.

    Attributes:
        count: Column that counts printed rows.
        volume: Column of the volume; null where none is published.
        weighted: Whether the mean and std are weighted by volume, for rows that split one trade
            arbitrarily. Otherwise each row counts once, and the weighted mean stands in `vwap`.
        sides: Column of the prints, where buyer and seller have rows of their own: half of it is
            the volume. Null where the prints have the volume itself.
    """

    count: str
    volume: str | None = None
    weighted: bool = False
    sides: str | None = None

    @property
    def sums(self) -> dict[str, str]:
        """The exact sums that bars carry, with their types."""
        if self.weighted:
            return {
                f"price_{self.volume}_sum": WEIGHTED,
                f"price_square_{self.volume}_sum": WEIGHTED_SQUARE,
            }
        sums = {"price_sum": PRICE, "price_square_sum": SQUARE}
        return sums | ({f"price_{self.volume}_sum": WEIGHTED} if self.volume else {})

    @property
    def weight(self) -> str:
        """The column by which the mean is weighted: rows, or their volume."""
        return self.volume if self.weighted and self.volume else self.count

    @property
    def totals(self) -> tuple[str, ...]:
        """The counts that bars carry."""
        return (self.volume, self.count) if self.volume else (self.count,)


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
    prints: DataFrame, keys: Sequence[str], utc_offset_seconds: int, figures: Figures
) -> DataFrame:
    """One-minute bars of printed rows.

    Args:
        prints: Columns `keys`, `bar_at` (the folded instant), `line` (the order), `price` and
            those that `figures` names for the volume.
        keys: What identifies the instrument and the part of its session.
        utc_offset_seconds: Offset of the exchange's zone.
        figures: What the bars count.

    Returns:
        A row per key and minute with a print: open, high, low, close, counts and exact sums.
    """
    exact = F.col("price").cast(PRICE)
    square = (exact * exact).cast(SQUARE)
    terms = {"price_sum": exact, "price_square_sum": square}
    printed = figures.sides or figures.volume
    if printed:
        volume = F.col(printed).cast(_COUNT)
        terms[f"price_{figures.volume}_sum"] = (exact * volume).cast(WEIGHTED)
        terms[f"price_square_{figures.volume}_sum"] = square * volume
    minute = bar_start(F.col("bar_at"), F.lit(1), utc_offset_seconds).alias("bar_start")
    carried = [*keys, "line", "price", *([printed] if printed else [])]
    sums = [
        F.min_by("price", "line").alias("open"),
        F.max("price").alias("high"),
        F.min("price").alias("low"),
        F.max_by("price", "line").alias("close"),
        F.count("price").alias(figures.count),
    ]
    for name, kind in figures.sums.items():
        total = F.sum(name)
        if figures.sides:
            # The sides of a price add up to whole contracts, so half of the sum is exact too.
            total = total.cast("decimal(35,8)") * F.lit(Decimal("0.5"))
        sums.append(total.cast(kind).alias(name))
    if printed and figures.volume:
        total = F.sum(F.col(printed).cast("bigint"))
        total = (total / 2).cast("bigint") if figures.sides else total
        sums.append(total.alias(figures.volume))
    values = [terms[name].alias(name) for name in figures.sums]
    return prints.select(*carried, *values, minute).groupBy(*keys, "bar_start").agg(*sums)


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


def rolled_up(
    bars: DataFrame, keys: Sequence[str], order: str, figures: Figures, *more: str
) -> DataFrame:
    """Coarser figures from finer ones, without rounding.

    Args:
        bars: Bars with open, high, low, close and exact sums, null where nothing was priced.
        keys: What identifies one coarser figure.
        order: Column that orders the bars inside it.
        figures: What the bars count.
        *more: Further columns to add up.
    """
    priced = F.col("open").isNotNull()
    first = F.when(priced, F.col(order)).otherwise(F.expr(_AFTER_ALL))
    last = F.when(priced, F.col(order)).otherwise(F.expr(_BEFORE_ALL))
    return (
        bars.withColumn("_first", first)
        .withColumn("_last", last)
        .groupBy(*keys)
        .agg(
            F.min_by("open", "_first").alias("open"),
            F.max("high").alias("high"),
            F.min("low").alias("low"),
            F.max_by("close", "_last").alias("close"),
            *(F.sum(name).cast(kind).alias(name) for name, kind in figures.sums.items()),
            *(F.sum(name).alias(name) for name in (*figures.totals, *more)),
        )
    )


def with_figures(bars: DataFrame, figures: Figures) -> DataFrame:
    """Adds mean, sample standard deviation and, where rows count alike and have volume, the vwap.

    All follow from exact sums: the numerator of the variance is exact, and only the division and
    the root round, once each and alike on every engine.
    """
    n = F.col(figures.weight)
    total, square, *_ = figures.sums
    exact_total = F.col(total).cast(PRICE)
    squares = n.cast(_COUNT) * F.col(square).cast(SQUARE) - exact_total * exact_total
    variance = _double(squares) / (n.cast("double") * (n.cast("double") - F.lit(1.0)))
    bars = bars.withColumn(
        "mean", F.when(n > 0, _double(F.col(total)) / n.cast("double"))
    ).withColumn("std", F.when(n > 1, F.sqrt(variance)))
    if figures.volume and not figures.weighted:
        volume = F.col(figures.volume).cast("double")
        weighted = _double(F.col(f"price_{figures.volume}_sum"))
        bars = bars.withColumn("vwap", F.when(n > 0, weighted / volume))
    return bars


def _double(exact: Column) -> Column:
    """The double nearest to a decimal.

    By way of text: engines that divide the unscaled integer as a double round twice beyond 2^53.
    """
    return exact.cast("string").cast("double")
