"""At what pace a publisher is asked, by all threads and processes together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Pace:
    """Keeps the starts of requests apart, whichever thread or process makes them.

    Args:
        interval: Least seconds between two starts.
        file: Where processes tell each other when the last request started; None where this one
            is alone.
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
        except ValueError:  # whoever wrote it was killed while writing, perhaps just now
            return self._clock()
