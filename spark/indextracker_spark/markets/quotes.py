"""Quotes from their events, and bars of them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue import markets as t
from indextracker_spark.shared import bars
from indextracker_spark.shared.bars import Figures
from indextracker_spark.shared.readable import readable

_FIGURES = Figures("quotes", volume="volume")
_UTC_OFFSET_SECONDS = 0
_AN_HOUR_SECONDS = 3600


def quotes(events: DataFrame) -> DataFrame:
    """Each quote once, as it arrived first."""
    quoted_at, closes_at = F.to_timestamp("time"), F.to_timestamp("closes_at")
    before = F.timestamp_seconds(F.unix_seconds(quoted_at) - 1)
    typed = {
        "quoted_at": quoted_at,
        "counts_at": F.when(quoted_at == closes_at, before).otherwise(quoted_at),
        **{name: F.col(name).cast("double") for name in ("price", "previous_close", "open_price")},
        **{name: F.col(name).cast("bigint") for name in ("line", "size", "day_volume")},
    }
    rows = readable(events, "symbol").withColumns(typed)
    # Not the hour, which follows from counts_at: grouped by a column that is the same in all rows,
    # Sail 0.7.2 takes them for sorted by it, and an hour of 3.6 million events takes 9 s for 3.
    same = [*t.QUOTES.key, *t.QUOTES.key_nullable, "counts_at"]
    # Where two are the same in these they hardly differ in the rest, which is of the whole day.
    rest = [name for name in t.QUOTES.column_names if name not in {*same, "arrived_at"}]
    once = rows.groupBy(*same).agg(
        *(F.max(name).alias(name) for name in rest), F.min("arrived_at").alias("arrived_at")
    )
    return once.select(*t.QUOTES.column_names)


def quote_bars(found: DataFrame) -> DataFrame:
    """Bars of each symbol at all scales; trades have their volume, quotes that of the day."""
    trades = found.where("line is not null").withColumn("volume", _or_none(F.col("size")))
    keys = ["symbol", "hour"]
    prints = trades.unionByName(_grown(found.where("line is null"))).withColumn(
        "bar_at", F.col("counts_at")
    )
    printed = bars.printed(prints, keys, _UTC_OFFSET_SECONDS, _FIGURES)
    one_minute = bars.rolled_up(printed, [*keys, "bar_start"])
    placed = bars.at_all_scales(one_minute, _UTC_OFFSET_SECONDS)
    rolled = bars.exact(bars.rolled_up(placed, [*keys, "scale_minutes", "bar_start"]), _FIGURES)
    return bars.with_figures(rolled, _FIGURES).select(*t.QUOTE_BARS.column_names)


def _grown(rows: DataFrame) -> DataFrame:
    """Quotes in their order, each with what was traded since the one before.

    A volume that becomes less, as that of the last 24 hours may, and one without a quote before
    say nothing of what was traded. A quote before the hour before counts for none, whichever hours
    are built together.
    """
    before = Window.partitionBy("symbol").orderBy("quoted_at", "day_volume", "arrived_at", "price")
    hours_apart = F.unix_seconds("hour") - F.unix_seconds(F.lag("hour").over(before))
    growth = F.col("day_volume") - F.lag("day_volume").over(before)
    grown = F.when(hours_apart <= _AN_HOUR_SECONDS, growth)
    return rows.withColumns(
        {
            "line": F.row_number().over(before).cast("bigint"),
            "volume": _or_none(F.when(grown > 0, grown)),
        }
    )


def _or_none(volume: Column) -> Column:
    return F.coalesce(volume, F.lit(0)).cast("bigint")
