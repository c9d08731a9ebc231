"""A function over the rows of each group: each group once, its rows in order."""

from __future__ import annotations

from datetime import date
from itertools import product

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from indextracker_spark.analytics.by_group import by_group

DAYS = (date(2024, 12, 16), date(2024, 12, 17))
SCHEMA = "session_date date, name string, texts string, rows bigint"


def told(rows: pa.Table) -> pa.Table:
    """What a group is, and its rows in the order in which they came."""
    return pa.table(
        {
            "session_date": rows["session_date"].slice(0, 1),
            "name": rows["name"].slice(0, 1),
            "texts": [",".join(str(n) for n in rows["line"].to_pylist())],
            "rows": pa.array([rows.num_rows], pa.int64()),
        }
    )


def test_each_group_comes_once_and_in_order(spark: SparkSession) -> None:
    lines = [7, 3, 5, 1]
    rows = [
        (day, name, line)
        for line, day, name in product(lines, DAYS, ("TX", "MTX"))
        if (day, name, line) != (DAYS[1], "MTX", 5)
    ]
    frame = spark.createDataFrame(rows, "session_date date, name string, line bigint")
    found = by_group(frame, ("session_date", "name"), ("line",), told, SCHEMA).collect()
    assert sorted(tuple(row) for row in found) == [
        (DAYS[0], "MTX", "1,3,5,7", 4),
        (DAYS[0], "TX", "1,3,5,7", 4),
        (DAYS[1], "MTX", "1,3,7", 3),
        (DAYS[1], "TX", "1,3,5,7", 4),
    ]


def test_no_rows_are_no_groups(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(DAYS[0], "TX", 1)], "session_date date, name string, line int")
    empty = frame.where(F.col("line") > 1)
    assert by_group(empty, ("session_date", "name"), ("line",), told, SCHEMA).collect() == []
