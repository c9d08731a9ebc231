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

Layer = Literal["bronze", "silver", "gold"]
Severity = Literal["error", "warn"]
Storage = Literal["by_session", "by_year", "whole"]

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
class Subject:
    """A subject of the lakehouse: a market, or another source of documents and tables.

    Attributes:
        name: Name of its folders, and what it is called on the command line.
        title: What it is about, for people.
    """

    name: str
    title: str


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
        sees_previous: Whether the query sees the session before each audited one too. Its rows
            then have a session_date, and those of the audited sessions count.
    """

    name: str
    on: str
    reads: tuple[str, ...]
    bad_rows: str
    meaning: str
    severity: Severity = "error"
    sees_previous: bool = False


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
        storage: How its files are laid out. `by_session` partitions by session_date, `by_year`
            (under some ten thousand rows a session) by the year of session_date, `whole` is a
            table without sessions, always replaced in full.
        slice_by: What one write replaces, beyond the sessions, where several jobs fill the table:
            rejects are replaced per feed too, contracts per instrument.
        checks: Rules on values.
        subject: The group of the asset graph that it belongs to.
        in_warehouse: Whether the loader copies it into schema `raw`.
        by_job: Whether jobs fill it, where it is of silver or gold; reference data and logs are
            written by the library.
        spread_by: Column by which a warehouse of many nodes spreads the rows of a table of
            sessions, where the first of the key that is no part of a session has few values.
    """

    layer: Layer
    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    key_nullable: tuple[str, ...] = ()
    storage: Storage = "by_session"
    slice_by: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    subject: str = "taiwan"
    in_warehouse: bool = False
    by_job: bool = True
    spread_by: str = ""

    def __post_init__(self) -> None:
        names = self.column_names
        used = (*self.key, *self.slice_by, *filter(None, (self.spread_by,)))
        missing = [name for name in used if name not in names]
        if missing:
            raise ValueError(f"{self.path}: {missing} are not among its columns")
        if self.storage != "whole" and "session_date" not in names:
            raise ValueError(f"{self.path}: a table of sessions needs session_date")

    @property
    def path(self) -> str:
        """Place below the lake's root, `<layer>/<name>`."""
        return f"{self.layer}/{self.name}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns as stored: a table kept by year carries the year beside them."""
        if self.storage == "by_year":
            return (*self.columns, YEAR)
        return self.columns

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """Delta's partition columns."""
        return {"by_session": ("session_date",), "by_year": ("year",), "whole": ()}[self.storage]

    @property
    def distribution_key(self) -> str | None:
        """The column by whose value its rows are spread over nodes; none where each has them all.

        What is joined to everything, and small, is everywhere; rows of one instrument are together.
        """
        if self.storage == "whole":
            return None
        of_instrument = (name for name in self.key if name not in ("session_date", "session_part"))
        return self.spread_by or next(of_instrument)

    @property
    def sort_key(self) -> tuple[str, ...]:
        """The columns by which its rows are sorted: what is loaded later comes after."""
        if self.storage == "whole":
            return self.key
        return tuple(name for name in ("session_date", "bar_start") if name in self.column_names)

    @property
    def all_checks(self) -> tuple[Check, ...]:
        """The declared checks and the one that every key implies."""
        no_null = Check(
            "key_not_null",
            " or ".join(f"{name} is null" for name in self.key),
            f"The key ({', '.join(self.key)}) is never null.",
        )
        return (no_null, *self.checks)

    def sessions_predicate(self, sessions: Sequence[str]) -> str:
        """SQL that holds for exactly the rows of the given sessions (ISO dates).

        Each session is listed: a range over a hole would take in what lies between. A table
        without sessions has only the whole of itself.
        """
        if self.storage == "whole":
            return "true"
        dates = ", ".join(f"date'{session}'" for session in sessions)
        if self.storage == "by_session":
            return f"session_date in ({dates})"
        years = ", ".join(sorted({session[:4] for session in sessions}))
        return f"year in ({years}) and session_date in ({dates})"

    def slice_predicate(self, sessions: Sequence[str], **values: str) -> str:
        """SQL that holds for exactly the rows that one write replaces.

        Args:
            sessions: ISO dates.
            **values: A value for each column of `slice_by`.
        """
        if set(values) != set(self.slice_by):
            raise ValueError(f"{self.path}: a slice needs {self.slice_by}, not {tuple(values)}")
        terms = [f"{name} = '{value}'" for name, value in values.items()]
        return " and ".join((self.sessions_predicate(sessions), *terms))


YEAR = Column("year", "int", "Year of session_date; the partition of the files.")
