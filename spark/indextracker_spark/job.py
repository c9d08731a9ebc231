"""Jobs of Spark: one reads its tables, applies its function and replaces its slice.

The functions are in the modules of the subjects. The caller decides which keys are built, in which
process and on which engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from indextracker_catalogue import Key, Table
from indextracker_catalogue.job import Input, Job
from indextracker_catalogue.timeline import seen


class SchemaMismatchError(ValueError):
    """A job's rows are not those that its table declares; nothing was written."""


@dataclass(frozen=True, eq=False)
class SparkJob(Job):
    """A job that runs on Spark: tables, and the pure function between them.

    Attributes:
        writes: The table filled.
        inputs: What it reads, in the order of the function's arguments.
        transform: Takes one DataFrame per input, holding the keys asked for and those of its
            look-back (all rows of a table in one piece, and all where `writes` is in one piece),
            and returns the rows of `writes`; what it gives beyond the keys asked for is dropped.
        slice_values: The slice that it writes.
    """

    writes: Table
    inputs: tuple[Table | Input, ...]
    transform: Callable[..., DataFrame]
    slice_values: dict[str, str] = field(default_factory=dict)


def run(
    spark: SparkSession,
    lake: str,
    job: SparkJob,
    keys: Sequence[Key],
    earlier: Collection[Key] = (),
) -> None:
    """Replaces the job's slice of the given keys in one commit.

    Args:
        spark: Session of any engine; its zone must be UTC.
        lake: Root of the lake, a folder or an s3 prefix.
        job: What to run.
        keys: Keys to replace; ignored where the table is in one piece.
        earlier: At least the keys of the look-back of each of them, where there are any.

    Raises:
        SchemaMismatchError: The function gave other columns or types than the table declares.
    """
    known = {*keys, *earlier}
    inputs = []
    for table, look_back in zip(job.reads, job.look_backs, strict=True):
        rows = _read(spark, lake, table, job.slice_of(table))
        if not job.writes.is_whole:
            rows = rows.where(table.keys_predicate(seen(keys, known, look_back)))
        inputs.append(rows.select(*table.column_names))
    replaced = job.writes.slice_predicate(keys, **job.slice_of(job.writes))
    rows = conform(job.transform(*inputs), job.writes)
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


def _read(spark: SparkSession, lake: str, table: Table, values: dict[str, str]) -> DataFrame:
    rows = spark.read.format("delta").load(f"{lake}/{table.path}")
    for name, value in values.items():
        rows = rows.where(F.col(name) == value)
    return rows
