"""Relays what the consumer of quotes tells to browsers, from the dashboard's own address.

So what guards the dashboard guards this too. Each browser that listens has a connection to the
consumer and a thread of the dashboard's; what they are told is not looked at here.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, current_app, request

from indextracker_dashboard.data import Data
from indextracker_dashboard.live.state import PATH, LiveState
from indextracker_dashboard.state import StateError, parsed

EVENTS = f"{PATH}/events"
MOST_BROWSERS = 64
_HOST, _NAME = "127.0.0.1", "live"
_DATA = b"data: "
# The consumer says something every two seconds at least.
_PATIENCE_SECONDS = 10.0
_AGAIN_MS, _LATER_MS = 2_000, 15_000


class Relay:
    """What is handed on now.

    Args:
        data: The lakehouse; a consumer of another one is not listened to.
        port: Where the consumer is, on this machine.
    """

    def __init__(self, data: Data, port: int) -> None:
        self._data, self._port = data, port
        self._places = threading.Semaphore(MOST_BROWSERS)
        self._listening: set[socket.socket] = set()
        self._over = False

    def close(self) -> None:
        """Ends all of it, so that a server need not wait for its threads."""
        self._over = True
        for one in [*self._listening]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def relayed(self, state: LiveState) -> Iterator[bytes]:
        """What the consumer tells, until it ends or the browser goes; then browsers ask again."""
        if not self._places.acquire(blocking=False):
            said = f"{MOST_BROWSERS} windows show this page already: close one of them"
            yield _event("full", said, _LATER_MS)
            return
        connection = HTTPConnection(_HOST, self._port, timeout=_PATIENCE_SECONDS)
        said = ""
        # The connection forgets its own once there is an answer.
        listened: set[socket.socket] = set()
        try:
            connection.connect()
            listened.add(connection.sock)
            self._listening |= listened
            connection.request("GET", self._asked(state))
            answer = connection.getresponse()
            if answer.status == 200:
                yield f"retry: {_AGAIN_MS}\n\n".encode()
                while line := answer.readline():
                    yield line
            else:
                said = answer.read(1000).decode("utf-8", "replace").strip()
        except (OSError, HTTPException):
            pass
        finally:
            self._listening -= listened
            connection.close()
            self._places.release()
        if not self._over:
            yield _event("absent", said, _AGAIN_MS)

    def told(self, state: LiveState) -> dict[str, Any]:
        """All that the consumer tells now of a state, once.

        Raises:
            LookupError: It does not run, or is of another lakehouse.
        """
        said = ""
        connection = HTTPConnection(_HOST, self._port, timeout=_PATIENCE_SECONDS)
        with closing(connection), suppress(OSError, HTTPException):
            connection.request("GET", self._asked(state))
            answer = connection.getresponse()
            if answer.status != 200:
                said = answer.read(1000).decode("utf-8", "replace").strip()
            # The first event has everything.
            while not said and (line := answer.readline()):
                if line.startswith(_DATA):
                    told: dict[str, Any] = json.loads(line.removeprefix(_DATA))
                    return told
        raise LookupError(said or "the consumer does not run: start indextracker stream run")

    def _asked(self, state: LiveState) -> str:
        """What the consumer is asked for a state."""
        asked = {"watch": state.watch, "symbol": state.symbol, "scale": state.scale}
        return f"{PATH}?{urlencode(asked | {'lake': self._lake()}, doseq=True)}"

    def _lake(self) -> str:
        try:
            return self._data.lakehouse.place
        except (LookupError, ValueError, OSError):
            return ""


def serve(server: Flask, data: Data, port: int) -> None:
    """Has a server tell browsers what the consumer tells; arguments as of `Relay`."""
    relay = server.extensions[_NAME] = Relay(data, port)

    @server.get(EVENTS)
    def events() -> Response:
        try:
            state = parsed(LiveState, request.query_string.decode("utf-8", "replace"))
        except StateError as error:
            return Response(f"{error}\n", 400, content_type="text/plain; charset=utf-8")
        return Response(
            relay.relayed(state),
            content_type="text/event-stream; charset=utf-8",
            # Proxies are to hand on each event at once.
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def told(state: LiveState) -> dict[str, Any]:
    """What `Relay.told` gives, for a request that this process answers.

    Raises:
        LookupError: See there.
    """
    found: Relay = current_app.extensions[_NAME]
    return found.told(state)


def end(server: Flask) -> None:
    """Ends what a server hands on."""
    server.extensions[_NAME].close()


def _event(kind: str, said: str, again_ms: int) -> bytes:
    return f"retry: {again_ms}\nevent: {kind}\ndata: {json.dumps(said)}\n\n".encode()
