"""A backfill killed at every failpoint, then run again, leaves the tables of one undisturbed.

The failpoints are those that the sources name. Runs in one home are killed at one failpoint after
another, each in what the runs before it left behind: a run goes on from what is logged, so that
what one kill lost, or did twice, is not mended after the next. With India's documents, of which
several make one row, whose instruments are one table of all sessions and whose prices look back,
those failpoints are passed where that makes a difference.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Iterator
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

NAMES = {
    name
    for package in ("indextracker", "indextracker_assets")
    for module in (PROJECT / package).rglob("*.py")
    # Loads of Redshift are killed in tests/warehouses, and no backfill imports anything
    # (tests/indextracker/acquiring/test_importing.py).
    if module.name not in ("redshift.py", "importing.py")
    for name in re.findall(r'failpoint\("([a-z-]+)"\)', module.read_text("utf-8"))
    # Tables of streams: tests/indextracker/streams, alerts and lake. Files and runs: tests/cli.
    # What comes after a loss: tests/recovery.
    if not name.startswith(
        ("tail-", "redrive-", "alerts-", "forget-", "files-", "strategy-", "recovery-")
    )
}
# What a backfill passes more than once, per table or run, it dies at more than one passing of.
CHAINS = {
    "taiwan to gold": (
        "written-aside",
        *("landing-before", "landing-after", "bronze-before", "bronze-after"),
        # What the first of two feeds logged, the next run does not ask for again.
        *("deliveries-after", "bronze-after"),
        *("reference-before", "reference-after:4"),
        *("job-before", "job-before:4", "job-after", "job-after:4"),
        *("builds-before", "builds-after:4"),
    ),
    "taiwan to marts": (
        *("warehouse-before", "warehouse-before:2", "warehouse-after", "warehouse-after:2"),
        *("dbt-before", "dbt-after", "publish-before", "publish-after"),
        *("run-ended", "run-ended:2", "run-ended:3"),
    ),
    # The rows of one document are there already: a passing of 2 is that of the one that comes to
    # them (the first is of a format that is no longer published), one of 8 that of a table which
    # looks back.
    "india to marts": (
        *("bronze-after:2", "deliveries-after:2", "job-after", "whole-before", "whole-after"),
        *("job-after:8", "builds-after:8"),
    ),
}
UPKEEP = {
    "maintain": ("compact-after", "vacuum-after"),
    "restore": ("restore-before", "restore-after"),
}
LAYERS = ("bronze", "silver", "gold")
RESTORED = "gold/etf_bars"


@dataclass(frozen=True)
class Outcome:
    """What became of runs that were killed, and of the same command run again.

    Attributes:
        survived: The failpoints that a run did not die at, with how it ended.
    """

    survived: dict[str, int | None]
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
    def killed_and_rerun(chain: str) -> Outcome:
        subject, _, depth = chain.split()
        of_india = subject == "india"
        before, after = (india_half, india_monday) if of_india else (light_friday, light_monday)
        home = copied(before.home, room / chain.replace(" ", "-"))
        feeds = WHOLE if of_india else LIGHT
        arguments = backfill(MONDAY, MONDAY, feeds, "--to-layer", depth, subject=subject)
        survived, code, said = killed_at_each(commands, home, arguments, CHAINS[chain])
        expected = reached(depth, before.contents, after.contents)
        wrong = differing(home.contents(), expected)
        return Outcome(survived, code, wrong, unended(home.dagster), said)

    with worked_ahead(request, "chain", killed_and_rerun) as futures:
        yield futures


def reached(depth: str, before: Contents, after: Contents) -> Contents:
    """What a backfill that ends at a layer leaves: the layers above are as they were."""
    if depth not in LAYERS:
        return after
    filled = LAYERS[: LAYERS.index(depth) + 1]
    return {path: (after if path.split("/")[0] in filled else before).get(path) for path in after}


def killed_at_each(
    commands: Commands, home: Home, arguments: list[str], points: Iterable[str]
) -> tuple[dict[str, int | None], int | None, str]:
    """Kills a command at one failpoint after another, and runs it again.

    Returns:
        The failpoints at which it did not die, how it ended at last, and what it said.
    """
    survived = {}
    for point in points:
        code = start(commands, home, arguments, INDEXTRACKER_FAILPOINT=point).wait()
        if code != -signal.SIGKILL:
            survived[point] = code
    again = start(commands, home, arguments)
    return survived, again.wait(), again.said()


def test_every_failpoint_is_tried() -> None:
    tried = {
        point.partition(":")[0] for chain in (*CHAINS.values(), *UPKEEP.values()) for point in chain
    }
    assert tried == NAMES


@pytest.mark.parametrize("chain", CHAINS)
def test_a_backfill_killed_at_one_failpoint_after_another_ends_with_the_same_tables(
    outcomes: dict[str, Future[Outcome]], chain: str
) -> None:
    found = outcomes[chain].result()
    assert found.survived == {}, found.said
    assert found.rerun == 0, found.said
    assert found.differing == []
    assert found.unended == {}


@pytest.mark.parametrize("command", UPKEEP)
def test_upkeep_killed_at_its_failpoints_and_run_again_ends_as_if_it_had_not(
    commands: Commands,
    light_friday: Reference,
    light_monday: Reference,
    tmp_path: Path,
    command: str,
) -> None:
    home = copied(light_monday.home, tmp_path / "home")
    expected = every_table(home)
    if command == "restore":
        earlier = lake_of(light_friday.home)
        version = earlier.open(TABLES[RESTORED]).version()
        arguments = ["restore", RESTORED, "--as-of", str(version)]
        expected[RESTORED] = digest(earlier, TABLES[RESTORED])
        # That its sessions are to be built again is logged before it goes back.
        del expected["silver/builds"]
    else:
        arguments = ["maintain", "--retain-days", "1"]
    survived, code, said = killed_at_each(commands, home, arguments, UPKEEP[command])
    assert survived == {}, said
    assert code == 0, said
    found = every_table(home)
    assert [path for path in expected if found[path] != expected[path]] == []


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
