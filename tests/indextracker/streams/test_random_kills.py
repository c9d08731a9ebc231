"""Producers, consumers and compactions killed at random moments, while shards split and merge.

How many kills there are in all is set by INDEXTRACKER_STREAM_KILLS; `make soak-stream` sets many.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event

import pytest

from indextracker.lake import Lake
from indextracker.lake.upkeep import compact
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Stream
from indextracker.streams.putting import Putter
from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS
from tests.conftest import STRICT
from tests.support import kinesis
from tests.support.consuming import read_to_the_end

KILLS = int(os.environ.get("INDEXTRACKER_STREAM_KILLS", "20"))
SEED = 20241216
# Every so many kills a shard is split, and every so many later two are merged.
RESHARD_EVERY = 4
# Long enough to have begun its work, and short enough to be in the middle of it.
LONGEST_LIFE_SECONDS = 0.5
EVENTS_A_SECOND = 2000

# What opens the stream in another process.
Opened = Callable[[str], Stream]


def embedded(address: str) -> Stream:
    return EmbeddedStream(Path(address))


def kinesalite(address: str) -> Stream:
    return KinesisStream("events", kinesis.client(int(address)))


def producing(opened: Opened, address: str, born: int, begun: Event) -> None:
    """Puts events that no other producer puts, for as long as it lives."""
    with Putter(opened(address)) as putter:
        for number in itertools.count():
            event = {
                "symbol": f"{number % 50}",
                "price": 1,
                "time": "2024-12-16T01:00:00Z",
                "source": "yahoo",
                "line": born * 10_000_000 + number,
            }
            putter.put(str(event["symbol"]), json.dumps(event).encode())
            if number % 200 == 199:
                begun.set()
                time.sleep(200 / EVENTS_A_SECOND)


def consuming(opened: Opened, address: str, root: str, begun: Event) -> None:
    consumer = Consumer(opened(address), Lake(root, "simulated"), EVENTS)
    begun.set()
    consumer.run(Event())


def compacting(_: Opened, __: str, root: str, begun: Event) -> None:
    lake = Lake(root, "simulated")
    begun.set()
    while True:
        compact(lake, QUOTE_EVENTS)
        time.sleep(0.1)


@pytest.fixture(params=[embedded, kinesalite])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Opened, str]]:
    """How a stream is opened, and its address."""
    if request.param is embedded:
        yield embedded, str(tmp_path / "events.sqlite")
        return
    try:
        with kinesis.kinesalite() as client:
            yield kinesalite, client.meta.endpoint_url.rpartition(":")[2]
    except FileNotFoundError as error:
        if STRICT:
            raise
        pytest.skip(str(error))


class Crowd:
    """One process of each kind, a new one in the place of each that was killed."""

    def __init__(self, opened: Opened, address: str, root: str) -> None:
        self._opened, self._address, self._root = opened, address, root
        # Forked from a process that has loaded everything and run nothing: started anew, each of
        # them takes two seconds of a processor.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self._alive: dict[str, BaseProcess] = {}
        self._born = itertools.count()

    def complete(self) -> None:
        """Starts what is missing, and returns when all of it works."""
        for work in (producing, consuming, compacting):
            if work.__name__ not in self._alive:
                begun = self._context.Event()
                last = next(self._born) if work is producing else self._root
                arguments = (self._opened, self._address, last, begun)
                process = self._context.Process(target=work, args=arguments, daemon=True)
                process.start()
                self._alive[work.__name__] = process
                while not begun.wait(1):
                    assert process.is_alive(), f"{work.__name__} ended by itself"

    def kill(self, name: str) -> None:
        process = self._alive.pop(name)
        assert process.is_alive(), f"{name} ended by itself"
        process.kill()
        process.join()

    @property
    def names(self) -> list[str]:
        return list(self._alive)


def reshard(stream: Stream, chance: random.Random, *, merges: bool) -> None:
    still_open = sorted(
        (shard for shard in stream.shards() if shard.is_open), key=lambda shard: shard.first_hash
    )
    if merges and len(still_open) > 1:
        place = chance.randrange(len(still_open) - 1)
        stream.merge(still_open[place].name, still_open[place + 1].name)
    else:
        stream.split(chance.choice(still_open).name)


def kept(stream: Stream) -> Counter[int]:
    """The numbers of all events that the stream has kept."""
    found: Counter[int] = Counter()
    for shard in stream.shards():
        reader, idle = stream.reader(shard.name), 0
        while idle < 3:
            batch = reader.read(1000)
            lines = (line for record in batch.records for line in record.data.split(b"\n"))
            found.update(json.loads(line)["line"] for line in lines)
            if batch.ended:
                break
            idle = 0 if batch.records or batch.behind_ms else idle + 1
    return found


@pytest.mark.slow
def test_what_was_sent_is_in_bronze_once(place: tuple[Opened, str], tmp_path: Path) -> None:
    opened, address = place
    stream, chance = opened(address), random.Random(SEED)
    stream.create()
    lake = Lake(str(tmp_path / "lake"), "simulated")
    Consumer(stream, lake, EVENTS)  # makes the table
    crowd = Crowd(opened, address, lake.root)
    for kill in range(-(-KILLS // 2)):
        crowd.complete()
        time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
        if kill % RESHARD_EVERY == 1:
            reshard(stream, chance, merges=kill % (2 * RESHARD_EVERY) > RESHARD_EVERY)
        crowd.kill(chance.choice(crowd.names))
    for name in crowd.names:
        crowd.kill(name)
    read_to_the_end(Consumer(stream, lake, EVENTS))
    lines = lake.rows(QUOTE_EVENTS).to_table(columns=["line"])["line"].to_pylist()
    sent = kept(stream)
    assert len(sent) > KILLS
    assert Counter(map(int, lines)) == sent
    assert set(sent.values()) == {1}
