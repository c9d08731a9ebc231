"""Readings of tick files: every line typed, with whether it reads well and, if not, why.

A reading adds to the cells as published `reads_well`, `reject_reason` (null where it reads well)
and the typed values. Facts and rejects are two jobs over the same reading; facts.py selects their
rows.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue.taiwan import forms
from indextracker_spark.shared import bars
from indextracker_spark.taiwan.clock import day_number, instant, session_part
from indextracker_spark.taiwan.lines import (
    Rule,
    explained,
    of_form,
    quoting,
    reads,
    unlike,
)


def is_spread() -> Column:
    """Whether a line of the futures tick file is a calendar spread's."""
    return F.col("expiry").contains("/")


def read_futures(bronze: DataFrame) -> DataFrame:
    """The futures tick file.

    Returns:
        A row per line, with session_part, traded_at, near_expiry and far_expiry (of a spread),
        prices as numbers, and contracts: half of the printed volume of an outright (both sides are
        printed), a quarter of a spread's (both legs too).
    """
    spread = is_spread()
    legs = F.split("expiry", "/")
    volume = F.col("volume").try_cast("bigint")
    sides = F.when(spread, F.lit(4)).otherwise(F.lit(2))
    near, far = (F.col(name).try_cast("double") for name in ("near_price", "far_price"))
    price = F.col("price").try_cast("double")
    apart = F.abs(far - near - price) > forms.LEGS_TOLERANCE
    outright_price = ~spread & ~of_form("price", forms.PRICE)
    legs_priced = of_form("near_price", forms.PRICE) & of_form("far_price", forms.PRICE)
    return explained(
        bronze,
        reads(forms.FUTURES_LINE) & _in_time() & ~(spread & apart),
        *_unreadable(f"{forms.EXPIRY}(/{forms.EXPIRY})?"),
        (outright_price, quoting("unreadable price", "price")),
        (volume % sides != 0, quoting("volume no multiple of its sides", "volume")),
        (spread & ~legs_priced, F.lit("a spread without the prices of its legs")),
        (spread & apart, quoting("a spread whose legs do not give its price", "price")),
    ).select(
        "*",
        *_when(),
        F.element_at(legs, 1).alias("near_expiry"),
        F.element_at(legs, -1).alias("far_expiry"),
        price.alias("price_number"),
        near.alias("near_number"),
        far.alias("far_number"),
        (volume / sides).try_cast("int").alias("contracts"),
    )


def read_combinations(bronze: DataFrame) -> DataFrame:
    """The calendar-spread file: read for its rejects, since the futures file has its trades."""
    return explained(
        bronze,
        reads(forms.COMBINATION_LINE) & _in_time(),
        *_unreadable(f"{forms.EXPIRY}/{forms.EXPIRY}"),
        (F.lit(True), F.lit("a spread without the prices of its legs")),
    )


def read_options(bronze: DataFrame) -> DataFrame:
    """The options tick file.

    Returns:
        A row per line, which is one side of a trade, with session_part, traded_at, strike and
        price as numbers, and sides. Where a line cannot be read, those that it leaves without
        their other side cannot either.
    """
    lines = explained(
        bronze,
        reads(forms.OPTION_LINE) & _in_time(),
        *_unreadable(forms.EXPIRY),
        unlike("price", forms.PRICE, "unreadable price"),
        unlike("strike", forms.STRIKE, "unreadable strike"),
        unlike("option_type", forms.OPTION_TYPE, "neither call nor put"),
    ).select(
        "*",
        *_when(),
        # By way of a double, which holds its twelve digits: a fifth of the time.
        F.col("strike").try_cast("double").try_cast("decimal(12,4)").alias("strike_number"),
        F.col("price").try_cast("double").alias("price_number"),
        F.col("volume").try_cast("int").alias("sides"),
    )
    return _without_odd_groups(lines)


def _without_odd_groups(lines: DataFrame) -> DataFrame:
    """Options lines, of which those are rejects that a reject left without their other side.

    The sides of a second, a series and a price are even. In a document without a reject an odd sum
    is an error that an audit finds: a line is missing.
    """
    # Texts where a line that is read has but one way to write a value: they cost least.
    group = {name: F.col(name) for name in ("session_date", "trade_date", "product", "expiry")} | {
        "second": F.substring("trade_time", 1, 6),
        "number": F.col("strike").try_cast("double"),
        "type": F.col("option_type"),
        "amount": F.col("price_number"),
    }
    odd = (
        lines.groupBy("reads_well", *(value.alias(name) for name, value in group.items()))
        .agg((F.sum("sides") % 2 != 0).alias("odd"))
        .where("odd or not reads_well")
        .withColumn(
            "rejects", F.count_if(~F.col("reads_well")).over(Window.partitionBy("session_date"))
        )
        .where("reads_well and rejects > 0")
        .select(*(F.col(name).alias(f"odd_{name}") for name in group))
    )
    if odd.isEmpty():
        # As in most documents. A join would move all lines, which costs as much as to read them.
        return lines
    same = [value == F.col(f"odd_{name}") for name, value in group.items()]
    joined = lines.join(F.broadcast(odd), same, "left")
    left_alone = F.col("reads_well") & F.col("odd_session_date").isNotNull()
    reason = F.lit("its other side could not be read: the sides of its group are odd")
    return joined.withColumns(
        {
            "reads_well": F.col("reads_well") & ~left_alone,
            "reject_reason": F.when(left_alone, reason).otherwise(F.col("reject_reason")),
        }
    ).select(*lines.columns)


def read_etf(bronze: DataFrame) -> DataFrame:
    """The trades of an ETF: traded_at to the millisecond, price as a number, lots and side.

    Before 2020 the vendor's TickType means nothing, whatever it is: the side is null.
    """
    of_session = F.col("trade_date") == F.col("session_date").cast("string")
    lots = F.substring_index("volume", ".", 1).try_cast("bigint")
    second = instant(F.unix_date("session_date"), bars.seconds_of(F.col("trade_time")))
    fraction = F.rpad(F.substring("trade_time", 10, 3), 3, "0").try_cast("bigint")
    sides_meant = F.col("session_date") >= F.lit(forms.TICK_TYPE_MEANT_SINCE)
    unknown_side = sides_meant & ~of_form("tick_type", forms.TICK_TYPE)
    digit = F.substring("tick_type", 1, 1)
    side = F.when(digit == "1", "buy").when(digit == "2", "sell")
    return explained(
        bronze,
        reads(forms.ETF_LINE) & of_session & ~unknown_side,
        (~F.coalesce(of_session, F.lit(False)), quoting("date of another session", "trade_date")),
        unlike("stock_id", "[^,]+", "no symbol"),
        unlike("trade_time", forms.EXACT_CLOCK, "unreadable time"),
        unlike("deal_price", forms.PRICE, "unreadable price"),
        unlike("volume", forms.LOTS, "unreadable volume"),
        unlike("tick_type", forms.TICK_TYPE, "unreadable side"),
    ).select(
        "*",
        F.timestamp_millis(F.unix_millis(second) + fraction).alias("traded_at"),
        F.col("deal_price").try_cast("double").alias("price_number"),
        lots.alias("lots"),
        F.when(sides_meant, side).alias("side"),
    )


def _day() -> Column:
    """The number of the day of a trade."""
    return day_number(F.col("trade_date").try_cast("int").cast("bigint"))


def _in_time() -> Column:
    """Whether a trade is of the session's day or of one before; as numbers, which costs least."""
    session = F.col("session_date")
    number = 10_000 * F.year(session) + 100 * F.month(session) + F.dayofmonth(session)
    return F.col("trade_date").try_cast("bigint") <= number


def _when() -> tuple[Column, Column]:
    """The part of the session and the instant of a trade."""
    printed = F.substring("trade_time", 1, 6).try_cast("bigint")
    hours, minutes = (printed / 10_000).cast("bigint"), (printed / 100).cast("bigint") % 100
    seconds = 3600 * hours + 60 * minutes + printed % 100
    return (
        session_part(_day(), seconds).alias("session_part"),
        instant(_day(), seconds).alias("traded_at"),
    )


def _unreadable(expiry: str) -> tuple[Rule, ...]:
    """The rules that a line of any tick file may break; the first one broken is the reason."""
    return (
        unlike("trade_date", forms.DATE, "unreadable date"),
        (~_in_time(), quoting("date after the session", "trade_date")),
        unlike("trade_time", forms.TIME, "unreadable time"),
        (F.col("product") == "", F.lit("no product")),
        unlike("expiry", expiry, "unreadable expiry"),
        unlike("price", forms.SIGNED, "unreadable price"),
        unlike("volume", forms.VOLUME, "unreadable volume"),
    )
