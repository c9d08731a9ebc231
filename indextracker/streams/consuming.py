"""Appends the events of a stream to a bronze table, each once, whatever is killed and when.

How far each shard has been read is committed together with the rows. What events mean, and what
becomes of them in silver and gold, does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from time import monotonic

import pyarrow as pa

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.tail import OvertakenError, Tail
from indextracker.streams.decoding import decoded
from indextracker.streams.hindrances import Hindrances, passes
from indextracker.streams.model import Stream
from indextracker.streams.reading import Read, Reading
from indextracker_spark.events.decoding import Cell, Events

# A commit a second gives 60 files a minute, which are put together later, and events that are seen
# within the second that is promised for half of them.
COMMIT_SECONDS = 1.0
# After another consumer's commit: it is left the lead.
YIELD_SECONDS = 5.0
# A step takes less than a second; who waits for a store or a service for longer is told so.
_LONG_STEP_SECONDS = 20.0
# The numbers of Delta's transactions have 63 bits, those of Kinesis' records up to 186.
_BITS, _PARTS = 62, 3

# What is hindered where no single shard is.
APPENDING = "appending"


@dataclass(frozen=True)
class Step:
    """What one step did.

    Attributes:
        rows: Rows that it appended.
        behind_ms: How long ago the last record of it arrived, of the shard that is furthest
            behind; 0 where all were read to their end.
    """

    rows: int
    behind_ms: int


@dataclass(frozen=True)
class Appended:
    """What one commit appended.

    Attributes:
        version: The table's version with it.
        rows: The rows, with the columns as stored, shard by shard in their order.
    """

    version: int
    rows: pa.Table


Listener = Callable[[Appended], None]


class Positions:
    """How far the shards of a stream have been read into a table.

    A sequence number is three numbers of the table's, since it has more bits than one of them; a
    fourth says that the shard was read to its end.

    Args:
        number: Gives the table's number of a name.
        stream: The stream.
    """

    def __init__(self, number: Callable[[str], int | None], stream: Stream) -> None:
        self._number = number
        self._stream = stream.identity()

    def after(self, shard: str) -> int | None:
        """The sequence number of the last record that was read; None before the first."""
        parts = [self._number(self._name(shard, part)) for part in range(_PARTS)]
        if parts[0] is None:
            return None
        return sum((part or 0) << (_BITS * place) for place, part in enumerate(parts))

    def has_ended(self, shard: str) -> bool:
        """Whether the shard was read to its end."""
        return self._number(self._name(shard, "end")) is not None

    def numbers(self, shard: str, sequence: int | None, ended: bool) -> dict[str, int]:
        """What says so, for the table."""
        found = {self._name(shard, "end"): 1} if ended else {}
        if sequence is not None:
            found |= {
                self._name(shard, part): sequence >> (_BITS * part) & ((1 << _BITS) - 1)
                for part in range(_PARTS)
            }
        return found

    def _name(self, shard: str, part: int | str) -> str:
        return f"{self._stream}/{shard}/{part}"


class Consumer:
    """Reads a stream into the bronze table of its events.

    A second one that runs by mistake does no harm: of two that read the same, one appends.

    Args:
        stream: The stream.
        lake: Where the table is.
        events: The table, and how an event is read.
        listeners: Called once after each commit that appended rows, in the order of the commits and
            in the thread that steps: they put it into a queue of theirs, and never raise. What one
            misses, as before a restart, is in the table.

    Attributes:
        table: The table.
        hindrances: What hinders it, and who works beside it on its table.
        rows: How many rows it has appended.
        commits: In how many commits.
        behind_ms: As of its last step; see `Step`.
        complete_until: What arrived before is in the table, as of its last step that read all there
            was; None before the first one.
    """

    def __init__(
        self, stream: Stream, lake: Lake, events: Events, listeners: Sequence[Listener] = ()
    ) -> None:
        self.table = events.table
        self.complete_until: datetime | None = None
        self.hindrances = Hindrances(f"{stream.address} to {events.table.path}")
        self.rows = self.commits = self.behind_ms = 0
        self._stream = stream
        self._reading = Reading(stream, self.hindrances)
        self._events = events
        self._listeners = listeners
        self._tail = Tail(lake, events.table)
        self._positions = Positions(self._tail.number, stream)
        self._schema = arrow_schema(events.table, stored=True)
        self._began: float | None = None

    @property
    def state(self) -> str:
        """What hinders it, for people; empty while nothing does."""
        began, hindered = self._began, str(self.hindrances)
        taken = monotonic() - began if began is not None else 0.0
        long = f"a step has taken {taken:.0f} s so far" if taken > _LONG_STEP_SECONDS else ""
        return "; ".join(filter(None, (hindered, long)))

    def run(self, stop: Event) -> None:
        """Steps once a second, without a pause while it is behind, until it is told to stop.

        What fails by the stream, the lake or the ways to them is tried again, with growing pauses.
        """
        while not stop.is_set():
            began = self._began = monotonic()
            try:
                step = self.step()
            except Exception as error:
                if not passes(error):
                    raise
                pause = self.hindrances.failed(APPENDING, error)
                if isinstance(error, OvertakenError):
                    pause = YIELD_SECONDS
            else:
                self.hindrances.done(APPENDING)
                pause = 0 if step.behind_ms else COMMIT_SECONDS
            finally:
                self._began = None
            stop.wait(max(0.0, began + pause - monotonic()))

    def step(self) -> Step:
        """Reads what has arrived and appends it, in one commit.

        A shard that cannot be read keeps no other from it: it is read again after a pause, which
        `state` tells.

        Raises:
            StreamError: The stream did not answer; nothing was appended.
            OvertakenError: Another consumer appended; nothing was, and the next step goes on from
                where that one is.
            OSError, DeltaError: The lake did not; whether it was appended is seen by the next step.
        """
        began = datetime.now(UTC)
        try:
            found = self._reading.step(self._positions)
            reads = [read for read in found if read.is_progress]
            rows = self._rows(reads)
            if reads:
                version = self._tail.append(rows, self._numbers(reads))
        except BaseException:
            # What was read is not in the table: it is read again from where the table is.
            self._reading.forget()
            self._tail.refresh()
            raise
        self.rows += rows.num_rows
        self.commits += bool(reads)
        self.behind_ms = max((read.behind_ms for read in found), default=0)
        if self._reading.is_whole:
            self.complete_until = began
        if rows.num_rows:
            for listener in self._listeners:
                listener(Appended(version, rows))
        return Step(rows.num_rows, self.behind_ms)

    def _numbers(self, reads: Iterable[Read]) -> dict[str, int]:
        found: dict[str, int] = {}
        for read in reads:
            found |= self._positions.numbers(read.shard, read.last, read.ended)
        return found

    def _rows(self, reads: Iterable[Read]) -> pa.Table:
        tables = [self._schema.empty_table()]
        for read in reads:
            if read.lost:
                place = (read.shard, read.lost.resume_after, datetime.now(UTC))
                problem = self._events.problem(*place, str(read.lost))
                tables.append(as_table([problem], self._schema))
            tables += decoded(self._events, self._schema, read.shard, read.records)
        return pa.concat_tables(tables)


def as_table(rows: Sequence[tuple[Cell, ...]], schema: pa.Schema) -> pa.Table:
    """The rows of events as a table.

    Args:
        rows: As the decoding gives them.
        schema: That of their table, as stored.
    """
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    arrays = [pa.array(values, column.type) for values, column in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
