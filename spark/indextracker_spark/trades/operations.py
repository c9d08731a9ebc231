"""Operations from the reports of them, and how many there were where."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import trades as t
from indextracker_spark.shared.readable import readable


def trade_events(reports: DataFrame) -> DataFrame:
    """Each operation of an hour once, by its latest report; of equal ones the last to arrive."""
    # One text that sorts as reports count: by their time, then as they arrived. The number of a
    # record has up to 56 digits.
    order = F.concat_ws(
        " ",
        F.lpad(F.unix_micros("traded_at").cast("string"), 17, "0"),
        F.lpad(F.unix_micros("arrived_at").cast("string"), 17, "0"),
        "shard",
        F.lpad("sequence", 56, "0"),
        F.lpad(F.col("position").cast("string"), 7, "0"),
    )
    rows = (
        readable(reports, "operation_id")
        .withColumns(
            {"traded_at": F.to_timestamp("timestamp"), "price": F.col("price").cast("double")}
        )
        .withColumn("order", order)
        # The hour anew: grouped by the column that is the same in all rows of a partition, Sail
        # 0.7.2 takes them for sorted by it, and a million reports take twice as long.
        .withColumn("hour", F.date_trunc("hour", "traded_at"))
    )
    latest = rows.groupBy(*t.TRADE_EVENTS.key).agg(F.max("order").alias("order"))
    found = rows.join(latest, ["operation_id", "order"], "left_semi")
    return found.select(*t.TRADE_EVENTS.column_names)


def trade_counts(events: DataFrame) -> DataFrame:
    """Operations of each exchange, symbol and hour."""
    return events.groupBy("hour", "exchange", "symbol").agg(
        *(
            F.sum(F.when(F.col("operation") == kind, 1).otherwise(0)).cast("bigint").alias(name)
            for kind, name in (("purchase", "purchases"), ("sale", "sales"))
        ),
        F.min("price").alias("low"),
        F.max("price").alias("high"),
    )
