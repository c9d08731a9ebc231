"""Tells browsers of the live view, by server-sent events over HTTP, as long as they listen.

Each has a thread, which alone waits where the browser is slow.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from indextracker.live.view import View
from indextracker.live.watching import Watcher
from indextracker_catalogue.shared.bars import SCALES_MINUTES

PATH = "/live"
MOST_BROWSERS = 200
# Changes are told four times a second; without any, how the consumer is.
_EVERY_SECONDS, _AT_LEAST_EVERY_SECONDS = 0.25, 2.0
# Who takes nothing for so long is gone.
_PATIENCE_SECONDS = 30.0


class Feed:
    """The live view as events.

    Args:
        view: What is told.
        status: What the consumer says of itself: figures by name, `hindered` for people.

    Attributes:
        browsers: How many listen.
    """

    def __init__(self, view: View, status: Callable[[], Mapping[str, Any]]) -> None:
        self.browsers = 0
        self._view = view
        self._status = status
        self._counting = threading.Lock()
        self._over = False

    def close(self) -> None:
        """Ends what is told to all."""
        self._over = True
        with self._view.day.lock:
            self._view.day.lock.notify_all()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers a request until its browser has gone.

        Its query has `watch`, any number of times, `symbol` and `scale`, as of `Watcher`; and
        `lake`, so that none shows quotes of another lakehouse as its own.
        """
        query = parse_qs(urlsplit(handler.path).query)
        lake, scale = query.get("lake", [""])[0], query.get("scale", ["1"])[0]
        if lake not in {"", self._view.lake.root}:
            said = f"the consumer that runs is of another lakehouse, {self._view.lake.root}"
            _refuse(handler, HTTPStatus.CONFLICT, said)
        elif scale not in map(str, SCALES_MINUTES):
            said = f"there are bars of {', '.join(map(str, SCALES_MINUTES))} minutes, not {scale}"
            _refuse(handler, HTTPStatus.BAD_REQUEST, said)
        else:
            watch = tuple(dict.fromkeys(query.get("watch", ())))
            symbol = query.get("symbol", [""])[0]
            self._admit(handler, watch, symbol, int(scale))

    def _admit(
        self, handler: BaseHTTPRequestHandler, watch: tuple[str, ...], symbol: str, scale: int
    ) -> None:
        with self._counting:
            is_full = self.browsers >= MOST_BROWSERS
            self.browsers += not is_full
        if is_full:
            said = f"{MOST_BROWSERS} browsers listen already"
            _refuse(handler, HTTPStatus.SERVICE_UNAVAILABLE, said)
            return
        try:
            handler.connection.settimeout(_PATIENCE_SECONDS)
            handler.send_response(HTTPStatus.OK)
            handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
            handler.send_header("Cache-Control", "no-store")
            handler.end_headers()
            with self._view.watched() as day:
                self._tell(handler, Watcher(day, watch, symbol, scale))
        except OSError:
            return
        finally:
            with self._counting:
                self.browsers -= 1

    def _tell(self, handler: BaseHTTPRequestHandler, watcher: Watcher) -> None:
        while not self._over:
            told = watcher.told() | {"status": self._now()}
            data = json.dumps(told, separators=(",", ":"))
            handler.wfile.write(f"event: view\ndata: {data}\n\n".encode())
            time.sleep(_EVERY_SECONDS)
            if not self._over:
                watcher.wait(_AT_LEAST_EVERY_SECONDS)

    def _now(self) -> dict[str, Any]:
        arrived = self._view.arrived_at
        return {
            **self._status(),
            "now": time.time_ns() // 1_000_000,
            "arrived": None if arrived is None else round(arrived.timestamp() * 1000),
            "reading": self._view.reading,
            "view": self._view.hindered,
        }


def _refuse(handler: BaseHTTPRequestHandler, status: HTTPStatus, said: str) -> None:
    body = f"{said}\n".encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "text/plain; charset=utf-8")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
