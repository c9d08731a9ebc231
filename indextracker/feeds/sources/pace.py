"""Limits of requests to a publisher, over all threads and processes: pauses and quotas."""

from __future__ import annotations

import json
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from indextracker.feeds.model import Quota

SECONDS: Final = {"hour": 3600.0, "day": 86400.0}


class Pace:
    """Keeps the starts of requests apart, whichever thread or process makes them.

    Args:
        interval: Least seconds between two starts.
        file: File in which processes share the start of the last request; None for a single one.
        clock: Seconds that never go back, but when the machine starts.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        interval: float,
        file: Path | None,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._interval = interval
        self._file = file
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._last: float | None = None

    def keep(self) -> None:
        """Wait for the turn."""
        if not self._interval:
            return
        with self._lock:
            if self._file is None:
                self._wait(self._last)
                self._last = self._clock()
                return
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Held while waiting, so that others wait for their turn after this one.
            with FileLock(f"{self._file}.lock", fallback_to_soft=False):
                self._wait(self._read(self._file))
                self._file.write_text(repr(self._clock()))

    def _wait(self, last: float | None) -> None:
        if last is None:
            return
        # A clock that started anew is behind what the file says: one interval is enough then.
        wait = min(self._interval, last + self._interval - self._clock())
        if wait > 0:
            self._sleep(wait)

    def _read(self, file: Path) -> float | None:
        if not file.exists():
            return None
        try:
            return float(file.read_text())
        except ValueError:  # its writer was killed while writing, perhaps just now
            return self._clock()


class Allowance:
    """Counts the requests to a publisher with a quota, whichever thread or process makes them.

    Any hour or day is counted, and not those of a calendar: how a publisher divides them is seldom
    known. The count outlives processes and restarts of the machine.

    Args:
        quota: How many requests are allowed.
        file: File in which processes share the times of requests; None for a single one.
        now: Seconds since 1970, which every process counts alike.
    """

    def __init__(self, quota: Quota, file: Path | None, now: Callable[[], float]) -> None:
        self._quota = quota
        self._file = file
        self._now = now
        self._lock = threading.Lock()
        self._asked: list[float] = []

    def used_up_until(self) -> float | None:
        """When the next request is allowed; None where it is now."""
        with self._recent() as asked:
            return self._free_at(asked)

    def take(self) -> float | None:
        """Count a request that is about to be made; as `used_up_until` where it may not be made."""
        with self._recent() as asked:
            free_at = self._free_at(asked)
            if free_at is None:
                self._write([*asked, self._now()])
            return free_at

    def _free_at(self, asked: list[float]) -> float | None:
        if len(asked) < self._quota.requests:
            return None
        return asked[-self._quota.requests] + SECONDS[self._quota.per]

    @contextmanager
    def _recent(self) -> Iterator[list[float]]:
        """The times of recent requests, the oldest first; other processes are locked out.

        What lies ahead was written by a clock that has been set back since.
        """
        with self._lock:
            if self._file is None:
                yield self._of_late(self._asked)
                return
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._file}.lock", fallback_to_soft=False):
                known = self._file.read_text() if self._file.exists() else "[]"
                yield self._of_late(json.loads(known))

    def _of_late(self, asked: list[float]) -> list[float]:
        now = self._now()
        return [moment for moment in asked if now - SECONDS[self._quota.per] < moment <= now]

    def _write(self, asked: list[float]) -> None:
        if self._file is None:
            self._asked = asked
            return
        aside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with aside.open("w") as opened:
            json.dump(asked, opened)
            opened.flush()
            os.fsync(opened.fileno())
        aside.replace(self._file)
