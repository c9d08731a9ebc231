"""Watching: what a table of quotes has is decided once and sent, whatever ends it between."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from support.waiting import eventually

from indextracker.alerts import sending
from indextracker.alerts.deciding import COLUMNS, Decider, events_of
from indextracker.alerts.rules import Moves, Rules, Stale
from indextracker.alerts.sending import Row, UnsentError
from indextracker.alerts.watching import Watcher
from indextracker.lake import Lake
from indextracker.lake.tail import OvertakenError
from indextracker.lake.upkeep import compact
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker.system import failpoints
from indextracker_catalogue.markets import ALERTS, QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS

NOW = datetime(2024, 12, 16, 1, tzinfo=UTC)
TO = ("desk", "webhook")
# Every fourth price is alerted on.
JUMPS = Moves(
    name="jumps",
    symbols=("A",),
    percent=1,
    against="rolling",
    rolling_minutes=1,
    direction="up",
    cooldown_minutes=1,
)


def rules(*more: Stale, to: tuple[str, ...] = TO) -> Rules:
    # As it is after validation, with short names for receivers.
    return Rules.model_construct(rules=(JUMPS, *more), to=to, mail=None)


def put(stream: EmbeddedStream, first: int, end: int) -> None:
    """Puts a price each half a minute; every fourth is higher."""
    events = [
        {
            "symbol": "A",
            "price": 102 if n % 4 == 3 else 100,
            "time": f"{NOW + timedelta(seconds=30 * n):%Y-%m-%dT%H:%M:%SZ}",
            "source": "yahoo",
        }
        for n in range(first, end)
    ]
    stream.put([Record("A", json.dumps(event).encode()) for event in events])


class Desk:
    """A receiver that writes down what it is told, in a file that survives a kill."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.is_there = True

    def send(self, alert: Row) -> None:
        if not self.is_there:
            raise UnsentError("nobody is there")
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{alert['alert_id']}\n")

    @property
    def got(self) -> list[str]:
        return self._file.read_text(encoding="utf-8").split() if self._file.exists() else []


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE_SECONDS", 0.01)


class World:
    """A stream, a lake, and two receivers."""

    def __init__(self, folder: Path) -> None:
        self.stream = EmbeddedStream(folder / "events.sqlite")
        self.stream.create()
        self.lake = Lake(str(folder / "lake"), "simulated")
        self.consumer = Consumer(self.stream, self.lake, EVENTS)
        self.desks = {name: Desk(folder / name) for name in TO}
        self.now = datetime.now(UTC)

    def watcher(self, of: Rules | None = None) -> Watcher:
        return Watcher(
            self.lake, of or rules(), self.desks.__getitem__, lambda: self.until, lambda: self.now
        )

    until: datetime | None = None

    def brought(self, first: int, end: int) -> None:
        put(self.stream, first, end)
        self.consumer.step()

    def alerts(self) -> list[dict[str, Any]]:
        rows = self.lake.rows(ALERTS).to_table()
        return rows.sort_by("window_end").to_pylist()

    def due(self) -> list[str]:
        """What one that looks at everything at once decides."""
        decider = Decider([JUMPS])
        rows = self.lake.rows(QUOTE_EVENTS).to_table([*COLUMNS])
        return [alert.alert_id for alert in decider.decide(events_of(rows, decider.watches))]

    def decided(self) -> list[str]:
        return [row["alert_id"] for row in self.alerts()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def finished(world: World, received: int, *watchers: Watcher) -> None:
    """Steps until everything is decided and each receiver has so many; then these have ended."""
    settled(world, received, *watchers)
    for watcher in watchers:
        watcher.outbox.stop()


def settled(world: World, received: int, *watchers: Watcher) -> None:
    def done() -> bool:
        for watcher in watchers:
            watcher.step()
        rows = world.alerts()
        return all(row["sent_at"] for row in rows) and all(
            len(set(desk.got)) == received for desk in world.desks.values()
        )

    eventually(done)


def test_alerts_are_kept_and_sent_and_it_is_kept_who_accepted(world: World) -> None:
    watcher = world.watcher()
    watcher.step()
    world.brought(0, 8)
    finished(world, 2, watcher)
    first, last = world.alerts()
    assert [first["alert_id"], last["alert_id"]] == world.due() == world.desks["desk"].got
    assert (first["rule"], first["symbol"], first["kind"]) == ("jumps", "A", "moves")
    assert first["window_end"] == NOW + timedelta(seconds=90)
    assert first["hour"] == NOW
    assert (first["receivers"], {*first["sent_to"].split(",")}) == (",".join(TO), {*TO})
    assert first["decided_at"] == first["sent_at"] == world.now
    assert watcher.decided == 2
    assert watcher.state == ""


def test_what_is_there_before_the_first_watcher_alerts_nobody(world: World) -> None:
    world.brought(0, 7)
    watcher = world.watcher()
    watcher.step()
    assert world.alerts() == []
    world.brought(7, 8)
    finished(world, 1, watcher)
    # It knows the prices of before.
    assert [row["reference_price"] for row in world.alerts()] == [100]


def test_one_that_starts_again_decides_what_came_since_and_nothing_else(world: World) -> None:
    world.watcher().step()
    for first in range(0, 40, 5):
        world.brought(first, first + 5)
        if first % 10:
            finished(world, len(world.due()), world.watcher())
    assert world.decided() == world.due()
    assert len(world.due()) == 10


def test_an_alert_that_one_accepted_waits_for_the_other_alone(world: World) -> None:
    away = world.desks["webhook"]
    away.is_there = False
    watcher = world.watcher()
    watcher.step()
    world.brought(0, 4)
    watcher.step()
    eventually(lambda: bool(world.desks["desk"].got and watcher.outbox.failures["webhook"]))
    assert watcher.state == "1 alert waits for webhook: nobody is there"
    watcher.outbox.stop()
    watcher.step()
    [row] = world.alerts()
    assert (row["sent_to"], row["sent_at"]) == ("desk", None)
    away.is_there = True
    again = world.watcher()
    finished(world, 1, again)
    assert world.desks["desk"].got == away.got


def test_an_alert_without_receivers_is_kept(world: World) -> None:
    watcher = world.watcher(rules(to=()))
    watcher.step()
    world.brought(0, 4)
    watcher.step()
    assert [row["receivers"] for row in world.alerts()] == [None]


def test_one_that_keeps_what_was_accepted_is_not_in_its_own_way(world: World) -> None:
    watcher = world.watcher()
    watcher.step()
    for first in range(0, 12, 4):
        world.brought(first, first + 4)
        settled(world, first // 4 + 1, watcher)
    assert world.decided() == world.due()


def test_of_two_watchers_one_decides(world: World) -> None:
    one, two = world.watcher(), world.watcher()
    one.step()
    two.step()
    overtaken = 0
    for first in range(0, 40, 4):
        world.brought(first, first + 4)
        for watcher in (one, two):
            try:
                watcher.step()
            except OvertakenError:
                overtaken += 1
    assert overtaken
    finished(world, 10, one, two)
    assert world.decided() == world.due()


@pytest.mark.parametrize("forgotten", ["nothing", "commits", "files"])
def test_it_goes_on_where_it_was_whatever_is_forgotten(world: World, forgotten: str) -> None:
    world.watcher().step()
    world.brought(0, 10)
    finished(world, 2, world.watcher())
    for first in range(10, 30, 4):
        world.brought(first, first + 4)
    compact(world.lake, QUOTE_EVENTS)
    folder = Path(world.lake.path(QUOTE_EVENTS))
    if forgotten != "nothing":
        latest = world.lake.open(QUOTE_EVENTS)
        latest.create_checkpoint()
        for file in sorted((folder / "_delta_log").glob("*.json"))[:-1]:
            file.unlink()
    if forgotten == "files":
        live = {Path(uri).name for uri in latest.file_uris()}
        for file in folder.rglob("*.parquet"):
            if file.name not in live and "_delta_log" not in file.parts:
                file.unlink()
    finished(world, len(world.due()), world.watcher())
    assert len(world.due()) > 5
    assert world.decided() == world.due()


def test_silence_is_told_once_also_after_a_restart(world: World) -> None:
    silent = rules(Stale(name="feed", symbols=("*",), silent_seconds=60), to=())
    watcher = world.watcher(silent)
    watcher.step()
    world.brought(0, 3)
    world.now = datetime.now(UTC)
    watcher.step()
    world.until = world.now + timedelta(seconds=59)
    watcher.step()
    assert world.alerts() == []
    world.until += timedelta(seconds=2)
    for one in (watcher, watcher, world.watcher(silent), world.watcher(silent)):
        one.step()
        assert [row["kind"] for row in world.alerts()] == ["stale"]


def step_until_killed(folder: Path, name: str) -> None:
    failpoints.arm(name)
    world = World(folder)
    watcher = world.watcher()
    while True:
        watcher.step()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kept", "told"),
    [("tail-before", 0, 0), ("tail-after", 1, 0), ("alerts-kept", 1, 0), ("alerts-accepted", 1, 1)],
)
def test_a_kill_between_two_steps_loses_and_decides_twice_nothing(
    world: World, tmp_path: Path, name: str, kept: int, told: int
) -> None:
    world.watcher().step()
    world.brought(0, 4)
    process = multiprocessing.get_context("spawn").Process(
        target=step_until_killed, args=(tmp_path, name)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert len(world.decided()) == kept
    assert bool(world.desks["desk"].got or world.desks["webhook"].got) == bool(told)
    finished(world, 1, world.watcher())
    assert world.decided() == world.due()
    # What was accepted and not kept as such is sent again, under the same id.
    assert {*world.desks["desk"].got} == {*world.due()}


def test_a_failing_lake_is_told_and_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, stop = world.watcher(), Event()
    broken = Event()
    decide = Watcher._decide

    def breaking(self: Watcher, position: Any) -> Any:
        if broken.is_set():
            raise OSError("no space left on device")
        return decide(self, position)

    monkeypatch.setattr(Watcher, "_decide", breaking)
    thread = Thread(target=watcher.run, args=(stop,))
    thread.start()
    eventually(lambda: watcher._position is not None)
    broken.set()
    world.brought(0, 4)
    watcher.wake()
    eventually(lambda: watcher.state.startswith("no space left on device (for "))
    broken.clear()
    eventually(lambda: world.desks["desk"].got == world.due())
    eventually(lambda: watcher.state == "")
    stop.set()
    thread.join()
    assert Counter(world.decided()) == Counter(world.due())
