"""Spark for the tests of strategies: the one Sail session of the process."""

import pytest
from pyspark.sql import SparkSession
from support import one_sail


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    return one_sail.engine()._start()
