"""Readings of reports: index levels, control totals, and the exchange's own daily figures.

As with tick files, a reading has a row per line, typed, with `reads_well` and `reject_reason`.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue.line_form import LineForm
from indextracker_catalogue.taiwan import forms
from indextracker_catalogue.taiwan.forms import (
    CALL,
    COUNT,
    DAY_PART,
    EXPIRY,
    NIGHT_PART,
    PRICE_OR_ZERO,
    PUT,
    STRIKE,
)
from indextracker_spark.shared import bars
from indextracker_spark.taiwan.clock import instant
from indextracker_spark.taiwan.lines import explained, explained_once, quoting, reads, unlike

PRICES = ("open", "high", "low", "close")


def read_volume_totals(bronze: DataFrame) -> DataFrame:
    """The control totals."""
    return explained(
        bronze,
        reads(forms.TOTALS_LINE),
        unlike("spread_volume", COUNT, "unreadable volume"),
        unlike("total_volume", COUNT, "unreadable volume"),
    )


def read_index(bronze: DataFrame) -> DataFrame:
    """The index report: observed_at, and the level as a number."""
    return explained_once(
        bronze,
        forms.INDEX_LINE,
        reads(forms.INDEX_LINE),
        unlike("time", forms.CLOCK, "unreadable time"),
        unlike("level", forms.LEVEL, "unreadable level"),
    ).select(
        "*",
        instant(F.unix_date("session_date"), bars.seconds_of(F.col("time"))).alias("observed_at"),
        F.regexp_replace("level", ",", "").try_cast("double").alias("level_number"),
    )


def read_daily_futures(bronze: DataFrame) -> DataFrame:
    """The daily report of futures, outright and spreads: session_part and figures as numbers."""
    lines = _reported(bronze, forms.REPORTED_FUTURES_LINE, f"{EXPIRY}(/{EXPIRY})?")
    series = (F.lit(None).cast("decimal(12,4)"), F.lit(None).cast("string"))
    return _with_figures(lines, *series)


def read_daily_options(bronze: DataFrame) -> DataFrame:
    """The daily report of options: session_part, series, and figures as numbers."""
    series = ("strike", "option_type")
    lines = _reported(bronze, forms.REPORTED_OPTIONS_LINE, EXPIRY, *series)
    call = F.col("option_type") == CALL
    return _with_figures(
        lines, F.col("strike").try_cast("decimal(12,4)"), F.when(call, "C").otherwise("P")
    )


def _reported(bronze: DataFrame, form: LineForm, expiry: str, *series: str) -> DataFrame:
    dates = [F.date_format("session_date", form) for form in forms.REPORT_DATES]
    of_session = F.col("report_date").isin(*dates)
    known = {"strike": (STRIKE, "strike"), "option_type": (f"({CALL}|{PUT})", "option type")}
    return explained_once(
        bronze,
        form,
        reads(form) & F.coalesce(of_session, F.lit(False)),
        (~F.coalesce(of_session, F.lit(False)), quoting("date of another session", "report_date")),
        (F.col("product") == "", F.lit("no product")),
        unlike("expiry", expiry, "unreadable expiry"),
        *(unlike(name, known[name][0], f"unreadable {known[name][1]}") for name in series),
        unlike("trading_session", f"({DAY_PART}|{NIGHT_PART})", "unknown trading session"),
        unlike("volume", COUNT, "unreadable volume"),
        unlike("settlement_price", f"({PRICE_OR_ZERO}|-)", "unreadable settlement price"),
        unlike("open_interest", f"({COUNT}|-)", "unreadable open interest"),
        (F.lit(True), F.concat(F.lit("unreadable price among "), F.concat_ws(", ", *PRICES))),
    )


def _with_figures(lines: DataFrame, strike: Column, option_type: Column) -> DataFrame:
    part = F.when(F.col("trading_session") == DAY_PART, "day").otherwise("night")
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
