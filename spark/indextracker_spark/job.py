"""Jobs: a job reads its tables, applies its function and replaces its slice.

The functions are in the modules of the subjects. The caller decides which keys are built, in which
process and on which engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from indextracker_catalogue import Key, Table
from indextracker_catalogue.timeline import seen


class SchemaMismatchError(ValueError):
    """A job's rows are not those that its table declares; nothing was written."""


@dataclass(frozen=True)
class Input:
    """A table that a job reads.

    Attributes:
        table: Which one: in one piece, or on the time line of the table that the job writes.
        look_back: How many keys before each built one the job sees too.
    """

    table: Table
    look_back: int = 0


@dataclass(frozen=True, eq=False)
class Job:
    """One way to fill a table: the tables it reads and the pure function between them.

    Attributes:
        writes: The table filled.
        inputs: What it reads, in the order of the function's arguments; a Table stands for an
            Input without a look-back.
        transform: Takes one DataFrame per input, holding the keys asked for and those of its
            look-back (all rows of a table in one piece, and all where `writes` is in one piece),
            and returns the rows of `writes`; what it gives beyond the keys asked for is dropped.
        slice_values: Values of slicing columns: the job writes this slice of `writes`, and reads
            this slice of the inputs that are sliced by the same columns.
    """

    writes: Table
    inputs: tuple[Table | Input, ...]
    transform: Callable[..., DataFrame]
    slice_values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own = self.writes
        for table in self.reads:
            if table.timeline != own.timeline and not (table.is_whole or own.is_whole):
                raise ValueError(
                    f"{self.name} fills keys of {own.timeline.name} and reads {table.path}, which "
                    f"has those of {table.timeline.name}: a job has one time line"
                )
        if own.writes != "replace":
            raise ValueError(f"{self.name}: jobs replace, and {own.path} says {own.writes}")

    @property
    def reads(self) -> tuple[Table, ...]:
        """The tables that it reads."""
        return tuple(one.table if isinstance(one, Input) else one for one in self.inputs)

    @property
    def look_backs(self) -> tuple[int, ...]:
        """How many keys before each one asked for it sees of each of them."""
        return tuple(one.look_back if isinstance(one, Input) else 0 for one in self.inputs)

    @property
    def look_back(self) -> int:
        """The longest of its look-backs."""
        return max(self.look_backs, default=0)

    @property
    def name(self) -> str:
        """The table's path, and the slice, where several jobs write the table."""
        return "/".join((self.writes.path, *self.slice_of(self.writes).values()))

    def slice_of(self, table: Table) -> dict[str, str]:
        """The slice of one of its tables that the job reads or writes; empty for all of it."""
        return {
            name: self.slice_values[name] for name in table.slice_by if name in self.slice_values
        }


def run(
    spark: SparkSession, lake: str, job: Job, keys: Sequence[Key], earlier: Collection[Key] = ()
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
