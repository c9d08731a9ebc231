"""The warehouse in one DuckDB file, built aside and published whole.

DuckDB admits one process at a time, so all writing happens in a private file next to the
published one. Publishing copies it and renames the copy: readers open a finished file, are never
blocked, and see the old one or the new one, never half a session.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb
from filelock import FileLock

from indextracker.failpoints import failpoint
from indextracker.lake import Lake, WorldMismatchError
from indextracker.warehouse import slices
from indextracker.warehouse.protocol import (
    SEARCH_PATH,
    WarehouseError,
    WarehouseMissingError,
)
from indextracker_spark.tables import Table

ORPHAN_SECONDS = 60.0


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
        self.address = published
        self._lock = FileLock(
            self.published.with_name(f".{self.published.name}.lock"), fallback_to_soft=False
        )

    def published_yet(self) -> bool:
        """As of every warehouse."""
        return self.published.exists()

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
        """As of every warehouse."""
        loaded = {}
        touched = set(sessions)
        slices.complete(lake)
        with self.writing() as path, duckdb.connect(str(path)) as connection:
            # One thread fills a table's row groups in order. Two leave pieces that the next
            # checkpoint puts together: 8 s after 30 sessions of option bars, against 0.1.
            connection.execute("set threads = 1")
            self._mark(connection)
            connection.execute("begin")
            for table in slices.LOADED:
                # A table that is new, or was of another shape, comes with all that the lake has.
                fresh = _create(connection, table) and lake.exists(table)
                if fresh or table in tables:
                    whole = fresh or table.storage == "whole"
                    loaded[table.path] = _load(connection, lake, table, None if whole else sessions)
                if fresh and table.storage != "whole":
                    touched |= _sessions_of(connection, table.name) | _sessions_of(
                        connection, "loads"
                    )
            _note(connection, touched)
            failpoint("warehouse-before")
            connection.execute("commit")
        failpoint("warehouse-after")
        return loaded

    @contextmanager
    def dbt(self) -> Iterator[str]:
        """The file is the one that the settings name; dbt keeps it open until told otherwise."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

        try:
            yield "duckdb"
        finally:
            # dbt-duckdb declares no types here.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]

    @contextmanager
    def built(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As of every warehouse."""
        with duckdb.connect(str(self.private), read_only=True) as connection:
            yield connection

    def publish(self) -> None:
        """Publishes a copy of the private file, by rename.

        Call it while holding `writing`.
        """
        with duckdb.connect(str(self.private)) as connection:
            connection.execute("checkpoint")
        aside = self.published.with_name(f".{self.published.name}.publishing")
        _copy(self.private, aside)
        failpoint("publish-before")
        aside.replace(self.published)
        failpoint("publish-after")

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As of every warehouse."""
        if not self.published.exists():
            raise WarehouseMissingError(
                f"there is no warehouse at {self.published} yet: run a backfill first"
            )
        with self._opened() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"set search_path = '{','.join(SEARCH_PATH)}'")
            yield connection

    def relations(self) -> list[tuple[str, int, str]]:
        """As of every warehouse."""
        with self.reading() as connection:
            listed = connection.execute(
                "select schema_name, table_name, comment from duckdb_tables()"
                " where schema_name in ('marts', 'raw')"
                " union all select schema_name, view_name, comment from duckdb_views()"
                " where schema_name in ('marts', 'raw') order by 1, 2"
            ).fetchall()
            return [
                (f"{schema}.{name}", _count(connection, f'{schema}."{name}"'), comment or "")
                for schema, name, comment in listed
            ]

    def _opened(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(str(self.published), read_only=True)
            self._verify(connection)
        except duckdb.Error as error:
            raise WarehouseError(
                f"{self.published} cannot be read ({str(error).splitlines()[0]}): delete it and "
                f"{self.private.name} beside it, and backfill any session; it is loaded again from "
                "the lake"
            ) from error
        return connection

    def _mark(self, connection: duckdb.DuckDBPyConnection) -> None:
        # Readers search all of them, whether dbt has built anything yet or not.
        for schema in SEARCH_PATH:
            connection.execute(f"create schema if not exists {schema}")
        connection.execute("create table if not exists raw.world (name varchar(16) not null)")
        connection.execute(
            "create table if not exists raw.loads"
            " (session_date date not null, load_id varchar(36) not null)"
        )
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
    connection.execute(f"delete from raw.{table.name} where {slices.predicate(sessions)}")
    connection.register("lake_rows", slices.rows(lake, table, sessions))
    columns = ", ".join(table.column_names)
    values = ", ".join(_plain(column.name, column.type) for column in table.columns)
    inserted = connection.execute(
        f"insert into raw.{table.name} ({columns}) select {values} from lake_rows"
    ).fetchall()
    connection.unregister("lake_rows")
    return int(inserted[0][0])


def _note(connection: duckdb.DuckDBPyConnection, sessions: Collection[date]) -> None:
    """Gives the sessions the id of this load."""
    if sessions:
        load_id = str(uuid4())
        connection.execute(f"delete from raw.loads where {slices.predicate(sessions)}")
        connection.execute(
            "insert into raw.loads select unnest($sessions), $load_id",
            {"sessions": sorted(sessions), "load_id": load_id},
        )


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _sessions_of(connection: duckdb.DuckDBPyConnection, table: str) -> set[date]:
    query = f"select distinct session_date from raw.{table}"
    return {session for (session,) in connection.execute(query).fetchall()}


def _plain(name: str, kind: str) -> str:
    """Instants lose their zone, as UTC, so that a client's own cannot shift an answer."""
    return f"timezone('UTC', {name})" if kind == "timestamp" else name


def _wait_for_orphans(private: Path) -> None:
    """Waits until nobody holds the file.

    Somebody may look into it with DuckDB's own command, or run dbt upon it, which know no lock of
    ours.
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
