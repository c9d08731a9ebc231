"""Begins consumers, and runs each beside the compaction of its table, until told to stop.

How events are read and appended is in `consuming`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread
from typing import TypeVar

from indextracker.lake import Lake
from indextracker.lake.upkeep import compact
from indextracker.streams.consuming import Consumer
from indextracker.streams.hindrances import Hindrances, passes

T = TypeVar("T")

# Thirty files of commits, which are put together in about a second. Sixty hold 10 MB more.
COMPACT_EVERY_SECONDS = 30.0
# A signal that another thread got is heard by this one when it wakes.
_HEARS_EVERY_SECONDS = 0.5
_BEGINNING = "beginning"
# Each time writes the last file of the day again, until it is so large; maintenance makes larger
# ones of them. With Delta's 100 MB it would write 50 on average, and hold a GB of memory.
# 16 MB instead of 8 hold 13 MB more, and events wait 0.2 s longer at the 99th of a hundred.
_TARGET_BYTES = 8 << 20


def begun(make: Callable[[], T], hindrances: Hindrances, stop: Event) -> T | None:
    """What needs a stream and a store to be made, as soon as both of them answer.

    Args:
        make: Makes it; what it made before it failed is made again.
        hindrances: Told of what fails.
        stop: Ends the waiting.

    Returns:
        What was made; None where it was told to stop before.

    Raises:
        BaseException: What does not pass.
    """
    while not stop.is_set():
        try:
            made = make()
        except Exception as error:
            if not passes(error):
                raise
            stop.wait(hindrances.failed(_BEGINNING, error))
        else:
            hindrances.done(_BEGINNING)
            return made
    return None


def consume(
    lake: Lake,
    consumers: Sequence[Consumer],
    stop: Event,
    beside: Sequence[Callable[[Event], None]] = (),
) -> None:
    """Runs consumers until they are told to stop; each ends with its step.

    Args:
        lake: Where their tables are.
        consumers: The consumers.
        stop: Ends all of it.
        beside: What else runs until then, such as those who listen to them.

    Raises:
        BaseException: What ended one of them and does not pass; the others are told to stop then.
    """
    failures: list[BaseException] = []

    def working(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            failures.append(error)
            stop.set()

    work: list[Callable[[], None]] = [partial(one.run, stop) for one in consumers]
    work += [partial(one, stop) for one in beside]
    work += [partial(_compacting, lake, one, stop) for one in consumers]
    threads = [Thread(target=working, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_HEARS_EVERY_SECONDS)
    if failures:
        raise failures[0]


def _compacting(lake: Lake, consumer: Consumer, stop: Event) -> None:
    """Puts small files together; where that fails, again a minute later."""
    while not stop.wait(COMPACT_EVERY_SECONDS):
        try:
            compact(lake, consumer.table, _TARGET_BYTES)
        except Exception as error:
            if not passes(error):
                raise
            consumer.hindrances.failed("putting files together", error)
        else:
            consumer.hindrances.done("putting files together")
