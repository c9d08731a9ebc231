"""Locks between the processes that work on one lake: one per publisher, one per written table.

They are held by the operating system, so those of a killed process are free at once, and there is
nothing to clean up. The pauses between requests do not belong here.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_log = logging.getLogger(__name__)


class Locks:
    """The locks of one lake.

    A wait has no end of its own: the holder goes on or dies, and either frees the lock. What a
    thread holds it may take again.

    Attributes:
        folder: Where the lock files lie.

    Args:
        folder: Made when first needed.
        announce: Told in a sentence what is waited for.
    """

    def __init__(self, folder: Path, announce: Callable[[str], None] = _log.warning) -> None:
        self.folder = folder
        self._announce = announce

    @classmethod
    def beside(cls, lake: str, announce: Callable[[str], None] = _log.warning) -> Locks:
        """The locks of a lake, shared by all processes that open it on this machine.

        Those of a folder are in a hidden folder next to it. Those of a bucket are in the user's
        cache, by the lake's address, since locks of the operating system hold for one machine;
        between machines each commit to a table is conditional, and Dagster's pools give each table
        one writer.

        Args:
            lake: Folder or s3 prefix of the lake.
            announce: Told in a sentence what is waited for.
        """
        if "://" in lake:
            name = f"{lake.rpartition('/')[2]}-{hashlib.sha256(lake.encode()).hexdigest()[:16]}"
            return cls(Path.home() / ".cache" / "indextracker" / "locks" / name, announce)
        place = Path(lake)
        return cls(place.with_name(f".{place.name}.locks"), announce)

    @contextmanager
    def publisher(self, name: str) -> Iterator[None]:
        """Held while documents of a publisher are acquired."""
        with self._held(f"publisher.{name}", f"asks {name}"):
            yield

    @contextmanager
    def table(self, path: str) -> Iterator[None]:
        """Held while a table is written; `path` is <layer>/<name>."""
        with self._held(f"table.{path.replace('/', '.')}", f"writes {path}"):
            yield

    @contextmanager
    def _held(self, name: str, doing: str) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{name}.lock"
        # The fallback for file systems without locks would outlive a killed process. Being one
        # object per file lets a thread take a lock again that it has.
        lock = FileLock(file, fallback_to_soft=False, is_singleton=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self._announce(f"waiting for {_holder(file)}, which {doing}")
            lock.acquire()
        try:
            file.write_text(str(os.getpid()))
            yield
        finally:
            lock.release()


def _holder(file: Path) -> str:
    """Who wrote its number into the lock file; the one before, for the instant of a change."""
    number = file.read_text()
    return f"process {number}" if number else "another process"
