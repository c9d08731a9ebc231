"""Dead letters: what a consumer could not read, as rows of the table that all streams share."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import Table
from indextracker_spark.job import SparkJob


def dead_letters_of(events: Table, letters: Table, stream: str) -> SparkJob:
    """The job that takes a stream's dead letters out of its events.

    Args:
        events: The bronze table of its events.
        letters: The table of dead letters, which has a slice for each stream.
        stream: Name of the subject whose stream it is.
    """

    def transform(rows: DataFrame) -> DataFrame:
        return rows.where("problem is not null").select(
            F.lit(stream).alias("stream"),
            *("shard", "sequence", "position", "hour", "arrived_at", "text"),
            F.col("problem").alias("reason"),
        )

    return SparkJob(letters, (events,), transform, slice_values={"stream": stream})
