"""Rows of runs in the lake: written so that a run is there whole or not at all, and found again.

The row of gold/strategy_runs is the last one that is written. A run that was killed before has none
and is made again, in the place of what it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from indextracker.engines.commits import retried
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reader.names import UnknownNameError
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import Table
from indextracker_catalogue.files import gold as g

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# What a run is in the lake; the last one says that it is complete.
TABLES = (
    g.STRATEGY_ACCOUNTS,
    g.STRATEGY_TRADES,
    g.STRATEGY_POSITIONS,
    g.STRATEGY_EQUITY,
    g.STRATEGY_FIGURES,
    g.STRATEGY_PARTS,
    g.STRATEGY_RUNS,
)
LOADED = tuple(table for table in TABLES if table.in_warehouse)
# The time of a bar; `at`, as the engine calls it, is a word of DuckDB's grammar.
BAR = "bar_at"
# So much of an id people need not write, where no other begins so.
_LEAST_LETTERS = 4


@dataclass(frozen=True)
class Stored:
    """A run that is complete.

    Attributes:
        run_id: Its id.
        row: Its row of gold/strategy_runs.
    """

    run_id: str
    row: Mapping[str, Any]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Its parameters."""
        found: Mapping[str, Any] = json.loads(self.row["parameters"])
        return found


def as_json(values: Mapping[str, object]) -> str:
    """An object of a column: the same text for the same values."""
    plain = {
        name: int(v) if isinstance(v, float) and v == int(v) else v for name, v in values.items()
    }
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def of_run(table: Table, run_id: str) -> str:
    """SQL that holds for the rows of a run."""
    return table.keys_predicate([run_id])


def write(lake: Lake, table: Table, run_id: str, rows: DataFrame) -> None:
    """Puts the rows of a frame of the engine's in the place of those of a run."""
    from pyspark.sql import functions as F  # noqa: PLC0415 - slow

    columns = {column.name: column.spark_type for column in table.columns}
    named = rows.withColumn("run_id", F.lit(run_id)).withColumnRenamed("at", BAR)
    typed = named.select(*(F.col(name).cast(kind).alias(name) for name, kind in columns.items()))

    def commit() -> None:
        (
            typed.write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", of_run(table, run_id))
            .save(lake.path(table))
        )

    retried(commit)


def replace(lake: Lake, table: Table, run_id: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Puts rows, without their run, in the place of those of a run."""
    made = pa.Table.from_pylist(
        [{"run_id": run_id, **row} for row in rows], schema=arrow_schema(table)
    )
    lake.replace(table, made, [run_id])


def complete(lake: Lake, run_id: str, row: Mapping[str, object]) -> None:
    """Says that a run is complete."""
    failpoint("strategy-before")
    replace(lake, g.STRATEGY_RUNS, run_id, [row])
    failpoint("strategy-after")


def read(lake: Lake, table: Table, run_ids: Sequence[str], columns: str = "*") -> pa.Table:
    """Rows of some runs, in the order of the key."""
    order = ", ".join(table.key)
    with lake.sql([table], {table.timeline: run_ids}) as connection:
        where = table.timeline.predicate(run_ids)
        return connection.sql(
            f"select {columns} from {table.name} where {where} order by {order}"
        ).to_arrow_table()


def frame(lake: Lake, spark: SparkSession, table: Table, run_id: str) -> DataFrame:
    """The rows of a run as the engine had them."""
    rows = spark.read.format("delta").load(lake.path(table)).where(of_run(table, run_id))
    return rows.drop("run_id").withColumnRenamed(BAR, "at")


def stored(lake: Lake, run_id: str) -> Stored | None:
    """A run, where it is complete."""
    if not lake.exists(g.STRATEGY_RUNS):
        return None
    rows = read(lake, g.STRATEGY_RUNS, [run_id]).to_pylist()
    return Stored(run_id, rows[0]) if rows else None


def every(lake: Lake) -> list[Stored]:
    """All runs that are complete."""
    if not lake.exists(g.STRATEGY_RUNS):
        return []
    rows = lake.rows(g.STRATEGY_RUNS).to_table().to_pylist()
    return [Stored(row["run_id"], row) for row in rows]


def named(lake: Lake, asked: str) -> Stored:
    """The run of an id, or of the beginning of one.

    Raises:
        UnknownNameError: There is none, or there are several that begin so.
    """
    found = [run for run in every(lake) if run.run_id.startswith(asked)]
    if len(asked) >= _LEAST_LETTERS and len(found) == 1:
        return found[0]
    if len(asked) < _LEAST_LETTERS or not found:
        raise UnknownNameError(
            f"there is no run {asked!r}: `indextracker query --lake 'select run_id, strategy, "
            "parameters, universe from gold.strategy_runs'` lists them"
        )
    raise UnknownNameError(f"{len(found)} runs begin with {asked!r}: write more of the id")
