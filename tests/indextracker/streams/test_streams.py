"""What a stream promises, of each that keeps it: the embedded one, Kinesis at two stand-ins."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Record, Stream, StreamError, StreamMissingError
from tests.conftest import STRICT
from tests.support import kinesis

NewStream = Callable[[], Stream]


# Moto 5.2 says of no shard that it has ended.
RESHARDS = ("embedded", "kinesalite")


@pytest.fixture(scope="module", params=[*RESHARDS, "moto"])
def new_stream(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewStream]:
    """Makes streams of the kind, not created yet."""
    if request.param == "embedded":
        folder = tmp_path_factory.mktemp("streams")
        yield lambda: EmbeddedStream(folder / f"{uuid4()}.sqlite")
        return
    try:
        with getattr(kinesis, request.param)() as client:
            yield lambda: KinesisStream(str(uuid4()), client)
    except FileNotFoundError as error:
        if STRICT:
            raise
        pytest.skip(str(error))


def created(new_stream: NewStream, shards: int = 1) -> Stream:
    stream = new_stream()
    stream.create(shards)
    return stream


def put(stream: Stream, numbers: Sequence[int]) -> None:
    """Puts records of a key each of ten."""
    assert stream.put([Record(f"key {n % 10}", str(n).encode()) for n in numbers]) == []


def drained(stream: Stream, limit: int = 7) -> list[int]:
    """All records, each shard to its end, parents before their children."""
    found = []
    for shard in stream.shards():
        reader = stream.reader(shard.name)
        while True:
            batch = reader.read(limit)
            assert len(batch.records) <= limit
            found += [int(kept.data) for kept in batch.records]
            if batch.ended or (not batch.records and batch.behind_ms == 0):
                assert batch.ended != shard.is_open
                break
    return found


def by_key(numbers: Sequence[int]) -> list[list[int]]:
    return [[n for n in numbers if n % 10 == key] for key in range(10)]


def test_records_of_a_key_come_in_order_and_each_once(new_stream: NewStream) -> None:
    stream = created(new_stream, shards=3)
    for first in range(0, 300, 100):
        put(stream, range(first, first + 100))
    found = drained(stream)
    assert by_key(found) == by_key(range(300))
    assert len(stream.shards()) == 3


def test_a_reader_goes_on_after_a_record_and_sees_what_arrives_later(new_stream: NewStream) -> None:
    stream = created(new_stream)
    put(stream, range(20))
    (shard,) = stream.shards()
    first = stream.reader(shard.name).read(8).records
    assert [int(kept.data) for kept in first] == list(range(8))
    later = stream.reader(shard.name, after=first[-1].sequence)
    assert [int(kept.data) for kept in later.read(100).records] == list(range(8, 20))
    assert later.read(100).records == []
    put(stream, range(20, 25))
    kept = later.read(100).records
    assert [int(one.data) for one in kept] == list(range(20, 25))
    assert [one.sequence for one in kept] == sorted({one.sequence for one in kept})
    assert all(one.arrived_at.utcoffset() is not None for one in kept)


@pytest.mark.parametrize("new_stream", RESHARDS, indirect=True)
def test_shards_that_are_split_and_merged_lose_and_repeat_nothing(new_stream: NewStream) -> None:
    stream = created(new_stream)
    put(stream, range(100))
    (whole,) = stream.shards()
    stream.split(whole.name)
    put(stream, range(100, 200))
    halves = [shard for shard in stream.shards() if shard.is_open]
    assert [half.parents for half in halves] == [(whole.name,)] * 2
    assert {half.first_hash for half in halves} == {0, 1 << 127}
    stream.merge(halves[0].name, halves[1].name)
    put(stream, range(200, 300))
    merged = stream.shards()[-1]
    assert merged.is_open
    assert set(merged.parents) == {half.name for half in halves}
    assert by_key(drained(stream)) == by_key(range(300))


@pytest.mark.parametrize("new_stream", RESHARDS, indirect=True)
def test_a_shard_that_ended_says_so_to_a_reader_at_its_end(new_stream: NewStream) -> None:
    stream = created(new_stream)
    put(stream, range(5))
    (shard,) = stream.shards()
    reader = stream.reader(shard.name)
    last = reader.read(100).records[-1]
    stream.split(shard.name)
    while not (batch := reader.read(100)).ended:
        assert batch.records == []
    assert stream.reader(shard.name, after=last.sequence).read(100).records == []


def test_a_stream_that_is_there_is_not_made_again(new_stream: NewStream) -> None:
    stream = created(new_stream, shards=2)
    put(stream, range(10))
    stream.create(shards=5)
    assert len(stream.shards()) == 2
    assert len(drained(stream)) == 10


def test_what_is_missing_is_said(new_stream: NewStream) -> None:
    stream = new_stream()
    with pytest.raises(StreamMissingError, match="there is no stream"):
        stream.put([Record("key", b"data")])
    with pytest.raises(StreamMissingError, match="there is no stream"):
        stream.shards()
    stream.create()
    with pytest.raises(StreamError):
        stream.split("99")


def test_shards_apart_are_not_merged(new_stream: NewStream) -> None:
    stream = created(new_stream, shards=3)
    first, _, third = stream.shards()
    with pytest.raises(StreamError):
        stream.merge(first.name, third.name)
    assert all(shard.is_open for shard in stream.shards())


def test_the_file_of_a_stream_may_have_any_name(tmp_path: Path) -> None:
    stream = EmbeddedStream(tmp_path / "an odd folder #1" / "trades?.sqlite")
    stream.create()
    put(stream, range(3))
    assert drained(stream) == [0, 1, 2]


def test_a_stream_that_is_made_again_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "trades.sqlite"
    found = []
    for _ in range(2):
        stream = EmbeddedStream(path)
        stream.create()
        found.append((stream.identity(), stream.shards()[0].name))
        path.unlink()
        # A stream is named by the millisecond in which it is made.
        time.sleep(0.002)
    assert not set(found[0]) & set(found[1])
