"""A backfill into an empty home, killed at work in each stage in turn, goes on where it stopped.

Elsewhere runs are killed at failpoints; here while they write, compute and build.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

from support.commands import Commands
from support.homes import WAIT_SECONDS, Home
from support.lakehouse import (
    FRIDAY,
    LIGHT,
    Reference,
    backfill,
    differing,
    finish,
    new_home,
    runs,
    start,
    unended,
)

ARGUMENTS = backfill(FRIDAY, FRIDAY, LIGHT)


def test_a_backfill_killed_at_work_goes_on_where_it_stopped(
    commands: Commands, source: str, light_friday: Reference, tmp_path: Path
) -> None:
    """Killed after a bronze commit, while refining and while dbt builds, then left to end."""
    home = new_home(tmp_path / "home", source)
    for sign in (
        first_commit(home, "bronze/finmind_trades"),
        first_commit(home, "silver/etf_trades"),
        home.docs / "compiled",
    ):
        assert not sign.exists()
        kill_at(commands, home, sign)
        assert not home.warehouse.exists()
    finish(commands, home, ARGUMENTS)
    assert differing(home.contents(), light_friday.contents) == []
    assert unended(home.dagster) == {}
    assert runs(home.dagster)["FAILURE"] == 3


def first_commit(home: Home, table: str) -> Path:
    """What a table's first rows leave behind: version 0 only created it."""
    return home.lake / table / "_delta_log" / f"{1:020}.json"


def kill_at(commands: Commands, home: Home, sign: Path) -> None:
    run = start(commands, home, ARGUMENTS)
    deadline = time.monotonic() + WAIT_SECONDS
    while not sign.exists():
        assert run.wait(0) is None, f"it ended before {sign} was there"
        assert time.monotonic() < deadline, f"{sign} never came"
        time.sleep(0.01)
    run.kill()
    assert run.wait() == -signal.SIGKILL
