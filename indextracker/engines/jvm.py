"""Classic Spark on a JVM of this process, with Delta Lake: configuration and session.

The configuration is that of one machine, whether this module or the code location opens the
session; a cluster has its own.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from indextracker.engines.jars import DELTA, S3A, jars, verify_java
from indextracker.engines.protocol import EngineError, Host
from indextracker.engines.sessions import SessionEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What every session that writes the lake's tables has, on a cluster too.
DELTA_LAKE = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    # The other engines and readers do not support deletion vectors.
    "spark.databricks.delta.properties.defaults.enableDeletionVectors": "false",
    # Spark's default, INT96, has nanoseconds and no statistics.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    # As the other engines write; the default is 3.
    "spark.hadoop.parquet.compression.codec.zstd.level": "1",
}
_OF_JAVA = (
    "-XX:+UseSerialGC",
    "-Ddelta.log.cacheSize=3",
    # The second compiler took 16 of the 44 s of CPU of a first job, most of it for code that plans
    # jobs. It sets in ten times as late as by default, where loops over rows are in no time. With
    # its defaults the compilers took 50, 18 and 8 s in three runs of all Spark jobs, instead of 27,
    # 11 and 4; without it silver of five real-size sessions took 32 s and not 25. One run each.
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
)
_ONE_MACHINE = {
    "spark.app.name": "indextracker",
    "spark.master": "local[*]",
    "spark.driver.memory": "4g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Spark's defaults are a cluster's. With these the same operations on small Delta tables took
    # 76 s instead of 164.
    # A shuffle of ten sessions is some megabytes. Planning each again after every stage, to join
    # small partitions, took 3 of 40 s of the jobs of ten sessions.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    # A task per file of a session, which has 2 to 8 MB in one row group. By default each counts for
    # 4 MB more: of three of them one task gets two, and the other core waits for it.
    "spark.sql.files.maxPartitionBytes": "4m",
    "spark.sql.files.openCostInBytes": "256k",
    # Spark keeps the code of 100 stages. The jobs have more, so that by default each run wrote and
    # compiled its code anew: 10 and 9 s of CPU in compilers in the third and fourth run of all,
    # 5 and 4 with this (one run each, under load).
    "spark.sql.codegen.cache.maxEntries": "1000",
    "spark.driver.extraJavaOptions": " ".join(_OF_JAVA),
}
# ${env.…} is read by Hadoop inside the JVM: the same variables that delta-rs and Sail obey.
_S3 = {
    "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
    "spark.hadoop.fs.s3a.aws.credentials.provider": (
        "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
    ),
    "spark.hadoop.fs.s3a.endpoint": "${env.AWS_ENDPOINT_URL:-}",
    "spark.hadoop.fs.s3a.endpoint.region": "${env.AWS_REGION:-}",
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.change.detection.mode": "none",
    "spark.hadoop.fs.s3a.bucket.probe": "0",
}


def configuration(*, on_s3: bool) -> dict[str, str]:
    """What a session of this machine is opened with.

    Args:
        on_s3: Whether the lake is on S3.

    Raises:
        EngineError: Java or a jar is missing.
    """
    verify_java()
    files = [*jars(DELTA), *(jars(S3A) if on_s3 else ())]
    return (
        DELTA_LAKE
        | _ONE_MACHINE
        | {"spark.jars": ",".join(map(str, files)), "spark.pyspark.python": sys.executable}
        | (_S3 if on_s3 else {})
    )


class JvmEngine(SessionEngine):
    """Runs jobs on a JVM, started at the first one. A process has one of them at most.

    Args:
        on_s3: Whether the lake is on S3.
    """

    name = "JVM Spark"

    def __init__(self, *, on_s3: bool) -> None:
        super().__init__()
        self._on_s3 = on_s3

    def _open(self, host: Host | None) -> SparkSession:
        wanted = configuration(on_s3=self._on_s3)
        try:
            session = host.session(wanted) if host else _session(wanted)
            session.sparkContext.setLogLevel("ERROR")
            # For functions in Python; spark.pyspark.python is obeyed by spark-submit alone.
            session.sparkContext.pythonExec = sys.executable
        except Exception as error:
            raise EngineError(
                f"JVM Spark did not start ({type(error).__name__}): its output says why"
            ) from error
        return session


def _session(wanted: dict[str, str]) -> SparkSession:
    from pyspark.sql import SparkSession  # noqa: PLC0415 - slow

    builder = SparkSession.builder
    for name, value in wanted.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
