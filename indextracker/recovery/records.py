"""Copies of Dagster's records, made while runs write them, and put back while none does.

SQLite copies a database that is in use by its own means; of PostgreSQL all tables are read in one
transaction. No data depends on these records (decision 0011): losing them loses the history.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection

from pydantic import SecretStr

POSTGRESQL = "postgresql.zip"
_CONFIGURED = "dagster.yaml"
_HEADER = b"SQLite format 3\x00"
_WAIT_SECONDS = 60.0


class RecordsError(RuntimeError):
    """Records cannot be copied or put back; the message says which, and what to do."""


@contextmanager
def copied(home: str, database: SecretStr | None = None) -> Iterator[dict[str, Path]]:
    """The files of a copy of the records, by their names below DAGSTER_HOME.

    They are there as long as the block lasts.

    Args:
        home: DAGSTER_HOME.
        database: Address of the PostgreSQL that keeps the records instead.
    """
    with TemporaryDirectory() as folder:
        found: dict[str, Path] = {}
        place = Path(home)
        if (place / _CONFIGURED).exists():
            found[_CONFIGURED] = place / _CONFIGURED
        if database:
            found[POSTGRESQL] = Path(folder, POSTGRESQL)
            found[POSTGRESQL].write_bytes(_dumped(database))
        else:
            for number, file in enumerate(sorted(place.rglob("*.db"))):
                if _is_sqlite(file):
                    aside = Path(folder, str(number))
                    _copy(file, aside)
                    found[file.relative_to(place).as_posix()] = aside
        yield found


def put_back(home: str, files: dict[str, bytes], database: SecretStr | None = None) -> None:
    """Puts the files of a copy into the place of the records that are there.

    Nothing may run meanwhile. Killed, it is ended by the next run.

    Args:
        home: DAGSTER_HOME; what it has beside these files stays.
        files: The files, by name.
        database: Address of the PostgreSQL that keeps the records, with the tables that Dagster
            makes at its first start.

    Raises:
        RecordsError: The copy is of the other kind of store, or of another version's tables.
    """
    if (POSTGRESQL in files) != (database is not None):
        raise RecordsError(
            "the copy's records are of PostgreSQL and these are of SQLite, or the reverse: set, or "
            "unset, INDEXTRACKER_DAGSTER_DATABASE"
        )
    for name, body in files.items():
        if name == POSTGRESQL and database:
            _filled(database, body)
            continue
        file = Path(home, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f"{file.name}.part")
        aside.write_bytes(body)
        # What a write-ahead log holds is of the database that goes.
        for ending in ("-wal", "-shm"):
            file.with_name(f"{file.name}{ending}").unlink(missing_ok=True)
        aside.replace(file)


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_HEADER)) == _HEADER


def _copy(file: Path, aside: Path) -> None:
    """A copy of a database as it is at one moment, whoever writes it."""
    with (
        closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=_WAIT_SECONDS)) as source,
        closing(sqlite3.connect(aside)) as target,
    ):
        source.backup(target)
        target.execute("pragma journal_mode = delete")


@contextmanager
def _connected(database: SecretStr) -> Iterator[DBAPIConnection]:
    from sqlalchemy import create_engine  # noqa: PLC0415 - with Dagster's, who has no use for it
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_engine(database.get_secret_value(), poolclass=NullPool)
    with closing(engine.raw_connection()) as connection:
        found = connection.driver_connection
        assert found is not None
        yield found


def _tables(cursor: Any) -> dict[str, list[str]]:
    """The columns of each of Dagster's tables."""
    cursor.execute(
        "select table_name, column_name from information_schema.columns where table_schema ="
        " current_schema() order by table_name, ordinal_position"
    )
    found: dict[str, list[str]] = {}
    for table, column in cursor.fetchall():
        found.setdefault(table, []).append(column)
    return found


def _referred_first(cursor: Any, tables: Iterable[str]) -> list[str]:
    """Tables in an order in which rows find those that they refer to."""
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(tables, ()))
    cursor.execute(
        "select t.relname, r.relname from pg_constraint c join pg_class t on t.oid = c.conrelid"
        " join pg_class r on r.oid = c.confrelid where c.contype = 'f' and t.oid <> r.oid"
        " and c.connamespace = current_schema()::regnamespace"
    )
    for table, referred in cursor.fetchall():
        order.add(table, referred)
    return [*order.static_order()]


def _dumped(database: SecretStr) -> bytes:
    """All tables at one moment: a zip of a CSV of each, and their columns."""
    written = io.BytesIO()
    with _connected(database) as connection:
        cursor = connection.cursor()
        cursor.execute("begin transaction isolation level repeatable read read only")
        tables = _tables(cursor)
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("tables.json", json.dumps(tables))
            for table in tables:
                with file.open(f"{table}.csv", "w", force_zip64=True) as out:
                    cursor.copy_expert(f'copy "{table}" to stdout (format csv)', out)
        connection.rollback()
    return written.getvalue()


def _filled(database: SecretStr, body: bytes) -> None:
    """Has all tables hold what they held, in one transaction."""
    with zipfile.ZipFile(io.BytesIO(body)) as file, _connected(database) as connection:
        tables = json.loads(file.read("tables.json"))
        cursor = connection.cursor()
        if _tables(cursor) != tables:
            raise RecordsError(
                "the database has other tables than the copy: let the version of Dagster that made "
                "the copy start once on an empty database, and put them back then"
            )
        cursor.execute("truncate " + ", ".join(f'"{table}"' for table in tables))
        for table in _referred_first(cursor, tables):
            with file.open(f"{table}.csv") as rows:
                cursor.copy_expert(f'copy "{table}" from stdin (format csv)', rows)
        cursor.execute(
            "select table_name, column_name from information_schema.columns where table_schema ="
            " current_schema() and column_default like 'nextval(%'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f"select setval(pg_get_serial_sequence('\"{table}\"', '{column}'),"
                f' coalesce(max("{column}"), 0) + 1, false) from "{table}"'
            )
        connection.commit()
