"""Opens the stream of a subject where the settings have it."""

from __future__ import annotations

from pathlib import Path

from indextracker.settings import Settings
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Stream

_KINESIS = "kinesis://"


def open_stream(settings: Settings, subject: str) -> Stream:
    """The stream of a subject's events, made with one shard where it is not there yet.

    Args:
        settings: They say where.
        subject: Name of the subject.

    Raises:
        StreamError: Kinesis did not answer.
    """
    stream = find_stream(settings, subject)
    stream.create()
    return stream


def find_stream(settings: Settings, subject: str) -> Stream:
    """The same where it may not be there, and is not made."""
    address = settings.stream.address
    is_kinesis = address.startswith(_KINESIS)
    return stream_at(f"{address}-{subject}" if is_kinesis else f"{address}/{subject}.sqlite")


def stream_at(address: str) -> Stream:
    """The stream at the address that a stream tells, in whichever process."""
    if address.startswith(_KINESIS):
        return KinesisStream(address.removeprefix(_KINESIS))
    return EmbeddedStream(Path(address))
