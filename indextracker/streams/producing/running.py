"""Puts what a producer gives into a stream, at most so many events a second, until told to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from threading import Event

from indextracker.streams.putting import Putter

# An event's symbol, and the event: one object of JSON on a line.
Keyed = tuple[str, bytes]
# What a producer gives: events in order. An empty batch says that there are none yet, and comes
# several times a second, so that a producer that waits can be stopped.
Batches = Generator[Sequence[Keyed], None, None]

# The longest that a producer waits without saying so by an empty batch.
LONGEST_WAIT_SECONDS = 0.1
# A busy machine wakes who sleeps too late: with a tenth of this, 6,500 of 10,000 events a second
# were put beside seven other processes.
_MADE_UP_SECONDS = 1.0
# Events a second where there is no rate.
_FAST = 10_000.0


def produce(
    batches: Batches,
    putter: Putter,
    stop: Event,
    rate: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Puts all events, or those before the stop; the putter keeps them in the background.

    Args:
        batches: What a producer gives.
        putter: Puts them; while it can take no more, the producer waits.
        stop: Ends it after the batch that is being put.
        rate: At most so many events a second; without, as fast as they come.
        clock: Seconds, from whenever.
    """
    with closing(batches):
        for batch in _held_back(batches, rate, clock) if rate else batches:
            if stop.is_set():
                return
            putter.put_all(batch)


def at_once(rate: float | None) -> int:
    """How many events a producer that makes them should make at a time, to be put at a rate.

    Args:
        rate: At most so many events a second; None for as fast as it goes.
    """
    return max(1, int((rate or _FAST) * LONGEST_WAIT_SECONDS))


def _held_back(
    batches: Batches, rate: float, clock: Callable[[], float]
) -> Iterator[Sequence[Keyed]]:
    """The events in batches that take no longer than a wait, each when it is due."""
    most = at_once(rate)
    due_at = clock()
    for batch in batches:
        if not batch:
            yield batch
        for first in range(0, len(batch), most):
            part = batch[first : first + most]
            # What was not used while there were no events is not made up for.
            due_at = max(due_at, clock() - _MADE_UP_SECONDS)
            while (left := due_at - clock()) > 0:
                time.sleep(min(left, LONGEST_WAIT_SECONDS))
                yield ()
            yield part
            due_at += len(part) / rate
