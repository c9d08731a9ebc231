"""Bars of any instrument: folding at the close, intervals, exact sums and what follows from them.

A print is a bar of itself. All others are rolled up from finer ones: minutes from prints, coarser
bars and the figures of a session from minutes, so that no scale is computed twice and all engines
agree to the bit. Which prints count, and when a contract closes, is decided by the subjects.

What is rolled up from prints are whole numbers of 64 bits: the JVM adds decimals as objects. The
decimals that tables store, and what follows from them, are made once, of the bars that are kept.
The numbers hold bars of 33 million prints or contracts at prices of up to ten million, and a
turnover of 900 trillion; beyond, an open, mean or vwap lies outside of low and high, which the
checks of the table find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

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
_WHOLE = "decimal(19,0)"

# Prices have four decimals at most: in ten-thousandths they are whole numbers, below 2^37.
_UNITS, _UNIT = 10_000, Decimal("0.0001")
# The square of such a number is too long for 64 bits. It is added up in the three products of
# (high * 2^19 + low)^2, which count as much as here.
_HALF_BITS = 19
_SQUARES = {
    "square_high": 2**38 * _UNIT**2,
    "square_cross": 2**20 * _UNIT**2,
    "square_low": _UNIT**2,
}
# A price and its sign, after the line or minute that orders it: 26 bits with a sign are left to it.
_PRICE_BITS = 38

# How prices are rolled up. `first` and `last` are a price after what orders it, in one number, so
# that the least of them has the first price. An aggregate with an order of its own (min_by) takes
# as long as all the others together on Sail 0.7.2.
_PRICES = {"first": F.min, "last": F.max, "high": F.max, "low": F.min}

# Minutes are counted from there: 25 bits last until 2063.
_YEAR_2000 = 946_684_800


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


def printed(
    prints: DataFrame, keys: Sequence[str], utc_offset_seconds: int, figures: Figures, *more: str
) -> DataFrame:
    """Each print as a bar of its minute, to be rolled up.

    Args:
        prints: Columns `keys`, `bar_at` (the folded instant), `line` (the order), `price` and
            those that `figures` names for the volume. A row without a price is none of the rows
            that are counted.
        keys: What identifies the instrument and the part of its session.
        utc_offset_seconds: Offset of the exchange's zone.
        figures: What the bars count.
        *more: Further columns to add up.
    """
    price = F.col("price")
    units = _units(price)
    high, low = F.shiftright(units, _HALF_BITS), units.bitwiseAND(F.lit(2**_HALF_BITS - 1))
    squares = dict(zip(_SQUARES, (high * high, high * low, low * low), strict=True))
    sums = {"price_sum": units, figures.count: F.when(units.isNull(), 0).otherwise(1)}
    if figures.volume:
        weight = F.col(figures.sides or figures.volume).cast("bigint")
        sums |= {f"price_{figures.volume}_sum": units * weight, figures.volume: weight}
        if figures.weighted:
            squares = {name: square * weight for name, square in squares.items()}
    carried = (*figures.sums, *figures.totals)
    sums = {name: term for name, term in sums.items() if name in carried} | squares
    minute = bar_start(F.col("bar_at"), F.lit(1), utc_offset_seconds).alias("bar_start")
    return prints.select(
        *keys,
        minute,
        *_prices(F.col("line"), price, price, price, price),
        *(term.cast("bigint").alias(name) for name, term in sums.items()),
        *(F.col(name).cast("bigint") for name in more),
    )


def of_minutes(bars: DataFrame, keys: Sequence[str], figures: Figures, *more: str) -> DataFrame:
    """Stored one-minute bars, to be rolled up; keys, figures and `more` as of `printed`."""
    minute = ((F.unix_seconds("bar_start") - _YEAR_2000) / 60).cast("bigint")
    prices = (F.col(name) for name in ("open", "close", "high", "low"))
    return bars.select(*keys, *_prices(minute, *prices), *figures.sums, *figures.totals, *more)


def rolled_up(bars: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Coarser bars from finer ones, without rounding.

    Args:
        bars: What `printed`, `of_minutes` or this function gives.
        keys: What identifies one coarser bar; of all other columns but prices there is the sum.
    """
    sums = [name for name in bars.columns if name not in {*keys, *_PRICES}]
    prices = (rolled(name).alias(name) for name, rolled in _PRICES.items())
    return bars.groupBy(*keys).agg(*prices, *(F.sum(name).alias(name) for name in sums))


def at_all_scales(one_minute: DataFrame, utc_offset_seconds: int) -> DataFrame:
    """Each one-minute bar once per scale, its `bar_start` that of the coarser bar."""
    scales = F.explode(F.array(*(F.lit(scale) for scale in SCALES_MINUTES)))
    start = bar_start(F.col("bar_start"), F.col("scale_minutes"), utc_offset_seconds)
    return one_minute.withColumn("scale_minutes", scales).withColumn("bar_start", start)


def exact(bars: DataFrame, figures: Figures) -> DataFrame:
    """Bars rolled up from prints, with the decimals that tables store and whole contracts."""

    def whole(name: str) -> Column:
        # The sides of a price add up to whole contracts, so half of every sum is exact too.
        return F.shiftright(name, 1) if figures.sides else F.col(name)

    squares = (whole(name).cast(_WHOLE) * F.lit(one) for name, one in _SQUARES.items())
    square = reduce(Column.__add__, squares)
    sums = {
        name: square if "square" in name else whole(name).cast(_WHOLE) * F.lit(_UNIT)
        for name in figures.sums
    }
    if figures.volume:
        sums[figures.volume] = whole(figures.volume)
    return bars.withColumns(sums)


def with_figures(bars: DataFrame, figures: Figures) -> DataFrame:
    """Adds open and close, mean, sample standard deviation and, where rows count alike, the vwap.

    Mean, deviation and vwap follow from exact sums: the numerator of the variance is exact, and
    only the division and the root round, once each and alike on every engine.
    """
    bars = bars.withColumns(
        {
            "open": _price(F.col("first")),
            "close": _price(F.col("last")),
            **{name: F.col(name).cast(kind) for name, kind in figures.sums.items()},
        }
    )
    n = F.col(figures.weight)
    total, square, *_ = figures.sums
    exact_total = F.col(total).cast(PRICE)
    squares = n.cast(_COUNT) * F.col(square).cast(SQUARE) - exact_total * exact_total
    variance = _double(squares, 8) / (n.cast("double") * (n.cast("double") - F.lit(1.0)))
    bars = bars.withColumn(
        "mean", F.when(n > 0, _double(F.col(total), 4) / n.cast("double"))
    ).withColumn("std", F.when(n > 1, F.sqrt(variance)))
    if figures.volume and not figures.weighted:
        volume = F.col(figures.volume).cast("double")
        weighted = _double(F.col(f"price_{figures.volume}_sum"), 4)
        bars = bars.withColumn("vwap", F.when(volume > 0, weighted / volume))
    return bars


def _units(price: Column) -> Column:
    """A price in ten-thousandths; it is the double nearest to these."""
    return F.rint(price * _UNITS).cast("bigint")


def _prices(order: Column, first: Column, last: Column, high: Column, low: Column) -> list[Column]:
    """The columns by which prices are rolled up, of a print or a bar with a place in an order."""
    before = F.shiftleft(order.cast("bigint"), _PRICE_BITS)
    values = (before + _units(first), before + _units(last), high, low)
    return [value.alias(name) for name, value in zip(_PRICES, values, strict=True)]


def _price(ordered: Column) -> Column:
    """The price after what orders it."""
    sign = 2 ** (_PRICE_BITS - 1)
    units: Column = (ordered + sign).bitwiseAND(F.lit(2 * sign - 1)) - sign
    return units / _UNITS


def _double(exact: Column, decimals: int) -> Column:
    """The double nearest to a decimal.

    A digit too many for a double's own 53 bits goes by way of text: engines that divide the
    unscaled integer as a double round twice there.
    """
    fits = F.abs(exact) < F.lit(Decimal(2**53).scaleb(-decimals))
    return F.when(fits, exact.cast("double")).otherwise(exact.cast("string").cast("double"))
