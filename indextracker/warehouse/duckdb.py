"""The warehouse in one DuckDB file, built aside and published whole.

DuckDB admits one process at a time, so all writing happens in a private file next to the
published one. Publishing copies it and renames the copy: readers open a finished file, are never
blocked, and see the old one or the new one, never half a session.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
from filelock import FileLock

from indextracker.lake import Lake, WorldMismatchError
from indextracker_spark.tables import TABLES, Table

SEARCH_PATH = "marts,staging,raw"
ORPHAN_SECONDS = 60.0


class WarehouseMissingError(FileNotFoundError):
    """Nothing has been published yet."""


class DuckDBWarehouse:
    """Loads, publishes and opens one warehouse.

    Args:
        published: The file that readers open.
        private: The file in which one writer builds.
        world: `simulated` or `real`; a file of the other world is refused.
    """

    def __init__(self, published: str, private: str, world: str) -> None:
        self.published = Path(published)
        self.private = Path(private)
        self.world = world
        self._lock = FileLock(self.published.with_name(f".{self.published.name}.lock"))

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Holds the private file for one writer; others wait. Yields its path.

        The lock is the operating system's: a killed process frees it at once.
        """
        self.published.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if not self.private.exists() and self.published.exists():
                _copy(self.published, self.private)
            _wait_for_orphans(self.private)
            yield self.private

    def load(self, lake: Lake, tables: Sequence[Table], sessions: Sequence[date]) -> dict[str, int]:
        """Replaces the slices of the sessions in `raw`, of all tables in one transaction.

        Args:
            lake: Where the tables come from.
            tables: What to load; a table without sessions is replaced whole.
            sessions: The slices.

        Returns:
            Rows loaded, by table path.

        Raises:
            WorldMismatchError: The warehouse holds the other world's data.
        """
        loaded = {}
        with self.writing() as path, duckdb.connect(str(path)) as connection:
            self._mark(connection)
            connection.execute("begin")
            for table in TABLES.values():
                if not table.in_warehouse:
                    continue
                # A table that is new, or was of another shape, comes with all that the lake has.
                fresh = _create(connection, table) and lake.exists(table)
                if fresh or table in tables:
                    whole = fresh or table.storage == "whole"
                    loaded[table.path] = _load(connection, lake, table, None if whole else sessions)
            connection.execute("commit")
        return loaded

    def publish(self) -> None:
        """Publishes a copy of the private file, by rename.

        Call it while holding `writing`.
        """
        with duckdb.connect(str(self.private)) as connection:
            connection.execute("checkpoint")
        aside = self.published.with_name(f".{self.published.name}.publishing")
        _copy(self.private, aside)
        aside.replace(self.published)

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection to what is published, marts first in the search path.

        Raises:
            WarehouseMissingError: Nothing is published yet.
            WorldMismatchError: The file holds the other world's data.
        """
        if not self.published.exists():
            raise WarehouseMissingError(
                f"there is no warehouse at {self.published} yet: run a backfill first"
            )
        with duckdb.connect(str(self.published), read_only=True) as connection:
            self._verify(connection)
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"set search_path = '{SEARCH_PATH}'")
            yield connection

    def _mark(self, connection: duckdb.DuckDBPyConnection) -> None:
        # Readers search all of them, whether dbt has built anything yet or not.
        for schema in SEARCH_PATH.split(","):
            connection.execute(f"create schema if not exists {schema}")
        connection.execute("create table if not exists raw.world (name varchar(16) not null)")
        connection.execute(
            "insert into raw.world select ? where not exists (select 1 from raw.world)",
            [self.world],
        )
        self._verify(connection)

    def _verify(self, connection: duckdb.DuckDBPyConnection) -> None:
        found = connection.execute("select name from raw.world").fetchall()[0][0]
        if found != self.world:
            raise WorldMismatchError(
                f"the warehouse {self.published} holds {found} data and this run is of the "
                f"{self.world} world: set INDEXTRACKER_WAREHOUSE to another file"
            )


def ddl(table: Table) -> str:
    """The statement that creates the table in schema `raw`; keys are not null."""
    return f"create table raw.{table.name} ({_columns(table)})"


def _columns(table: Table) -> str:
    return ", ".join(
        f"{column.name} {column.warehouse_type}{' not null' if column.name in table.key else ''}"
        for column in table.columns
    )


def _create(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Creates the table where it is not there in its declared shape; says whether it did."""
    connection.execute(f"create or replace temp table declared ({_columns(table)})")
    if _shape(connection, table.name) == _shape(connection, "declared"):
        return False
    connection.execute(f"drop table if exists raw.{table.name} cascade")
    connection.execute(ddl(table))
    return True


def _shape(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, bool]]:
    """Name, type and nullability of each column; nothing of a table that is not there."""
    return connection.execute(
        "select column_name, data_type, is_nullable from duckdb_columns()"
        " where (schema_name = 'raw' or database_name = 'temp') and table_name = ?"
        " order by column_index",
        [table],
    ).fetchall()


def _load(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: Table,
    sessions: Sequence[date] | None,
) -> int:
    """Replaces the slice of the sessions, or all rows; says how many there are now."""
    slice_of = "true"
    if sessions is not None:
        slice_of = "session_date in ({})".format(", ".join(f"date '{day}'" for day in sessions))
    connection.register("lake_rows", lake.rows(table, sessions))
    columns = ", ".join(table.column_names)
    values = ", ".join(_plain(column.name, column.type) for column in table.columns)
    connection.execute(f"delete from raw.{table.name} where {slice_of}")
    connection.execute(
        f"insert into raw.{table.name} ({columns}) select {values} from lake_rows where {slice_of}"
    )
    connection.unregister("lake_rows")
    counted = connection.execute(f"select count(*) from raw.{table.name} where {slice_of}")
    return int(counted.fetchall()[0][0])


def _plain(name: str, kind: str) -> str:
    """Instants lose their zone, as UTC, so that a client's own cannot shift an answer."""
    return f"timezone('UTC', {name})" if kind == "timestamp" else name


def _wait_for_orphans(private: Path) -> None:
    """Waits until nobody holds the file.

    The dbt of a killed run lives on for some seconds and writes as long, whatever lock its parent
    held.
    """
    deadline = time.monotonic() + ORPHAN_SECONDS
    while private.exists():
        try:
            duckdb.connect(str(private)).close()
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _copy(source: Path, target: Path) -> None:
    """Copies a file and waits until it is on disk."""
    aside = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, aside)
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.replace(target)
