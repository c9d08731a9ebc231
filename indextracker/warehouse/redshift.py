"""The warehouse on Redshift: slices come through S3 by COPY; dbt publishes what passed its tests.

Readers see `marts`. Nothing that they read is ever dropped or renamed: changed rows are deleted and
inserted in one transaction, and each of their statements sees the state before it or after it. For
the marts that is the last transaction of dbt's run (see `publish` of dbt_project).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from indextracker.lake import Lake, WorldMismatchError
from indextracker.lake.questions import Answer, QuestionError
from indextracker.settings import Settings, for_dbt
from indextracker.system.failpoints import failpoint
from indextracker.system.places import StoreError
from indextracker.warehouse import books, descriptions, slices
from indextracker.warehouse.protocol import (
    PUBLISHED,
    SEARCH_PATH,
    Cursor,
    WarehouseError,
    WarehouseMissingError,
)
from indextracker.warehouse.staging import StagingArea, staging_area
from indextracker_catalogue import Key, Table

if TYPE_CHECKING:
    from redshift_connector.core import Connection

DEFAULT_PORT = 5439
THIS_MACHINE = ("127.0.0.1", "localhost")
LOGIN_SECONDS = 3600
# `raw` is a reserved word of Redshift, and so is the column `open`: all names are quoted.
RAW = '"raw"'
BOOKS = {
    "world": "name varchar(16) not null",
    "loads": books.LOADS[1:-1],
    # The statement that made each table: a table of another statement is made again.
    "definitions": "table_name varchar(128) not null, ddl varchar(16384) not null",
    # One row, which a writer updates and never commits.
    "writer": "busy boolean not null",
}


class LoadError(RuntimeError):
    """Rows did not arrive in the warehouse, or not as they were sent; nothing was loaded."""


@dataclass(frozen=True)
class Login:
    """How to connect. `password` is in no text of it."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)

    @property
    def encrypted(self) -> bool:
        """Whether the way leads over a network."""
        return self.host not in THIS_MACHINE


class RedshiftWarehouse:
    """Loads and opens one database of a cluster.

    Args:
        settings: Its address, how to log in, and where rows are staged for it.
    """

    def __init__(self, settings: Settings) -> None:
        self.address = settings.warehouse.address
        self.world = settings.world
        self._password = settings.warehouse.password
        role = settings.warehouse.copy_role
        self._role = f"'{role}'" if role else "default"
        self._is_writing = False
        parts = urlsplit(settings.warehouse.address)
        self._host, self._port = str(parts.hostname), parts.port or DEFAULT_PORT
        self._user, self._database = str(parts.username), parts.path.strip("/")
        self._cluster = parse_qs(parts.query).get("cluster", [""])[0]
        # One place per database: a lake may be loaded into several.
        self._staged_at = f"{settings.staged_at}/{self._host}-{self._port}-{self._database}"

    def published_yet(self) -> bool:
        """As of every warehouse."""
        with self._connected() as connection:
            return self._holds_something(connection)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the one row of a table for one writer; who has it may take it again.

        It is free again when the transaction ends, and that ends with its process. A lock of the
        whole table would also keep out who counts the rows of all tables.
        """
        if self._is_writing:
            yield
            return
        with self._connected() as connection:
            _make_books(connection)
            _execute(connection, _BUSY)
            if _migrate(connection):
                connection.commit()  # and somebody else may write
                _execute(connection, _BUSY)
            self._is_writing = True
            try:
                yield
            finally:
                self._is_writing = False

    def load(self, lake: Lake, tables: Sequence[Table], keys: Sequence[Key]) -> dict[str, int]:
        """As of every warehouse; rows come by COPY and are checked before they count.

        Raises:
            LoadError: Rows cannot be staged or copied, or what was copied is not what was staged.
            WorldMismatchError: The warehouse holds the other world's data.
        """
        loaded = {}
        touched = books.touched_by(tables, keys)
        slices.complete(lake)
        with (
            self.writing(),
            staging_area(self._staged_at) as area,
            self._connected() as connection,
        ):
            if not _rows(connection, _WORLD):
                _execute(connection, f"insert into {RAW}.world values ('{self.world}')")
            self._verify(connection)
            for table in slices.LOADED:
                fresh = _create(connection, table) and lake.exists(table)
                if fresh or table in tables:
                    whole = fresh or table.is_whole
                    wanted = None if whole else keys
                    loaded[table.path] = self._replace(connection, area, lake, table, wanted)
                if fresh and not table.is_whole:
                    touched.setdefault(books.owner(table), set()).update(
                        _keys_of(connection, table), _loaded(connection, table)
                    )
            _describe(connection)
            for statement in books.note(touched, f"{RAW}.loads"):
                _execute(connection, statement)
            failpoint("warehouse-before")
            connection.commit()
        failpoint("warehouse-after")
        return loaded

    def reload(self, lake: Lake) -> dict[str, int]:
        """As of every warehouse: the keys of the lake, and those that were ever loaded."""
        loaded: dict[str, int] = {}
        with self.writing():
            with self._connected() as connection:
                listed = _rows(connection, f'select distinct "key" from {RAW}.loads')
            known = {key for (key,) in listed}
            for timeline, tables in slices.by_timeline(lake).items():
                keys = slices.keys(lake, tables) | slices.of_timeline(timeline, known)
                loaded |= self.load(lake, tables, sorted(keys))
        return loaded

    def verify(self) -> None:
        """As of every warehouse; the cluster itself looks after what it stores."""
        self.relations()

    @contextmanager
    def dbt(self) -> Iterator[str]:
        """A login in the environment, where the profile of the target looks, for one call alone."""
        login = self._login()
        with for_dbt(
            login.password,
            host=login.host,
            port=str(login.port),
            cluster_database=login.database,
            user=login.user,
            sslmode="verify-full" if login.encrypted else "disable",
        ):
            yield "redshift"

    @contextmanager
    def built(self) -> Iterator[Session]:
        """What dbt has built is published by its run: this is `reading`."""
        with self.reading() as session:
            yield session

    def publish(self, relations: Mapping[str, Sequence[str]]) -> None:
        """Nothing is left to do: dbt's run has published what passed, in its last transaction."""

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only connection, in one transaction: all its statements see the same state.

        Raises:
            WarehouseMissingError: Nothing is loaded yet.
            WorldMismatchError: The warehouse holds the other world's data.
        """
        with self._connected() as connection:
            if not self._holds_something(connection):
                raise WarehouseMissingError(
                    f"there is nothing in {self.address} yet: run a backfill first"
                )
            self._verify(connection)
            connection.rollback()
            connection.autocommit = True
            path = ", ".join(f'"{schema}"' for schema in SEARCH_PATH)
            _execute(connection, f"set search_path to {path}")
            _execute(connection, "begin transaction isolation level serializable read only")
            yield Session(connection)

    @contextmanager
    def ask(self, sql: str, values: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """As of every warehouse; the driver has all rows before it hands out the first."""
        from redshift_connector.error import DatabaseError  # noqa: PLC0415

        if values:
            raise QuestionError("Redshift takes no parameters here: write their values")
        with self.reading() as session:
            try:
                cursor = session.execute(sql)
            except DatabaseError as error:
                raise QuestionError(_says(error)) from error
            names = [str(column[0]) for column in cursor.description or ()]
            rows = cursor.fetchall() if names else ()
            columns = [pa.array([row[place] for row in rows]) for place in range(len(names))]
            batch = pa.RecordBatch.from_arrays(columns, names)
            yield Answer(batch.schema, iter([batch]))

    def relations(self) -> list[tuple[str, int, str]]:
        """As of every warehouse."""
        with self.reading() as session:
            listed = session.execute(
                "select n.nspname, c.relname, d.description from pg_class as c"
                " join pg_namespace as n on n.oid = c.relnamespace"
                " left join pg_description as d on d.objoid = c.oid and d.objsubid = 0"
                f" where n.nspname in {PUBLISHED} and c.relkind in ('r', 'v')"
                " and has_table_privilege(c.oid, 'select') order by 1, 2"
            ).fetchall()
            counted = "select count(*) from"
            return [
                (
                    f"{schema}.{name}",
                    session.execute(f'{counted} "{schema}"."{name}"').fetchall()[0][0],
                    description or "",
                )
                for schema, name, description in listed
            ]

    def columns(self) -> dict[str, list[tuple[str, str, str]]]:
        """As of every warehouse."""
        with self.reading() as session:
            found = session.execute(
                "select n.nspname || '.' || c.relname, a.attname,"
                " format_type(a.atttypid, a.atttypmod), d.description from pg_class as c"
                " join pg_namespace as n on n.oid = c.relnamespace"
                " join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0"
                " and not a.attisdropped"
                " left join pg_description as d on d.objoid = c.oid and d.objsubid = a.attnum"
                f" where n.nspname in {PUBLISHED} and c.relkind in ('r', 'v')"
                " and has_table_privilege(c.oid, 'select') order by 1, a.attnum"
            ).fetchall()
        told: dict[str, list[tuple[str, str, str]]] = {}
        for name, column, kind, description in found:
            told.setdefault(name, []).append((column, kind, description or ""))
        return told

    def _login(self) -> Login:
        """The password of the settings, or one of IAM's, which lasts an hour."""
        if not self._cluster:
            password = self._password.get_secret_value() if self._password else ""
            return Login(self._host, self._port, self._database, self._user, password)
        given = self._iam.get_cluster_credentials(
            DbUser=self._user,
            DbName=self._database,
            ClusterIdentifier=self._cluster,
            DurationSeconds=LOGIN_SECONDS,
            AutoCreate=False,
        )
        user, password = given["DbUser"], given["DbPassword"]
        return Login(self._host, self._port, self._database, user, password)

    @cached_property
    def _iam(self) -> Any:
        from boto3.session import Session  # noqa: PLC0415 - takes half a second

        return Session().client("redshift")

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection, which begins a transaction; what is not committed is undone."""
        import redshift_connector  # noqa: PLC0415 - it imports boto3
        from redshift_connector.error import Error  # noqa: PLC0415

        login = self._login()
        try:
            connection = redshift_connector.connect(
                host=login.host,
                port=login.port,
                database=login.database,
                user=login.user,
                password=login.password,
                ssl=login.encrypted,
                sslmode="verify-full",
            )
        except (Error, OSError) as error:
            raise WarehouseError(
                f"{self.address} cannot be opened ({_says(error)}): look at its address, the "
                "password, and from where it may be reached"
            ) from error
        with closing(connection):
            yield connection

    @staticmethod
    def _holds_something(connection: Connection) -> bool:
        return "world" in _books(connection) and bool(_rows(connection, _WORLD))

    def _verify(self, connection: Connection) -> None:
        found = _rows(connection, _WORLD)[0][0]
        if found != self.world:
            raise WorldMismatchError(
                f"the warehouse {self.address} holds {found} data and this run is of the "
                f"{self.world} world: set INDEXTRACKER_WAREHOUSE to another database"
            )

    def _replace(
        self,
        connection: Connection,
        area: StagingArea,
        lake: Lake,
        table: Table,
        keys: Sequence[Key] | None,
    ) -> int:
        """Replaces the slice of the keys, or all rows; says how many there are now."""
        from redshift_connector.error import DatabaseError  # noqa: PLC0415

        staged = f"staged_{table.name}"
        try:
            address, exported = area.export(table, slices.rows(lake, table, keys))
        except StoreError as error:
            raise LoadError(
                f"{table.path}: its rows could not be staged, and nothing was loaded: {error}"
            ) from error
        _execute(connection, f"create temporary table {staged} ({_columns(table, bare=True)})")
        try:
            if exported:  # a prefix without files is an error to COPY
                _execute(
                    connection,
                    f"copy {staged} from '{address}' iam_role {self._role} format as parquet",
                )
        except DatabaseError as error:
            raise LoadError(
                f"{table.path}: its rows could not be copied from {address} ({_says(error)}): "
                "nothing was loaded; look at what INDEXTRACKER_COPY_ROLE may read, or run it again"
            ) from error
        failpoint("copied")
        _verify_staged(connection, table, staged, exported)
        target = f"{RAW}.{table.name}"
        _execute(connection, f"delete from {target} where {slices.predicate(table, keys)}")
        columns = _quoted(table.column_names)
        _execute(connection, f"insert into {target} ({columns}) select {columns} from {staged}")
        _execute(connection, f"drop table {staged}")
        return exported


class Session:
    """A connection of redshift_connector, asked as one of DuckDB is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, /) -> Cursor:
        """The answer of one statement."""
        return _execute(self._connection, sql)


_WORLD = f"select name from {RAW}.world"
_BUSY = f"update {RAW}.writer set busy = true"


def ddl(table: Table) -> str:
    """The statement that creates the table in schema `raw`, with how it is spread and sorted."""
    key = table.distribution_key
    spread = f'diststyle key distkey ("{key}")' if key else "diststyle all"
    return (
        f"create table {RAW}.{table.name} ({_columns(table)})"
        f" {spread} sortkey ({_quoted(table.sort_key)})"
    )


def _columns(table: Table, *, bare: bool = False) -> str:
    """Names and types; keys are not null, but where the columns are to be bare."""
    return ", ".join(
        f'"{column.name}" {column.warehouse_type}'
        f"{'' if bare or column.name not in table.key else ' not null'}"
        for column in table.columns
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _execute(connection: Connection, sql: str) -> Cursor:
    cursor: Cursor = connection.cursor().execute(sql)
    return cursor


def _says(error: Exception) -> str:
    """What the server says: the driver hands on all fields of its answer."""
    fields = error.args[0] if error.args else ""
    return str(fields.get("M", "")) if isinstance(fields, dict) else str(error)


def _rows(connection: Connection, sql: str) -> list[Any]:
    return list(_execute(connection, sql).fetchall())


def _books(connection: Connection) -> set[str]:
    """The tables of schema `raw` that the user may use."""
    found = _rows(
        connection,
        "select table_name from information_schema.tables where table_schema = 'raw'",
    )
    return {name for (name,) in found}


def _make_books(connection: Connection) -> None:
    """Makes the schemas and what the loader keeps its records in, where they are not there."""
    from redshift_connector.error import DatabaseError  # noqa: PLC0415

    if not set(BOOKS) <= _books(connection):
        connection.rollback()
        try:
            for schema in SEARCH_PATH:
                _execute(connection, f'create schema if not exists "{schema}"')
            for name, columns in BOOKS.items():
                _execute(
                    connection, f"create table if not exists {RAW}.{name} ({columns}) diststyle all"
                )
            if not _rows(connection, f"select busy from {RAW}.writer"):
                _execute(connection, f"insert into {RAW}.writer values (false)")
            connection.commit()
        except DatabaseError:
            # Of two at the same instant one makes them, and the other gets this error.
            connection.rollback()
            if not set(BOOKS) <= _books(connection):
                raise
    connection.rollback()


def _migrate(connection: Connection) -> bool:
    """Gives books of before there were subjects their subject; says whether it did."""
    return books.migrate(
        lambda sql: _rows(connection, sql), lambda sql: _execute(connection, sql), RAW
    )


def _create(connection: Connection, table: Table) -> bool:
    """Creates the table where it is not there as it is declared; says whether it did."""
    declared = ddl(table)
    book = f"{RAW}.definitions"
    named = f"where table_name = '{table.name}'"
    if _rows(connection, f"select ddl from {book} {named}") == [[declared]]:
        return False
    # dbt's views on it would be in the way; each run of dbt's makes them again.
    _execute(connection, f"drop table if exists {RAW}.{table.name} cascade")
    _execute(connection, declared)
    _execute(connection, f"delete from {book} {named}")
    _execute(connection, f"insert into {book} values ('{table.name}', '{declared}')")
    return True


def _verify_staged(connection: Connection, table: Table, staged: str, exported: int) -> None:
    nulls = " or ".join(f'"{name}" is null' for name in table.key)
    [[arrived, without_key]] = _rows(
        connection, f"select count(*), count(case when {nulls} then 1 end) from {staged}"
    )
    if arrived != exported:
        raise LoadError(
            f"{table.path}: {exported} rows were exported and {arrived} arrived in the warehouse: "
            "nothing was loaded, run it again"
        )
    if without_key:
        raise LoadError(
            f"{table.path}: {without_key} rows have nulls in their key "
            f"({', '.join(table.key)}): nothing was loaded"
        )
    identity = _quoted((*table.key, *table.key_nullable))
    twice = _rows(
        connection,
        f"select {identity} from {staged} group by {identity} having count(*) > 1 limit 1",
    )
    if twice:
        raise LoadError(
            f"{table.path}: the row of {', '.join(map(str, twice[0]))} is there more than once: "
            "nothing was loaded"
        )


def _describe(connection: Connection) -> None:
    """Gives the tables, and their columns, the descriptions that they have not got yet."""
    found = _rows(
        connection,
        "select c.relname, a.attname, d.description from pg_description as d"
        " join pg_class as c on c.oid = d.objoid"
        " join pg_namespace as n on n.oid = c.relnamespace and n.nspname = 'raw'"
        " left join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid",
    )
    said = {(table, column or ""): text for table, column, text in found}
    for statement in descriptions.comments(said, RAW):
        _execute(connection, statement)


def _keys_of(connection: Connection, table: Table) -> set[Key]:
    found = _rows(connection, f'select distinct "{table.key_column}" from {RAW}.{table.name}')
    return books.keys_of(table, [value for (value,) in found])


def _loaded(connection: Connection, table: Table) -> set[Key]:
    """The keys of the table's subject that were ever loaded."""
    query = f"select \"key\" from {RAW}.loads where subject = '{books.owner(table)}'"
    return {key for (key,) in _rows(connection, query)}
