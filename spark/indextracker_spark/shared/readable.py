"""Events that could be read, among all rows of a stream's bronze table."""

from __future__ import annotations

from pyspark.sql import DataFrame


def readable(events: DataFrame, key: str) -> DataFrame:
    """The rows that are events, those of one value of the key together.

    They are put together here, and grouped by the key afterwards at no further cost, since Sail
    0.7.2 else refuses to write what is made of them: it takes the nulls of rows that were left out
    for nulls of a column that has none (DELTA_NOT_NULL_CONSTRAINT_VIOLATED).
    """
    return events.where("problem is null").repartition(key)
