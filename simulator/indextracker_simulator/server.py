"""Exchanges on local HTTP.

It handles requests and connections. Answers are made in the folder of a subject, faults are drawn
in faults.py.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from indextracker_simulator.answers import NOT_FOUND, Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.answers import Answer, Publishers
    from indextracker_simulator.faults import FaultKind, Faults

_LONGEST_FORM = 4096
_ABORT = struct.pack("ii", 1, 0)  # linger for no time: closing resets the connection


class Served(NamedTuple):
    """An entry of a server's journal.

    Attributes:
        path: Path and query; of a form, its fields stand for the query.
        status: HTTP status, None where no answer was sent.
        fault: What befell the answer, None for nothing.
    """

    path: str
    status: int | None
    fault: FaultKind | None


class ExchangeServer(ThreadingHTTPServer):
    """A server of exchanges on the loopback interface.

    Args:
        exchanges: What it serves, each to requests that those before it do not know.
        faults: What goes wrong; None for nothing.
        port: Port to listen on, 0 for any free one.
        verbose: Whether each request is logged on standard error.

    Attributes:
        journal: Every request so far, in the order of its answer.
    """

    def __init__(
        self,
        *exchanges: Publishers,
        faults: Faults | None = None,
        port: int = 0,
        verbose: bool = False,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.exchanges = exchanges
        self.faults = faults
        self.verbose = verbose
        self.journal: list[Served] = []

    @property
    def url(self) -> str:
        """Return the base address, without a trailing slash."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, question: Question) -> Answer:
        """Return the answer of the exchange that knows the address."""
        answers = (exchange.answer(question) for exchange in self.exchanges)
        return next((answer for answer in answers if answer is not None), NOT_FOUND)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; readers are killed in the middle of answers."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @contextmanager
    def in_background(self) -> Iterator[ExchangeServer]:
        """Serve from a thread for the length of a block."""
        with self:
            thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                self.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: ExchangeServer
    protocol_version = "HTTP/1.1"
    # Buffered, so that headers and body leave in one packet and no client waits for the second.
    wbufsize = -1

    def do_GET(self) -> None:
        self._serve(self.path)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > _LONGEST_FORM:
            self.close_connection = True
            self.send_error(413)
            return
        self._serve(f"{self.path}?{self.rfile.read(length).decode('utf-8', 'replace')}")

    def _serve(self, target: str) -> None:
        server = self.server
        headers = {name.lower(): value for name, value in self.headers.items()}
        right = server.answer(Question(self.command, target, headers))
        fault = server.faults.draw(target, right) if server.faults else None
        kind = fault.kind if fault else None
        sent = fault.alter(right) if fault else right
        dropped = kind == "drop"
        if kind:
            self.log_message("fault %s befalls %s", kind, target)
        server.journal.append(Served(target, None if dropped else sent.status, kind))
        if dropped:
            self.close_connection = True
        elif kind == "reset":
            self._send(sent, sent.body[: len(sent.body) // 2])
            self._reset()
        else:
            if fault and kind == "latency":
                time.sleep(fault.latency_seconds)
            self._send(sent, sent.body)

    def _send(self, answered: Answer, body: bytes) -> None:
        self.send_response(answered.status)
        self.send_header("Content-Type", answered.content_type)
        self.send_header("Content-Length", str(len(answered.body)))
        if answered.published_at is not None:
            published_at = answered.published_at.astimezone(UTC)
            self.send_header("Last-Modified", format_datetime(published_at, usegmt=True))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        if self.server.verbose:
            sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")


@contextmanager
def serving(*exchanges: Publishers, faults: Faults | None = None) -> Iterator[str]:
    """Serve exchanges from a thread for the length of a block; yields the base address."""
    with ExchangeServer(*exchanges, faults=faults).in_background() as server:
        yield server.url
