"""Appends the events of a stream to a bronze table by a query of Spark Structured Streaming.

Tasks decode records and write files; the driver makes them part of the table, together with how far
each shard was read, in the commit that the embedded consumer makes. So each of the two goes on
where the other one stopped, and Spark's checkpoint has nothing that matters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.replacing import write
from indextracker.lake.tail import OvertakenError
from indextracker.streams.consuming import APPENDING, YIELD_SECONDS, Consumer, as_table
from indextracker.streams.decoding import decoded
from indextracker.streams.hindrances import reason_of
from indextracker.streams.model import Kept, Stream, StreamError
from indextracker.streams.spark.source import FORMAT, Offsets, Records
from indextracker.system.places import place
from indextracker_spark.events.decoding import Cell, Events

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming.query import StreamingQuery

_LOOK_SECONDS = 0.2
# What is hindered where some shards cannot be read.
_READING = "reading"
_DONE = pa.schema([("done", pa.string())])
# What an error of Python says, in the text that Spark makes of it.
_SAID = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception): (.+)$", re.MULTILINE)


class _Reached(NamedTuple):
    """How far a batch goes in a shard, in the order of the columns that say so.

    Numbers of records are text, and so is the moment before which all that arrived was read; None
    where that is not known.
    """

    shard: str
    last: str | None
    since: str | None
    hindered: str
    after: str | None
    ended: bool
    behind_ms: int


class SparkConsumer(Consumer):
    """Reads a stream into the bronze table of its events by Spark; see `Consumer`.

    Args:
        session: Gives the session for the length of a block, told what for; see `SessionEngine`.
        stream: The stream; whoever runs Spark's tasks has to reach it too.
        lake: Where the table is.
        events: The table, and how an event is read.
    """

    def __init__(
        self,
        session: Callable[[str], AbstractContextManager[SparkSession]],
        stream: Stream,
        lake: Lake,
        events: Events,
    ) -> None:
        super().__init__(stream, lake, events)
        self._session = session
        self._write = _writing(lake.root, events)
        self._overtaken: OvertakenError | None = None

    def run(self, stop: Event) -> None:
        """Runs a query, and another one where it was hindered, until it is told to stop.

        Raises:
            EngineError: The session does not open, or was lost.
        """
        with self._session(f"appending to {self.table.path}") as spark:
            while not stop.is_set():
                try:
                    self._query(spark, self._reached(), stop)
                except (StreamError, OvertakenError) as error:
                    self.hindrances.failed(APPENDING, error)
                    stop.wait(YIELD_SECONDS)

    def _reached(self) -> dict[str, str]:
        """How far the table has each shard, as offsets.

        Raises:
            StreamError: The stream or the lake did not answer.
        """
        try:
            self._tail.refresh()
        except (OSError, DeltaError) as error:
            # Of the session, whose errors are of the same kinds, nothing is asked here.
            raise StreamError(f"{self.table.path} cannot be read: {reason_of(error)}") from error
        return {
            name: Offsets.text(self._positions.after(name), ended=self._positions.has_ended(name))
            for name in (shard.name for shard in self._stream.shards())
        }

    def _query(self, spark: SparkSession, positions: Mapping[str, str], stop: Event) -> None:
        """Runs a query from positions until it fails or is told to stop."""
        self._overtaken = None
        spark.dataSource.register(Records)
        with TemporaryDirectory(prefix="indextracker-", ignore_cleanup_errors=True) as folder:
            told = Path(folder, "told")
            records = spark.readStream.format(FORMAT).options(
                address=self._stream.address, positions=json.dumps(positions), told=str(told)
            )
            writing = records.load().writeStream.foreachBatch(self._append)
            query = writing.option("checkpointLocation", f"file://{folder}/checkpoint").start()
            try:
                while query.isActive and not stop.wait(_LOOK_SECONDS):
                    if told.exists():
                        self._all_read(datetime.fromisoformat(told.read_text()))
            finally:
                query.stop()
        if not stop.is_set():
            raise self._overtaken or StreamError(_said(query))

    def _append(self, records: DataFrame, _: int) -> None:
        """Appends a batch, in one commit.

        Raises:
            OvertakenError: Another consumer appended since the query began; nothing was.
        """
        rows = 0
        files: list[AddAction] = []
        reads: list[_Reached] = []
        for (done,) in records.mapInArrow(self._write, "done string").collect():
            part = json.loads(done)
            rows += part["rows"]
            files += [AddAction(**file) for file in part["files"]]
            reads += [_Reached(*read) for read in part["reads"]]
        try:
            numbers: dict[str, int] = {}
            for read in reads:
                self._verify(read)
                last = None if read.last is None else int(read.last)
                numbers |= self._positions.numbers(read.shard, last, read.ended)
            self._tail.append_files(files, numbers)
        except OvertakenError as error:
            self._overtaken = error
            raise
        self.rows += rows
        self.commits += 1
        self.behind_ms = max(read.behind_ms for read in reads)
        self.hindrances.done(APPENDING)
        for hindered in filter(None, {read.hindered for read in reads}):
            self.hindrances.failed(_READING, StreamError(hindered))
        if since := reads[0].since:
            self._all_read(datetime.fromisoformat(since))

    def _all_read(self, since: datetime) -> None:
        """Notes that what arrived before a moment is in the table."""
        self.complete_until = max(since, self.complete_until or since)
        self.hindrances.done(_READING)
        # A stream that is quiet after an outage has no batch that would say so.
        self.hindrances.done(APPENDING)

    def _verify(self, read: _Reached) -> None:
        """Makes sure that the table is where a shard was read from; a commit keeps it there."""
        after = None if read.after is None else int(read.after)
        at = self._positions.after(read.shard)
        if at != after or self._positions.has_ended(read.shard):
            raise OvertakenError(
                f"{self.table.path} was changed by another writer, which read the shard "
                f"{read.shard}"
            )


def _writing(root: str, events: Events) -> Callable[[Iterable[pa.RecordBatch]], Iterator[Any]]:
    """What a task does with its records: it writes their events into files of the table.

    It gives one row of JSON: how many events, the files, and how far which shard was read.
    """
    schema = arrow_schema(events.table, stored=True)

    def written(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        records: dict[str, list[Kept]] = {}
        problems: list[tuple[Cell, ...]] = []
        reads: list[_Reached] = []
        for batch in batches:
            cells = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            for shard, sequence, moment, data, problem, after, ended, behind_ms in cells:
                if data is not None:
                    kept = Kept(int(sequence), moment, data)
                    records.setdefault(shard, []).append(kept)
                elif behind_ms is None:
                    problems.append(events.problem(shard, int(sequence), moment, problem))
                else:
                    told = (moment and moment.isoformat(), problem, after, ended, behind_ms)
                    reads.append(_Reached(shard, sequence, *told))
        tables = [as_table(problems, schema)]
        for shard, some in records.items():
            tables += decoded(events, schema, shard, some)
        rows = pa.concat_tables(tables)
        files = write(place(root).below(events.table.path), events.table, rows)
        done = {"rows": rows.num_rows, "files": [asdict(file) for file in files], "reads": reads}
        yield pa.RecordBatch.from_pydict({"done": [json.dumps(done)]}, schema=_DONE)

    return written


def _said(query: StreamingQuery) -> str:
    """Why a query ended, in a line."""
    text = str(query.exception())
    said = _SAID.findall(text)
    return said[-1] if said else text.partition("\n")[0]
