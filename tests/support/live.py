"""A running consumer of quotes with its live view, and what a browser of it hears."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from indextracker.lake import Lake
from indextracker.live.view import View
from indextracker.metrics import Metrics
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_cli import living
from indextracker_spark.events.markets import EVENTS


@dataclass
class Running:
    """A consumer that runs.

    Attributes:
        address: Where its live view is.
        view: That.
        metrics: Its figures.
    """

    address: str
    view: View
    metrics: Metrics


@contextmanager
def running(stream: EmbeddedStream, lake: Lake, port: int = 0) -> Iterator[Running]:
    """A consumer in a thread, for the length of a block."""
    view, metrics, stop = View(lake), Metrics(), threading.Event()
    consumer = Consumer(stream, lake, EVENTS, [view.heard])
    consuming = threading.Thread(target=consumer.run, args=(stop,))
    with living.shown(view, consumer, metrics, port) as address:
        assert address, f"port {port} is taken"
        consuming.start()
        try:
            yield Running(address, view, metrics)
        finally:
            stop.set()
            consuming.join()


def put(stream: EmbeddedStream, *events: dict[str, object]) -> None:
    """Puts quotes into the stream."""
    assert (
        stream.put([Record(str(one["symbol"]), json.dumps(one).encode()) for one in events]) == []
    )


class Browser:
    """A browser that listens, and puts together what it is told."""

    def __init__(self, address: str, path: str = "/live", **query: object) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self._connection.request("GET", f"{path}?{urlencode(query, doseq=True)}")
        self.answer = self._connection.getresponse()
        self.seen: dict[str, Any] = {"quotes": {}, "bars": {}, "alerts": []}

    def next(self) -> dict[str, Any]:
        """The next event."""
        while not (line := self.answer.readline()).startswith(b"data: "):
            if not line:
                raise EOFError("the stream has ended")
        told: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
        if told["whole"]:
            self.seen = {"quotes": {}, "bars": {}, "alerts": []}
        self.seen["quotes"] |= told.pop("quotes")
        self.seen["bars"] |= {bar[0]: bar[1:] for bar in told.pop("bars", ())}
        self.seen |= told
        return self.seen

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """What it has seen once something holds of it."""
        while not holds(self.next()):
            pass
        return self.seen

    def close(self) -> None:
        """Goes away."""
        self.answer.close()
        self._connection.close()
