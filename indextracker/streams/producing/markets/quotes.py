"""Quotes of Yahoo as events: from its websocket, and by asking for charts while that is shut.

A connection takes a hundred symbols; for more there are more connections, each with a thread. What
messages mean is in `pricing`, what charts mean in `charts`.
"""

from __future__ import annotations

import json
import queue
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from logging import getLogger
from threading import Event, Lock
from typing import Any, Literal

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from indextracker.streams.producing.markets.charts import ChartError, Charts, NoSuchSymbolError
from indextracker.streams.producing.markets.pricing import MalformedError, event_of
from indextracker.streams.producing.markets.vendors import Vendor
from indextracker.streams.producing.running import LONGEST_WAIT_SECONDS, Batches, Keyed

# Yahoo drops what is beyond, without a word.
SYMBOLS_A_CONNECTION = 100
# A first message may be days old.
STALE = timedelta(minutes=15)
# Between a connection that broke and the next one, doubled up to a minute while none holds.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# Between requests for charts; after one that failed, doubled up to half an hour.
POLL_SECONDS, SHORTEST_REST_SECONDS, LONGEST_REST_SECONDS = 2.0, 30.0, 1800.0
# Then connections wait, and after them the vendor.
_MOST_WAITING = 10_000

_log = getLogger(__name__)


@dataclass
class Counts:
    """What became of messages and requests, by all connections together.

    Attributes:
        quotes: Messages that became events.
        malformed: Messages that could not be read.
        stale: Messages with a price of before the connection.
        connections: Connections that are open now.
        broken: Connections that broke or were refused.
        polls: Charts that were asked for.
        failed_polls: Those that were not answered.
        failures: Why connections are shut, by the first of their symbols.
    """

    quotes: int = 0
    malformed: int = 0
    stale: int = 0
    connections: int = 0
    broken: int = 0
    polls: int = 0
    failed_polls: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def failure(self) -> str:
        """Why a connection is shut; empty where none is."""
        return next(iter([*self.failures.values()]), "")

    def add(self, **more: int) -> None:
        """Adds to the figures of these names."""
        with self._lock:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)


def quotes(vendor: Vendor, symbols: Sequence[str], counts: Counts) -> Batches:
    """Quotes of symbols as they come, until it is closed.

    Args:
        vendor: Where they come from.
        symbols: As the vendor spells them.
        counts: Told what becomes of messages.
    """
    wanted = list(dict.fromkeys(symbols))
    found: queue.Queue[Keyed] = queue.Queue(_MOST_WAITING)
    over = Event()
    polls = _Polls(vendor, counts)
    connections = [
        _Connection(
            vendor, wanted[first : first + SYMBOLS_A_CONNECTION], counts, polls, found, over
        )
        for first in range(0, len(wanted), SYMBOLS_A_CONNECTION)
    ]
    with ThreadPoolExecutor(len(connections), "quotes") as pool:
        running = [pool.submit(connection.run) for connection in connections]
        try:
            while True:
                yield list(_waiting(found))
                for one in running:
                    if one.done():
                        # It ends by an error alone.
                        one.result()
        finally:
            over.set()


def _waiting(found: queue.Queue[Keyed]) -> Iterator[Keyed]:
    """What waits; where nothing does, what comes next if it comes soon."""
    try:
        yield found.get(timeout=LONGEST_WAIT_SECONDS)
        for _ in range(found.qsize()):
            yield found.get_nowait()
    except queue.Empty:
        return


class _Polls:
    """Asks for charts, one at a time and with pauses, for all connections."""

    def __init__(self, vendor: Vendor, counts: Counts) -> None:
        self._charts = Charts(vendor.charts, vendor.user_agent, through_proxy=vendor.through_proxy)
        self._counts = counts
        self._lock = Lock()
        self._next_at = 0.0
        self._rest_seconds = SHORTEST_REST_SECONDS

    def is_due(self) -> bool:
        """Whether a chart may be asked for."""
        return time.monotonic() >= self._next_at

    def event(self, symbol: str) -> dict[str, Any] | None:
        """The last price of a symbol; None where it has none, or may not be asked for yet.

        Raises:
            NoSuchSymbolError: There is no such symbol.
        """
        with self._lock:
            if not self.is_due():
                return None
            self._counts.add(polls=1)
            try:
                event = self._charts.event(symbol)
            except NoSuchSymbolError:
                self._next_at = time.monotonic() + POLL_SECONDS
                raise
            except ChartError as error:
                self._counts.add(failed_polls=1)
                _log.warning("%s", error)
                self._next_at = time.monotonic() + self._rest_seconds * _jitter()
                self._rest_seconds = min(self._rest_seconds * 2, LONGEST_REST_SECONDS)
                return None
            self._rest_seconds = SHORTEST_REST_SECONDS
            self._next_at = time.monotonic() + POLL_SECONDS
            return event


class _Connection:
    """A connection of up to a hundred symbols, made again whenever it breaks."""

    def __init__(
        self,
        vendor: Vendor,
        symbols: Sequence[str],
        counts: Counts,
        polls: _Polls,
        found: queue.Queue[Keyed],
        over: Event,
    ) -> None:
        self._vendor = vendor
        self._symbols = symbols
        self._counts = counts
        self._polls = polls
        self._found = found
        self._over = over
        self._pause_seconds = SHORTEST_PAUSE_SECONDS
        self._polled = cycle(symbols)
        self._unknown: set[str] = set()
        # The time of the last price of each symbol: a chart tells the same one again and again.
        self._last: dict[str, str] = {}

    def run(self) -> None:
        """Listens until it is over."""
        while not self._over.is_set():
            try:
                self._listen()
            except (OSError, WebSocketException) as error:
                self._counts.add(broken=1)
                self._failed(str(error))
            if not self._over.is_set():
                self._poll_for(self._pause_seconds * _jitter())
                self._pause_seconds = min(self._pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _listen(self) -> None:
        proxy: Literal[True] | None = True if self._vendor.through_proxy else None
        with connect(
            self._vendor.socket, user_agent_header=self._vendor.user_agent, proxy=proxy
        ) as socket:
            socket.send(json.dumps({"subscribe": self._symbols}))
            since = datetime.now(UTC) - STALE
            self._counts.add(connections=1)
            try:
                while not self._over.is_set():
                    try:
                        message = socket.recv(timeout=LONGEST_WAIT_SECONDS)
                    except TimeoutError:
                        continue
                    self._take(message, since)
            finally:
                self._counts.add(connections=-1)

    def _take(self, message: str | bytes, since: datetime) -> None:
        """Hands on the quote of a message, or counts why it is none."""
        try:
            event = event_of(message)
        except MalformedError as error:
            self._counts.add(malformed=1)
            _log.info("%s", error)
            return
        self._pause_seconds = SHORTEST_PAUSE_SECONDS
        self._counts.failures.pop(self._symbols[0], None)
        self._hand_on(event, since)

    def _hand_on(self, event: dict[str, Any], since: datetime) -> None:
        symbol = event["symbol"]
        if datetime.fromisoformat(event["time"]) < since:
            self._counts.add(stale=1)
            return
        self._last[symbol] = event["time"]
        self._counts.add(quotes=1)
        keyed = symbol, json.dumps(event, separators=(",", ":")).encode()
        while not self._over.is_set():
            with suppress(queue.Full):
                self._found.put(keyed, timeout=LONGEST_WAIT_SECONDS)
                return

    def _poll_for(self, seconds: float) -> None:
        """Asks for charts, of one symbol after the other, until so much time has passed."""
        since = datetime.now(UTC) - STALE
        ends_at = time.monotonic() + seconds
        while True:
            if self._polls.is_due():
                self._poll(next(self._polled), since)
            left = ends_at - time.monotonic()
            if left <= 0 or self._over.wait(min(left, LONGEST_WAIT_SECONDS)):
                return

    def _poll(self, symbol: str, since: datetime) -> None:
        if symbol in self._unknown:
            return
        try:
            event = self._polls.event(symbol)
        except NoSuchSymbolError as error:
            self._unknown.add(symbol)
            _log.warning("%s", error)
            return
        if event and event["time"] > self._last.get(symbol, ""):
            self._hand_on(event, since)

    def _failed(self, reason: str) -> None:
        first, count = self._symbols[0], len(self._symbols)
        if first not in self._counts.failures:
            _log.warning("the websocket of %s and %d more is shut: %s", first, count - 1, reason)
        self._counts.failures[first] = f"the websocket of quotes is shut: {reason}"


def _jitter() -> float:
    """A factor by which pauses differ, so that connections that broke together come apart."""
    return random.uniform(0.5, 1.5)  # noqa: S311 - no secret
