"""The source of Spark: what it gives its driver and its tasks, asked as Spark asks."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import PositionLostError, Record
from indextracker.streams.reading import Read
from indextracker.streams.spark import source
from indextracker.streams.spark.source import Offsets, Records, RecordsReader


def reader(stream: EmbeddedStream, positions: dict[str, str] | None = None) -> RecordsReader:
    options = {
        "address": stream.address,
        "positions": json.dumps(positions or {}),
        "told": f"{stream.address}.told",
    }
    return Records(options).streamReader(None)


def put(stream: EmbeddedStream, *texts: str) -> None:
    stream.put([Record(text, text.encode()) for text in texts])


def rows(of: RecordsReader, start: dict[str, str], end: dict[str, str]) -> list[dict[str, object]]:
    """As tasks read them, each in a process of its own."""
    found: list[dict[str, object]] = []
    for part in of.partitions(start, end):
        there = pickle.loads(pickle.dumps(part))
        for batch in of.read(there):
            assert isinstance(batch, pa.RecordBatch)
            found += batch.to_pylist()
    return found


def data(found: list[dict[str, object]]) -> list[object]:
    return [row["data"] for row in found if row["data"] is not None]


def test_each_batch_goes_on_where_the_last_one_ended(stream: EmbeddedStream) -> None:
    of, start = reader(stream), {}
    for texts in (("a", "b"), ("c",)):
        put(stream, *texts)
        end = of.latestOffset(start)
        found = rows(of, start, end)
        assert data(found) == [text.encode() for text in texts]
        (shard,) = {row["shard"] for row in found}
        assert [row["sequence"] for row in found][-1] == end[str(shard)]
        assert not Path(f"{stream.address}.told").exists() or start
        before = datetime.now(UTC)
        assert of.latestOffset(end) == end
        assert rows(of, end, end) == []
        assert datetime.fromisoformat(Path(f"{stream.address}.told").read_text()) >= before
        start = end


def test_older_spark_asks_without_saying_where_to_begin(stream: EmbeddedStream) -> None:
    put(stream, "a")
    first = reader(stream)
    end = first.latestOffset()
    assert data(rows(first, first.initialOffset(), end)) == [b"a"]
    put(stream, "b")
    again = reader(stream, end)
    assert data(rows(again, end, again.latestOffset())) == [b"b"]


def test_children_are_read_after_the_ends_of_their_parents(stream: EmbeddedStream) -> None:
    put(stream, "a", "b")
    (parent,) = stream.shards()
    stream.split(parent.name)
    put(stream, "c", "d")
    of = reader(stream)
    first = of.latestOffset({})
    assert set(data(rows(of, {}, first))) == {b"a", b"b"}
    assert {*first} == {parent.name}
    assert first[parent.name].startswith("END:")
    second = of.latestOffset(first)
    assert set(data(rows(of, first, second))) == {b"c", b"d"}
    assert second[parent.name] == first[parent.name]
    # An end without a record before it is a position too.
    assert Offsets.text(None, ended=True) == "END:HORIZON"
    assert Offsets({"empty": "END:HORIZON"}).after("empty") is None


def test_many_records_are_divided_among_tasks(
    stream: EmbeddedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_BYTES_A_TASK", 10)
    texts = [f"text {number:02}" for number in range(20)]
    put(stream, *texts)
    of = reader(stream)
    end = of.latestOffset({})
    assert len(of.partitions({}, end)) > 5
    found = rows(of, {}, end)
    assert data(found) == [text.encode() for text in texts]
    assert [row["behind_ms"] for row in found] == [None] * 20 + [0]


def test_what_was_lost_is_a_row_and_a_position(stream: EmbeddedStream) -> None:
    (shard,) = stream.shards()
    lost = PositionLostError("deleted before they were read", resume_after=77)
    read = Read(shard.name, lost=lost)
    assert Offsets({}).later([read]) == {shard.name: "77"}
    now = datetime(2024, 12, 16, tzinfo=UTC)
    (part,) = source._parts(read, 70, now, "")
    (batch,) = reader(stream).read(pickle.loads(pickle.dumps(part)))
    told, position = batch.to_pylist()
    assert (told["sequence"], told["problem"]) == ("77", "deleted before they were read")
    assert (position["after"], position["sequence"], position["behind_ms"]) == ("70", "77", 0)


def test_records_of_another_query_are_refused(stream: EmbeddedStream) -> None:
    put(stream, "a")
    of = reader(stream)
    of.latestOffset({})
    with pytest.raises(ValueError, match="begin a query with a new checkpoint"):
        of.partitions({}, {"shard": "12"})
