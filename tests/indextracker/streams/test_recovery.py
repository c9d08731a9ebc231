"""What fails and comes back: nothing is lost or doubled, and what hinders is told meanwhile."""

from __future__ import annotations

import itertools
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from support import faulty
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams import consuming, hindrances, running
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Stream, StreamError
from indextracker_catalogue import Table
from indextracker_spark.events.decoding import Event as Fields
from indextracker_spark.events.decoding import Events
from tests.conftest import STRICT
from tests.indextracker.streams.test_consuming import EVENTS, TABLE, numbers, once, put
from tests.support import kinesis


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindrances, "_SHORTEST_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(hindrances, "_LONGEST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(consuming, "COMMIT_SECONDS", 0.02)
    monkeypatch.setattr(consuming, "YIELD_SECONDS", 0.05)


@pytest.fixture
def stream(tmp_path: Path) -> EmbeddedStream:
    stream = EmbeddedStream(tmp_path / "events.sqlite")
    stream.create(2)
    return stream


@contextmanager
def consumed(lake: Lake, *consumers: Consumer) -> Iterator[None]:
    """Runs consumers as the command does, for the length of a block, and raises what ended them."""
    stop = Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            running.consume(lake, consumers, stop)
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread of the test
            failures.append(error)

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]


class Failing:
    """A stream or a reader of which one method fails for as long as it is told to."""

    def __init__(self, whole: Stream, fails: Callable[[str], bool]) -> None:
        self._whole, self._fails = whole, fails

    def __getattr__(self, name: str) -> object:
        return getattr(self._whole, name)

    def reader(self, shard: str, after: int | None = None) -> object:
        if self._fails(shard):
            sleep(0.05)  # the others have answered by then
            raise StreamError(f"the shard {shard} does not answer")
        return self._whole.reader(shard, after)


def test_a_shard_that_fails_keeps_no_other_from_it_and_makes_none_skip_anything(
    lake: Lake, stream: EmbeddedStream
) -> None:
    first, second = (shard.name for shard in stream.shards())
    broken = {first}
    consumer = Consumer(Failing(stream, broken.__contains__), lake, EVENTS)  # type: ignore[arg-type]
    put(stream, 0, 100)
    with consumed(lake, consumer):
        eventually(lambda: 0 < numbers(lake).total() < 100)
        shards = lake.rows(TABLE).to_table(["shard"])["shard"].to_pylist()
        assert {*shards} == {second}
        eventually(lambda: f"the shard {first} does not answer" in consumer.state)
        assert "it is tried again" in consumer.state
        broken.clear()
        eventually(lambda: numbers(lake) == once(100))
        eventually(lambda: not consumer.state)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows, as on a full disk; nothing may be printed meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_of_the_lake_passes(lake: Lake, stream: EmbeddedStream) -> None:
    consumer = Consumer(stream, lake, EVENTS)
    for first in (0, 50, 100):
        put(stream, first, first + 50)
        with full_disk(), pytest.raises(Exception) as failed:
            consumer.step()
        assert hindrances.passes(failed.value), repr(failed.value)
        assert numbers(lake) == once(first)
        assert consumer.step().rows == 50
    assert numbers(lake) == once(150)


def test_compaction_that_fails_ends_nothing(
    lake: Lake, stream: EmbeddedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([OSError("no space left on device")] * 3)

    def failing(of: Lake, table: Table, _: int) -> None:
        if error := next(failures, None):
            raise error

    monkeypatch.setattr(running, "compact", failing)
    monkeypatch.setattr(running, "COMPACT_EVERY_SECONDS", 0.1)
    consumer = Consumer(stream, lake, EVENTS)
    with consumed(lake, consumer):
        eventually(lambda: "no space left" in consumer.state)
        put(stream, 0, 50)
        eventually(lambda: numbers(lake) == once(50))
        eventually(lambda: not consumer.state)


def test_what_is_wrong_with_the_program_ends_it(lake: Lake, stream: EmbeddedStream) -> None:
    def wrong(event: Fields) -> None:
        raise TypeError("a fault of the program")

    put(stream, 0, 10)
    consumer = Consumer(stream, lake, Events(TABLE, wrong))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a fault of the program"), consumed(lake, consumer):
        eventually(lambda: not consumer.state or True)
        sleep(0.5)


def test_a_step_that_hangs_is_told(
    lake: Lake, stream: EmbeddedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "_LONG_STEP_SECONDS", 0.1)
    goes_on = Event()

    def hangs(_: str) -> bool:
        return not goes_on.wait(60)

    consumer = Consumer(Failing(stream, hangs), lake, EVENTS)  # type: ignore[arg-type]
    with consumed(lake, consumer):
        eventually(lambda: "a step has taken" in consumer.state)
        goes_on.set()
        eventually(lambda: not consumer.state)


@pytest.fixture
def kinesalite() -> Iterator[Any]:
    try:
        with kinesis.kinesalite() as client:
            yield client
    except FileNotFoundError as error:
        if STRICT:
            raise
        pytest.skip(str(error))


FAULTS = (
    *("throttled", "expired", "unavailable", "nonsense", "slow"),
    *("reset", "lost answer", "torn upload", "torn answer"),
)


def test_kinesis_in_trouble_loses_and_repeats_nothing(
    lake: Lake, kinesalite: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faulty, "SLOW_SECONDS", 0.3)
    with faulty.between(kinesalite.meta.endpoint_url) as way:
        there = KinesisStream("events", kinesalite)
        there.create(2)
        stream = KinesisStream("events", kinesis.client(way.server_port))
        consumer = Consumer(stream, lake, EVENTS)
        faults = itertools.cycle(FAULTS)

        def every_other(_: str, target: str, number: int) -> str | None:
            if number % 2 or ((fault := next(faults)) == "expired" and "GetRecords" not in target):
                return None
            return fault

        way.plan = every_other
        with consumed(lake, consumer):
            for first in range(0, 500, 50):
                put(there, first, first + 50)
                if first == 200:
                    there.split(there.shards()[0].name)
                sleep(0.1)
            eventually(lambda: {*way.faults} == {*FAULTS})
            way.plan = lambda *_: "reset"
            eventually(lambda: "did not answer" in consumer.state)
            way.plan = every_other
            eventually(lambda: numbers(lake) == once(500))
            way.plan = lambda *_: None
            eventually(lambda: not consumer.state)
        assert numbers(lake) == once(500)
