"""Backfills killed at random moments, again and again in one home, and then left in peace.

A home suffers a few kills and is then compared with one that nothing disturbed. Each time it is a
home of Taiwan and one of India; `make test-all` has as many homes as INDEXTRACKER_KILLS asks for,
and `make soak` asks for many.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from resilience.ahead import worked_ahead
from support.commands import Commands, Run
from support.exhaustive import first_of_each
from support.homes import Home
from support.lakehouse import (
    LIGHT,
    MONDAY,
    Reference,
    backfill,
    copied,
    differing,
    finish,
    start,
    unended,
)

from indextracker_assets.runs import PROCESS, end_killed_runs

KILLS = int(os.environ.get("INDEXTRACKER_KILLS", "25"))
KILLS_A_HOME = 5
SEED = 20241216
# A run may be over before its moment comes; there is an end to trying.
TRIES_A_KILL = 4
# Some are killed together with what they have started.
SHARE_OF_GROUPS = 0.3
# Every fifth home is of India; in a long soak every sixth of all feeds.
INDIA_EVERY, WHOLE_EVERY = 5, 6
HOMES = [f"home-{number:03}" for number in range(1, -(-KILLS // KILLS_A_HOME) + 1)]

_log = logging.getLogger(__name__)


def number_of(home: str) -> int:
    return int(home.rpartition("-")[2])


def is_of_india(home: str) -> bool:
    return number_of(home) % INDIA_EVERY == 0


@dataclass(frozen=True)
class Suffered:
    """What a home went through and how it ended."""

    kills: int
    codes: list[int | None]
    survivors: list[int]
    differing: list[str]
    unended: dict[str, int]


@pytest.fixture(scope="module")
def suffered(
    request: pytest.FixtureRequest,
    commands: Commands,
    light_friday: Reference,
    light_monday: Reference,
    india_friday: Reference,
    india_monday: Reference,
    room: Path,
) -> Iterator[dict[str, Future[Suffered]]]:
    whole = None
    if len(HOMES) >= WHOLE_EVERY:
        whole = tuple(request.getfixturevalue(f"whole_{day}") for day in ("friday", "monday"))

    def suffer(name: str) -> Suffered:
        number = number_of(name)
        before, after, arguments = light_friday, light_monday, backfill(MONDAY, MONDAY, LIGHT)
        if is_of_india(name):
            before, after = india_friday, india_monday
            arguments = backfill(MONDAY, MONDAY, subject="india")
        elif whole is not None and number % WHOLE_EVERY == 0:
            before, after = whole
            arguments = backfill(MONDAY, MONDAY)
        home = copied(before.home, room / name)
        # Every other one starts an exchange of its own, which its death must not leave behind.
        home = Home(home.folder, home.source if number % 2 else "simulated")
        wanted = min(KILLS_A_HOME, KILLS - (number - 1) * KILLS_A_HOME)
        chance = random.Random(f"{SEED} {name}")
        runs, codes = kill(commands, home, arguments, chance, wanted, after.seconds)
        finish(commands, home, arguments)
        survivors = [pid for run in runs for pid in run.survivors()]
        wrong = differing(home.contents(), after.contents)
        _log.info("%s: killed %s; differing: %s", name, codes, wrong)
        found = Suffered(wanted, codes, survivors, wrong, unended(home.dagster))
        shutil.rmtree(home.folder)
        return found

    with worked_ahead(request, "name", suffer) as futures:
        yield futures


def kill(
    commands: Commands,
    home: Home,
    arguments: list[str],
    chance: random.Random,
    wanted: int,
    longest: float,
) -> tuple[list[Run], list[int | None]]:
    """Kills runs at random moments; returns them, and how each ended."""
    runs: list[Run] = []
    codes: list[int | None] = []
    while codes.count(-signal.SIGKILL) < wanted and len(codes) < wanted * TRIES_A_KILL:
        run = start(commands, home, arguments)
        ends_by_itself = run.wait(chance.uniform(0.0, longest)) is not None
        if chance.random() < SHARE_OF_GROUPS and not ends_by_itself:
            run.kill_group()
        elif not ends_by_itself:
            run.kill()
        codes.append(run.wait())
        runs.append(run)
    return runs, codes


@pytest.mark.parametrize("name", first_of_each(HOMES, is_of_india))
def test_a_home_whose_runs_are_killed_at_random_ends_with_the_same_tables(
    suffered: dict[str, Future[Suffered]], name: str
) -> None:
    found = suffered[name].result()
    assert set(found.codes) <= {-signal.SIGKILL, 0}
    assert found.codes.count(-signal.SIGKILL) == found.kills
    assert found.survivors == []
    assert found.differing == []
    assert found.unended == {}


@dg.op
def idles() -> None:
    pass


@dg.job
def idle() -> None:
    idles()


def test_a_run_killed_between_its_creation_and_its_first_step_is_ended() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = instance.create_run_for_job(idle).run_id
        instance.add_run_tags(run_id, {PROCESS: f"{socket.gethostname()}:{gone.pid}:{run_id}"})
        assert end_killed_runs(instance) == [run_id]
        run = instance.get_run_by_id(run_id)
        assert run is not None
        assert run.status == dg.DagsterRunStatus.FAILURE
