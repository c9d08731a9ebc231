"""The records of any of our streams, as a streaming source of Spark 4.

Its driver side reads what has arrived, since no service tells the newest record without giving it,
and hands the records to tasks. Events, and what becomes of them, do not belong here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition

from indextracker.streams.consuming import COMMIT_SECONDS
from indextracker.streams.hindrances import Hindrances
from indextracker.streams.model import Kept, StreamError
from indextracker.streams.opening import stream_at
from indextracker.streams.reading import Read, Reading

FORMAT = "indextracker_records"
# A row is a record; or, with `problem`, records that were lost; or, with `behind_ms`, how far its
# shard was read with all of them: from `after` to `sequence`, before when all that arrived was read
# (`arrived_at`; null where that is not known), and which shards could not be read (`problem`).
SCHEMA = (
    "shard string, sequence string, arrived_at timestamp, data binary, problem string, "
    "after string, ended boolean, behind_ms bigint"
)
_ARROW = pa.schema(
    [
        ("shard", pa.string()),
        ("sequence", pa.string()),
        ("arrived_at", pa.timestamp("us", tz="UTC")),
        ("data", pa.binary()),
        ("problem", pa.string()),
        ("after", pa.string()),
        ("ended", pa.bool_()),
        ("behind_ms", pa.int64()),
    ]
)
# In requests of a thousand records: a batch costs Spark a third of a second whatever its size.
_REQUESTS_A_BATCH = 50
# What one task decodes: ten thousand events that come one in a record.
_BYTES_A_TASK = 2 << 20
_Row = tuple[object, ...]
# Positions as Spark keeps them.
_HORIZON, _END = "HORIZON", "END:"


class Records(DataSource):
    """The source, of which a query has one.

    Its options are `address`, the stream's; `positions`, where to begin; and `told`, the path of a
    file of the driver, which gets the moment at which the stream was last found to have no more.
    """

    @classmethod
    def name(cls) -> str:
        """How `readStream.format` calls it."""
        return FORMAT

    def schema(self) -> str:
        """The columns of its rows."""
        return SCHEMA

    def streamReader(self, schema: object) -> RecordsReader:  # noqa: ARG002, N802 - Spark's
        """What reads, on the driver and in tasks."""
        positions = json.loads(self.options["positions"])
        return RecordsReader(self.options["address"], positions, Path(self.options["told"]))


class Offsets:
    """How far shards were read, as Spark keeps it: by name, the sequence number of a record.

    Args:
        kept: For each shard the number of the last record read, or HORIZON before the first one;
            after the last one behind `END:`.
    """

    def __init__(self, kept: Mapping[str, str]) -> None:
        self._kept = kept

    @staticmethod
    def text(after: int | None, *, ended: bool) -> str:
        """A position as text."""
        return (_END if ended else "") + (_HORIZON if after is None else str(after))

    def after(self, shard: str) -> int | None:
        """See `Progress`."""
        text = self._kept.get(shard, _HORIZON).removeprefix(_END)
        return None if text == _HORIZON else int(text)

    def has_ended(self, shard: str) -> bool:
        """See `Progress`."""
        return self._kept.get(shard, "").startswith(_END)

    def later(self, reads: Sequence[Read]) -> dict[str, str]:
        """The offsets after more was read."""
        found = dict(self._kept)
        for read in reads:
            last = self.after(read.shard) if read.last is None else read.last
            found[read.shard] = self.text(last, ended=read.ended)
        return found


@dataclass(frozen=True)
class Part(InputPartition):
    """The rows that one task is given: in Arrow, which pickles them at no cost."""

    rows: pa.RecordBatch


class RecordsReader(DataSourceStreamReader):
    """Gives a batch a second, or one after the other while it is behind.

    Spark 4.2 tells `latestOffset` where to begin; 4.0 and 4.1 call it without arguments.
    """

    def __init__(self, address: str, positions: Mapping[str, str], told: Path) -> None:
        self._address = address
        self._told = told
        self._positions = self._reached = dict(positions)
        self._parts: list[Part] = []
        self._due_at = 0.0
        self._hindrances = Hindrances(address)
        self._reading: Reading | None = None  # made on the driver alone

    def initialOffset(self) -> dict[str, str]:  # noqa: N802 - Spark's
        """The positions that were asked for."""
        return self._positions

    def latestOffset(  # noqa: N802
        self,
        start: dict[str, str] | None = None,
        limit: object = None,  # noqa: ARG002 - a batch has a size of its own
    ) -> dict[str, str]:
        """Reads what has arrived, and says how far that goes.

        Raises:
            StreamError: The stream did not answer, or nothing but shards that fail is left to read.
        """
        if self._reading is None:
            stream = stream_at(self._address)
            self._reading = Reading(stream, self._hindrances, _REQUESTS_A_BATCH)
        if start is not None and start != self._reached:
            self._reading.forget()
            self._reached = start
        time.sleep(max(0.0, self._due_at - time.monotonic()))
        began, since = time.monotonic(), datetime.now(UTC)
        found = self._reading.step(Offsets(self._reached))
        reads = [read for read in found if read.is_progress]
        if self._reading.is_hindered and not reads:
            raise StreamError(self._hindrances.reasons)
        if self._reading.is_whole and not reads:
            aside = self._told.with_suffix(".part")
            aside.write_text(since.isoformat())
            aside.replace(self._told)
        before = Offsets(self._reached)
        whole = since if self._reading.is_whole else None
        self._parts = [
            part
            for read in reads
            for part in _parts(read, before.after(read.shard), whole, self._hindrances.reasons)
        ]
        if not any(read.behind_ms for read in found):
            self._due_at = began + COMMIT_SECONDS
        self._reached = before.later(reads)
        return self._reached

    def partitions(self, start: dict[str, str], end: dict[str, str]) -> Sequence[InputPartition]:
        """The records that were read last.

        Raises:
            ValueError: Others are asked for, by a checkpoint of an earlier query.
        """
        if start == end:
            return []
        if end != self._reached:
            raise ValueError(
                f"{self._address} was not read up to {end}: begin a query with a new checkpoint, "
                "at positions of the table"
            )
        return self._parts

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """The rows of a part; in a task."""
        assert isinstance(partition, Part)
        yield partition.rows


def _parts(read: Read, after: int | None, since: datetime | None, hindered: str) -> Iterator[Part]:
    """The parts of what was read of a shard after a record, each of about the size of a task."""
    first = size = 0
    for place, kept in enumerate(read.records, 1):
        size += len(kept.data)
        if size > _BYTES_A_TASK:
            yield Part(_rows(read.shard, read.records[first:place]))
            first, size = place, 0
    yield Part(_rows(read.shard, read.records[first:], list(_rest(read, after, since, hindered))))


def _rows(shard: str, records: Sequence[Kept], rest: Sequence[_Row] = ()) -> pa.RecordBatch:
    """Records of a shard as rows, and others after them."""
    rows = [
        (shard, str(kept.sequence), kept.arrived_at, kept.data, *(None,) * 4) for kept in records
    ]
    columns = zip(*rows, *rest, strict=True)
    arrays = [pa.array(cells, of.type) for cells, of in zip(columns, _ARROW, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=_ARROW)


def _rest(read: Read, after: int | None, since: datetime | None, hindered: str) -> Iterator[_Row]:
    """What a read says beside its records."""
    if read.lost:
        place = (read.shard, str(read.lost.resume_after), datetime.now(UTC))
        yield (*place, None, str(read.lost), None, None, None)
    first, last = (None if number is None else str(number) for number in (after, read.last))
    yield (read.shard, last, since, None, hindered, first, read.ended, read.behind_ms)
