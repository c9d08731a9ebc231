"""The way in by Spark Structured Streaming: rows and positions of the embedded consumer."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from engines.engine_process import EngineProcess
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.lake.tail import OvertakenError
from indextracker.streams import embedded
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS

START = datetime(2024, 12, 16, 23, 30, tzinfo=UTC)
POISON = [b"{", b"\xff\x00", b"[1, 2]", b'{"price": NaN}', b'{"symbol": "A", "price": 1}', b""]


def lines(numbers: Sequence[int]) -> list[bytes]:
    return [
        json.dumps(
            {
                "symbol": f"S{number % 7}",
                "price": 94745.10,
                "time": f"{START + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}",
                "source": "replay",
                "line": number,
            }
        ).encode()
        for number in numbers
    ]


def put(stream: EmbeddedStream, first: int, end: int, each: int = 5) -> None:
    """Puts numbered events, some in each record."""
    records = [
        Record(f"key {n}", b"\n".join(lines(range(n, min(n + each, end)))))
        for n in range(first, end, each)
    ]
    assert stream.put(records) == []


def numbers(lake: Lake) -> Counter[int]:
    found = lake.rows(QUOTE_EVENTS).to_table(columns=["line"])["line"].to_pylist()
    return Counter(int(line) for line in found if line is not None)


def once(end: int) -> Counter[int]:
    return Counter(range(end))


def drain(consumer: Consumer) -> None:
    """A shard's children are read with the step after its end."""
    idle = 0
    while idle < 4:
        idle = 0 if consumer.step().rows else idle + 1


def split(stream: EmbeddedStream) -> None:
    stream.split(random.Random(7).choice([s for s in stream.shards() if s.is_open]).name)


def merge(stream: EmbeddedStream) -> None:
    still_open = [shard for shard in stream.shards() if shard.is_open]
    first, second = sorted(still_open, key=lambda shard: shard.first_hash)[:2]
    stream.merge(first.name, second.name)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


@pytest.fixture
def stream(tmp_path: Path) -> EmbeddedStream:
    stream = EmbeddedStream(tmp_path / "markets.sqlite")
    stream.create()
    return stream


def test_both_ways_in_give_the_same_rows(
    jvm: EngineProcess,
    lake: Lake,
    stream: EmbeddedStream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of events of two days, some twice, some unreadable, and of records lost before the rest."""
    other = Lake(str(tmp_path / "other"), "simulated")
    here = Consumer(stream, lake, EVENTS)
    put(stream, 0, 3000, each=100)
    put(stream, 0, 30)
    stream.put([Record("bad", b"\n".join([*POISON, *lines([3000])])), Record("bad", b"{}")])
    drain(here)
    with jvm.consuming("markets", stream, other):
        eventually(lambda: other.total_rows(QUOTE_EVENTS) == lake.total_rows(QUOTE_EVENTS))
    put(stream, 4000, 4010)  # nobody reads them before they are deleted
    now_ms = embedded._now_ms()
    for hour in range(1, 28):
        monkeypatch.setattr(embedded, "_now_ms", lambda at=now_ms + hour * 3_600_000: at)
        put(stream, 5000 + 100 * hour, 5100 + 100 * hour)
    drain(here)
    with jvm.consuming("markets", stream, other):
        eventually(lambda: other.total_rows(QUOTE_EVENTS) == lake.total_rows(QUOTE_EVENTS))
    assert numbers(other)[4000] == 0
    assert numbers(other)[7799] == 1

    def rows(of: Lake) -> list[dict[str, object]]:
        stored = of.rows(QUOTE_EVENTS).to_table(columns=list(QUOTE_EVENTS.column_names))
        keys = [(name, "ascending") for name in QUOTE_EVENTS.key]
        found: list[dict[str, object]] = stored.sort_by(keys).to_pylist()
        for row in found:
            if row["position"] == -1:  # of the moment when it was found
                row |= {"arrived_at": None, "hour": None, "event_date": None}
        return found

    assert rows(other) == rows(lake)
    assert [row["position"] for row in rows(lake)].count(-1) == 1
    assert sum(row["problem"] is not None for row in rows(lake)) == len(POISON) + 2
    files = pa.table(other.open(QUOTE_EVENTS).get_add_actions(flatten=True))
    assert None not in files["min.arrived_at"].to_pylist()


def test_each_way_in_goes_on_where_the_other_one_stopped(
    jvm: EngineProcess, lake: Lake, stream: EmbeddedStream
) -> None:
    """Shards are split and merged while each of them runs, and while none does."""
    put(stream, 0, 100)
    drain(Consumer(stream, lake, EVENTS))
    put(stream, 100, 200)
    split(stream)
    put(stream, 200, 300)
    with jvm.consuming("markets", stream, lake):
        eventually(lambda: numbers(lake) == once(300))
        split(stream)
        put(stream, 300, 400)
        merge(stream)
        put(stream, 400, 500)
        eventually(lambda: numbers(lake) == once(500))
    put(stream, 500, 600)
    merge(stream)
    here = Consumer(stream, lake, EVENTS)
    drain(here)
    split(stream)
    put(stream, 600, 700)
    drain(here)
    assert numbers(lake) == once(700)
    put(stream, 700, 800)
    with jvm.consuming("markets", stream, lake):
        eventually(lambda: numbers(lake) == once(800))
    assert Consumer(stream, lake, EVENTS).step().rows == 0


def test_a_stream_that_does_not_answer_is_said_and_read_again(
    jvm: EngineProcess, lake: Lake, stream: EmbeddedStream
) -> None:
    put(stream, 0, 100)
    database = sqlite3.connect(stream.address, isolation_level=None)
    with jvm.consuming("markets", stream, lake):
        eventually(lambda: numbers(lake) == once(100))
        database.execute("alter table records rename to elsewhere")
        eventually(lambda: "cannot be used: no such table: records" in jvm.log.read_text())
        database.execute("alter table elsewhere rename to records")
        goes_on = f"{stream.address} to bronze/quote_events, appending: goes on"
        eventually(lambda: goes_on in jvm.log.read_text())
        put(stream, 100, 200)
        eventually(lambda: numbers(lake) == once(200))


def test_two_that_run_at_once_append_each_event_once(
    jvm: EngineProcess, lake: Lake, stream: EmbeddedStream
) -> None:
    here, end = Consumer(stream, lake, EVENTS), 0

    def overtaken() -> bool:
        """Whether Spark said so, to whom another record is a rival's until it does."""
        nonlocal end
        put(stream, end, end + 5)
        end += 5
        with suppress(OvertakenError):
            here.step()
        return "bronze/quote_events was changed by another writer" in jvm.log.read_text()

    put(stream, 0, 5)
    end = 5
    with jvm.consuming("markets", stream, lake):
        eventually(lambda: numbers(lake) == once(5))
        eventually(overtaken)
        eventually(lambda: numbers(lake) == once(end))
        put(stream, end, end + 5)
        eventually(lambda: numbers(lake) == once(end + 5))
    drain(Consumer(stream, lake, EVENTS))
    assert numbers(lake) == once(end + 5)
