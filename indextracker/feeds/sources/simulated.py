"""The simulated exchange as a source: a process that publishes over local HTTP.

The simulator is a program of its own and is never imported: it shares no code with what it tests.
"""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from pydantic import SecretStr

from indextracker.feeds import PUBLISHERS
from indextracker.feeds.sources.http import HttpSource
from indextracker.feeds.sources.model import Answer, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from indextracker.feeds.model import Feed, Listed

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
    """The simulated exchange, in place of every publisher, without a pace.

    Args:
        address: Of one that runs already; without, one is started at the first question and
            stopped by `close`. The child ends when its standard input does, so that it cannot
            outlive this process.
        clock: Seconds, from whenever: those by which the exchange publishes, should that be not
            the time of day.
    """

    live = True
    place = "simulated"

    def __init__(
        self, address: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = address
        self._clock = clock
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._asked: tuple[HttpSource, str] | None = None

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The answer of the simulated publisher.

        Its address is recorded without host and port, which differ between runs.

        Raises:
            RuntimeError: If the simulator does not start.
        """
        http, address = self._started()
        for answer in http.answers(feed, session):
            yield replace(answer, url=f"{self.place}:{answer.url.removeprefix(address)}")

    def listing(self, feed: Feed) -> Mapping[date, Listed]:
        """What the simulated publisher lists at this moment."""
        return self._started()[0].listing(feed)

    def last_listing(self, feed: Feed) -> Mapping[date, Listed]:
        """What the simulated publisher was last seen to list."""
        return self._started()[0].last_listing(feed)

    def close(self) -> None:
        """Stop the simulator that was started, and wait for its end."""
        with self._lock:
            if self._asked is not None:
                self._asked[0].close()
                self._asked = None
            if self._process is not None:
                _stop(self._process)
                self._process = None

    def _started(self) -> tuple[HttpSource, str]:
        with self._lock:
            if self._asked is None:
                address = self._address or self._start()
                self._asked = _http(address, self._clock), address
            return self._asked

    def _start(self) -> str:
        self._process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return _address(self._process)


def _http(address: str, clock: Callable[[], float]) -> HttpSource:
    """Every publisher at one address, without pauses and without secrets."""
    return HttpSource(
        (
            replace(publisher, base_url=address, min_interval_seconds=0.0, quota=None)
            for publisher in PUBLISHERS.values()
        ),
        user_agent="indextracker",
        secrets={
            publisher.access.secret.name: SecretStr("simulated")
            for publisher in PUBLISHERS.values()
            if publisher.access
        },
        through_proxy=False,
        backoff_seconds=0.0,
        clock=clock,
    )


def _address(process: subprocess.Popen[str]) -> str:
    """Wait for the line with the address of the child process.

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
