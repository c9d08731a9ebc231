"""A run killed at any failpoint, then run again, leaves the tables of a run that nothing disturbed.

The failpoints are those that the sources name, so that a new one is tried by itself.
"""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from resilience.ahead import worked_ahead
from support.commands import Commands
from support.homes import Home
from support.lakehouse import (
    LIGHT,
    MONDAY,
    Contents,
    Reference,
    backfill,
    copied,
    differing,
    finish,
    start,
    unended,
)
from support.sources import PROJECT

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import TABLES

NAMES = sorted(
    {
        name
        for package in ("indextracker", "indextracker_assets")
        for module in (PROJECT / package).rglob("*.py")
        if module.name != "redshift.py"  # whose loads are killed in tests/warehouses/
        for name in re.findall(r'failpoint\("([a-z-]+)"\)', module.read_text("utf-8"))
    }
)
UPKEEP = ("restore", "compact", "vacuum")
# What a backfill passes more than once, per feed, table or run, is killed in a row at more than one
# of its passings. What the first of two feeds logged, the next run does not log again.
PASSINGS = {
    "landing": (1, 2),
    "bronze": (1, 2),
    "deliveries": (1, 1),
    "reference": (1, 4),
    "spark": (1, 4),
    "builds": (1, 4),
    "warehouse": (1, 2),
    "run": (1, 2, 3),
}
# To where a backfill need not go further to pass; elsewhere it goes to the marts.
DEPTHS = {
    "landing": "bronze",
    "bronze": "bronze",
    "deliveries": "bronze",
    "reference": "silver",
    "spark": "gold",
    "builds": "gold",
}
LAYERS = ("bronze", "silver", "gold")
RESTORED = "gold/etf_bars"


def layer_of(point: str) -> str:
    return point.split("-", maxsplit=1)[0]


POINTS = [name for name in NAMES if layer_of(name) not in UPKEEP]
UPKEEP_POINTS = [name for name in NAMES if layer_of(name) in UPKEEP]


@dataclass(frozen=True)
class Outcome:
    """What became of runs that were killed, and of the same command run again."""

    killed: list[int | None]
    rerun: int | None
    differing: list[str]
    unended: dict[str, int]
    said: str


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest,
    commands: Commands,
    light_friday: Reference,
    light_monday: Reference,
    room: Path,
) -> Iterator[dict[str, Future[Outcome]]]:
    def killed_and_rerun(point: str) -> Outcome:
        home = copied(light_friday.home, room / point)
        depth = DEPTHS.get(layer_of(point), "marts")
        arguments = backfill(MONDAY, MONDAY, LIGHT, "--to-layer", depth)
        expected = reached(depth, light_friday.contents, light_monday.contents)
        return outcome(
            commands, home, arguments, point, lambda: differing(home.contents(), expected)
        )

    with worked_ahead(request, "point", killed_and_rerun) as futures:
        yield futures


def reached(depth: str, before: Contents, after: Contents) -> Contents:
    """What a backfill that ends at a layer leaves: the layers above are as they were."""
    if depth not in LAYERS:
        return after
    filled = LAYERS[: LAYERS.index(depth) + 1]
    return {path: (after if path.split("/")[0] in filled else before).get(path) for path in after}


def outcome(
    commands: Commands,
    home: Home,
    arguments: list[str],
    point: str,
    compare: Callable[[], list[str]],
) -> Outcome:
    """Kills a command at a failpoint, at each of its passings, runs it again, and compares."""
    killed = [
        start(commands, home, arguments, INDEXTRACKER_FAILPOINT=f"{point}:{passing}").wait()
        for passing in PASSINGS.get(layer_of(point), (1,))
    ]
    again = start(commands, home, arguments)
    code = again.wait()
    found = Outcome(killed, code, compare(), unended(home.dagster), again.said())
    shutil.rmtree(home.folder)
    return found


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_at_a_failpoint_and_run_again_has_the_same_tables(
    outcomes: dict[str, Future[Outcome]], point: str
) -> None:
    found = outcomes[point].result()
    assert set(found.killed) == {-signal.SIGKILL}, f"{point} was not passed\n{found.said}"
    assert found.rerun == 0, found.said
    assert found.differing == []
    assert found.unended == {}


@pytest.mark.parametrize("point", UPKEEP_POINTS)
def test_upkeep_killed_at_a_failpoint_and_run_again_ends_as_if_it_had_not(
    commands: Commands,
    light_friday: Reference,
    light_monday: Reference,
    tmp_path: Path,
    point: str,
) -> None:
    home = copied(light_monday.home, tmp_path / "home")
    expected = every_table(home)
    if layer_of(point) == "restore":
        earlier = lake_of(light_friday.home)
        version = earlier.open(TABLES[RESTORED]).version()
        arguments = ["restore", RESTORED, "--as-of", str(version)]
        expected[RESTORED] = digest(earlier, TABLES[RESTORED])
        # That its sessions are to be built again is logged before it goes back.
        del expected["silver/builds"]
    else:
        arguments = ["maintain", "--retain-days", "1"]

    def compare() -> list[str]:
        found = every_table(home)
        return [path for path in expected if found[path] != expected[path]]

    found = outcome(commands, home, arguments, point, compare)
    assert set(found.killed) == {-signal.SIGKILL}, f"{point} was not passed\n{found.said}"
    assert found.rerun == 0, found.said
    assert found.differing == []


def test_after_a_killed_restore_a_backfill_brings_the_session_back(
    commands: Commands, light_friday: Reference, light_monday: Reference, tmp_path: Path
) -> None:
    home = copied(light_monday.home, tmp_path / "home")
    version = lake_of(light_friday.home).open(TABLES[RESTORED]).version()
    arguments = ["restore", RESTORED, "--as-of", str(version)]
    run = start(commands, home, arguments, INDEXTRACKER_FAILPOINT="restore-after")
    assert run.wait() == -signal.SIGKILL, run.said()
    assert differing(home.contents(), light_monday.contents) == [RESTORED]
    finish(commands, home, backfill(MONDAY, MONDAY, LIGHT))
    assert differing(home.contents(), light_monday.contents) == []


def lake_of(home: Home) -> Lake:
    return Lake(str(home.lake), "simulated")


def every_table(home: Home) -> dict[str, str]:
    """The content hash of every table of a lake, its logs too."""
    lake = lake_of(home)
    return {table.path: digest(lake, table) for table in lake.tables()}
