"""A stream in Kinesis Data Streams, by boto3.

Throttled and failed requests are repeated by botocore twice, with growing pauses; what is left is
an error that says so. The stream without a service is in `embedded`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC
from typing import Any

from indextracker.streams.model import (
    Batch,
    Kept,
    Record,
    Refused,
    Shard,
    StreamError,
    StreamMissingError,
    in_order,
)

# Who reads or puts tries again for as long as it takes, and says so meanwhile.
TRIES = 3
_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 15
# An iterator holds for five minutes; one that has expired at once is a clock's doing.
_ITERATORS = 3
# GetRecords gives no more.
MOST_READ = 10_000


class KinesisStream:
    """A stream of an account and region; see `Stream`.

    Args:
        name: Its name.
        client: A client of Kinesis; without it, one of the default credentials and region.
    """

    def __init__(self, name: str, client: Any = None) -> None:
        self.address = f"kinesis://{name}"
        self._name = name
        self._client = client or _client()

    def identity(self) -> str:
        """See `Stream`."""
        with self._asked():
            found = self._client.describe_stream_summary(StreamName=self._name)
            created = found["StreamDescriptionSummary"]["StreamCreationTimestamp"]
        return f"{self._name}@{created.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def create(self, shards: int = 1) -> None:
        """See `Stream`; returns when it can be used."""
        with self._asked():
            with suppress(self._client.exceptions.ResourceInUseException):
                self._client.create_stream(StreamName=self._name, ShardCount=shards)
            self._wait()

    def put(self, records: Sequence[Record]) -> list[Refused]:
        """See `Stream`; some records may be kept, others not."""
        with self._asked():
            answer = self._client.put_records(
                StreamName=self._name,
                Records=[{"Data": record.data, "PartitionKey": record.key} for record in records],
            )
            return [
                Refused(index, f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}")
                for index, result in enumerate(answer["Records"])
                if result.get("ErrorCode")
            ]

    def shards(self) -> list[Shard]:
        """See `Stream`."""
        with self._asked():
            pages = self._client.get_paginator("list_shards").paginate(StreamName=self._name)
            return in_order([_shard(found) for page in pages for found in page["Shards"]])

    def reader(self, shard: str, after: int | None = None) -> KinesisReader:
        """See `Stream`."""
        return KinesisReader(self, shard, after)

    def split(self, shard: str) -> None:
        """See `Stream`; returns when the children are there."""
        whole = self._open(shard)
        middle = (whole.first_hash + whole.last_hash) // 2 + 1
        with self._asked():
            self._client.split_shard(
                StreamName=self._name, ShardToSplit=shard, NewStartingHashKey=str(middle)
            )
            self._wait()

    def merge(self, shard: str, neighbour: str) -> None:
        """See `Stream`; returns when the child is there."""
        with self._asked():
            self._client.merge_shards(
                StreamName=self._name, ShardToMerge=shard, AdjacentShardToMerge=neighbour
            )
            self._wait()

    def iterator(self, shard: str, after: int | None) -> str:
        """Where to read a shard from, as Kinesis names it for five minutes; for its reader."""
        place = (
            {"ShardIteratorType": "TRIM_HORIZON"}
            if after is None
            else {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": str(after),
            }
        )
        with self._asked():
            answer = self._client.get_shard_iterator(StreamName=self._name, ShardId=shard, **place)
            return str(answer["ShardIterator"])

    def records(self, iterator: str, limit: int) -> tuple[Batch, str | None] | None:
        """The records at an iterator, and the next one; None where it has expired. For a reader."""
        with self._asked():
            try:
                answer = self._client.get_records(
                    ShardIterator=iterator, Limit=min(limit, MOST_READ)
                )
            except self._client.exceptions.ExpiredIteratorException:
                return None
            kept = [
                Kept(
                    int(found["SequenceNumber"]),
                    found["ApproximateArrivalTimestamp"].astimezone(UTC),
                    found["Data"],
                )
                for found in answer["Records"]
            ]
            following = answer.get("NextShardIterator")
            return Batch(kept, answer.get("MillisBehindLatest", 0), following is None), following

    def _open(self, shard: str) -> Shard:
        for found in self.shards():
            if found.name == shard and found.is_open:
                return found
        raise StreamError(f"the stream {self.address} has no open shard {shard}")

    def _wait(self) -> None:
        self._client.get_waiter("stream_exists").wait(
            StreamName=self._name, WaiterConfig={"Delay": 1, "MaxAttempts": 300}
        )

    @contextmanager
    def _asked(self) -> Iterator[None]:
        from botocore.exceptions import (  # noqa: PLC0415 - slow, and not for the embedded stream
            BotoCoreError,
            ClientError,
        )
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        try:
            yield
        except self._client.exceptions.ResourceNotFoundException as error:
            raise StreamMissingError(
                f"there is no stream or shard of {self.address}: {error}"
            ) from error
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise StreamError(f"the stream {self.address} did not answer: {error}") from error
        except KeyError as error:
            # What is no JSON is an answer without fields to botocore.
            raise StreamError(
                f"the stream {self.address} gave half an answer: it has no {error}"
            ) from error


class KinesisReader:
    """A reader of a shard; see `ShardReader`. It keeps the iterator that the last answer gave."""

    def __init__(self, stream: KinesisStream, shard: str, after: int | None) -> None:
        self._stream, self._shard, self._after = stream, shard, after
        self._iterator: str | None = None

    def read(self, limit: int) -> Batch:
        """See `ShardReader`."""
        for _ in range(_ITERATORS):
            self._iterator = self._iterator or self._stream.iterator(self._shard, self._after)
            if found := self._stream.records(self._iterator, limit):
                batch, self._iterator = found
                if batch.records:
                    self._after = batch.records[-1].sequence
                return batch
            self._iterator = None
        raise StreamError(
            f"{self._stream.address} lets each iterator of {self._shard} expire at once"
        )


def _shard(found: dict[str, Any]) -> Shard:
    parents = (found.get("ParentShardId"), found.get("AdjacentParentShardId"))
    return Shard(
        name=found["ShardId"],
        parents=tuple(parent for parent in parents if parent),
        first_hash=int(found["HashKeyRange"]["StartingHashKey"]),
        last_hash=int(found["HashKeyRange"]["EndingHashKey"]),
        is_open="EndingSequenceNumber" not in found["SequenceNumberRange"],
    )


def _client() -> Any:
    import boto3  # noqa: PLC0415 - the embedded stream does without it
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client(
        "kinesis",
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            retries={"mode": "standard", "total_max_attempts": TRIES},
        ),
    )
