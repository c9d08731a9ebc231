"""Readings of reports: index levels, control totals, and the exchange's own daily figures.

As of tick files: a row per line, typed, with `reads_well` and `reject_reason`.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_spark import bars
from indextracker_spark.taiwan.clock import instant
from indextracker_spark.taiwan.lines import (
    CLOCK,
    EXPIRY,
    PRICE,
    SIGNED,
    STRIKE,
    VOLUME,
    explained,
    of_form,
    quoting,
    unlike,
)

DAY, NIGHT = "一般", "盤後"
CALL, PUT = "買權", "賣權"
PRICES = ("open", "high", "low", "close")

_LEVEL = r"[0-9]{1,3}(,?[0-9]{3})*(\.[0-9]{1,4})?"
_OUTRIGHT = f"{EXPIRY}(,({PRICE}|-)){{4}}"
_SPREAD = f"{EXPIRY}/{EXPIRY}(,({SIGNED}|-)){{4}}"
_SERIES = f"{EXPIRY}(,({PRICE}|-)){{4}},{STRIKE},({CALL}|{PUT})"


def read_volume_totals(bronze: DataFrame) -> DataFrame:
    """The control totals."""
    return explained(
        bronze,
        of_form("spread_volume", VOLUME) & of_form("total_volume", VOLUME),
        unlike("spread_volume", VOLUME, "unreadable volume"),
        unlike("total_volume", VOLUME, "unreadable volume"),
    )


def read_index(bronze: DataFrame) -> DataFrame:
    """The index report: observed_at, and the level as a number."""
    return explained(
        bronze,
        of_form("time", CLOCK) & of_form("level", _LEVEL),
        unlike("time", CLOCK, "unreadable time"),
        unlike("level", _LEVEL, "unreadable level"),
    ).select(
        "*",
        instant(F.col("session_date"), bars.seconds_of(F.col("time"))).alias("observed_at"),
        F.regexp_replace("level", ",", "").try_cast("double").alias("level_number"),
    )


def read_daily_futures(bronze: DataFrame) -> DataFrame:
    """The daily report of futures, outright and spreads: session_part and figures as numbers."""
    lines = _reported(bronze, f"{_OUTRIGHT}|{_SPREAD}", f"{EXPIRY}(/{EXPIRY})?")
    series = (F.lit(None).cast("decimal(12,4)"), F.lit(None).cast("string"))
    return _with_figures(lines, *series)


def read_daily_options(bronze: DataFrame) -> DataFrame:
    """The daily report of options: session_part, series, and figures as numbers."""
    lines = _reported(bronze, _SERIES, EXPIRY, "strike", "option_type")
    call = F.col("option_type") == CALL
    return _with_figures(
        lines, F.col("strike").try_cast("decimal(12,4)"), F.when(call, "C").otherwise("P")
    )


def _reported(bronze: DataFrame, instrument: str, expiry: str, *series: str) -> DataFrame:
    line = F.concat_ws(
        ",",
        "trading_session",
        "volume",
        "settlement_price",
        "open_interest",
        "product",
        "expiry",
        *PRICES,
        *series,
    )
    figures = f"({DAY}|{NIGHT}),{VOLUME},({PRICE}|-),({VOLUME}|-)"
    # The first form is printed; the expiry's date beside it has the second.
    dates = ("yyyy/MM/dd", "yyyyMMdd", "yyyy-MM-dd")
    of_session = F.col("report_date").isin(*(F.date_format("session_date", form) for form in dates))
    forms = {"strike": (STRIKE, "strike"), "option_type": (f"({CALL}|{PUT})", "option type")}
    return explained(
        bronze,
        line.rlike(f"^{figures},[^,]+,({instrument})$") & of_session,
        (~F.coalesce(of_session, F.lit(False)), quoting("date of another session", "report_date")),
        (F.col("product") == "", F.lit("no product")),
        unlike("expiry", expiry, "unreadable expiry"),
        *(unlike(name, forms[name][0], f"unreadable {forms[name][1]}") for name in series),
        unlike("trading_session", f"({DAY}|{NIGHT})", "unknown trading session"),
        unlike("volume", VOLUME, "unreadable volume"),
        unlike("settlement_price", f"({PRICE}|-)", "unreadable settlement price"),
        unlike("open_interest", f"({VOLUME}|-)", "unreadable open interest"),
        (F.lit(True), F.concat(F.lit("unreadable price among "), F.concat_ws(", ", *PRICES))),
    )


def _with_figures(lines: DataFrame, strike: Column, option_type: Column) -> DataFrame:
    part = F.when(F.col("trading_session") == DAY, "day").otherwise("night")
    return lines.select(
        "*",
        part.alias("session_part"),
        strike.alias("strike_number"),
        option_type.alias("type_letter"),
        *(F.col(name).try_cast("double").alias(f"{name}_number") for name in PRICES),
        F.col("volume").try_cast("bigint").alias("contracts"),
        F.col("settlement_price").try_cast("double").alias("settlement_number"),
        F.col("open_interest").try_cast("bigint").alias("interest_number"),
    )
