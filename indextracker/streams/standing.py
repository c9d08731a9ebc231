"""How a stream and its table stand: what is there, how far it is read, what waits.

Nothing is changed by looking. Reading itself is in `consuming`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import Lake
from indextracker.lake.numbers import number_of
from indextracker.streams.arrivals import arrived
from indextracker.streams.consuming import Positions
from indextracker.streams.model import PositionLostError, Stream, StreamError
from indextracker_catalogue import Table
from indextracker_catalogue.shared.events import PROBLEM

# Compaction makes larger ones, but for the last one of each day.
SMALL_BYTES = 1 << 20


@dataclass(frozen=True)
class ShardStanding:
    """A shard, and how far a table has it.

    Attributes:
        name: As the stream names it.
        is_open: Whether records are still put into it.
        is_read: Whether it was read to its end, after which nothing comes.
        read_to: The number of the last record that is in the table; None before the first.
        waits_since: When the first record that is not there arrived; None where all are.
    """

    name: str
    is_open: bool
    is_read: bool
    read_to: int | None
    waits_since: datetime | None


@dataclass(frozen=True)
class Standing:
    """A stream and its table.

    Attributes:
        address: Of the stream.
        table: Path of the table.
        shards: Those that are listed; none where the stream does not answer.
        problem: Why not; empty where it did.
        rows: Rows of the table.
        last_at: When the last of them arrived.
        unread: How many of them are lines that could not be read, or gaps.
        files: Files of the table.
        small_files: Those of less than `SMALL_BYTES`.
    """

    address: str
    table: str
    shards: tuple[ShardStanding, ...]
    problem: str
    rows: int
    last_at: datetime | None
    unread: int
    files: int
    small_files: int

    @property
    def waits_since(self) -> datetime | None:
        """When the first record arrived that is not in the table; None where all are."""
        return min((s.waits_since for s in self.shards if s.waits_since), default=None)

    def lag(self, now: datetime) -> timedelta | None:
        """How far the table is behind the stream: for how long the first record waits for it.

        Returns:
            Zero where all that arrived is in the table, however long ago that was; None where the
            stream does not tell.
        """
        if self.problem:
            return None
        return max(now - (self.waits_since or now), timedelta(0))


def standing(lake: Lake, table: Table, stream: Stream) -> Standing:
    """How a stream stands, and the table of its events.

    Args:
        lake: Where the table is, if it was made.
        table: The table.
        stream: The stream, which need not be there.
    """
    shards: tuple[ShardStanding, ...] = ()
    problem = ""
    try:
        shards = _shards(lake, table, stream)
    except StreamError as error:
        problem = str(error)
    there = arrived(lake, table)
    sizes, unread = [], 0
    if there.rows:
        files = pa.table(lake.open(table).get_add_actions(flatten=True))
        sizes = files["size_bytes"].to_pylist()
        read = pc.sum(files[f"null_count.{PROBLEM}"]).as_py() or 0
        unread = there.rows - read
    small = sum(size < SMALL_BYTES for size in sizes)
    return Standing(
        address=stream.address,
        table=table.path,
        shards=shards,
        problem=problem,
        rows=there.rows,
        last_at=there.last_at,
        unread=unread,
        files=len(sizes),
        small_files=small,
    )


def _shards(lake: Lake, table: Table, stream: Stream) -> tuple[ShardStanding, ...]:
    delta = lake.open(table) if lake.exists(table) else None
    positions = Positions(lambda name: number_of(delta, name) if delta else None, stream)
    found = []
    for shard in stream.shards():
        after, is_read = positions.after(shard.name), positions.has_ended(shard.name)
        waits_since = None if is_read else _first_after(stream, shard.name, after)
        found.append(ShardStanding(shard.name, shard.is_open, is_read, after, waits_since))
    return tuple(found)


def _first_after(stream: Stream, shard: str, after: int | None) -> datetime | None:
    """When the first record after a position arrived."""
    try:
        kept = stream.reader(shard, after).read(1).records
    except PositionLostError as error:
        kept = stream.reader(shard, error.resume_after).read(1).records
    return kept[0].arrived_at if kept else None
