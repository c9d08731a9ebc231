"""The way in by Spark killed at random moments, while records come and shards split and merge.

By turns the JVM alone is killed, and all of it, as in test_streaming_job.py. How many kills there
are is set by INDEXTRACKER_SPARK_KILLS, since each costs a start of Spark; `make soak-stream` sets
many.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from engines.test_streams_by_spark import drain, merge, numbers, put, split
from support.homes import Home
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS

KILLS = int(os.environ.get("INDEXTRACKER_SPARK_KILLS", "1"))
SEED = 20241216
EVENTS_A_SECOND = 1000
# A batch takes about a second.
LONGEST_LIFE_SECONDS = 2.0

pytestmark = pytest.mark.timeout(300 + 60 * KILLS)


class Producer:
    """Puts numbered events for as long as a block lasts."""

    def __init__(self, stream: EmbeddedStream) -> None:
        self.sent = 0
        self._stream = stream

    @contextmanager
    def putting(self) -> Iterator[None]:
        over = threading.Event()

        def run() -> None:
            while not over.wait(0.1):
                end = self.sent + EVENTS_A_SECOND // 10
                put(self._stream, self.sent, end)
                self.sent = end

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def of_java(driver: subprocess.Popen[str]) -> int:
    """The process of the JVM that a driver has started."""
    threads = Path(f"/proc/{driver.pid}/task").glob("*/children")
    children = [child for file in threads for child in file.read_text().split()]
    (java,) = [c for c in children if Path(f"/proc/{c}/comm").read_text().strip() == "java"]
    return int(java)


def test_what_was_sent_is_in_bronze_once(java: int, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    streams = tmp_path / "streams"
    stream = EmbeddedStream(streams / "markets.sqlite")
    stream.create()
    home = Home(tmp_path)
    lake = Lake(str(home.lake), "simulated")
    producer = Producer(stream)
    named = {"INDEXTRACKER_STREAM": str(streams), "INDEXTRACKER_ENGINE": "spark"}
    if "JAVA_HOME" in os.environ:
        named["JAVA_HOME"] = os.environ["JAVA_HOME"]
    for kill in range(KILLS):
        before = lake.total_rows(QUOTE_EVENTS)
        command = home.start("stream", "run", "markets", alone=True, **named)
        with command, producer.putting():
            eventually(lambda: lake.total_rows(QUOTE_EVENTS) > before)  # noqa: B023
            (merge if kill % 4 == 3 else split)(stream)
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            if kill % 2 == 0:
                os.kill(of_java(command), signal.SIGKILL)
                _, said = command.communicate()
                assert command.returncode == 1, said
                assert (
                    "JVM Spark was lost in the middle of appending to bronze/quote_events" in said
                )
            else:
                os.killpg(command.pid, signal.SIGKILL)
    drain(Consumer(stream, lake, EVENTS))
    assert numbers(lake) == Counter(range(producer.sent))
