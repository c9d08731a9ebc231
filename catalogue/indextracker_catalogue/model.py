"""What a subject of the lakehouse is, and a table: columns, grain, slices and checks.

Everything else that needs to know a table (Delta table, schema check, value checks, Dagster's
column metadata, warehouse DDL, data dictionary) derives it from these objects. The tables
themselves are declared in the modules beside this one; reading and writing them is not done here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from indextracker_catalogue.timeline import Hours, Key, Timeline, Whole

Layer = Literal["bronze", "silver", "gold"]
Severity = Literal["error", "warn"]
Partitioned = Literal["key", "year"]
Writes = Literal["replace", "append", "merge"]

DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")

# One line per type: the catalogue's own name, Arrow's alias, Spark's DDL and the warehouse's SQL.
# A stored time is a UTC instant in the lake and zone-less UTC in the warehouse, so that no
# client's zone can shift an answer there.
ARROW = {
    "string": "string",
    "date": "date32",
    "timestamp": "timestamp[us, tz=UTC]",
    "int": "int32",
    "bigint": "int64",
    "double": "double",
    "boolean": "bool",
}
SPARK = {name: name for name in ARROW}
WIDTH = 256
WAREHOUSE = {
    "string": f"varchar({WIDTH})",
    "date": "date",
    "timestamp": "timestamp",
    "int": "integer",
    "bigint": "bigint",
    "double": "double precision",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Schedule:
    """A time at which documents are requested automatically.

    Attributes:
        name: Its name; no other schedule has it.
        timeline: The time line whose key at that time is requested.
        cron: The times, in the zone of the subject.
    """

    name: str
    timeline: Timeline
    cron: str


@dataclass(frozen=True)
class Subject:
    """A subject of the lakehouse: a market, or another source of documents and tables.

    Attributes:
        name: Name of its folders, and on the command line.
        title: Its contents, for people.
        timeline: The time line of `backfill` and `status`.
        zone: The zone of its schedules, by its IANA name.
        schedules: When its documents are requested.
        freshness: When the freshness of its tables is checked, as cron has it.
        first: Whether the names of its jobs, schedules and sensors do not contain its own. They
            were named before there was a second subject, and Dagster keeps their runs, and whether
            they are switched on, under these names. It comes before the others everywhere.
    """

    name: str
    title: str
    timeline: Timeline
    zone: str
    schedules: tuple[Schedule, ...] = ()
    freshness: str = ""
    first: bool = False

    @property
    def suffix(self) -> str:
        """The end of the names of its jobs, schedules and sensors."""
        return "" if self.first else f"_{self.name}"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: Its name, the same wherever it means the same.
        type: Its type by the catalogue's own name.
        meaning: What a value of it is.
        unit: Of what, if of anything.
        width: Bytes that a string takes at most in a warehouse; the lake has no such bound.
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    width: int = WIDTH

    def __post_init__(self) -> None:
        if self.type not in ARROW and not DECIMAL.fullmatch(self.type):
            raise ValueError(f"column {self.name}: {self.type!r} is no type of the catalogue")

    @property
    def description(self) -> str:
        """The meaning with its unit, as a warehouse shows it."""
        return f"{self.meaning} Unit: {self.unit}." if self.unit else self.meaning

    @property
    def spark_type(self) -> str:
        """The type in Spark's DDL."""
        return SPARK.get(self.type, self.type)

    @property
    def warehouse_type(self) -> str:
        """The type in the SQL of DuckDB and Redshift."""
        if self.type == "string":
            return f"varchar({self.width})"
        return WAREHOUSE.get(self.type, self.type)


@dataclass(frozen=True)
class Check:
    """A rule on the values of one row: `bad_rows` is a SQL predicate that finds its breakers.

    The predicate uses only SQL that Spark and DuckDB read alike. An `error` stops what depends on
    the table; a `warn` is counted and shown.
    """

    name: str
    bad_rows: str
    meaning: str
    severity: Severity = "error"


@dataclass(frozen=True)
class Audit:
    """A rule that holds between tables, shown as a check of one of them.

    Attributes:
        name: Named by what it asserts.
        on: Path of the table whose check it is.
        reads: Paths of the other tables that the query names.
        bad_rows: A query, in SQL that Spark and DuckDB read alike, that returns the breakers. It
            names a table by its leaf name and sees the audited sessions of each.
        meaning: What holds, in a sentence.
        severity: As of a Check.
        look_back: How many keys before each audited one the query sees too. Its rows then hold the
            key, in the column of the table that it is shown with, and those of the audited count.
        doubts: Path of a bronze table on the same time line, where the breakers of a key say that
            its document there cannot be whole: it is asked for again whenever the key is. The rows
            hold the key; such an audit does not look back.
    """

    name: str
    on: str
    reads: tuple[str, ...]
    bad_rows: str
    meaning: str
    severity: Severity = "error"
    look_back: int = 0
    doubts: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """One Delta table of the lake.

    Attributes:
        layer: bronze, silver or gold.
        name: Table name inside its layer; `<lake>/<layer>/<name>` is its place.
        meaning: What one row is (the grain in words) and what the table is for.
        columns: All columns as a reader sees them, key first.
        key: Columns that identify a row and are never null.
        key_nullable: Columns that identify a row together with the key, but may be null.
        timeline: In what units its rows follow each other; `Whole()` for a table in one piece.
        dated_by: Column that holds a row's key, where it is not the time line's own.
        partitioned: How its files are laid out: by `key` (hours by their day), or by the `year`
            of the key, where a key has under some ten thousand rows.
        writes: What one write does. `replace` puts rows in the place of exactly a slice, `append`
            adds them once, `merge` puts each in the place of the row with its key.
        slice_by: What one write replaces, beyond the keys, where several jobs fill the table:
            contracts are replaced per instrument too.
        checks: Rules on values.
        in_warehouse: Whether the loader copies it into schema `raw`.
        imported: Whether people hand over the documents of its lines, any number for a key: it is
            of bronze, no feed fills it, and a document is what one write replaces.
        by_job: Whether jobs fill it, where it is of silver or gold; reference data and logs are
            written by the library.
        holds: Of a table in one piece whose rows hold from `valid_from` on: the columns that what
            is built of later keys rests on. Others make no key stale.
        day_column: Of a table of hours: its own column of the day of the hour, by which its files
            are laid out. Without one, a column `day` is stored beside its own.
        spread_by: Column by which a warehouse of many nodes spreads the rows of a table with a
            time line, where the first of the key that is no part of a session has few values.
    """

    layer: Layer
    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    timeline: Timeline
    key_nullable: tuple[str, ...] = ()
    dated_by: str = ""
    partitioned: Partitioned = "key"
    writes: Writes = "replace"
    slice_by: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    in_warehouse: bool = False
    imported: bool = False
    by_job: bool = True
    holds: tuple[str, ...] = ()
    day_column: str = ""
    spread_by: str = ""

    def __post_init__(self) -> None:
        names = self.column_names
        used = (
            *(*self.key, *self.slice_by, *self.holds),
            *filter(None, (self.spread_by, self.key_column, self.day_column)),
        )
        missing = [name for name in used if name not in names]
        if missing:
            raise ValueError(f"{self.path}: {missing} are not among its columns")
        if self.partitioned == "year" and not (self.timeline.is_dated or self.is_whole):
            raise ValueError(f"{self.path}: {self.timeline.unit} are of no year")

    @property
    def path(self) -> str:
        """Place below the lake's root, `<layer>/<name>`."""
        return f"{self.layer}/{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def is_whole(self) -> bool:
        """Whether it is in one piece, always replaced in full."""
        return self.timeline == Whole()

    @property
    def by_stream(self) -> bool:
        """Whether the consumer of a stream appends to it, in a commit a second."""
        return self.writes == "append" and self.timeline == Hours()

    @property
    def key_column(self) -> str:
        """The column that holds a row's key of the time line; empty in a table in one piece."""
        return self.dated_by or self.timeline.column

    @property
    def derived_partition(self) -> Column | None:
        """The partition of the files that follows from the key, where it is not the key itself."""
        if self.is_whole:
            return None
        if self.partitioned == "year":
            return Column("year", "int", f"Year of {self.key_column}; the partition of the files.")
        if self.timeline == Hours():
            name = self.day_column or "day"
            return Column(name, "date", f"Day of {self.key_column}; the partition of the files.")
        return None

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns as stored: with the partition column that is derived from the key, if any."""
        derived = self.derived_partition
        if derived is None or derived.name in self.column_names:
            return self.columns
        return (*self.columns, derived)

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """Delta's partition columns."""
        if derived := self.derived_partition:
            return (derived.name,)
        return () if self.is_whole else (self.key_column,)

    @property
    def pruning_columns(self) -> tuple[str, ...]:
        """The columns by whose least and greatest values files without a slice are left out.

        Partitions are left out without them. Within the rows of a slice files are laid out by
        nothing, so that other columns leave none out.
        """
        used = (*filter(None, (self.key_column,)), *self.slice_by)
        return tuple(name for name in used if name not in self.partition_columns)

    @property
    def distribution_key(self) -> str | None:
        """The column by whose value its rows are spread over nodes; none where each has them all.

        What is joined to everything, and small, is everywhere; rows of one instrument are together.
        Rows that are of no instrument are spread by their key.
        """
        if self.is_whole:
            return None
        of_instrument = (n for n in self.key if n not in (self.key_column, "session_part"))
        return self.spread_by or next(of_instrument, self.key_column)

    @property
    def sort_key(self) -> tuple[str, ...]:
        """The columns by which its rows are sorted: what is loaded later comes after."""
        if self.is_whole:
            return self.key
        return tuple(name for name in (self.key_column, "bar_start") if name in self.column_names)

    @property
    def all_checks(self) -> tuple[Check, ...]:
        """The declared checks and the one that every key implies."""
        no_null = Check(
            "key_not_null",
            " or ".join(f"{name} is null" for name in self.key),
            f"The key ({', '.join(self.key)}) is never null.",
        )
        return (no_null, *self.checks)

    def keys_predicate(self, keys: Sequence[Key]) -> str:
        """SQL that holds for exactly the rows of the given keys; of no key, for none.

        A table in one piece has no keys: all its rows are selected.
        """
        of_keys = self.timeline.predicate(keys, self.key_column)
        derived = self.derived_partition
        if derived is None or not keys:
            return of_keys
        literal = "date'{}'" if derived.type == "date" else "{}"
        listed = ", ".join(literal.format(value) for value in self.partition_values(keys))
        return f"{derived.name} in ({listed}) and {of_keys}"

    def partition_values(self, keys: Sequence[Key]) -> list[str]:
        """The values, as text, of the partitions of the files that hold rows of given keys."""
        values = (self.timeline.value_of(key) for key in keys)
        if not self.timeline.is_dated:
            return sorted({*values})
        if self.partitioned == "year":
            return sorted({f"{value:%Y}" for value in values})
        return sorted({f"{value:%Y-%m-%d}" for value in values})

    def slice_predicate(self, keys: Sequence[Key], **values: str) -> str:
        """SQL that holds for exactly the rows that one write replaces.

        Args:
            keys: Keys of the time line.
            **values: A value for each column of `slice_by`.
        """
        if set(values) != set(self.slice_by):
            raise ValueError(f"{self.path}: a slice needs {self.slice_by}, not {tuple(values)}")
        terms = [f"{name} = '{value}'" for name, value in values.items()]
        return " and ".join((self.keys_predicate(keys), *terms))
