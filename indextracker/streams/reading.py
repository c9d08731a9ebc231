"""Reads what is new in the shards of a stream, each from where its consumer is.

Children are read after the ends of their parents. What becomes of the records, and where it is kept
how far they were read, does not belong here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

from indextracker.streams.hindrances import Hindrances
from indextracker.streams.model import (
    Kept,
    PositionLostError,
    ShardReader,
    Stream,
    StreamError,
)

# Kinesis allows five requests a second of a shard, and gives at most 10 MiB.
_RECORDS_A_REQUEST = 1000
_REQUESTS_A_STEP = 5
# Some thirty thousand events: with twice as many a consumer takes 35 MB more, and is no faster.
_BYTES_A_STEP = 6 << 20


class Progress(Protocol):
    """How far the shards of a stream have been read."""

    def after(self, shard: str) -> int | None:
        """The sequence number of the last record that was read; None before the first."""
        ...

    def has_ended(self, shard: str) -> bool:
        """Whether the shard was read to its end."""
        ...


@dataclass
class Read:
    """What a step has read of a shard.

    Attributes:
        shard: Its name.
        records: In order.
        behind_ms: See `Batch`.
        ended: These were the shard's last records.
        lost: Records after those were deleted before they were read.
        failure: Then the stream did not answer.
    """

    shard: str
    records: list[Kept] = field(default_factory=list)
    behind_ms: int = 0
    ended: bool = False
    lost: PositionLostError | None = None
    failure: StreamError | None = None

    @property
    def is_progress(self) -> bool:
        """Whether the step got further in the shard."""
        return bool(self.records or self.ended or self.lost)

    @property
    def last(self) -> int | None:
        """The number of the last record that it is over."""
        if self.lost:  # after the records
            return self.lost.resume_after
        return self.records[-1].sequence if self.records else None


class Reading:
    """Reads the shards of a stream step by step, each in a thread.

    A shard that fails is tried again after a while, and hinders no other one.

    Args:
        stream: The stream.
        hindrances: Told of each shard that fails, and of each that is read again.
        requests: How many requests of a shard a step makes at most.

    Attributes:
        is_hindered: Whether a shard that there was in the last step failed when it was last read.
        is_whole: Whether all that had arrived before the last step has been read: no shard failed,
            is behind or keeps its children waiting. Kinesis tells the end of a shard some reads
            after its last record.
    """

    def __init__(
        self, stream: Stream, hindrances: Hindrances, requests: int = _REQUESTS_A_STEP
    ) -> None:
        self.is_hindered = self.is_whole = False
        self._stream = stream
        self._hindrances = hindrances
        self._requests = requests
        self._readers: dict[str, ShardReader] = {}
        self._threads = ThreadPoolExecutor(16, "shard")

    def step(self, progress: Progress) -> list[Read]:
        """Reads on in every shard that can be read.

        Args:
            progress: How far they were read: after the last step, or after that of another consumer
                if `forget` was called since.

        Raises:
            StreamError: It is not known which shards there are.
        """
        shards = self._stream.shards()
        unfinished = {shard.name for shard in shards if not progress.has_ended(shard.name)}
        reading = [
            self._threads.submit(self._read, shard.name, progress)
            for shard in shards
            if shard.name in unfinished and unfinished.isdisjoint(shard.parents)
            if self._hindrances.is_due(shard.name)
        ]
        # Also where one of them failed: a reader that went on meanwhile would be kept beyond
        # `forget`, and with it a place after records that nobody has.
        wait(reading)
        reads = [read.result() for read in reading]
        for read in reads:
            if read.ended or read.failure:
                self._readers.pop(read.shard, None)
            if read.failure:
                self._hindrances.failed(read.shard, read.failure)
            else:
                self._hindrances.done(read.shard)
        self.is_hindered = any(self._hindrances.hinders(shard.name) for shard in shards)
        self.is_whole = not (
            self.is_hindered
            or any(read.behind_ms for read in reads)
            or any(shard.name in unfinished and not shard.is_open for shard in shards)
        )
        return reads

    def forget(self) -> None:
        """The last step did not count: the next one begins where its progress says."""
        self._readers.clear()

    def _read(self, shard: str, progress: Progress) -> Read:
        read = Read(shard)
        try:
            if shard not in self._readers:
                self._readers[shard] = self._stream.reader(shard, progress.after(shard))
            size = 0
            for _ in range(self._requests):
                batch = self._readers[shard].read(_RECORDS_A_REQUEST)
                read.records += batch.records
                read.behind_ms, read.ended = batch.behind_ms, batch.ended
                size += sum(len(kept.data) for kept in batch.records)
                if not batch.behind_ms or batch.ended or size > _BYTES_A_STEP:
                    break
        except PositionLostError as error:
            # A row of its own says so, once: the next step reads what is left.
            read.lost = error
            self._readers[shard] = self._stream.reader(shard, error.resume_after)
        except StreamError as error:
            read.failure = error
        return read
