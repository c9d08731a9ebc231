"""Facts and rejects of silver: which lines of a reading become rows of which table.

The readings themselves are made in ticks.py and reports.py.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan.terms import ASSUMED_LOT_SHARES, PREVIOUS_CLOSE_ROW
from indextracker_spark.job import Job
from indextracker_spark.taiwan import reports, ticks


def index_levels(bronze: DataFrame, indices: DataFrame) -> DataFrame:
    """Levels of all indices of the report; a name without an id is its own."""
    rows = reports.read_index(bronze).where("reads_well")
    return rows.join(indices.select("index_name", "index_id"), "index_name", "left").select(
        "session_date",
        F.coalesce("index_id", "index_name").alias("index_id"),
        _never_null("observed_at", F.timestamp_seconds(F.lit(0))),
        F.col("level_number").alias("level"),
        (F.col("time") == PREVIOUS_CLOSE_ROW).alias("is_previous_close"),
        "line",
    )


def futures_trades(bronze: DataFrame) -> DataFrame:
    """Outright trades."""
    return (
        ticks.read_futures(bronze.where(~ticks.is_spread()))
        .where("reads_well")
        .select(
            "session_date",
            "line",
            "session_part",
            "traded_at",
            "product",
            "expiry",
            F.col("price_number").alias("price"),
            "contracts",
            _marked().alias("opening_auction"),
        )
    )


def futures_spreads(bronze: DataFrame) -> DataFrame:
    """Calendar-spread trades."""
    return (
        ticks.read_futures(bronze.where(ticks.is_spread()))
        .where("reads_well")
        .select(
            "session_date",
            "line",
            "session_part",
            "traded_at",
            "product",
            "near_expiry",
            "far_expiry",
            F.col("price_number").alias("price"),
            F.col("near_number").alias("near_price"),
            F.col("far_number").alias("far_price"),
            "contracts",
        )
    )


def option_trades(bronze: DataFrame) -> DataFrame:
    """Sides of option trades, as printed."""
    return (
        ticks.read_options(bronze)
        .where("reads_well")
        .select(
            "session_date",
            "line",
            "session_part",
            "traded_at",
            "product",
            "expiry",
            F.col("strike_number").alias("strike"),
            "option_type",
            F.col("price_number").alias("price"),
            "sides",
            _marked().alias("opening_auction"),
        )
    )


def etf_trades(bronze: DataFrame, etfs: DataFrame) -> DataFrame:
    """Trades of ETFs in shares."""
    rows = ticks.read_etf(bronze).where("reads_well").withColumnRenamed("stock_id", "symbol")
    lot = F.coalesce("lot_shares", F.lit(ASSUMED_LOT_SHARES))
    return rows.join(etfs.select("symbol", "lot_shares"), "symbol", "left").select(
        "session_date",
        _never_null("symbol", F.lit("")),
        "line",
        "traded_at",
        F.col("price_number").alias("price"),
        (F.col("lots") * lot).alias("shares"),
        "side",
    )


def daily_report(read: Callable[[DataFrame], DataFrame], bronze_table: Table, of: str) -> Job:
    """The job of the daily report of an instrument: the exchange's own figures."""

    def transform(bronze: DataFrame) -> DataFrame:
        return (
            read(bronze)
            .where("reads_well")
            .select(
                "session_date",
                "session_part",
                _never_null("product", F.lit("")),
                _never_null("expiry", F.lit("")),
                F.col("strike_number").alias("strike"),
                F.col("type_letter").alias("option_type"),
                *(F.col(f"{name}_number").alias(name) for name in reports.PRICES),
                "contracts",
                F.col("settlement_number").alias("settlement_price"),
                F.col("interest_number").alias("open_interest"),
                F.lit(of).alias("instrument"),
            )
        )

    return Job(t.DAILY_REPORT, (bronze_table,), transform, {"instrument": of})


def rejects(read: Callable[[DataFrame], DataFrame], bronze_table: Table) -> Job:
    """The job that keeps what a reading of a feed's documents could not read."""
    feed = bronze_table.name
    own = {"session_date", "line", "text", "document"}
    cells = [name for name in bronze_table.column_names if name not in own]

    def transform(bronze: DataFrame) -> DataFrame:
        return (
            read(bronze)
            .where("not reads_well")
            .select(
                "session_date",
                F.lit(feed).alias("feed"),
                "line",
                "document",
                F.coalesce("text", F.concat_ws(",", *cells)).alias("text"),
                F.col("reject_reason").alias("reason"),
            )
        )

    return Job(t.REJECTS, (bronze_table,), transform, {"feed": feed})


def _never_null(cell: str, instead: Column) -> Column:
    """A key that a line has if it reads well; what stands instead in other lines is not kept.

    Sail asks of a written row that its keys are not null before it asks whether the row is kept:
    one line of too few cells would stop a session.
    """
    return F.coalesce(cell, instead).alias(cell)


def _marked() -> Column:
    """Whether a trade is marked as of the opening auction."""
    return F.col("opening_auction") == "*"
