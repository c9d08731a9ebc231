"""Figures of a running producer or consumer over local HTTP, for Prometheus and for health checks.

`/metrics` has the figures as text (Prometheus' format 0.0.4), `/healthz` answers 200, or 503 with
what hinders. Figures are read from what has them when they are asked for. What they mean is said
where they are declared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

HOST = "127.0.0.1"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# A figure, or one for each value of its label.
Reading = float | Mapping[str, float]


@dataclass(frozen=True)
class _Figure:
    name: str
    kind: Literal["counter", "gauge"]
    help: str
    read: Callable[[], Reading]
    label: str

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {_escaped(self.help)}"
        yield f"# TYPE {self.name} {self.kind}"
        found = self.read()
        if isinstance(found, Mapping):
            # What they are read from may change meanwhile.
            for value, number in dict(found).items():
                quoted = _escaped(value).replace('"', '\\"')
                yield f'{self.name}{{{self.label}="{quoted}"}} {number}'
        else:
            yield f"{self.name} {found}"


class Metrics:
    """The figures of a process, in the order in which they are declared."""

    def __init__(self) -> None:
        self._figures: list[_Figure] = []

    def counter(
        self, name: str, help_text: str, read: Callable[[], Reading], label: str = ""
    ) -> None:
        """Declares a figure that only grows while the process runs.

        Args:
            name: Its name, with the unit, and `_total` at its end.
            help_text: What it counts, in a sentence.
            read: Gives it; where it has a label, by the values of that.
            label: What it is counted by, such as `shard`.
        """
        self._figures.append(_Figure(name, "counter", help_text, read, label))

    def gauge(
        self, name: str, help_text: str, read: Callable[[], Reading], label: str = ""
    ) -> None:
        """Declares a figure that grows and falls; else as `counter`."""
        self._figures.append(_Figure(name, "gauge", help_text, read, label))

    def text(self) -> str:
        """All figures as they are now, in Prometheus' format."""
        return "".join(f"{line}\n" for figure in self._figures for line in figure.lines())


@contextmanager
def serving(
    metrics: Metrics,
    hindered_by: Callable[[], str],
    port: int,
    more: Mapping[str, Callable[[BaseHTTPRequestHandler], None]] | None = None,
) -> Iterator[str]:
    """Serves figures and health on this machine's loopback for the length of a block.

    Args:
        metrics: The figures.
        hindered_by: What keeps the process from its work; empty while nothing does.
        port: Port to listen on, 0 for any free one.
        more: What answers requests of further paths, each in a thread of its own.

    Yields:
        The address, without a path.

    Raises:
        OSError: The port is taken.
    """
    answers = dict(more or {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answer := answers.get(self.path.partition("?")[0]):
                answer(self)
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, metrics.text(), CONTENT_TYPE)
            elif self.path == "/healthz":
                reason = hindered_by()
                status = HTTPStatus.SERVICE_UNAVAILABLE if reason else HTTPStatus.OK
                self._answer(status, f"{reason or 'ok'}\n", "text/plain; charset=utf-8")
            else:
                known = ", ".join(("/metrics", "/healthz", *answers))
                self._answer(HTTPStatus.NOT_FOUND, f"{known}\n", "text/plain")

        def _answer(self, status: HTTPStatus, text: str, kind: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: it is asked every few seconds."""

    with ThreadingHTTPServer((HOST, port), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
