"""Spark for the tests of its jobs: the one Sail session of the process."""

import pytest
from end_to_end import one_sail
from pyspark.sql import SparkSession
from spark.frames import Frames


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    return one_sail.engine()._start()


@pytest.fixture(scope="session")
def frames(spark: SparkSession) -> Frames:
    return Frames(spark)
