"""Bars of the markets and figures of their sessions: which prints count, and when they close.

The bars themselves are computed by shared/bars.py.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan.terms import NIGHT_CLOSE, UTC_OFFSET_SECONDS
from indextracker_spark.job import SparkJob
from indextracker_spark.shared import bars
from indextracker_spark.shared.bars import Figures
from indextracker_spark.taiwan.clock import FIXED_PRICE_OPENS, STOCKS_CLOSE, seconds
from indextracker_spark.taiwan.contracts import closes

LEVELS = Figures("ticks")
SHARES = Figures("prints", volume="shares")
TRADES = Figures("trades", volume="contracts")
SIDES = Figures("prints", volume="contracts", weighted=True, sides="sides")


def index_bars(levels: DataFrame) -> DataFrame:
    """Bars of the indices; the row of the previous close is in none."""
    at = F.col("observed_at")
    prints = levels.where("not is_previous_close").select(
        "session_date",
        "index_id",
        "line",
        F.col("level").alias("price"),
        bars.folded(at, seconds(STOCKS_CLOSE), UTC_OFFSET_SECONDS).alias("bar_at"),
    )
    return _all_scales(prints, ["session_date", "index_id"], LEVELS, t.INDEX_BARS)


def etf_bars(trades: DataFrame) -> DataFrame:
    """Bars of the ETFs; trades at the fixed price of after the close are in none."""
    at = F.col("traded_at")
    in_hours = bars.local_seconds(at, UTC_OFFSET_SECONDS) < seconds(FIXED_PRICE_OPENS)
    closed = bars.folded(at, seconds(STOCKS_CLOSE), UTC_OFFSET_SECONDS)
    prints = trades.where(in_hours).withColumn("bar_at", closed)
    return _all_scales(prints, ["session_date", "symbol"], SHARES, t.ETF_BARS)


def futures_bars(
    trades: DataFrame, spreads: DataFrame, contracts: DataFrame, products: DataFrame
) -> DataFrame:
    """Bars of the contracts: prices from outright trades, legs of spreads counted beside them."""
    keys = ["session_date", "product", "expiry", "session_part"]
    counted = [*keys, "traded_at", "line", "price", "contracts", "spread_contracts"]
    outright = trades.withColumn("spread_contracts", F.lit(0)).select(*counted)
    legs = [
        spreads.withColumns(
            {
                "expiry": F.col(leg),
                "price": F.lit(None).cast("double"),
                "spread_contracts": F.col("contracts"),
                "contracts": F.lit(0),
            }
        ).select(*counted)
        for leg in ("near_expiry", "far_expiry")
    ]
    rows = outright.unionByName(legs[0]).unionByName(legs[1])
    prints = _placed(rows, closes(contracts, products), "expiry")
    return _all_scales(prints, keys, TRADES, t.FUTURES_BARS)


def spread_bars(spreads: DataFrame, contracts: DataFrame, products: DataFrame) -> DataFrame:
    """Bars of calendar spreads; a spread closes with its near leg."""
    keys = ["session_date", "product", "near_expiry", "far_expiry", "session_part"]
    prints = _placed(spreads, closes(contracts, products), "near_expiry")
    return _all_scales(prints, keys, TRADES, t.SPREAD_BARS)


def option_bars(trades: DataFrame, contracts: DataFrame, products: DataFrame) -> DataFrame:
    """Bars of option series, from the printed sides of their trades."""
    keys = ["session_date", "product", "expiry", "strike", "option_type", "session_part"]
    prints = _placed(trades, closes(contracts, products), "expiry")
    return _all_scales(prints, keys, SIDES, t.OPTION_BARS)


def sessions_of(bars_table: Table, sessions_table: Table, figures: Figures) -> SparkJob:
    """The job that adds one-minute bars up to the parts of a session and the whole of it."""
    has_parts = "session_part" in bars_table.column_names
    more = _beside(bars_table)
    keys = [name for name in sessions_table.key if name != "session_part"]

    def transform(all_bars: DataFrame) -> DataFrame:
        rows = all_bars.where("scale_minutes = 1")
        own = F.col("session_part") if has_parts else F.lit("day")
        parts = F.explode(F.array(own, F.lit("whole")))
        of_part = [*keys, "session_part"]
        placed = rows.withColumn("session_part", parts)
        rolled = bars.rolled_up(bars.of_minutes(placed, of_part, figures, *more), of_part)
        return bars.with_figures(rolled, figures).select(*sessions_table.column_names)

    return SparkJob(sessions_table, (bars_table,), transform)


def _placed(prints: DataFrame, closing: DataFrame, expiry: str) -> DataFrame:
    """Adds `bar_at`: a print exactly at its contract's close belongs to the last bar."""
    same = closing.withColumnRenamed("closing_expiry", expiry)
    close = F.when(F.col("session_part") == "night", seconds(NIGHT_CLOSE)).otherwise(
        F.col("day_close_seconds")
    )
    return prints.join(same, ["session_date", "product", expiry], "left").withColumn(
        "bar_at", bars.folded(F.col("traded_at"), close, UTC_OFFSET_SECONDS)
    )


def _all_scales(prints: DataFrame, keys: list[str], figures: Figures, table: Table) -> DataFrame:
    printed = bars.printed(prints, keys, UTC_OFFSET_SECONDS, figures, *_beside(table))
    one_minute = bars.rolled_up(printed, [*keys, "bar_start"])
    placed = bars.at_all_scales(one_minute, UTC_OFFSET_SECONDS)
    rolled = bars.exact(bars.rolled_up(placed, [*keys, "scale_minutes", "bar_start"]), figures)
    return bars.with_figures(rolled, figures).select(*table.column_names)


def _beside(table: Table) -> tuple[str, ...]:
    """What is added up beside the figures: legs of spreads, where the table has them."""
    return tuple(name for name in ("spread_contracts",) if name in table.column_names)
