"""Entry point of a submitted job: `main.py --lake ROOT --job NAME [KEY ...]`.

Everything that it needs is in its arguments; it opens the session that the cluster provides. If
Dagster started it, it reports the rows of each key; started by hand, it reports nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from pyspark.sql import SparkSession

from indextracker_catalogue import Key
from indextracker_spark.finding import job_named
from indextracker_spark.job import SparkJob, run


def main(arguments: Sequence[str]) -> None:
    """Runs one job for keys of its time line, in one commit.

    Args:
        arguments: What follows the program's name.
    """
    parser = argparse.ArgumentParser(description="Runs one job of the lakehouse.")
    parser.add_argument("--lake", required=True, help="root of the lake")
    parser.add_argument("--job", required=True, help="its name, such as gold/index_bars")
    parser.add_argument("keys", nargs="*", metavar="KEY", help="what to replace, as 2024-12-13")
    parser.add_argument(
        "--earlier", nargs="*", default=[], metavar="KEY", help="what the look-back of these takes"
    )
    asked = parser.parse_args(arguments)
    try:
        job = job_named(asked.job)
    except KeyError:
        parser.error(f"there is no job {asked.job}")
    with _pipes() as pipes:
        spark = SparkSession.builder.appName(f"indextracker {job.name}").getOrCreate()
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        run(spark, asked.lake, job, asked.keys, asked.earlier)
        rows = rows_written(spark, asked.lake, job, asked.keys)
        pipes.report_custom_message({"job": job.name, "rows": rows})
        spark.stop()


def rows_written(
    spark: SparkSession, lake: str, job: SparkJob, keys: Sequence[Key]
) -> dict[Key, int]:
    """The rows of each key in the slice that a job writes."""
    column, timeline = job.writes.key_column, job.writes.timeline
    there = spark.read.format("delta").load(f"{lake}/{job.writes.path}")
    there = there.where(job.writes.slice_predicate(keys, **job.slice_of(job.writes)))
    if not column:
        return {"": there.count()}
    counted = {
        timeline.key_of(row[column]): row["count"]
        for row in there.groupBy(column).count().collect()
    }
    return {key: counted.get(key, 0) for key in keys}


def _pipes() -> Any:
    """What reports to Dagster, through S3; where Dagster is not, it does nothing."""
    # A job submitted by hand needs neither.
    import boto3  # noqa: PLC0415
    from dagster_pipes import (  # noqa: PLC0415
        PipesS3ContextLoader,
        PipesS3MessageWriter,
        open_dagster_pipes,
    )

    store = boto3.client("s3")
    return open_dagster_pipes(
        context_loader=PipesS3ContextLoader(client=store),
        message_writer=PipesS3MessageWriter(client=store, interval=5),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
