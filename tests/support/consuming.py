"""Consumers of streams, as tests have them work."""

from contextlib import suppress
from datetime import UTC, datetime

from indextracker.streams.consuming import Consumer
from indextracker.streams.model import StreamError
from tests.support.waiting import eventually


def read_to_the_end(consumer: Consumer) -> None:
    """Steps until all that had arrived before is in the table, past what hinders it meanwhile.

    Raises:
        AssertionError: It is not, after a minute.
    """
    began = datetime.now(UTC)

    def is_there() -> bool:
        with suppress(StreamError):
            consumer.step()
        return consumer.complete_until is not None and consumer.complete_until >= began

    eventually(is_there)
