"""Targets from the bars of one ticker alone, computed in numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from indextracker_spark.strategies.model import POSITION_SCHEMA, Parameters

Floats = npt.NDArray[np.float64]

INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class ByTicker:
    """Targets from the bars of one ticker alone, computed in numpy.

    As `positions` of a Strategy it is a function of frames like any other; the engine also runs it
    in the pass that does the accounts, and so reads and sorts the prices once.

    Attributes:
        decide: Takes the bars of one ticker in their order, a numpy array a column, and the
            parameters; gives a target for each bar, NaN where nothing is decided.
        columns: The columns of the bars that it reads, `ticker` and `at` left out.
    """

    decide: Callable[[dict[str, Any], Parameters], Floats]
    columns: tuple[str, ...] = ("close",)

    def __call__(self, prices: DataFrame, parameters: Parameters) -> DataFrame:
        """The targets of all tickers."""

        def of_one(rows: pa.Table) -> pa.Table:
            bars = in_order(rows)
            targets = self.decide(arrays(bars, self.columns), parameters)
            decided = np.flatnonzero(~np.isnan(targets))
            return pa.table(
                {
                    "ticker": bars["ticker"].take(pa.array(decided)).cast(pa.string()),
                    "at": bars["at"].take(pa.array(decided)).cast(INSTANT),
                    "target": targets[decided],
                }
            )

        read = prices.select("ticker", "at", *self.columns)
        return read.groupBy("ticker").applyInArrow(of_one, POSITION_SCHEMA)


def in_order(rows: pa.Table) -> pa.Table:
    """The rows by time; of several of one instant the last one."""
    at = rows["at"].cast(INSTANT).cast(pa.int64()).to_numpy()
    if (at[1:] > at[:-1]).all():
        return rows
    order = np.argsort(at, kind="stable")
    ordered = at[order]
    return rows.take(pa.array(order[np.append(ordered[1:] != ordered[:-1], True)]))


def arrays(rows: pa.Table, columns: tuple[str, ...]) -> dict[str, Any]:
    """The columns in numpy: `at` in microseconds, numbers as doubles, NaN where there is none."""
    found: dict[str, Any] = {"at": rows["at"].cast(INSTANT).cast(pa.int64()).to_numpy()}
    for name in columns:
        column = rows[name]
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            found[name] = pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy()
        elif pa.types.is_null(column.type):
            found[name] = np.full(len(column), np.nan)
        else:
            found[name] = column.to_numpy(zero_copy_only=False)
    return found
