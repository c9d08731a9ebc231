"""Prices of the index and of its futures' front contracts in one form, for whatever compares them.

What is computed of them does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue.taiwan.terms import UTC_OFFSET_SECONDS
from indextracker_spark.analytics.arrow import INSTANT
from indextracker_spark.shared import bars

INDEX = "TAIEX"

# Shares open one after the other: on 2023-01-30 the index took 25 s from the close before to its
# own opening, 3.5 % above, and on 2023-07-21 20 s. From 13:25 TWSE collects orders for the close.
CONTINUOUS_FROM, CONTINUOUS_UNTIL = 9 * 3600 + 60, 13 * 3600 + 25 * 60
"""Seconds of the day in Taipei, between which all shares of the index trade."""

_COLUMNS = ("session_date", "session_part", "asset", "expiry", "at", "line", "price")
# The earliest monthly contract that can still be traded; what the exchange calls the near month.
_FRONT = "M"


class Prints(NamedTuple):
    """The prices of one asset, in the order in which they were made.

    Attributes:
        seconds: Instants, counted from 1970 in UTC, ascending, shape (n,).
        prices: Shape (n,).
    """

    seconds: npt.NDArray[np.int64]
    prices: npt.NDArray[np.float64]


def of_index(levels: DataFrame) -> DataFrame:
    """The levels of the index, from when its shares have opened."""
    of_day = bars.local_seconds(F.col("observed_at"), UTC_OFFSET_SECONDS)
    return levels.where((F.col("index_id") == INDEX) & (of_day >= CONTINUOUS_FROM)).select(
        "session_date",
        F.lit("day").alias("session_part"),
        F.col("index_id").alias("asset"),
        F.lit(None).cast("string").alias("expiry"),
        F.col("observed_at").alias("at"),
        "line",
        F.col("level").alias("price"),
    )


def of_fronts(trades: DataFrame, contracts: DataFrame, products: Collection[str]) -> DataFrame:
    """The outright trades of each product's front contract; the asset is the product."""
    fronts = contracts.where((F.col("expire_code") == _FRONT) & F.col("product").isin(*products))
    return (
        trades.join(
            fronts.select("session_date", "product", "expiry"),
            ["session_date", "product", "expiry"],
        )
        .withColumnsRenamed({"product": "asset", "traded_at": "at"})
        .select(*_COLUMNS)
    )


def of_asset(rows: pa.Table) -> Prints:
    """The prints of one asset, from its rows in the order of `at` and `line`."""
    micros = rows["at"].cast(INSTANT).cast(pa.int64()).to_numpy()
    return Prints(micros // 1_000_000, rows["price"].to_numpy())
