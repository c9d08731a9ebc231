"""What a job is, and how one is run: read its tables, apply its function, replace its slice.

The functions themselves stand in the modules of the subjects. Which sessions are due, in which
process and on which engine, is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from indextracker_catalogue import Table


class SchemaMismatchError(ValueError):
    """A job's rows are not those that its table declares; nothing was written."""


@dataclass(frozen=True, eq=False)
class Job:
    """One way to fill a table: the tables it reads and the pure function between them.

    Attributes:
        writes: The table filled.
        reads: Its inputs, in the order of the function's arguments.
        transform: Takes one DataFrame per input, holding the sessions asked for (all rows of a
            table without sessions), and returns the rows of `writes`.
        slice_values: Values of slicing columns: the job writes this slice of `writes`, and reads
            this slice of the inputs that are sliced by the same columns.
    """

    writes: Table
    reads: tuple[Table, ...]
    transform: Callable[..., DataFrame]
    slice_values: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The table's path, and what else tells the job from others that write it."""
        return "/".join((self.writes.path, *self.slice_of(self.writes).values()))

    def slice_of(self, table: Table) -> dict[str, str]:
        """The slice of one of its tables that the job reads or writes; empty for all of it."""
        return {
            name: self.slice_values[name] for name in table.slice_by if name in self.slice_values
        }


def run(spark: SparkSession, lake: str, job: Job, sessions: Sequence[date]) -> None:
    """Replaces the job's slice of the given sessions in one commit.

    Args:
        spark: Session of any engine; its zone must be UTC.
        lake: Root of the lake, a folder or an s3 prefix.
        job: What to run.
        sessions: Sessions to replace; ignored where the table has none.

    Raises:
        SchemaMismatchError: The function gave other columns or types than the table declares.
    """
    keys = [session.isoformat() for session in sessions]
    inputs = (_read(spark, lake, table, keys, job.slice_of(table)) for table in job.reads)
    rows = conform(job.transform(*inputs), job.writes)
    replaced = job.writes.slice_predicate(keys, **job.slice_of(job.writes))
    if not job.writes.is_whole:
        rows = rows.where(replaced)
    (
        rows.write.format("delta")
        .mode("overwrite")
        .option("replaceWhere", replaced)
        .save(f"{lake}/{job.writes.path}")
    )


def conform(rows: DataFrame, table: Table) -> DataFrame:
    """The rows with the table's stored columns in their order, once they are what it declares.

    Raises:
        SchemaMismatchError: With both sides, when names or types differ.
    """
    declared = {column.name: column.spark_type for column in table.columns}
    actual = {item.name: item.dataType.simpleString() for item in rows.schema.fields}
    if declared != actual:
        missing = {k: v for k, v in declared.items() if actual.get(k) != v}
        surplus = {k: v for k, v in actual.items() if declared.get(k) != v}
        raise SchemaMismatchError(
            f"{table.path}: the table declares {missing}, its job gives {surplus} instead"
        )
    if derived := table.derived_partition:
        follows = F.year if derived.name == "year" else F.to_date
        rows = rows.withColumn(derived.name, follows(table.key_column))
    return rows.select(*(column.name for column in table.stored_columns))


def _read(
    spark: SparkSession, lake: str, table: Table, keys: list[str], values: dict[str, str]
) -> DataFrame:
    rows = spark.read.format("delta").load(f"{lake}/{table.path}")
    if not table.is_whole:
        rows = rows.where(table.keys_predicate(keys))
    for name, value in values.items():
        rows = rows.where(F.col(name) == value)
    return rows.select(*table.column_names)
