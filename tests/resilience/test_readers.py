"""Readers of the warehouse during a run are never blocked and never see half a session."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from resilience.reader import Seen, answer, readers
from support.commands import Commands, Run
from support.homes import Home
from support.lakehouse import LIGHT, MONDAY, Reference, backfill, copied, start

READERS = 2
PARTS = 4  # of the run: it acquires, refines, loads and builds
SESSIONS = "select count(distinct session_date) as sessions from raw.etf_bars"


@dataclass(frozen=True)
class Watched:
    """What readers saw while a backfill added a session, and what it was before and after."""

    before: str
    after: str
    seen: list[Seen]
    queried: list[str]
    began: float
    ended: float


@pytest.fixture(scope="module")
def watched(
    commands: Commands,
    light_friday: Reference,
    light_monday: Reference,
    tmp_path_factory: pytest.TempPathFactory,
) -> Watched:
    home = copied(light_friday.home, tmp_path_factory.mktemp("readers") / "home")
    with readers(home.warehouse, READERS) as seen:
        began = time.monotonic()
        writer = start(commands, home, backfill(MONDAY, MONDAY, LIGHT))
        queried = asked_until_it_ends(commands, home, writer)
        ended = time.monotonic()
        assert writer.wait() == 0, writer.said()
        queried.append(asked(commands, home))
    before, after = answer(light_friday.home.warehouse), answer(light_monday.home.warehouse)
    return Watched(before, after, seen, queried, began, ended)


def asked_until_it_ends(commands: Commands, home: Home, writer: Run) -> list[str]:
    """What `indextracker query` answers again and again during a run."""
    answers = [asked(commands, home)]
    while writer.wait(3.0) is None:
        answers.append(asked(commands, home))
    return answers


def asked(commands: Commands, home: Home) -> str:
    log: Path = home.folder / "query"
    log.unlink(missing_ok=True)
    run = commands.start(home.environment(), "query", "--csv", SESSIONS, log=log)
    assert run.wait() == 0, run.said()
    # The log has standard error too, which says whose data it is.
    [number] = filter(str.isdecimal, run.said().splitlines())
    return number


def test_the_run_added_a_session(watched: Watched) -> None:
    assert watched.before != watched.after
    assert str(MONDAY.day) in watched.after


def test_readers_see_what_was_before_or_after_and_nothing_between(watched: Watched) -> None:
    for seen in watched.seen:
        assert seen.errors == []
        assert seen.answers == [watched.before, watched.after]
        assert seen.changes == 1


def test_readers_are_answered_all_through_the_run(watched: Watched) -> None:
    part = (watched.ended - watched.began) / PARTS
    for seen in watched.seen:
        parts = {int((moment - watched.began) // part) for moment in seen.moments}
        assert set(range(PARTS)) <= parts


def test_the_query_command_sees_whole_sessions_too(watched: Watched) -> None:
    assert watched.queried == sorted(watched.queried)
    assert set(watched.queried) == {"1", "2"}
