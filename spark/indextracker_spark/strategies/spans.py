"""Instants at which a universe decides: the first bar of a month or a week, over all tickers.

The last bar of a month is known only when the month is over: deciding at it would look ahead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def firsts(prices: DataFrame, span: str) -> DataFrame:
    """The first instant of each `month`, `week` (from Monday) or `quarter`, as column `at`."""
    # Of the distinct instants: to find the month of every bar takes longer than all the rest.
    instants = prices.select("at").distinct()
    spans = instants.groupBy(F.date_trunc(span, "at").alias("span"))
    return spans.agg(F.min("at").alias("at")).select("at")


def begins_month(at: Any) -> Any:
    """Which bars of a ticker are the first of a month; not its first bar of all."""
    months = at.astype("datetime64[us]").astype("datetime64[M]")
    return np.append(False, months[1:] != months[:-1])
