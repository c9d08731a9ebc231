"""Every job of Spark in one session, by spark-submit: one start of Spark instead of 17.

It takes the arguments of the entry point, whose place it takes, and whichever job they name.
"""

import sys

from pyspark.sql import SparkSession

from indextracker_catalogue.timeline import Hours
from indextracker_spark.job import run
from indextracker_spark.jobs import JOBS


def main() -> None:
    """Runs them in their order."""
    _, lake, _, _, *sessions = sys.argv[1:]
    spark = SparkSession.builder.getOrCreate()
    for job in JOBS.values():
        of_hours = job.writes.timeline == Hours()
        keys = [f"{day}T{hour:02}" for day in sessions for hour in range(24)]
        run(spark, lake, job, keys if of_hours else sessions, keys if of_hours else ())
    spark.stop()


if __name__ == "__main__":
    main()
