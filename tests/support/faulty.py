"""A proxy to a store that makes requests fail, by a plan.

Requests are passed on as they are, so that the store sees the client's own signature, conditions
and checksums; what is cut off never reaches it, as S3 keeps no part of an upload that ended early.
The program under test is to be another process: delta-rs lets no thread of its own run meanwhile.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# What a store itself answers in a fault. The other faults are "reset" before a request is passed
# on, "lost answer" after it was, "slow", "torn upload" and "torn answer".
_XML = "<Error><Code>{}</Code><Message>{}</Message></Error>"
ANSWERS = {
    "500": (500, _XML.format("InternalError", "We encountered an internal error.")),
    "503": (503, _XML.format("SlowDown", "Please reduce your request rate.")),
    "403": (403, _XML.format("AccessDenied", "Access Denied")),
    # Of Kinesis.
    "throttled": (400, '{"__type": "ProvisionedThroughputExceededException", "message": "Rate"}'),
    "expired": (400, '{"__type": "ExpiredIteratorException", "message": "Iterator expired."}'),
    "unavailable": (500, '{"__type": "InternalFailure", "message": "An internal error."}'),
    "nonsense": (200, "<html>a proxy's page</html>"),
}
SLOW_SECONDS = 1.5
HOP_BY_HOP = {"connection", "expect", "transfer-encoding", "content-length"}

# Says what becomes of a request, or nothing where it is passed on: method, path (of a service with
# one path for all what is asked of it, such as Kinesis_20131202.GetRecords), its number.
Plan = Callable[[str, str, int], str | None]


class Way(ThreadingHTTPServer):
    """The server between program and store.

    Attributes:
        address: Its own.
        plan: What becomes of the next requests.
        faults: How many came to grief so far, by how.
    """

    daemon_threads = True

    def __init__(self, store: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.store = urlsplit(store).netloc
        self.plan: Plan = lambda method, path, number: None
        self.faults: Counter[str] = Counter()
        self._requests = 0
        self._counting = threading.Lock()

    def meant(self, method: str, path: str) -> str | None:
        """What becomes of a request that came in."""
        with self._counting:
            self._requests += 1
            fault = self.plan(method, path, self._requests)
            if fault:
                self.faults[fault] += 1
            return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body of an answer are written one after the other: 40 ms apart without this.
    disable_nagle_algorithm = True
    server: Way

    def handle(self) -> None:
        # That a client has gone away is its own matter.
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def do_GET(self) -> None:
        fault = self.server.meant(self.command, self.headers.get("X-Amz-Target") or self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length // 2 if fault == "torn upload" else length)
        if fault in ("reset", "torn upload"):
            self._reset()
        elif fault in ANSWERS:
            self._answer(*ANSWERS[fault])
        else:
            if fault == "slow":
                time.sleep(SLOW_SECONDS)
            self._pass_on(body, fault)

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self.do_GET
        raise AttributeError(name)

    def _pass_on(self, body: bytes, fault: str | None) -> None:
        with contextlib.closing(http.client.HTTPConnection(self.server.store)) as store:
            store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP - {"content-length", "transfer-encoding"}:
                    store.putheader(name, value)
            store.endheaders(body or None)
            answer = store.getresponse()
            whole = answer.read()
        if fault == "lost answer":
            self._reset()
            return
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else len(whole)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        self.wfile.write(whole[: len(whole) // 2] if fault == "torn answer" else whole)
        if fault == "torn answer":
            self._reset()

    def _answer(self, status: int, text: str) -> None:
        said = text.encode()
        self.send_response_only(status)
        is_json = text.startswith("{")
        self.send_header(
            "Content-Type", "application/x-amz-json-1.1" if is_json else "application/xml"
        )
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    def _reset(self) -> None:
        """Closes so that the client is told at once, and of an error."""
        at_once = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        # The connection ends when all that is made of it is closed.
        self.rfile.close()
        self.connection.close()
        self.wfile, self.close_connection = io.BytesIO(), True

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def between(store: str) -> Iterator[Way]:
    """A way to the store for as long as the block lasts."""
    with Way(store) as way:
        serving = threading.Thread(target=way.serve_forever, daemon=True)
        serving.start()
        try:
            yield way
        finally:
            way.shutdown()
            serving.join(10)
