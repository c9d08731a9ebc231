"""Consuming: each event once, in one commit with how far was read, whatever happens between."""

import json
import multiprocessing
import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from indextracker.lake import Lake
from indextracker.lake.tail import OvertakenError
from indextracker.lake.upkeep import compact
from indextracker.streams import embedded
from indextracker.streams.consuming import Appended, Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Record, Stream, StreamError
from indextracker.system import failpoints
from indextracker_catalogue.shared.events import events_table, field
from indextracker_spark.events.decoding import Event, Events
from tests.conftest import STRICT
from tests.support import kinesis
from tests.support.consuming import read_to_the_end

TABLE = events_table(
    "test_events",
    "Events of tests.",
    (
        field("number", "Number of the event"),
        field("price", "Price"),
        field("at", "Time of the event"),
    ),
)
START = datetime(2024, 12, 16, 23, 0, tzinfo=UTC)


def moment(event: Event) -> datetime:
    return datetime.fromisoformat(event["at"] or "")


EVENTS = Events(TABLE, moment)


def record(numbers: range) -> Record:
    events = [
        {"number": n, "price": 94745.10, "at": str(START + timedelta(minutes=n))} for n in numbers
    ]
    return Record(f"key {numbers[0]}", "\n".join(map(json.dumps, events)).encode())


def put(stream: Stream, first: int, end: int, each: int = 10) -> None:
    """Puts numbered events, some in each record."""
    records = [record(range(n, min(n + each, end))) for n in range(first, end, each)]
    assert stream.put(records) == []


def numbers(lake: Lake) -> Counter[int]:
    rows = lake.rows(TABLE).to_table(columns=["number"])["number"].to_pylist()
    return Counter(int(number) for number in rows if number is not None)


def rows_of(rows: pa.Table) -> list[int]:
    return [int(number) for number in rows["number"].to_pylist()]


def once(end: int) -> Counter[int]:
    return Counter(range(end))


def drain(consumer: Consumer) -> None:
    while consumer.step().rows:
        pass


def test_events_are_rows_with_their_place_and_their_values_as_written(
    lake: Lake, stream: EmbeddedStream
) -> None:
    put(stream, 0, 90)
    assert Consumer(stream, lake, EVENTS).step().rows == 90
    rows = lake.rows(TABLE).to_table().sort_by("at").to_pylist()
    assert {row["event_date"] for row in rows} == {date(2024, 12, 16), date(2024, 12, 17)}
    assert [row["position"] for row in rows] == [*range(10)] * 9
    assert rows[0]["price"] == "94745.1"
    assert rows[0]["shard"] == stream.shards()[0].name
    assert len({(row["shard"], row["sequence"], row["position"]) for row in rows}) == 90


def test_a_consumer_that_starts_again_goes_on_where_the_table_is(
    lake: Lake, stream: EmbeddedStream
) -> None:
    for first in range(0, 100, 20):
        put(stream, first, first + 20)
        assert Consumer(stream, lake, EVENTS).step().rows == 20
    assert Consumer(stream, lake, EVENTS).step().rows == 0
    assert numbers(lake) == once(100)


def test_listeners_are_told_once_of_each_commit_with_rows(
    lake: Lake, stream: EmbeddedStream
) -> None:
    told: list[Appended] = []
    also: list[int] = []
    listeners = [told.append, lambda appended: also.append(appended.version)]
    consumer = Consumer(stream, lake, EVENTS, listeners)
    assert consumer.complete_until is None
    for first in range(0, 60, 20):
        put(stream, first, first + 20)
        consumer.step()
        compact(lake, TABLE)
        assert consumer.step().rows == 0
    assert consumer.complete_until is not None
    assert also == [appended.version for appended in told]
    for number, appended in enumerate(told):
        added = rows_of(appended.rows)
        assert added == [*range(number * 20, number * 20 + 20)]
        before = lake.rows(TABLE, as_of=appended.version - 1).to_table()
        there = lake.rows(TABLE, as_of=appended.version).to_table()
        assert appended.rows.schema.equals(there.schema)
        assert sorted(rows_of(there)) == sorted(rows_of(before) + added)
    with_another = Consumer(stream, lake, EVENTS)
    put(stream, 60, 80)
    with_another.step()
    put(stream, 80, 100)
    with pytest.raises(OvertakenError):
        consumer.step()
    assert len(told) == 3


def test_two_consumers_that_take_turns_append_each_event_once(
    lake: Lake, stream: EmbeddedStream
) -> None:
    one, two = Consumer(stream, lake, EVENTS), Consumer(stream, lake, EVENTS)
    overtaken = 0
    for first in range(0, 400, 20):
        put(stream, first, first + 20)
        for consumer in (one, two):
            try:
                consumer.step()
            except OvertakenError:
                overtaken += 1
    assert overtaken >= 19
    drain(two)
    assert numbers(lake) == once(400)


def test_lines_that_are_no_events_are_kept_with_the_reason_and_stop_nothing(
    lake: Lake, stream: EmbeddedStream
) -> None:
    good = record(range(1)).data
    bad = [b"{", b"\xff\x00", b"[1, 2]", b'{"price": NaN}', b'{"at": "yesterday"}', b""]
    stream.put([Record("key", b"\n".join([*bad, good]))])
    assert Consumer(stream, lake, EVENTS).step().rows == 7
    rows = lake.rows(TABLE).to_table().sort_by("position").to_pylist()
    assert [row["text"] for row in rows] == [
        *("{", "\\xff\x00", "[1, 2]", '{"price": NaN}', '{"at": "yesterday"}', ""),
        None,
    ]
    assert [bool(row["problem"]) for row in rows] == [True] * 6 + [False]
    assert numbers(lake) == once(1)


def test_what_was_deleted_unread_is_a_row_that_says_so_and_the_rest_is_read(
    lake: Lake, stream: EmbeddedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(stream, 0, 10)
    drain(Consumer(stream, lake, EVENTS))
    put(stream, 10, 20)
    now_ms = embedded._now_ms()
    for hour in range(1, 26):
        monkeypatch.setattr(embedded, "_now_ms", lambda at=now_ms + hour * 3_600_000: at)
        put(stream, 10 + 10 * hour, 20 + 10 * hour)
    consumer = Consumer(stream, lake, EVENTS)
    assert consumer.step().rows == 1
    drain(Consumer(stream, lake, EVENTS))
    assert numbers(lake) == Counter([*range(10), *range(20, 270)])
    rows = lake.rows(TABLE).to_table().to_pylist()
    (lost,) = [row for row in rows if row["position"] == -1]
    assert "before they were read" in lost["problem"]


def step_until_killed(path: Path, root: str, name: str) -> None:
    failpoints.arm(name)
    Consumer(EmbeddedStream(path), Lake(root, "simulated"), EVENTS).step()


@pytest.mark.parametrize(("name", "appended"), [("tail-before", 0), ("tail-after", 20)])
def test_a_consumer_killed_around_its_commit_loses_and_repeats_nothing(
    lake: Lake, stream: EmbeddedStream, name: str, appended: int
) -> None:
    put(stream, 0, 20)
    Consumer(stream, lake, EVENTS).step()
    put(stream, 20, 40)
    path = Path(stream.address)
    process = multiprocessing.get_context("spawn").Process(
        target=step_until_killed, args=(path, lake.root, name)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert numbers(lake).total() == 20 + appended
    drain(Consumer(stream, lake, EVENTS))
    assert numbers(lake) == once(40)


class Breaking:
    """A stream whose readers fail now and then."""

    def __init__(self, stream: Stream, chance: random.Random) -> None:
        self._stream, self._chance = stream, chance

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def reader(self, shard: str, after: int | None = None) -> object:
        if self._chance.random() < 0.2:
            raise StreamError("the network is down")
        return self._stream.reader(shard, after)


@pytest.fixture(params=["embedded", "kinesalite"])
def any_stream(request: pytest.FixtureRequest, stream: EmbeddedStream) -> Iterator[Stream]:
    if request.param == "embedded":
        yield stream
        return
    try:
        with kinesis.kinesalite() as client:
            found = KinesisStream("events", client)
            found.create()
            yield found
    except FileNotFoundError as error:
        if STRICT:
            raise
        pytest.skip(str(error))


def test_resharding_restarts_rivals_and_faults_lose_and_repeat_nothing(
    lake: Lake, any_stream: Stream
) -> None:
    chance = random.Random(7)
    breaking: Stream = Breaking(any_stream, chance)  # type: ignore[assignment]
    consumers = [Consumer(breaking, lake, EVENTS) for _ in range(2)]
    end = 0
    for turn in range(14):
        put(any_stream, end, end + 30, each=3)
        end += 30
        still_open = [shard for shard in any_stream.shards() if shard.is_open]
        if turn % 5 == 1:
            any_stream.split(chance.choice(still_open).name)
        elif turn % 5 == 3:
            first, second = sorted(still_open, key=lambda shard: shard.first_hash)[:2]
            any_stream.merge(first.name, second.name)
        if turn % 4 == 0:
            consumers[turn // 4 % 2] = Consumer(breaking, lake, EVENTS)
        try:
            chance.choice(consumers).step()
        except (StreamError, OvertakenError):
            continue
    read_to_the_end(Consumer(any_stream, lake, EVENTS))
    assert numbers(lake) == once(end)
