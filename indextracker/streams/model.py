"""What a stream is to who puts records and who reads them, whichever service keeps it.

The words and their meaning are those of Kinesis: a stream is a set of shards, each an ordered log
of the keys whose MD5 falls into its range; a shard is split or merged into children, which are read
once their parents have been read to the end. Events inside a record do not belong here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# PutRecords of Kinesis takes so much (service quotas, 2025); the embedded stream holds to the same.
MOST_RECORDS, MOST_BYTES, MOST_RECORD_BYTES = 500, 5 << 20, 1 << 20
LAST_HASH = (1 << 128) - 1


class StreamError(RuntimeError):
    """A stream could not be used; the message says which, what it answered and what to do."""


class StreamMissingError(StreamError):
    """There is no stream, or no shard, of that name."""


class PositionLostError(StreamError):
    """Records after a position were deleted before they were read.

    Attributes:
        resume_after: The sequence number of the last one that was deleted.
    """

    def __init__(self, message: str, resume_after: int) -> None:
        super().__init__(message)
        self.resume_after = resume_after


@dataclass(frozen=True)
class Record:
    """What a producer puts: a key, whose records stay in order, and the bytes."""

    key: str
    data: bytes


@dataclass(frozen=True)
class Refused:
    """A record that was not accepted, by its place in what was put; put it again."""

    index: int
    reason: str


@dataclass(frozen=True)
class Kept:
    """A record of a shard as it is read.

    Attributes:
        sequence: Its number, greater than that of every record before it in its shard and in the
            shard's parents; up to 186 bits.
        arrived_at: When the stream accepted it, in UTC.
        data: The bytes that were put.
    """

    sequence: int
    arrived_at: datetime
    data: bytes


@dataclass(frozen=True)
class Batch:
    """What one request of a shard gave.

    Attributes:
        records: In order; none where nothing new has arrived.
        behind_ms: Where more follow, how long ago the last of them arrived; 0 at the shard's end.
        ended: The shard was split or merged, and these were its last records.
    """

    records: Sequence[Kept]
    behind_ms: int
    ended: bool


@dataclass(frozen=True)
class Shard:
    """A shard of a stream.

    Attributes:
        name: As the stream names it.
        parents: The shards that it was made of; they may be forgotten already.
        first_hash: The first hash of its keys; 128 bits.
        last_hash: The last one, inclusive.
        is_open: Whether records are still put into it.
    """

    name: str
    parents: tuple[str, ...]
    first_hash: int
    last_hash: int
    is_open: bool


class ShardReader(Protocol):
    """Reads a shard from a position on, each time what follows what it gave before."""

    def read(self, limit: int) -> Batch:
        """The next records.

        Args:
            limit: At most so many.

        Raises:
            PositionLostError: What follows was deleted already.
            StreamError: The stream did not answer; read again.
        """
        ...


class Stream(Protocol):
    """A stream of records, for any number of producers and consumers at once.

    Attributes:
        address: What it is called in settings.
    """

    address: str

    def identity(self) -> str:
        """A name that no stream shares which is made later under the same address.

        Raises:
            StreamMissingError: There is no such stream.
        """
        ...

    def create(self, shards: int = 1) -> None:
        """Makes the stream with equal shards, where it is not there yet."""
        ...

    def put(self, records: Sequence[Record]) -> list[Refused]:
        """Puts records; those not named in the answer are kept and survive a failure of power.

        Args:
            records: At most MOST_RECORDS of together MOST_BYTES.

        Raises:
            StreamError: None was kept, or it is not known which.
        """
        ...

    def shards(self) -> list[Shard]:
        """All shards that still have records or are open, parents before their children.

        Raises:
            StreamMissingError: There is no such stream.
        """
        ...

    def reader(self, shard: str, after: int | None = None) -> ShardReader:
        """A reader of a shard.

        Args:
            shard: Its name.
            after: The sequence number of the record to begin after; without it, the first one kept.
        """
        ...

    def split(self, shard: str) -> None:
        """Ends a shard; two children take the halves of its keys.

        Raises:
            StreamError: It is not open, or has one hash only.
        """
        ...

    def merge(self, shard: str, neighbour: str) -> None:
        """Ends two open shards next to each other; one child takes the keys of both.

        Raises:
            StreamError: They are not open, or there are others between them.
        """
        ...


def hash_of(key: str) -> int:
    """The hash of a record's key, 128 bits: by it the shard is chosen."""
    return int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest(), "big")


def in_order(shards: Sequence[Shard]) -> list[Shard]:
    """The shards with parents before their children."""
    by_name = {shard.name: shard for shard in shards}
    placed: dict[str, Shard] = {}

    def place(shard: Shard) -> None:
        if shard.name not in placed:
            for parent in shard.parents:
                if parent in by_name:
                    place(by_name[parent])
            placed[shard.name] = shard

    for shard in shards:
        place(shard)
    return list(placed.values())
