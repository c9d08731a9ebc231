"""The simulated exchange as a source: a child process that publishes over local HTTP.

The simulator is a program of its own and is never imported: it shares no code with what it tests.
"""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from indextracker.feeds import PUBLISHERS
from indextracker.feeds.sources import Answer, HttpSource, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from indextracker.feeds.model import Feed

COMMAND = (
    sys.executable,
    "-m",
    "indextracker_simulator",
    "serve",
    "--port",
    "0",
    "--exit-with-stdin",
)
LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class SimulatedSource(Source):
    """The simulated exchange, started at the first question and stopped by `close`.

    It stands for every publisher and bears any pace. The child ends when its standard input does,
    so that it cannot outlive this process.
    """

    live = True
    place = "simulated"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._http: HttpSource | None = None

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The answer of the simulated publisher.

        Its address is recorded without host and port, which differ between runs.

        Raises:
            RuntimeError: If the simulator does not start.
        """
        for answer in self._started().answers(feed, session):
            yield replace(answer, url=f"{self.place}:{feed.request(session).path}")

    def close(self) -> None:
        """Stop the simulator and wait for its end."""
        with self._lock:
            if self._http is not None:
                self._http.close()
                self._http = None
            if self._process is not None:
                _stop(self._process)
                self._process = None

    def _started(self) -> HttpSource:
        with self._lock:
            if self._http is None:
                self._process = subprocess.Popen(
                    COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
                address = _address(self._process)
                self._http = HttpSource(
                    (
                        replace(publisher, base_url=address, min_interval_seconds=0.0)
                        for publisher in PUBLISHERS.values()
                    ),
                    user_agent="indextracker",
                    through_proxy=False,
                )
            return self._http


def _address(process: subprocess.Popen[str]) -> str:
    """Wait for the line that tells where the child listens.

    A thread reads it, and whatever follows: the wait has an end, and the child never stops at a
    full pipe.
    """
    found: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process.stdout, found), daemon=True).start()
    try:
        address = found.get(timeout=START_SECONDS)
    except queue.Empty:
        address = None
    if address is None:
        _stop(process)
        raise RuntimeError(
            f"the simulated exchange did not start ({' '.join(COMMAND)}, "
            f"exit code {process.returncode})"
        )
    return address


def _read(stdout: IO[str], found: queue.Queue[str | None]) -> None:
    with stdout:
        for line in stdout:
            if match := LISTENING.search(line):
                found.put(match.group(1))
    found.put(None)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
