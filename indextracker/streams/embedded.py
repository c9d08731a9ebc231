"""A stream without a service: a log in one SQLite file, for the processes of one machine.

SQLite gives what such a log is made of: commits that survive a failure of power, several processes
that write and read at once, files that stay whole however a process ends. Kinesis is in `kinesis`.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from indextracker.streams.model import (
    LAST_HASH,
    Batch,
    Kept,
    PositionLostError,
    Record,
    Refused,
    Shard,
    StreamError,
    StreamMissingError,
    hash_of,
    in_order,
)

# A day, as of Kinesis.
RETENTION = timedelta(hours=24)
# A shard's records lie together, and those of children after those of their parents: the number of
# a record is that of its shard, then its place in it.
_PLACES = 1 << 40
_WAIT_SECONDS = 30
# A stream's age is what its records are kept by. Between two puts it grows by no more than this, so
# that a clock which jumps ahead takes no records from who has not read them yet.
_OLDER_AT_MOST_MS = 3_600_000
# Records deleted of each shard for one that is put: a stream that was left alone shrinks again.
_DELETED_FOR_ONE = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEMA = """
create table if not exists stream (
    created_ms integer not null,
    age_ms integer not null,
    put_ms integer not null
);
create table if not exists shards (
    shard integer primary key,
    parents text not null,
    first_hash text not null,
    last_hash text not null,
    is_open integer not null,
    last_sequence integer not null,
    last_arrived_ms integer not null,
    last_age_ms integer not null,
    deleted_to integer not null
);
create table if not exists records (
    sequence integer primary key,
    arrived_ms integer not null,
    age_ms integer not null,
    data blob not null
);
"""


@dataclass
class _Row:
    """A row of the table of shards."""

    shard: int
    parents: str
    first_hash: str
    last_hash: str
    is_open: int
    last_sequence: int
    last_arrived_ms: int
    last_age_ms: int
    deleted_to: int

    def holds(self, hashed: int) -> bool:
        return int(self.first_hash, 16) <= hashed <= int(self.last_hash, 16)

    def public(self, created_ms: int) -> Shard:
        return Shard(
            name=f"{created_ms}-{self.shard}",
            parents=tuple(f"{created_ms}-{parent}" for parent in self.parents.split()),
            first_hash=int(self.first_hash, 16),
            last_hash=int(self.last_hash, 16),
            is_open=bool(self.is_open),
        )


class EmbeddedStream:
    """A stream in a file; see `Stream`. Its connections are one for each thread.

    Args:
        path: The file; its folder is made with it.
        retention: For how long records are kept at least, as of Kinesis from their arrival.
    """

    def __init__(self, path: Path, retention: timedelta = RETENTION) -> None:
        self.address = str(path)
        self._path = path
        self._retention_ms = int(retention / timedelta(milliseconds=1))
        self._local = threading.local()

    def identity(self) -> str:
        """See `Stream`."""
        return f"{self._path.stem}@{self._created_ms}"

    def create(self, shards: int = 1) -> None:
        """See `Stream`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._asked(self._connect) as database:
            database.executescript(_SCHEMA)
        with self._changing() as database:
            if _rows(database):
                return
            now_ms = _now_ms()
            database.execute("insert into stream values (?, 0, ?)", (now_ms, now_ms))
            bounds = [LAST_HASH * n // shards for n in range(shards + 1)]
            for number in range(shards):
                first = bounds[number] + (number > 0)
                _add_shard(database, number + 1, (), first, bounds[number + 1])

    def put(self, records: Sequence[Record]) -> list[Refused]:
        """See `Stream`; all records are kept, or none."""
        with self._changing() as database:
            rows = [row for row in _rows(database) if row.is_open]
            now_ms = _now_ms()
            age_ms = _aged(database, now_ms)
            kept = []
            for record in records:
                row = _holder(rows, record.key)
                row.last_sequence += 1
                # A clock that was put back must not put a record before the one before it.
                row.last_arrived_ms = max(row.last_arrived_ms, now_ms)
                row.last_age_ms = age_ms
                kept.append((row.last_sequence, row.last_arrived_ms, age_ms, record.data))
            database.executemany("insert into records values (?, ?, ?, ?)", kept)
            database.executemany(
                "update shards set last_sequence = ?, last_arrived_ms = ?, last_age_ms = ? "
                "where shard = ?",
                [
                    (row.last_sequence, row.last_arrived_ms, row.last_age_ms, row.shard)
                    for row in rows
                ],
            )
            self._delete_old(database, age_ms, len(kept) * _DELETED_FOR_ONE)
        return []

    def shards(self) -> list[Shard]:
        """See `Stream`."""
        with self._asked() as database:
            (age_ms,) = database.execute("select age_ms from stream").fetchone()
            rows = _rows(database)
        oldest_ms = age_ms - self._retention_ms
        return in_order(
            [
                row.public(self._created_ms)
                for row in rows
                if row.is_open or row.last_age_ms >= oldest_ms
            ]
        )

    def reader(self, shard: str, after: int | None = None) -> EmbeddedReader:
        """See `Stream`."""
        return EmbeddedReader(self, shard, after)

    def split(self, shard: str) -> None:
        """See `Stream`."""
        with self._changing() as database:
            row = self._open_row(database, shard)
            first, last = int(row.first_hash, 16), int(row.last_hash, 16)
            if first == last:
                raise StreamError(
                    f"the shard {shard} of {self.address} has one hash: nothing to split"
                )
            middle = (first + last) // 2
            _end(database, row)
            _add_shard(database, _next_shard(database), (row,), first, middle)
            _add_shard(database, _next_shard(database), (row,), middle + 1, last)

    def merge(self, shard: str, neighbour: str) -> None:
        """See `Stream`."""
        with self._changing() as database:
            pair = sorted(
                (self._open_row(database, name) for name in (shard, neighbour)),
                key=lambda row: row.first_hash,
            )
            if int(pair[0].last_hash, 16) + 1 != int(pair[1].first_hash, 16):
                raise StreamError(
                    f"the shards {shard} and {neighbour} of {self.address} are not neighbours"
                )
            for row in pair:
                _end(database, row)
            bounds = int(pair[0].first_hash, 16), int(pair[1].last_hash, 16)
            _add_shard(database, _next_shard(database), pair, *bounds)

    def after(self, shard: str, sequence: int | None, limit: int) -> Batch:
        """The records of a shard that follow one; for its reader."""
        with self._asked() as database:
            # One transaction: a record must not be put between the two questions.
            database.execute("begin")
            try:
                row = self._row(database, shard)
                begin = row.deleted_to if sequence is None else sequence
                if begin < row.deleted_to:
                    raise PositionLostError(
                        f"records {begin + 1} to {row.deleted_to} of the shard {shard} of "
                        f"{self.address} were deleted, {self._retention_ms / 3_600_000:g} hours "
                        "after they arrived, before they were read",
                        resume_after=row.deleted_to,
                    )
                found = database.execute(
                    "select sequence, arrived_ms, data from records "
                    "where sequence > ? and sequence <= ? order by sequence limit ?",
                    (begin, row.last_sequence, limit),
                ).fetchall()
            finally:
                database.execute("rollback")
        at_end = (found[-1][0] if found else begin) == row.last_sequence
        return Batch(
            records=[Kept(number, _moment(ms), data) for number, ms, data in found],
            # Not zero, whatever the clock says: more follow.
            behind_ms=0 if at_end else max(1, _now_ms() - found[-1][1]),
            ended=at_end and not row.is_open,
        )

    def _delete_old(self, database: sqlite3.Connection, age_ms: int, limit: int) -> None:
        """Deletes records that are too old, a few of each shard: no put waits long for it."""
        oldest_ms = age_ms - self._retention_ms
        for row in _rows(database):
            (deleted_to,) = database.execute(
                "select max(sequence) from (select sequence, age_ms from records "
                "where sequence > ? and sequence <= ? order by sequence limit ?) "
                "where age_ms < ?",
                (row.deleted_to, row.last_sequence, limit, oldest_ms),
            ).fetchone()
            if deleted_to is not None:
                database.execute(
                    "delete from records where sequence > ? and sequence <= ?",
                    (row.deleted_to, deleted_to),
                )
                database.execute(
                    "update shards set deleted_to = ? where shard = ?", (deleted_to, row.shard)
                )

    def _row(self, database: sqlite3.Connection, shard: str) -> _Row:
        for row in _rows(database):
            if row.public(self._created_ms).name == shard:
                return row
        raise StreamMissingError(f"the stream {self.address} has no shard {shard}")

    def _open_row(self, database: sqlite3.Connection, shard: str) -> _Row:
        row = self._row(database, shard)
        if not row.is_open:
            raise StreamError(f"the shard {shard} of {self.address} has ended")
        return row

    @cached_property
    def _created_ms(self) -> int:
        """When it was made: a part of its shards' names, since a later stream numbers them anew."""
        with self._asked() as database:
            found: tuple[int] | None = database.execute("select created_ms from stream").fetchone()
        if found is None:
            raise StreamMissingError(f"there is no stream {self.address} yet: create it")
        return found[0]

    def _database(self) -> sqlite3.Connection:
        """The connection of this thread."""
        if not hasattr(self._local, "database"):
            if not self._path.exists():
                raise StreamMissingError(f"there is no stream {self.address} yet: create it")
            self._local.database = self._connect()
        found: sqlite3.Connection = self._local.database
        return found

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        # Readers and writers do not wait for each other; FULL: what is acknowledged is on the disk.
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = full")
        return database

    @contextmanager
    def _asked(
        self, connect: Callable[[], sqlite3.Connection] | None = None
    ) -> Iterator[sqlite3.Connection]:
        """The connection of this thread, or another one."""
        try:
            yield (connect or self._database)()
        except sqlite3.Error as error:
            raise StreamError(
                f"the stream {self.address} cannot be used: {error}; nothing was changed"
            ) from error

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is done in it is on the disk afterwards, or nothing is."""
        with self._asked() as database:
            database.execute("begin immediate")
            try:
                yield database
                database.execute("commit")
            finally:
                if database.in_transaction:
                    database.execute("rollback")


class EmbeddedReader:
    """A reader of a shard; see `ShardReader`."""

    def __init__(self, stream: EmbeddedStream, shard: str, after: int | None) -> None:
        self._stream, self._shard, self._after = stream, shard, after

    def read(self, limit: int) -> Batch:
        """See `ShardReader`."""
        batch = self._stream.after(self._shard, self._after, limit)
        if batch.records:
            self._after = batch.records[-1].sequence
        return batch


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _moment(epoch_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=epoch_ms)


def _rows(database: sqlite3.Connection) -> list[_Row]:
    found = database.execute(
        "select shard, parents, first_hash, last_hash, is_open, last_sequence, last_arrived_ms, "
        "last_age_ms, deleted_to from shards order by shard"
    )
    return [_Row(*row) for row in found]


def _aged(database: sqlite3.Connection, now_ms: int) -> int:
    """How old the stream is now, by what passed since the last put."""
    age_ms, put_ms = database.execute("select age_ms, put_ms from stream").fetchone()
    age_ms += min(max(0, now_ms - put_ms), _OLDER_AT_MOST_MS)
    database.execute("update stream set age_ms = ?, put_ms = ?", (age_ms, now_ms))
    return int(age_ms)


def _holder(rows: Sequence[_Row], key: str) -> _Row:
    """The open shard of a key."""
    hashed = hash_of(key)
    return next(row for row in rows if row.holds(hashed))


def _next_shard(database: sqlite3.Connection) -> int:
    (last,) = database.execute("select max(shard) from shards").fetchone()
    return int(last) + 1


def _add_shard(
    database: sqlite3.Connection, shard: int, parents: Sequence[_Row], first: int, last: int
) -> None:
    begin = shard * _PLACES
    # Not before what its parents hold, whatever the clock says now.
    arrived_ms = max((row.last_arrived_ms for row in parents), default=0)
    age_ms = max((row.last_age_ms for row in parents), default=0)
    names = " ".join(str(row.shard) for row in parents)
    database.execute(
        "insert into shards values (?, ?, ?, ?, 1, ?, ?, ?, ?)",
        (shard, names, f"{first:032x}", f"{last:032x}", begin, arrived_ms, age_ms, begin),
    )


def _end(database: sqlite3.Connection, row: _Row) -> None:
    database.execute("update shards set is_open = 0 where shard = ?", (row.shard,))
