"""Spark for the tests of its jobs: the one Sail session of the process, and terms of contracts."""

import pytest
from pyspark.sql import SparkSession
from spark.direct import CLOSES, EVE, LATER, PRODUCTS, SESSION
from spark.frames import Frames
from support import one_sail

from indextracker_catalogue import taiwan as t


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    return one_sail.engine()._start()


@pytest.fixture(scope="session")
def frames(spark: SparkSession) -> Frames:
    return Frames(spark)


@pytest.fixture(scope="module")
def terms(frames: Frames) -> tuple[object, object]:
    """Contracts and products of the random prints."""
    contracts = [
        {
            "session_date": SESSION,
            "product": p,
            "expiry": e,
            "last_trading_date": ends,
            "product_assumed": False,
        }
        for p in PRODUCTS
        for e, ends in (("202412", SESSION), ("202501", LATER))
    ]
    products = [
        {
            "product": product,
            "day_close": by_day,
            "last_day_close": on_last_day,
            "expiry_rule": "third_wednesday",
            "valid_from": EVE,
        }
        for product, (by_day, on_last_day) in CLOSES.items()
    ]
    return frames.of(t.CONTRACTS, contracts), frames.of(t.PRODUCTS, products)
