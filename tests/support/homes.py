"""A place of its own for the command: lake, warehouse and instance, and an environment of nothing.

`run_by_path` and `start` start the command as people do, by its path, in no activated environment;
`run` forks it off a process that has imported all, which takes a tenth of the time.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker.settings import cache
from support.commands import Commands, Run, commands

COMMAND = str(Path(sys.executable).parent / "indextracker")
WAIT_SECONDS = 300
_runs = itertools.count()
# A Friday and the Monday after it.
RANGE = ("--from", "2024-12-13", "--to", "2024-12-16")


@dataclass(frozen=True)
class Begun:
    """A run of the command that was forked off, and the files of what it prints."""

    run: Run
    arguments: tuple[str, ...]
    output: Path
    errors: Path

    def ended(self) -> subprocess.CompletedProcess[str]:
        """What it printed and ended with, once it is over."""
        code = self.run.wait(WAIT_SECONDS)
        if code is None:
            self.run.kill_group()
            raise subprocess.TimeoutExpired(self.arguments, WAIT_SECONDS)
        said = [file.read_text(encoding="utf-8") for file in (self.output, self.errors)]
        return subprocess.CompletedProcess(self.arguments, code, *said)


class _Started(subprocess.Popen[str]):
    """A run as the block of a `with` statement: where that fails, nobody waits for its end."""

    def __exit__(self, *about: Any) -> None:
        if about[0] is not None:
            self.kill()
        super().__exit__(*about)


@dataclass(frozen=True)
class Home:
    """A folder with everything that the command writes."""

    folder: Path
    source: str = "simulated"
    # What its runs are forked off.
    server: Callable[[], Commands] = commands

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "warehouse.duckdb"

    @property
    def dagster(self) -> Path:
        return self.folder / "dagster"

    @property
    def docs(self) -> Path:
        return self.warehouse.with_name("dbt_docs")

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._made("home")),
            # The dbt project is compiled once for all homes.
            "XDG_CACHE_HOME": str(cache().parent),
            "INDEXTRACKER_SETTINGS": os.devnull,
            "INDEXTRACKER_SOURCE": self.source,
            "INDEXTRACKER_LAKE": str(self.lake),
            "INDEXTRACKER_WAREHOUSE": str(self.warehouse),
            "INDEXTRACKER_DAGSTER_HOME": str(self.dagster),
        } | more

    def start(self, *arguments: str, alone: bool = False, **more: str) -> subprocess.Popen[str]:
        """Starts the command from another folder than the project's; `alone` in its own group."""
        return _Started(
            [COMMAND, *arguments],
            cwd=self._made("elsewhere"),
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=alone,
        )

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the command to its end."""
        return self.begun(*arguments, **more).ended()

    def begun(self, *arguments: str, **more: str) -> Begun:
        """Starts the command, whose end is to be awaited."""
        place = self._made("elsewhere") / str(next(_runs))
        output, errors = place.with_suffix(".out"), place.with_suffix(".err")
        run = self.server().start(self.environment(**more), *arguments, log=output, errors=errors)
        return Begun(run, arguments, output, errors)

    def run_by_path(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Runs the command to its end, started by its path."""
        with self.start(*arguments, **more) as process:
            output, errors = process.communicate(timeout=WAIT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def contents(self) -> dict[str, object]:
        """What every table holds: of the lake but for its logs, raw, and the marts."""
        lake = Lake(str(self.lake), "simulated")
        found: dict[str, object] = {
            table.path: digest(lake, table) for table in lake.tables() if table.writes != "append"
        }
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            columns = connection.execute(
                "select schema_name || '.\"' || table_name || '\"', list(column_name)"
                " from duckdb_columns() where schema_name in ('raw', 'marts')"
                # Each load has an id of its own.
                " and table_name <> 'loads' group by 1"
            ).fetchall()
            for table, names in columns:
                row = ", ".join(f'"{name}"' for name in sorted(names))
                found[table] = connection.execute(
                    f"select count(*), sum(hash(row({row}))::hugeint) from {table}"
                ).fetchall()
        return found

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder
