"""Puts events into a stream: many in a record, each until it is kept, in order by their key.

Events are lines of text; what they mean, and where they come from, does not belong here.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from logging import getLogger
from typing import Self

from indextracker.streams.model import (
    MOST_BYTES,
    MOST_RECORD_BYTES,
    Record,
    Stream,
    StreamError,
    hash_of,
)

# Keys of records, and so most records of a request. All events of a symbol have the same one, so
# that they stay in one shard, in order. A stream of more shards would leave some of them idle.
BUCKETS = 64
# How long an event waits for others: a fifth of the second within which a consumer commits.
LINGER_SECONDS = 0.2
# Half a minute of ten thousand events a second; who gives more waits.
MOST_WAITING_BYTES = 64 << 20
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 10.0

_log = getLogger(__name__)


class Putter:
    """Puts events in the background, in the order in which it gets them; use it in a `with`.

    A request that fails is repeated, with pauses that grow to ten seconds, for as long as it takes;
    then events wait, and whoever gives more waits too. Where a request broke off it is not known
    what was kept, and its records are put again: their events may come twice.

    Attributes:
        events: How many events have been kept.
        failure: What the stream said to the latest request, where that failed; else empty.

    Args:
        stream: The stream to put into.
    """

    def __init__(self, stream: Stream) -> None:
        self.events = 0
        self.failure = ""
        self._stream = stream
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._waiting_bytes = 0
        # Given and not kept yet: those that wait, and those of the request that is under way.
        self._open = 0
        self._flushing = False
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="putter", daemon=True)
        self._thread.start()

    def put(self, key: str, event: bytes) -> None:
        """Takes an event, as `put_all` takes several."""
        self.put_all(((key, event),))

    def put_all(self, events: Iterable[tuple[str, bytes]]) -> None:
        """Takes events, and waits while too many wait.

        Args:
            events: Symbols, of each of which the events stay in order, and lines without their end.

        Raises:
            ValueError: An event holds the end of a line, or is longer than a record may be; those
                before it are taken.
        """
        # The lock is taken once for all: for each of them it took a third of the time.
        with self._changed:
            was_idle = not self._waiting
            try:
                for key, event in events:
                    if b"\n" in event or len(event) >= MOST_RECORD_BYTES:
                        raise ValueError(
                            f"an event of {key} is no line of less than {MOST_RECORD_BYTES} bytes"
                        )
                    if self._waiting_bytes >= MOST_WAITING_BYTES:
                        self._changed.notify_all()
                        self._changed.wait_for(lambda: self._waiting_bytes < MOST_WAITING_BYTES)
                    self._waiting.append((_bucket(key), event))
                    self._waiting_bytes += len(event) + 1
                    self._open += 1
            finally:
                if was_idle or self._waiting_bytes >= MOST_BYTES:
                    self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many events it got that have not been kept yet."""
        return self._open

    def flush(self) -> None:
        """Returns when all events that it got are kept."""
        with self._changed:
            self._flushing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._open)
            self._flushing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Keeps all that it got; after an exception it gives up what is not kept."""
        if kind is None:
            self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while lines := self._next():
            self._keep(lines)

    def _next(self) -> dict[str, list[bytes]]:
        """The events of the next request, by the key of their record; none after the last."""
        lines: dict[str, list[bytes]] = {}
        sizes: Counter[str] = Counter()
        total = 0
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._waiting))
            self._changed.wait_for(self._is_due, LINGER_SECONDS)
            while self._waiting and not self._closed:
                key, event = self._waiting[0]
                size = len(event) + 1
                if sizes[key] + size > MOST_RECORD_BYTES or total + size > MOST_BYTES:
                    break
                lines.setdefault(key, []).append(event)
                sizes[key] += size
                total += size
                self._waiting.popleft()
            self._waiting_bytes -= total
            self._changed.notify_all()
        return lines

    def _is_closed(self) -> bool:
        return self._closed

    def _is_due(self) -> bool:
        return self._closed or self._flushing or self._waiting_bytes >= MOST_BYTES

    def _keep(self, lines: dict[str, list[bytes]]) -> None:
        """Puts one record for each key until all are kept: the next request follows then."""
        pause = _SHORTEST_PAUSE_SECONDS
        while lines:
            records = [Record(key, b"\n".join(events)) for key, events in lines.items()]
            refused = {records[index].key for index in self._refused(records)}
            done = sum(len(events) for key, events in lines.items() if key not in refused)
            lines = {key: events for key, events in lines.items() if key in refused}
            with self._changed:
                self.events += done
                self._open -= done
                self._changed.notify_all()
                gives_up = bool(lines) and self._changed.wait_for(self._is_closed, pause)
            if gives_up:
                return
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _refused(self, records: Sequence[Record]) -> set[int]:
        """Which of the records were not kept, or perhaps not."""
        try:
            refused = self._stream.put(records)
        except StreamError as error:
            self._failed(str(error))
            return set(range(len(records)))
        self._failed(refused[0].reason if refused else "")
        return {one.index for one in refused}

    def _failed(self, reason: str) -> None:
        if reason and not self.failure:
            _log.warning("events wait for %s: %s", self._stream.address, reason)
        if self.failure and not reason:
            _log.warning("%s takes events again", self._stream.address)
        self.failure = reason


@lru_cache(maxsize=1 << 16)
def _bucket(key: str) -> str:
    return str(hash_of(key) % BUCKETS)
