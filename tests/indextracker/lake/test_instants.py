"""A named instant is one version of each table, and stays readable whatever maintenance does."""

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.good_rows import SESSION, rows

from indextracker.lake import Lake, VacuumedError, instants
from indextracker.lake.digest import digest
from indextracker.lake.instants import InstantError
from indextracker.lake.restoring import plan, plan_emptying, restore
from indextracker.lake.tail import Tail
from indextracker.lake.upkeep import maintain
from indextracker.lake.versions import versions
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import taiwan as t

TRADES, CONTRACTS = t.FUTURES_TRADES, t.CONTRACTS
EVENTS = next(table for table in TABLES.values() if table.by_stream)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def replace(lake: Lake, table: Table, expiry: str) -> None:
    lake.replace(table, rows(table, {"expiry": expiry}), [str(SESSION)])


def now() -> datetime:
    time.sleep(0.002)  # commits are dated to the millisecond
    return datetime.now(UTC)


def redate(lake: Lake, table: Table, version: int, at: datetime) -> None:
    commit = Path(lake.path(table), "_delta_log", f"{version:020}.json")
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for action in actions:
        if "commitInfo" in action:
            action["commitInfo"]["timestamp"] = int(at.timestamp() * 1000)
        if "remove" in action:
            action["remove"]["deletionTimestamp"] = int(at.timestamp() * 1000)
    commit.write_text("".join(f"{json.dumps(action)}\n" for action in actions))


def grow_old(lake: Lake, table: Table, days: float, first: int = 0) -> None:
    """Makes the files look so old, and the commits from one on."""
    for version in versions(lake.place(table))[first:]:
        redate(lake, table, version.number, version.committed_at - timedelta(days=days))
    then = time.time() - days * 86_400
    for file in Path(lake.path(table)).rglob("*"):
        if file.is_file():
            os.utime(file, (then, then))


@pytest.mark.parametrize("is_named", [True, False])
def test_what_a_named_instant_needs_outlives_vacuum_and_the_cleaning_of_the_log(
    lake: Lake, is_named: bool
) -> None:
    replace(lake, TRADES, "202412")
    grow_old(lake, TRADES, 50)
    wanted = digest(lake, TRADES)
    if is_named:
        instants.take(lake, "before", now())
    for number in range(11):  # beyond a checkpoint
        replace(lake, TRADES, f"2025{number + 1:02}")
    grow_old(lake, TRADES, 40, first=2)
    log = Path(lake.path(TRADES), "_delta_log")
    fresh = Lake(lake.root, "simulated")
    fresh.open(TRADES).create_checkpoint()
    fresh.open(TRADES).cleanup_metadata()
    assert not (log / f"{1:020}.json").exists()
    maintain(fresh, TRADES, 1)
    if not is_named:
        with pytest.raises(LookupError):
            plan(fresh, TRADES, 1)
        return
    number = instants.named(fresh, "before").versions[TRADES.path]
    restore(fresh, plan(fresh, TRADES, number))
    assert digest(fresh, TRADES) == wanted


def test_once_it_is_removed_its_files_are_freed(lake: Lake) -> None:
    replace(lake, TRADES, "202412")
    grow_old(lake, TRADES, 50)
    instants.take(lake, "before", now())
    replace(lake, TRADES, "202501")
    grow_old(lake, TRADES, 40, first=2)
    assert maintain(lake, TRADES, 1).bytes_freed == 0
    instants.remove(lake, "before")
    assert instants.every(lake) == []
    assert maintain(lake, TRADES, 1).bytes_freed > 0
    with pytest.raises(VacuumedError):
        plan(lake, TRADES, 1)


def test_no_table_is_ahead_of_what_it_rests_on(lake: Lake) -> None:
    """Of two commits of which the later one lost a race, it keeps the time at which it began."""
    for expiry in ("202412", "202501", "202502"):
        replace(lake, TRADES, expiry)
    replace(lake, CONTRACTS, "202412")  # rests on the third
    first = versions(lake.place(TRADES))[1].committed_at
    at = first + timedelta(minutes=1)
    redate(lake, TRADES, 2, at + timedelta(seconds=1))
    redate(lake, TRADES, 3, at - timedelta(seconds=1))
    redate(lake, CONTRACTS, 1, at + timedelta(seconds=2))
    found = instants.at(lake, first + timedelta(milliseconds=1)).versions
    assert found[TRADES.path] == 1
    late = [version.committed_at for version in versions(lake.place(TRADES))]
    assert late == sorted(late)


def test_a_table_that_was_not_there_is_emptied_and_can_be_filled_again(lake: Lake) -> None:
    replace(lake, TRADES, "202412")
    instant = instants.at(lake, now())
    replace(lake, CONTRACTS, "202412")
    assert CONTRACTS.path not in instant.versions
    full = digest(lake, CONTRACTS)
    restore(lake, plan_emptying(lake, CONTRACTS))
    assert lake.total_rows(CONTRACTS) == 0
    restore(lake, plan(lake, CONTRACTS, 1))
    assert digest(lake, CONTRACTS) == full


def test_how_far_a_stream_was_read_goes_back_with_the_rows(lake: Lake) -> None:
    tail = Tail(lake, EVENTS)
    event = rows(EVENTS, {})
    before = lake.open(EVENTS).version()
    tail.append(event, {"shard": 5})
    tail.append(event, {"shard": 9, "other": 3})
    restore(lake, plan(lake, EVENTS, before + 1))
    behind = Tail(lake, EVENTS)
    assert (behind.number("shard"), behind.number("other")) == (5, None)
    assert lake.total_rows(EVENTS) == event.num_rows
    restore(lake, plan_emptying(lake, EVENTS))
    behind.refresh()
    assert (behind.number("shard"), behind.number("other")) == (None, None)
    behind.append(event, {"shard": 2})
    assert behind.number("shard") == 2


def test_a_table_that_was_made_anew_has_other_versions_of_the_same_numbers(lake: Lake) -> None:
    replace(lake, TRADES, "202412")
    instants.take(lake, "before", now())
    lake.place(TRADES).remove()
    time.sleep(0.002)
    replace(lake, TRADES, "202501")
    with pytest.raises(InstantError, match="made anew since before"):
        instants.named(lake, "before")
    assert instants.kept(lake, TRADES) == []


def test_names_and_times_that_cannot_be_meant_are_refused(lake: Lake) -> None:
    with pytest.raises(InstantError, match="had no table"):
        instants.take(lake, "early", now())
    start = now()
    replace(lake, TRADES, "202412")
    instants.take(lake, "good", now())
    for name, says in (("good", "already"), ("1st", "no name"), ("../up", "no name")):
        with pytest.raises(InstantError, match=says):
            instants.take(lake, name, now())
    with pytest.raises(InstantError, match="named are: good"):
        instants.named(lake, "better")
    with pytest.raises(InstantError, match="still to come"):
        instants.at(lake, now() + timedelta(hours=1))
    with pytest.raises(InstantError, match="had no table"):
        instants.at(lake, start)


def test_an_instant_that_is_named_while_others_write_is_of_one_moment(lake: Lake) -> None:
    """What a table was made from is there, in whichever moment the name comes."""
    stop = threading.Event()

    def write() -> None:
        writer, number = Lake(lake.root, "simulated"), 0
        while not stop.is_set():
            number += 1
            replace(writer, TRADES, f"{number:06}")
            made_of = writer.rows(TRADES).to_table(["expiry"])["expiry"][0].as_py()
            replace(writer, CONTRACTS, made_of)

    running = threading.Thread(target=write)
    running.start()
    try:
        while not lake.exists(CONTRACTS):
            time.sleep(0.01)
        found = [instants.take(lake, f"at{number}", now()) for number in range(8)]
    finally:
        stop.set()
        running.join()
    for instant in found:
        versions_of = {path: instant.versions.get(path) for path in (TRADES.path, CONTRACTS.path)}
        base, made = (
            lake.rows(table, as_of=versions_of[table.path]).to_table(["expiry"])["expiry"]
            for table in (TRADES, CONTRACTS)
        )
        assert not len(made) or int(made[0].as_py()) <= int(base[0].as_py())
    assert len({instant.versions[TRADES.path] for instant in found}) > 1
