"""Events from a stream into bronze, by the embedded consumer and by Spark on two cores, in turns.

A backlog in one shard of the embedded stream, in records of one event and of fifty; Spark is warm:
its session and its code have done the same before.

    python benchmarks/streams_by_spark.py [--rounds 3] [--events 200000]
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measuring import arguments, conclude, process, scratch, script, show, spread

from indextracker.engines.jvm import JvmEngine
from indextracker.lake import Lake
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import MOST_RECORDS, Record
from indextracker.streams.spark.query import SparkConsumer
from indextracker_spark.events.markets import EVENTS

EVENTS_A_RECORD = (1, 50)
WAYS = ("embedded", "spark")
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """What a backlog took."""

    seconds: float
    cpu_seconds: float


def main() -> None:
    """Prints rows a second of both ways, and the ratios."""
    if sys.argv[1:2] == ["--way"]:
        way, events, each, folder = sys.argv[2:]
        taken = _by_spark if way == "spark" else _embedded
        print(json.dumps(taken(int(events), int(each), Path(folder)).__dict__))  # noqa: T201
        return
    chosen = arguments(__doc__, rounds=3, events=200_000)
    found: dict[tuple[str, int], list[Taken]] = {}
    with scratch() as folder:
        for number in range(chosen.rounds):
            for each in EVENTS_A_RECORD:
                for way in WAYS:
                    own = folder / f"{way}{each}-{number}"
                    words = ("--way", way, chosen.events, each, own)
                    ended = process(script("streams_by_spark.py", *words))
                    taken = Taken(**json.loads(ended.said.splitlines()[-1]))
                    found.setdefault((way, each), []).append(taken)
    rows = [
        (
            way,
            str(each),
            f"{median(chosen.events / one.seconds for one in taken):,.0f}",
            f"{median(chosen.events / one.cpu_seconds for one in taken):,.0f}",
        )
        for (way, each), taken in found.items()
    ]
    columns = ("way in", "events a record", "rows/s", "rows per second of a processor")
    show(f"{chosen.events:,} events from a stream into bronze", columns, rows)
    for each in EVENTS_A_RECORD:
        both = list(zip(found["spark", each], found["embedded", each], strict=True))
        seconds = spread([spark.seconds / own.seconds for spark, own in both])
        cpu = spread([spark.cpu_seconds / own.cpu_seconds for spark, own in both])
        conclude(
            f"with {each} events a record Spark takes {seconds} times as long as the embedded "
            f"consumer, and {cpu} times the processor's seconds, over {chosen.rounds} rounds"
        )


def _embedded(events: int, each: int, folder: Path) -> Taken:
    stream, lake = _opened(folder)
    consumer = Consumer(stream, lake, EVENTS)

    def drain() -> None:
        while consumer.step().rows:
            pass

    few = events // 10
    _put(stream, 0, few, each)
    drain()
    _put(stream, few, few + events, each)
    return _measured(drain, lake, few + events)


def _by_spark(events: int, each: int, folder: Path) -> Taken:
    stream, lake = _opened(folder)
    engine = JvmEngine(on_s3=False)

    def until(rows: int) -> None:
        with _running(SparkConsumer(engine.session, stream, lake, EVENTS)):
            while lake.total_rows(EVENTS.table) < rows:
                time.sleep(0.02)

    for end in (events, 2 * events):  # the second compiler of Java sets in late
        _put(stream, end - events, end, each)
        until(end)
    _put(stream, 2 * events, 3 * events, each)
    taken = _measured(lambda: until(3 * events), lake, 3 * events)
    engine.close()
    return taken


@contextmanager
def _running(consumer: Consumer) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=consumer.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _measured(work: Callable[[], None], lake: Lake, rows: int) -> Taken:
    cpu, began = _cpu_seconds(), time.perf_counter()
    work()
    taken = Taken(time.perf_counter() - began, _cpu_seconds() - cpu)
    if lake.total_rows(EVENTS.table) != rows:
        raise RuntimeError("another number of rows was appended")
    return taken


def _opened(folder: Path) -> tuple[EmbeddedStream, Lake]:
    stream = EmbeddedStream(folder / "markets.sqlite")
    stream.create()
    return stream, Lake(str(folder / "lake"), "simulated")


def _put(stream: EmbeddedStream, first: int, end: int, each: int) -> None:
    records = []
    for begin in range(first, end, each):
        lines = (_line(number) for number in range(begin, min(begin + each, end)))
        records.append(Record(str(begin), b"\n".join(lines)))
    for place in range(0, len(records), MOST_RECORDS):
        stream.put(records[place : place + MOST_RECORDS])


def _line(number: int) -> bytes:
    event = {
        "symbol": f"S{number % 100}",
        "price": 100 + number % 50 / 100,
        "time": f"2024-12-16T01:{number // 60 % 60:02}:{number % 60:02}Z",
        "source": "replay",
        "line": number,
        "size": 1 + number % 9,
    }
    return json.dumps(event).encode()


def _cpu_seconds() -> float:
    """What this process and all that it has started have taken: the JVM, and Python beside it."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        pid = int(place.parent.name)
        parents[pid] = int(words[1])
        ticks[pid] = sum(map(int, words[11:15]))  # its own, and of children that have ended
    ours, new = {os.getpid()}, {os.getpid()}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - ours
        ours |= new
    return sum(ticks[pid] for pid in ours) * TICK_SECONDS


if __name__ == "__main__":
    main()
