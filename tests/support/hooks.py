"""A webhook on this machine, which writes down what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


@dataclass
class Hook:
    """The webhook.

    Attributes:
        address: Where it is.
        got: What was posted to it.
    """

    address: str
    got: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Hook]:
    """A webhook that accepts everything, for the length of a block."""
    hook = Hook("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.address = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield hook
        finally:
            server.shutdown()
