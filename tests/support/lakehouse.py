"""A lakehouse that is backfilled, copied, killed and compared.

Which sessions and feeds the tests use, and what they ask of a home once a command has ended.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from support.commands import Commands, Run
from support.homes import Home

FRIDAY, MONDAY, TUESDAY = date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17)
# Two small documents that fill each layer: a JSON for silver to marts, a CSV for silver.
LIGHT = ("--feeds", "finmind_trades,taifex_daily_futures")
WHOLE: tuple[str, ...] = ()

Contents = Mapping[str, object]


@dataclass(frozen=True)
class Reference:
    """A home that nothing disturbed, and what it holds."""

    home: Home
    contents: Contents
    seconds: float = 0.0


def backfill(
    first: date, last: date, feeds: tuple[str, ...] = WHOLE, *more: str, subject: str = "taiwan"
) -> list[str]:
    """The arguments of a backfill."""
    return ["backfill", subject, "--from", str(first), "--to", str(last), *feeds, *more]


def start(commands: Commands, home: Home, arguments: list[str], **settings: str) -> Run:
    """Starts the command in a home, whose log collects what all runs there print."""
    return commands.start(home.environment(**settings), *arguments, log=home.folder / "log")


def finish(commands: Commands, home: Home, arguments: list[str]) -> None:
    """Runs the command in a home to its good end."""
    run = start(commands, home, arguments)
    assert run.wait() == 0, run.said()


def new_home(folder: Path, source: str) -> Home:
    """An empty home."""
    folder.mkdir()
    return Home(folder, source)


def copied(home: Home, folder: Path) -> Home:
    """Another home with the same data."""
    shutil.copytree(home.folder, folder)
    return Home(folder, home.source)


def differing(found: Contents, expected: Contents) -> list[str]:
    """The tables that do not hold what they should."""
    paths = sorted({*found, *expected})
    return [path for path in paths if found.get(path) != expected.get(path)]


def runs(dagster_home: Path) -> Counter[str]:
    """How many runs Dagster knows in each state."""
    with closing(sqlite3.connect(dagster_home / "history" / "runs.db")) as connection:
        return Counter(dict(connection.execute("select status, count(*) from runs group by 1")))


def unended(dagster_home: Path) -> Counter[str]:
    """The runs that Dagster takes for under way, by state."""
    return Counter({s: n for s, n in runs(dagster_home).items() if s not in ("SUCCESS", "FAILURE")})
