"""SQLite's records are copied while they are written, and put back in the place of others."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from indextracker.recovery.records import RecordsError, copied, put_back

ROWS_AT_ONCE = 50


def rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("select count(*) from events").fetchall()[0][0])


def test_a_copy_is_of_one_moment_though_runs_write(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "history").mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    database = home / "history" / "runs.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table events (number integer)")
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            while not stop.is_set():
                with connection:
                    added = [(number,) for number in range(ROWS_AT_ONCE)]
                    connection.executemany("insert into events values (?)", added)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not rows(database):
            pass
        with copied(str(home)) as files:
            kept = {name: file.read_bytes() for name, file in files.items()}
    finally:
        stop.set()
        writer.join()
    assert {*kept} == {"dagster.yaml", "history/runs.db"}
    later = rows(database)
    put_back(str(home), kept)
    assert 0 < rows(database) <= later
    assert not rows(database) % ROWS_AT_ONCE  # whole transactions alone
    put_back(str(tmp_path / "elsewhere"), kept)
    assert rows(tmp_path / "elsewhere" / "history" / "runs.db") == rows(database)


def test_records_of_the_other_kind_of_store_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="of PostgreSQL and these are of SQLite"):
        put_back(str(tmp_path), {"postgresql.zip": b""})
    with pytest.raises(RecordsError, match="or the reverse"):
        put_back(str(tmp_path), {"history/runs.db": b""}, SecretStr("postgresql+psycopg2://x/y"))
