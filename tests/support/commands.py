"""Runs of the command in processes of their own, quickly: forked off one that has imported all.

A backfill spends four seconds of a processor on imports, two more on the code that dbt writes for
its classes as it meets each for the first time, and the tests run some two hundred commands. A
child of the fork is a process like any other: what it starts, locks and leaves behind when killed
is its own.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any

from support.waiting import eventually

WAIT_SECONDS = 300.0
# What libraries import when they are used, of a second of a processor in all.
OF_OTHERS = (
    "alembic.command",
    *(
        f"dagster._core.{name}"
        for name in (
            *("instance.factory", "secrets.env_file", "executor.in_process", "storage.root"),
            *("storage.sqlite", "storage.legacy_storage", "storage.local_compute_log_manager"),
            *("storage.runs.sqlite", "storage.schedules.sqlite"),
        )
    ),
    "dagster._daemon.controller",
    "dagster_dbt",
    *("dbt.adapters.duckdb.impl", "dbt.cli.main", "dbt.task.build", "dbt.task.docs.generate"),
    "ipykernel.connect",
    "pyarrow.dataset",
    "pysail.spark",
    "pyspark.sql.connect.session",
    "sqlalchemy.dialects.sqlite",
    "upath.implementations.local",
)


class Run:
    """One run of the command, the leader of a session of processes of its own."""

    def __init__(self, pid: int, commands: Commands, log: Path) -> None:
        self.pid = pid
        self.log = log
        self._commands = commands

    def kill(self) -> None:
        """Kills it as a power cut would; what it has started lives on. No harm if it is over."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def kill_group(self) -> None:
        """Kills it with all that it has started. No harm if it is over."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def wait(self, seconds: float = WAIT_SECONDS) -> int | None:
        """Its exit code, negative for the signal that killed it; None if it goes on."""
        return self._commands.wait(self.pid, seconds)

    def survivors(self) -> list[int]:
        """The processes of its session that live, once those have ended that see its death late."""
        with suppress(AssertionError):
            eventually(lambda: not self._living())
        return self._living()

    def _living(self) -> list[int]:
        return [pid for pid in map(int, _processes()) if _session(pid) == self.pid]

    def said(self) -> str:
        """The end of what it, and earlier runs with its log, printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]


class Commands:
    """Starts runs of the command, until it is closed.

    The process that forks has imported everything and started nothing: no thread, no engine. Runs
    may be started and awaited from several threads.

    Args:
        roots: Folders whose packages come before those that are installed.
    """

    def __init__(self, roots: Sequence[str] = ()) -> None:
        # Spawned, so that it shares neither threads nor open files with the tests' own process.
        context = get_context("spawn")
        self._pipe, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end, roots), daemon=False)
        self._codes: dict[int, int] = {}
        self._lock = Lock()
        self._process.start()
        far_end.close()
        assert self._pipe.recv() == "ready"

    def close(self) -> None:
        """Ends with all that it has started."""
        self._pipe.send(None)
        self._process.join(WAIT_SECONDS)

    def start(
        self, environment: Mapping[str, str], *arguments: str, log: Path, errors: Path | None = None
    ) -> Run:
        """Starts `indextracker` with arguments, in an environment of nothing but the given one.

        What it prints is appended to the log; what it says on standard error, to a file of its
        own where one is given.
        """
        pid = self._asked((dict(environment), arguments, str(log), str(errors or log)))
        # The system gives numbers out again: an earlier run's code is not this one's.
        self._codes.pop(pid, None)
        return Run(pid, self, log)

    def wait(self, pid: int, seconds: float) -> int | None:
        """The exit code of a run, once there is one."""
        deadline = time.monotonic() + seconds
        while pid not in self._codes:
            code = self._asked(pid)
            if code is not None:
                self._codes[pid] = code
            elif time.monotonic() > deadline:
                return None
            else:
                time.sleep(0.02)
        return self._codes[pid]

    def _asked(self, question: object) -> Any:
        with self._lock:
            self._pipe.send(question)
            return self._pipe.recv()


@functools.cache
def commands() -> Commands:
    """The server of this test process, started at its first run and ended with the process."""
    from indextracker.warehouse import dbt_runs

    dbt_runs.prepare()
    started = Commands()
    atexit.register(started.close)
    return started


def _serve(pipe: Connection, roots: Sequence[str]) -> None:
    # Nothing of ours is imported yet: this module imports none of it by itself.
    sys.path[:0] = roots
    _import_all()
    _warm_dbt()
    # What is there for good need not be looked through again by the collector of each child.
    gc.collect()
    gc.freeze()
    # A child makes many objects and lives for seconds: as often as by default, the collector took a
    # tenth of its time.
    gc.set_threshold(50_000, 20, 50)
    pipe.send("ready")
    children: set[int] = set()
    while (asked := _received(pipe)) is not None:
        if isinstance(asked, int):
            ended, status = os.waitpid(asked, os.WNOHANG)
            pipe.send(os.waitstatus_to_exitcode(status) if ended else None)
            children.discard(ended)
            continue
        pid = os.fork()
        if not pid:
            _become(*asked)
        children.add(pid)
        pipe.send(pid)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    # What was frozen would be called a leak by the libraries that look for them at the end.
    os._exit(0)


def _received(pipe: Connection) -> Any:
    """What was asked; None at the end, and when the tests' own process is gone."""
    try:
        return pipe.recv()
    except EOFError:
        return None


def _import_all() -> None:
    """What a backfill imports, at its beginning and on its way, and what others do."""
    import indextracker
    import indextracker_assets
    import indextracker_cli

    for package in (indextracker_cli, indextracker_assets, indextracker):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] not in ("__main__", "main"):
                importlib.import_module(module.name)
    for name in OF_OTHERS:
        importlib.import_module(name)


def _warm_dbt() -> None:
    """Has dbt read and write the project, and Jinja compile its macros: what no child need repeat.

    It opens no database and starts no thread.
    """
    from dbt_common.clients.jinja import template_cache

    from indextracker.warehouse import dbt_runs

    with tempfile.TemporaryDirectory() as folder:
        dbt_runs._invoke(["list"], "duckdb", Path(folder))
        project = dbt_runs._manifest("duckdb")
        assert project
        project.write(str(Path(folder, "manifest.json")))
        for macro in project.macros.values():
            template_cache.get_node_template(macro)
    assert threading.active_count() == 1


def _become(
    environment: dict[str, str], arguments: Sequence[str], output: str, errors: str
) -> None:
    """Turns a fresh fork into the command; never returns."""
    from indextracker_cli import main

    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(Path(output).parent)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, file in ((1, output), (2, errors)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    sys.argv = ["indextracker", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _processes() -> list[str]:
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session(pid: int) -> int | None:
    """The session of a process that runs; None of one that is over."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # <pid> (<name>) <state> <parent> <group> <session> ...
    state, _parent, _group, session, *_ = stat.rpartition(")")[2].split()
    return None if state == "Z" else int(session)
