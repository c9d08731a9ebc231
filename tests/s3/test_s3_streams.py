"""A consumer whose lake is in a store that fails: it recovers by itself, and each event is once."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from s3.bucket_homes import BucketHome
from support.faulty import between
from support.stores import Store
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_catalogue import markets as m

HEALTH = re.compile(r"health at (\S+)")


def put(stream: EmbeddedStream, first: int, end: int) -> None:
    event = {"symbol": "AAPL", "time": "2024-12-16T01:00:00Z", "source": "yahoo"}
    lines = (json.dumps(event | {"price": n}) for n in range(first, end))
    stream.put([Record("key", line.encode()) for line in lines])


def health(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextmanager
def started(home: BucketHome, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The consumer, and where its health is told; it is gone at the end of the block."""
    command = ("stream", "run", "markets", "--metrics-port", "0")
    with home.start(*command, **more) as consumer:
        try:
            assert consumer.stderr
            lines = iter(consumer.stderr.readline, "")
            yield consumer, next(filter(None, map(HEALTH.search, lines)))[1]
        finally:
            consumer.kill()


def test_a_store_that_fails_is_borne_and_told(
    new_home: Callable[..., BucketHome], store: Store, prefix: str, tmp_path: Path
) -> None:
    stream = EmbeddedStream(tmp_path / "streams" / "markets.sqlite")
    stream.create()
    lake = Lake(prefix, "simulated")
    lake.ensure([m.QUOTE_EVENTS])
    faults = itertools.cycle(("503", "lost answer", "torn upload", "reset", "torn answer", "403"))
    with between(store.address) as way:
        home = new_home("faulty", prefix, way=way.address)
        with started(home, INDEXTRACKER_STREAM=str(tmp_path / "streams")) as (consumer, at):
            for first in range(0, 500, 100):
                put(stream, first, first + 100)
                way.plan = lambda method, path, number: next(faults) if number % 7 == 1 else None
                eventually(lambda end=first + 100: lake.total_rows(m.QUOTE_EVENTS) == end)
            # What failed last is made good first, or it would be taken for what fails next.
            way.plan = lambda *_: None
            eventually(lambda: health(at) == (200, "ok\n"))
            way.plan = lambda *_: "403"
            put(stream, 500, 600)
            eventually(lambda: health(at)[0] == 503)
            assert "it is tried again" in health(at)[1]
            way.plan = lambda *_: None
            eventually(lambda: lake.total_rows(m.QUOTE_EVENTS) == 600)
            eventually(lambda: health(at) == (200, "ok\n"))
            consumer.send_signal(signal.SIGTERM)
            _, rest = consumer.communicate()
        assert consumer.returncode == 0
        # Arrow writes one into its own messages, in the middle of a line.
        assert not re.search("^Traceback", rest, re.MULTILINE), rest
        assert "of-no-account" not in rest
    prices = lake.rows(m.QUOTE_EVENTS).to_table(["price"])["price"].to_pylist()
    assert Counter(map(int, prices)) == Counter(range(600))
    assert {"lost answer", "torn upload"} <= {*way.faults}
