"""Commands that pages start: `indextracker ...` in a process of its own, each known by a name.

Pages write nothing themselves. A process goes on when its page is left, and whoever comes back sees
what it has said. What it is asked to do, and what is shown of that, is the page's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from indextracker import settings

AT_ONCE = 2
COMMAND = str(Path(sys.executable).parent / "indextracker")
# What a command that only lists may take: it starts in three.
_PATIENCE_SECONDS = 60
# Of what a process has said, so much is shown.
_TAIL_BYTES = 32 * 2**10


class BusyError(ValueError):
    """A process cannot be started now; the message says why."""


@dataclass(frozen=True)
class Told:
    """What a process has told.

    Attributes:
        running: Whether it has not ended.
        code: What it ended with; None while it runs.
        lines: The last lines that it said.
        arguments: What it was started with.
    """

    running: bool
    code: int | None
    lines: tuple[str, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class _Child:
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes]
    said: IO[bytes]


def listed(*arguments: str) -> str:
    """What a command that lists something prints.

    Raises:
        OSError: It did not end well, or not in time.
    """
    try:
        done = subprocess.run(
            [COMMAND, *arguments], capture_output=True, timeout=_PATIENCE_SECONDS, check=True
        )
    except subprocess.SubprocessError as error:
        raise OSError(f"indextracker {' '.join(arguments)} gave no list") from error
    return done.stdout.decode()


class Children:
    """The processes that pages have started, a few at a time.

    Args:
        at_once: How many may run.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._children: dict[str, _Child] = {}

    def start(self, name: str, arguments: Sequence[str], **instead: str) -> None:
        """Starts the command.

        Args:
            name: By which it is asked for later; another one of the name must have ended.
            arguments: Of the command.
            **instead: Settings by name that differ from those of this process.

        Raises:
            BusyError: It runs already, or as many others as may.
        """
        with self._lock:
            running = [one for one in self._children if self._told(one).running]
            if name in running:
                raise BusyError("this is being done already")
            if len(running) >= self._at_once:
                raise BusyError(f"{len(running)} others are at work: start it when one has ended")
            if before := self._children.pop(name, None):
                before.said.close()
            said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the next of its name
            process = subprocess.Popen(
                [COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                env=settings.of_child(**instead),
            )
            self._children[name] = _Child(tuple(arguments), process, said)

    def told(self, name: str) -> Told | None:
        """What the process of a name has told; None where none was started."""
        with self._lock:
            return self._told(name) if name in self._children else None

    def stop(self, name: str) -> None:
        """Asks a process to end, as Ctrl-C does."""
        with self._lock:
            if name in self._children and self._told(name).running:
                self._children[name].process.terminate()

    def close(self) -> None:
        """Ends all of them."""
        with self._lock:
            for child in self._children.values():
                child.process.kill()
                child.process.wait()
                child.said.close()
            self._children.clear()

    def _told(self, name: str) -> Told:
        child = self._children[name]
        code = child.process.poll()
        # By its place in the file, which the process goes on writing at its end.
        written = child.said.fileno()
        begin = max(0, os.fstat(written).st_size - _TAIL_BYTES)
        text = os.pread(written, _TAIL_BYTES, begin).decode("utf-8", "replace")
        lines = tuple(line for line in text.splitlines() if line.strip())
        return Told(code is None, code, lines, child.arguments)
