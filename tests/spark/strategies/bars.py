"""Prices for tests of strategies: bars of daily closes, and random walks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from indextracker_spark.strategies.model import PRICE_COLUMNS

FIRST = datetime(2020, 1, 1, tzinfo=UTC)
_TYPES = {"string": pa.string(), "timestamp": pa.timestamp("us", "UTC"), "double": pa.float64()}
SCHEMA = pa.schema([(name, _TYPES[kind]) for name, kind in PRICE_COLUMNS.items()])
Row = dict[str, object]


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def history(
    ticker: str, closes: list[float | None], first: int = 0, **columns: list[object]
) -> list[Row]:
    """A bar a day; it opens where it closes, unless its opens are given."""
    return [
        {"ticker": ticker, "at": day(first + n), "open": close, "close": close, "adj_close": close}
        | {name: values[n] for name, values in columns.items()}
        for n, close in enumerate(closes)
    ]


def frame(spark: SparkSession, rows: list[Row]) -> DataFrame:
    return spark.createDataFrame(pa.Table.from_pylist(rows, SCHEMA))


def walks(tickers: int, days: int, seed: int = 1) -> list[Row]:
    """Random walks, of which some begin later and some miss bars; sectors alternate."""
    chance = np.random.default_rng(seed)
    rows: list[Row] = []
    for number in range(tickers):
        closes = 50 * np.exp(np.cumsum(chance.normal(0.0003, 0.02, days)))
        opens = closes * np.exp(chance.normal(0, 0.005, days))
        begins = int(chance.integers(0, days // 4)) if number % 3 == 2 else 0
        for n in range(begins, days):
            if number % 4 == 3 and chance.random() < 0.05:
                continue
            price, opened = float(closes[n]), float(opens[n])
            rows.append(
                {
                    "ticker": f"T{number}",
                    "at": day(n),
                    "open": opened,
                    "high": max(price, opened) * 1.01,
                    "low": min(price, opened) * 0.99,
                    "close": price,
                    "adj_close": price * 0.9,
                    "volume": 1000.0 + n,
                    "dividend": 0.2 if n % 60 == 59 else None,
                    "sector": ("ENERGY", "FINANCE")[number % 2],
                }
            )
    return rows
