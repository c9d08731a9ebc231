"""Readings of tick files: every line typed, with whether it reads well and, if not, why.

A reading adds to the cells as published `reads_well`, `reject_reason` (null where it reads well)
and the typed values. Facts and rejects are two jobs over the same reading; which of its rows are
the facts of a table is said in facts.py.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_spark import bars
from indextracker_spark.taiwan.clock import instant, session_part
from indextracker_spark.taiwan.lines import (
    CLOCK,
    DATE,
    EXPIRY,
    PRICE,
    SIGNED,
    STRIKE,
    TIME,
    VOLUME,
    Rule,
    explained,
    of_form,
    quoting,
    unlike,
)

_OUTRIGHT = f"{EXPIRY},{PRICE},{VOLUME},.*"
_SPREAD = f"{EXPIRY}/{EXPIRY},{SIGNED},{VOLUME},{PRICE},{PRICE}"
_SERIES = f"{EXPIRY},{PRICE},{VOLUME},{STRIKE},[CP]"
_MILLISECONDS = rf"{CLOCK}(\.[0-9]{{1,3}})?"


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
    well = _reads(f"{_OUTRIGHT}|{_SPREAD}", "near_price", "far_price") & (volume % sides == 0)
    outright_price = ~spread & ~of_form("price", PRICE)
    return explained(
        bronze,
        well,
        *_unreadable(f"{EXPIRY}(/{EXPIRY})?"),
        (outright_price, quoting("unreadable price", "price")),
        (volume % sides != 0, quoting("volume no multiple of its sides", "volume")),
        (spread, F.lit("a spread without the prices of its legs")),
    ).select(
        "*",
        *_when(),
        F.element_at(legs, 1).alias("near_expiry"),
        F.element_at(legs, -1).alias("far_expiry"),
        F.col("price").try_cast("double").alias("price_number"),
        F.col("near_price").try_cast("double").alias("near_number"),
        F.col("far_price").try_cast("double").alias("far_number"),
        (volume / sides).try_cast("int").alias("contracts"),
    )


def read_combinations(bronze: DataFrame) -> DataFrame:
    """The calendar-spread file: read for its rejects, since the futures file has its trades."""
    return explained(
        bronze,
        _reads(_SPREAD, "near_price", "far_price"),
        *_unreadable(f"{EXPIRY}/{EXPIRY}"),
        (F.lit(True), F.lit("a spread without the prices of its legs")),
    )


def read_options(bronze: DataFrame) -> DataFrame:
    """The options tick file.

    Returns:
        A row per line, which is one side of a trade, with session_part, traded_at, strike and
        price as numbers, and sides.
    """
    return explained(
        bronze,
        _reads(_SERIES, "strike", "option_type"),
        *_unreadable(EXPIRY),
        unlike("price", PRICE, "unreadable price"),
        unlike("strike", STRIKE, "unreadable strike"),
        unlike("option_type", "[CP]", "neither call nor put"),
    ).select(
        "*",
        *_when(),
        F.col("strike").try_cast("decimal(12,4)").alias("strike_number"),
        F.col("price").try_cast("double").alias("price_number"),
        F.col("volume").try_cast("int").alias("sides"),
    )


def read_etf(bronze: DataFrame) -> DataFrame:
    """The trades of an ETF: traded_at to the millisecond, price as a number, lots and side."""
    line = F.concat_ws(",", "stock_id", "trade_time", "deal_price", "volume", "tick_type")
    of_session = F.col("trade_date") == F.col("session_date").cast("string")
    lots = F.col("volume").try_cast("bigint")
    second = instant(F.col("session_date"), bars.seconds_of(F.col("trade_time")))
    fraction = F.rpad(F.substring("trade_time", 10, 3), 3, "0").try_cast("bigint")
    side = F.when(F.col("tick_type") == "1", "buy").when(F.col("tick_type") == "2", "sell")
    return explained(
        bronze,
        line.rlike(f"^[^,]+,{_MILLISECONDS},{PRICE},{VOLUME},[012]$") & of_session & (lots > 0),
        (~F.coalesce(of_session, F.lit(False)), quoting("date of another session", "trade_date")),
        unlike("stock_id", "[^,]+", "no symbol"),
        unlike("trade_time", _MILLISECONDS, "unreadable time"),
        unlike("deal_price", PRICE, "unreadable price"),
        (~of_form("volume", VOLUME) | (lots <= 0), quoting("unreadable volume", "volume")),
        unlike("tick_type", "[012]", "unreadable side"),
    ).select(
        "*",
        F.timestamp_millis(F.unix_millis(second) + fraction).alias("traded_at"),
        F.col("deal_price").try_cast("double").alias("price_number"),
        lots.alias("lots"),
        side.alias("side"),
    )


def _day() -> Column:
    """The date of a trade."""
    text = F.col("trade_date")
    parts = (F.substring(text, 1, 4), F.substring(text, 5, 2), F.substring(text, 7, 2))
    return F.concat_ws("-", *parts).try_cast("date")


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


def _reads(instrument: str, *more: str) -> Column:
    """Whether a line has its date, time, product and what its instrument asks for.

    One expression over the whole line costs a fifth of one per cell: 2.7 million lines in 0.6 s.

    Args:
        instrument: Form of the cells expiry, price and volume, and of those after them.
        *more: The cells after them.
    """
    line = F.concat_ws(
        ",", "trade_date", "trade_time", "product", "expiry", "price", "volume", *more
    )
    return (
        line.rlike(f"^{DATE},{TIME},[^,]+,({instrument})$")
        & _in_time()
        & (F.col("volume").try_cast("bigint") > 0)
    )


def _unreadable(expiry: str) -> tuple[Rule, ...]:
    """The rules that a line of any tick file breaks, in the order in which they are told."""
    volume = F.col("volume").try_cast("bigint")
    return (
        unlike("trade_date", DATE, "unreadable date"),
        (~_in_time(), quoting("date after the session", "trade_date")),
        unlike("trade_time", TIME, "unreadable time"),
        (F.col("product") == "", F.lit("no product")),
        unlike("expiry", expiry, "unreadable expiry"),
        unlike("price", SIGNED, "unreadable price"),
        (~of_form("volume", VOLUME) | (volume <= 0), quoting("unreadable volume", "volume")),
    )
