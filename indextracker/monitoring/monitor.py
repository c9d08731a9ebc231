"""Reads what is dear to read again and again, each part in a thread of its own, and keeps it.

A scrape takes what is kept and its age, and waits for nobody: a part that fails gives nothing but
that it failed, and one that hangs gets old. What parts read is in `dagster` and `lakehouse`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from logging import getLogger
from threading import Event, Thread

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from indextracker.monitoring import dagster, lakehouse
from indextracker.monitoring.figures import (
    PART_AGE,
    PART_TOOK,
    PART_UP,
    Figure,
    Readings,
    families,
)
from indextracker.platform import Platform

_log = getLogger(__name__)

# What failed is read again so soon.
_TRIES_AFTER_SECONDS = 5.0
# A part hangs that is not read for so many times its pause, or a minute.
_HANGS_AFTER, _HANGS_AT_LEAST_SECONDS = 5, 60.0


@dataclass
class Part:
    """Something that is read again and again.

    Attributes:
        name: Its name.
        every_seconds: The pause between two readings.
        read: Reads it.
        readings: What was read last; nothing where that failed.
        problem: Why it failed; empty where it did not.
        read_at: When it was read last, or begun with, by `time.monotonic`.
        took_seconds: How long that took.
    """

    name: str
    every_seconds: float
    read: Callable[[], Readings]
    readings: Readings = field(default_factory=dict)
    problem: str = "not read yet"
    read_at: float = field(default_factory=time.monotonic)
    took_seconds: float = 0.0

    def renew(self) -> None:
        """Reads it once."""
        began = time.monotonic()
        try:
            self.readings, problem = self.read(), ""
        except Exception as error:  # noqa: BLE001 - whatever it is: said, and tried again
            self.readings = {}
            problem = str(error).strip().partition("\n")[0] or type(error).__name__
            if problem != self.problem:
                _log.warning("%s cannot be read: %s", self.name, problem)
        self.problem, self.read_at = problem, time.monotonic()
        self.took_seconds = self.read_at - began

    @property
    def pause_seconds(self) -> float:
        """How long to wait before it is read again: what failed is tried again soon."""
        return min(self.every_seconds, _TRIES_AFTER_SECONDS) if self.problem else self.every_seconds

    @property
    def hangs(self) -> bool:
        """Whether its reading does not end."""
        patience = max(_HANGS_AFTER * self.every_seconds, _HANGS_AT_LEAST_SECONDS)
        return time.monotonic() - self.read_at > patience


class Monitor(Collector):
    """What is known now of parts.

    Args:
        parts: They are read once `running` begins.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    @contextmanager
    def running(self) -> Iterator[None]:
        """Reads all parts again and again for the length of a block."""
        stop = Event()

        def keep(part: Part) -> None:
            part.renew()
            while not stop.wait(part.pause_seconds):
                part.renew()

        threads = [
            Thread(target=keep, args=(part,), name=part.name, daemon=True) for part in self.parts
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()

    def readings(self) -> Readings:
        """All that was read last, and how old it is."""
        now = time.monotonic()
        found: dict[Figure, dict[tuple[str, ...], float]] = {
            PART_UP: {(part.name,): not part.problem for part in self.parts},
            PART_AGE: {(part.name,): now - part.read_at for part in self.parts},
            PART_TOOK: {(part.name,): part.took_seconds for part in self.parts},
        }
        for part in self.parts:
            found |= {figure: dict(values) for figure, values in part.readings.items()}
        return found

    def collect(self) -> Iterator[Metric]:
        """The same as `prometheus_client` has it."""
        yield from families(self.readings())

    def hindrance(self) -> str:
        """Which parts hang, for people; empty while none does."""
        hanging = [part.name for part in self.parts if part.hangs]
        return f"{', '.join(hanging)} cannot be read any more" if hanging else ""


def monitor(platform: Platform) -> Monitor:
    """The monitor of a lakehouse and of the Dagster of its settings."""
    webserver = platform.settings.dagster.webserver
    every: dict[str, tuple[float, Callable[[], Readings]]] = {
        "dagster": (10, lambda: dagster.running(webserver, platform.clock())),
        "dagster_tables": (60, partial(dagster.tables, webserver)),
        "documents": (30, partial(lakehouse.documents, platform)),
        "streams": (10, partial(lakehouse.streams, platform)),
        "disks": (10, partial(lakehouse.disks, platform)),
        "sizes": (600, partial(lakehouse.sizes, platform)),
    }
    return Monitor([Part(name, seconds, read) for name, (seconds, read) in every.items()])
