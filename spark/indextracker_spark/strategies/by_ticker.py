"""Targets from the bars of one ticker alone, computed in numpy, and functions over each ticker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame

from indextracker_spark.strategies.model import POSITION_SCHEMA, Parameters
from indextracker_spark.strategies.spool import INSTANT, Spool

Floats = npt.NDArray[np.float64]
Bars = dict[str, Any]

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True)
class ByTicker:
    """Targets from the bars of one ticker alone, computed in numpy.

    As `positions` of a Strategy it is a function of frames like any other; the engine also runs it
    in the pass that does the accounts, and so reads and sorts the prices once.

    Attributes:
        decide: Takes the bars of one ticker in their order, a numpy array a column, and the
            parameters; gives a target for each bar, NaN where nothing is decided.
        columns: The columns of numbers that it reads; `at`, in microseconds, is always there.
    """

    decide: Callable[[Bars, Parameters], Floats]
    columns: tuple[str, ...] = ("close",)

    def __call__(self, prices: DataFrame, parameters: Parameters) -> DataFrame:
        """The targets of all tickers."""

        def of_one(ticker: str, rows: Bars) -> pa.Table:
            bars = in_order(rows)
            targets = self.decide(bars, parameters)
            decided = np.flatnonzero(~np.isnan(targets))
            return pa.table(
                {
                    "ticker": pa.repeat(ticker, len(decided)),
                    "at": instants(bars["at"][decided]),
                    "target": targets[decided],
                }
            )

        return over_tickers(prices, self.columns, of_one, POSITION_SCHEMA)


def over_tickers(
    rows: DataFrame,
    columns: Sequence[str],
    of_one: Callable[[str, Bars], pa.Table],
    schema: str,
) -> DataFrame:
    """A function over the rows of each ticker, in whichever order they come.

    Args:
        rows: With `ticker`, `at` and the columns.
        columns: Columns of numbers that it takes.
        of_one: From a ticker, and its rows as an array a column, to rows of the schema.
        schema: As Spark writes it.
    """

    def of_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with Spool(columns, "ticker") as spool:
            for batch in batches:
                spool.add(batch)
            kept: list[pa.Table] = []
            for ticker, found in spool.by_ticker():
                kept.append(of_one(ticker, found))
                if sum(table.num_rows for table in kept) >= _ROWS_AT_ONCE:
                    yield from pa.concat_tables(kept).combine_chunks().to_batches()
                    kept = []
            if kept:
                yield from pa.concat_tables(kept).combine_chunks().to_batches()

    read = rows.select("ticker", "at", *columns)
    return read.repartition("ticker").mapInArrow(of_all, schema)


def in_order(rows: Bars) -> Bars:
    """The rows by time; of several of one instant the last one."""
    at = rows["at"]
    if (at[1:] > at[:-1]).all():
        return rows
    order = np.argsort(at, kind="stable")
    ordered = at[order]
    last = order[np.append(ordered[1:] != ordered[:-1], True)]
    return {name: column[last] for name, column in rows.items()}


def instants(microseconds: Any) -> pa.Array:
    """Instants as Spark takes them."""
    return pa.array(np.asarray(microseconds, np.int64)).cast(INSTANT)
