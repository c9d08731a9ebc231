"""A run killed at any failpoint, then run again, leaves the tables of a run that nothing disturbed.

The failpoints are those that the sources name, so that a new one is tried by itself: each with
Taiwan's documents. With India's, of which several make one row, whose instruments are one table of
all sessions and whose prices look back, those are tried where that makes a difference.
"""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
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
    WHOLE,
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
    "job": (1, 4),
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
    "job": "gold",
    "whole": "gold",
    "builds": "gold",
}
# Of India, where the rows of one document are there already: a passing of 2 is that of the one that
# comes to them (the first is of a format that is no longer published), one of 8 that of a table
# which looks back.
OF_INDIA = {
    "bronze-after": (2,),
    "deliveries-after": (2,),
    "job-after": (1, 8),
    "whole-before": (1,),
    "whole-after": (1,),
    "builds-after": (8,),
}
LAYERS = ("bronze", "silver", "gold")
RESTORED = "gold/etf_bars"


def layer_of(point: str) -> str:
    return point.split("-", maxsplit=1)[0]


# Only India has a table in one piece that is made of sessions; no backfill imports anything
# (tests/indextracker/acquiring/test_importing.py).
POINTS = [name for name in NAMES if layer_of(name) not in (*UPKEEP, "whole", "import")]
CASES = [*(f"taiwan {name}" for name in POINTS), *(f"india {name}" for name in OF_INDIA)]
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
def india_half(commands: Commands, india_friday: Reference, room: Path) -> Reference:
    """India's Monday made of one of its documents alone; the others are still to come."""
    home = copied(india_friday.home, room / "india_half")
    one = ("--feeds", "nse_udiff_bhavcopy", "--to-layer", "gold")
    finish(commands, home, backfill(MONDAY, MONDAY, one, subject="india"))
    return Reference(home, home.contents())


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest,
    commands: Commands,
    light_friday: Reference,
    light_monday: Reference,
    india_half: Reference,
    india_monday: Reference,
    room: Path,
) -> Iterator[dict[str, Future[Outcome]]]:
    def killed_and_rerun(case: str) -> Outcome:
        subject, _, point = case.partition(" ")
        of_india = subject == "india"
        before, after = (india_half, india_monday) if of_india else (light_friday, light_monday)
        passings = OF_INDIA[point] if of_india else PASSINGS.get(layer_of(point), (1,))
        home = copied(before.home, room / case.replace(" ", "-"))
        depth = DEPTHS.get(layer_of(point), "marts")
        feeds = WHOLE if of_india else LIGHT
        arguments = backfill(MONDAY, MONDAY, feeds, "--to-layer", depth, subject=subject)
        expected = reached(depth, before.contents, after.contents)
        return outcome(
            commands, home, arguments, point, passings, lambda: differing(home.contents(), expected)
        )

    with worked_ahead(request, "case", killed_and_rerun) as futures:
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
    passings: Sequence[int],
    compare: Callable[[], list[str]],
) -> Outcome:
    """Kills a command at a failpoint, at each of its passings, runs it again, and compares."""
    killed = [
        start(commands, home, arguments, INDEXTRACKER_FAILPOINT=f"{point}:{passing}").wait()
        for passing in passings
    ]
    again = start(commands, home, arguments)
    code = again.wait()
    found = Outcome(killed, code, compare(), unended(home.dagster), again.said())
    shutil.rmtree(home.folder)
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_run_killed_at_a_failpoint_and_run_again_has_the_same_tables(
    outcomes: dict[str, Future[Outcome]], case: str
) -> None:
    found = outcomes[case].result()
    assert set(found.killed) == {-signal.SIGKILL}, f"{case} was not passed\n{found.said}"
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

    passings = PASSINGS.get(layer_of(point), (1,))
    found = outcome(commands, home, arguments, point, passings, compare)
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
