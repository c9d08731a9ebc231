"""The warehouse in one DuckDB file, built in a private copy and published as a whole.

DuckDB admits one process at a time, so all writing happens in a private file next to the
published one. Publishing copies it and renames the copy: readers open a finished file, are never
blocked, and see the old one or the new one, never half a session. It is stored as DuckDB 1.0 stores
files, so that whatever version of DuckDB people have opens it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from indextracker.lake import Lake, WorldMismatchError
from indextracker.lake.questions import Answer, asked
from indextracker.system.failpoints import failpoint
from indextracker.warehouse import books, dbt_internals, descriptions, slices
from indextracker.warehouse.protocol import (
    PUBLISHED,
    SEARCH_PATH,
    WarehouseError,
    WarehouseMissingError,
)
from indextracker_catalogue import Key, Table

ORPHAN_SECONDS = 60.0
# A file keeps the storage version that it was created with; by default DuckDB 2.0 creates files
# that no DuckDB 1 opens.
STORED_FOR = "v1.0.0"

# By table the name, type and nullability of each column.
_Shapes = dict[str, list[tuple[str, str, bool]]]

_FORM: dict[str, Any] = {"storage_compatibility_version": STORED_FOR}
_log = logging.getLogger(__name__)
_HELD = re.compile(r"Could not set lock on file.*?(?:\(PID (\d+)\)|$)", re.DOTALL)
_NO_DATABASE = re.compile(
    r"not a valid DuckDB database|version number|read enough bytes|corrupt|checksum|serializ",
    re.IGNORECASE,
)


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
            self._prepare()
            yield self.private

    def load(self, lake: Lake, tables: Sequence[Table], keys: Sequence[Key]) -> dict[str, int]:
        """As of every warehouse."""
        loaded = {}
        touched = books.touched_by(tables, keys)
        slices.complete(lake)
        with self.writing(), self._opened(self.private) as connection:
            # One thread fills a table's row groups in order. Two leave pieces that the next
            # checkpoint puts together: 8 s after 30 sessions of option bars, against 0.1.
            connection.execute("set threads = 1")
            self._mark(connection)
            connection.execute("begin")
            shapes = _shapes(connection)
            for table in slices.LOADED:
                # A table that is new, or was of another shape, comes with all that the lake has.
                fresh = _create(connection, table, shapes) and lake.exists(table)
                if fresh or table in tables:
                    whole = fresh or table.is_whole
                    loaded[table.path] = _load(connection, lake, table, None if whole else keys)
                if fresh and not table.is_whole:
                    touched.setdefault(books.owner(table), set()).update(
                        _keys_of(connection, table), _loaded(connection, table)
                    )
            _describe(connection)
            for statement in books.note(touched, "raw.loads"):
                connection.execute(statement)
            failpoint("warehouse-before")
            connection.execute("commit")
        failpoint("warehouse-after")
        return loaded

    def reload(self, lake: Lake) -> dict[str, int]:
        """As of every warehouse: in a private file of its own, so that readers keep what there is.

        A published file that nobody can read goes at once.
        """
        self.published.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            if self.published.exists():
                try:
                    self.verify()
                except WarehouseError:
                    self.published.unlink()
            for file in (self.private, self.private.with_name(f"{self.private.name}.wal")):
                file.unlink(missing_ok=True)
            with duckdb.connect(str(self.private), config=_FORM) as connection:
                self._mark(connection)
            return self.load(lake, [t for t in slices.LOADED if t.is_whole and lake.exists(t)], [])

    def verify(self) -> None:
        """As of every warehouse: DuckDB compares each block that it reads with its checksum."""
        with self.reading() as connection:
            try:
                for name, columns in self.columns().items():
                    schema, _, table = name.partition(".")
                    listed = ", ".join(f'"{column}"' for column, _, _ in columns)
                    connection.execute(f'select max(hash({listed})) from {schema}."{table}"')
            except duckdb.Error as error:
                raise WarehouseError(self._trouble(self.published, error)) from error

    @contextmanager
    def dbt(self) -> Iterator[str]:
        """The file is the one that the settings name; dbt keeps it open until told otherwise."""
        try:
            yield "duckdb"
        finally:
            dbt_internals.close_duckdb()

    @contextmanager
    def built(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As of every warehouse."""
        with self._opened(self.private, read_only=True) as connection:
            yield connection

    def publish(self, relations: Mapping[str, Sequence[str]]) -> None:
        """Publishes a copy of the private file, by rename.

        Call it while holding `writing`. Of a subject that was loaded, or begun to be built, and has
        not passed since, the copy holds what was published before.
        """
        with self._opened(self.private) as connection:
            connection.execute("checkpoint")
            held_back = _unsettled(connection)
        aside = self.published.with_name(f".{self.published.name}.publishing")
        _copy(self.private, aside)
        for subject in held_back:
            loaded = [f"raw.{t.name}" for t in slices.LOADED if books.owner(t) == subject]
            self._put_back(aside, subject, [*loaded, *relations.get(subject, ())])
        failpoint("publish-before")
        aside.replace(self.published)
        failpoint("publish-after")

    def _put_back(self, aside: Path, subject: str, relations: Sequence[str]) -> None:
        """Gives a copy the relations of a subject as they are published, or takes them away."""
        with self._opened(aside) as connection:
            if self.published.exists():
                connection.execute(f"attach '{_text(self.published)}' as before (read_only)")
            else:
                connection.execute("attach ':memory:' as before")
            connection.execute("begin")
            for relation in relations:
                _put_back(connection, relation)
            for book in ("raw.loads", "intermediate.built_sessions"):
                _put_back_rows(connection, book, f"subject = '{subject}'")
            connection.execute("commit")
            connection.execute("detach before")
            connection.execute("checkpoint")

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """As of every warehouse."""
        if not self.published.exists():
            raise WarehouseMissingError(
                f"there is no warehouse at {self.published} yet: run a backfill first"
            )
        with self._opened(self.published, read_only=True) as connection:
            self._verify(connection)
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"set search_path = '{','.join(SEARCH_PATH)}'")
            yield connection

    @contextmanager
    def ask(self, sql: str, values: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """As of every warehouse."""
        with self.reading() as connection, asked(connection, sql, values) as answer:
            yield answer

    def relations(self) -> list[tuple[str, int, str]]:
        """As of every warehouse."""
        with self.reading() as connection:
            listed = connection.execute(
                "select schema_name, table_name, comment from duckdb_tables()"
                f" where schema_name in {PUBLISHED}"
                " union all select schema_name, view_name, comment from duckdb_views()"
                f" where schema_name in {PUBLISHED} order by 1, 2"
            ).fetchall()
            return [
                (f"{schema}.{name}", _count(connection, f'{schema}."{name}"'), comment or "")
                for schema, name, comment in listed
            ]

    def columns(self) -> dict[str, list[tuple[str, str, str]]]:
        """As of every warehouse."""
        with self.reading() as connection:
            found = connection.execute(
                "select schema_name || '.' || table_name, column_name, data_type, comment"
                f" from duckdb_columns() where schema_name in {PUBLISHED}"
                " order by 1, column_index"
            ).fetchall()
        told: dict[str, list[tuple[str, str, str]]] = {}
        for name, column, kind, comment in found:
            told.setdefault(name, []).append((column, kind.lower(), comment or ""))
        return told

    def _opened(self, file: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """A connection to one of the two files.

        Raises:
            WarehouseError: It cannot be opened; only a file that nobody can read is to be replaced.
        """
        try:
            return duckdb.connect(str(file), read_only=read_only, config={} if read_only else _FORM)
        except duckdb.Error as error:
            raise WarehouseError(self._trouble(file, error)) from error

    def _trouble(self, file: Path, error: duckdb.Error) -> str:
        """Why a file cannot be opened, and what helps in that case."""
        if holder := _holder(error):
            how = " for writing" if file == self.published else ""
            return (
                f"{file} cannot be opened now: {holder} has it open{how}. Close it there"
                f"{', or open it with read_only=True' if how else ''}; nothing is wrong with it"
            )
        says = str(error).splitlines()[0]
        if _NO_DATABASE.search(str(error)):
            return (
                f"{file} cannot be read ({says}): move it and {self._other(file).name} beside it "
                "away, and backfill any session; all is loaded again from the lake"
            )
        return (
            f"{file} cannot be opened ({says}): look at the permissions of file and folder, and at "
            "the disk; leave the file as it is"
        )

    def _other(self, file: Path) -> Path:
        return self.private if file == self.published else self.published

    def _prepare(self) -> None:
        """Waits until nobody holds the private file, and has it in the form that all can open.

        Somebody may look into it with DuckDB's own command, or run dbt upon it, which know no lock
        of ours.
        """
        deadline = time.monotonic() + ORPHAN_SECONDS
        while True:
            try:
                with duckdb.connect(str(self.private), config=_FORM) as connection:
                    stored = _stored_for(connection)
                    _migrate(connection)
                break
            except duckdb.Error as error:
                if not _holder(error) or time.monotonic() > deadline:
                    raise WarehouseError(self._trouble(self.private, error)) from error
                time.sleep(0.1)
        if stored != f"{STORED_FOR}+":
            _convert(self.private)
            _log.warning("the warehouse was stored for DuckDB 2 alone: now DuckDB 1 opens it too")

    def _mark(self, connection: duckdb.DuckDBPyConnection) -> None:
        # Readers search all of them, whether dbt has built anything yet or not.
        for schema in SEARCH_PATH:
            connection.execute(f"create schema if not exists {schema}")
        connection.execute("create table if not exists raw.world (name varchar(16) not null)")
        connection.execute(f"create table if not exists raw.loads {books.LOADS}")
        connection.execute(
            "insert into raw.world select ? where not exists (select 1 from raw.world)",
            [self.world],
        )
        self._verify(connection)

    def _verify(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            found = connection.execute("select name from raw.world").fetchall()[0][0]
        except duckdb.CatalogException as error:
            raise WarehouseError(
                f"{self.published} is a database of something else, without raw.world: set "
                "INDEXTRACKER_WAREHOUSE to another file"
            ) from error
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


def _create(connection: duckdb.DuckDBPyConnection, table: Table, shapes: _Shapes) -> bool:
    """Creates the table where it is not there in its declared shape; says whether it did."""
    connection.execute(f"create or replace temp table declared ({_columns(table)})")
    declared = connection.execute(
        "select name, type, not \"notnull\" from pragma_table_info('temp.declared')"
    ).fetchall()
    if shapes.get(table.name) == declared:
        return False
    connection.execute(f"drop table if exists raw.{table.name} cascade")
    connection.execute(ddl(table))
    return True


def _shapes(connection: duckdb.DuckDBPyConnection) -> _Shapes:
    """The shapes of the loaded tables that are there.

    They are asked for once: DuckDB goes through all tables and views, whichever is meant.
    """
    found: _Shapes = {}
    for table, name, kind, nullable in connection.execute(
        "select table_name, column_name, data_type, is_nullable from duckdb_columns()"
        " where schema_name = 'raw' order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, []).append((name, kind, nullable))
    return found


def _load(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    table: Table,
    keys: Sequence[Key] | None,
) -> int:
    """Replaces the slice of the keys, or all rows; says how many there are now."""
    connection.execute(f"delete from raw.{table.name} where {slices.predicate(table, keys)}")
    connection.register("lake_rows", slices.rows(lake, table, keys))
    columns = ", ".join(table.column_names)
    values = ", ".join(_plain(column.name, column.type) for column in table.columns)
    inserted = connection.execute(
        f"insert into raw.{table.name} ({columns}) select {values} from lake_rows"
    ).fetchall()
    connection.unregister("lake_rows")
    return int(inserted[0][0])


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the tables, and their columns, the descriptions that they have not got yet."""
    found = connection.execute(
        "select table_name, '', comment from duckdb_tables() where schema_name = 'raw'"
        " union all select table_name, column_name, comment from duckdb_columns()"
        " where schema_name = 'raw'"
    ).fetchall()
    said = {(table, column): text for table, column, text in found}
    for statement in descriptions.comments(said, "raw"):
        connection.execute(statement)


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives the books their subject, if they were made before there were any."""
    connection.execute("begin")
    books.migrate(lambda sql: connection.execute(sql).fetchall(), connection.execute, "raw")
    connection.execute("commit")


def _unsettled(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The subjects of which what is loaded has not been built, or has not passed."""
    if not connection.execute(
        "select 1 from duckdb_tables() where table_name = 'built_sessions'"
    ).fetchall():
        return []
    found = connection.execute(
        "select subject from raw.loads as l left join intermediate.built_sessions as b"
        " using (subject, key) where l.load_id is distinct from b.load_id"
        " union select subject from intermediate.run_sessions order by 1"
    ).fetchall()
    return [subject for (subject,) in found]


def _put_back(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Makes a relation what it is in the database `before`, or takes it away."""
    schema, name = relation.split(".")
    told = f'{schema}."{name}"'
    for kind in ("view", "table"):
        asked = (
            f"select sql, comment from duckdb_{kind}s() where schema_name = '{schema}'"
            f" and {kind}_name = '{name}' and database_name ="
        )
        if connection.execute(f"{asked} current_database()").fetchall():
            connection.execute(f"drop {kind} {told} cascade")
        for sql, comment in connection.execute(f"{asked} 'before'").fetchall():
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(sql)
            if kind == "table":
                connection.execute(f"insert into {told} select * from before.{told}")
            _comment(connection, f"{kind} {told}", comment)
    columns = connection.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'before'"
        f" and schema_name = '{schema}' and table_name = '{name}'"
    ).fetchall()
    for column, comment in columns:
        _comment(connection, f'column {told}."{column}"', comment)


def _comment(connection: duckdb.DuckDBPyConnection, what: str, comment: str | None) -> None:
    if comment is not None:
        quoted = comment.replace("'", "''")
        connection.execute(f"comment on {what} is '{quoted}'")


def _put_back_rows(connection: duckdb.DuckDBPyConnection, book: str, where: str) -> None:
    """Gives a book the rows that it has in the database `before`."""
    schema, name = book.split(".")
    connection.execute(f"delete from {book} where {where}")
    if connection.execute(
        "select 1 from duckdb_tables() where database_name = 'before'"
        f" and schema_name = '{schema}' and table_name = '{name}'"
    ).fetchall():
        connection.execute(f"insert into {book} select * from before.{book} where {where}")


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _keys_of(connection: duckdb.DuckDBPyConnection, table: Table) -> set[Key]:
    query = f"select distinct {table.key_column} from raw.{table.name}"
    return books.keys_of(table, [value for (value,) in connection.execute(query).fetchall()])


def _loaded(connection: duckdb.DuckDBPyConnection, table: Table) -> set[Key]:
    """The keys of the table's subject that were ever loaded."""
    query = f"select key from raw.loads where subject = '{books.owner(table)}'"
    return {key for (key,) in connection.execute(query).fetchall()}


def _plain(name: str, kind: str) -> str:
    """Instants lose their zone, as UTC, so that a client's own cannot shift an answer."""
    return f"timezone('UTC', {name})" if kind == "timestamp" else name


def _holder(error: duckdb.Error) -> str:
    """Who has the file open, in words; nothing where that is not the trouble."""
    held = _HELD.search(str(error))
    if not held:
        return ""
    return f"process {held[1]}" if held[1] else "another process"


def _stored_for(connection: duckdb.DuckDBPyConnection) -> str:
    """From which version of DuckDB on the open file can be read, as in `v1.0.0+`."""
    [(stored,)] = connection.execute(
        "select tags['storage_version'] from duckdb_databases() where not internal"
    ).fetchall()
    return str(stored)


def _convert(private: Path) -> None:
    """Stores the private file in the form that all can open."""
    aside = private.with_name(f"{private.name}.part")
    aside.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{_text(private)}' as stored (read_only)")
        connection.execute(f"attach '{_text(aside)}' as form (storage_version '{STORED_FOR}')")
        connection.execute("copy from database stored to form")
    aside.replace(private)


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def _copy(source: Path, target: Path) -> None:
    """Copies a file and waits until it is on disk."""
    aside = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, aside)
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    aside.replace(target)
