"""Figures and health of a process over local HTTP, for Prometheus and for health checks.

`/metrics` has the figures in Prometheus' format, `/healthz` answers 200, or 503 with what hinders.
Figures are read from what has them when they are asked for. What they mean is said where they are
declared. Every process that runs for long uses this module; what watches them is in `monitoring`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

from indextracker.askers import turned

HOST = "127.0.0.1"
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
HINDERED = "indextracker_hindered"

# A figure, or one for each value of its label.
Reading = float | Mapping[str, float]


@dataclass(frozen=True)
class _Figure(Collector):
    family: type[CounterMetricFamily] | type[GaugeMetricFamily]
    name: str
    help_text: str
    read: Callable[[], Reading]
    label: str

    def collect(self) -> Iterator[Metric]:
        family = self.family(self.name, self.help_text, labels=[self.label] if self.label else [])
        found = self.read()
        # What they are read from may change meanwhile.
        by_value = dict(found) if isinstance(found, Mapping) else {"": found}
        for value, number in by_value.items():
            family.add_metric([value] if self.label else [], number)
        yield family


class Metrics:
    """The figures of a process: those that are declared, and memory and time that it takes.

    Attributes:
        registry: Where collectors of `prometheus_client` are registered too.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._hindered_by: Callable[[], str] = str
        ProcessCollector(registry=self.registry)
        self.gauge(HINDERED, "1 while something hinders the process.", lambda: bool(self.hindrance))

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
        self.registry.register(_Figure(CounterMetricFamily, name, help_text, read, label))

    def gauge(
        self, name: str, help_text: str, read: Callable[[], Reading], label: str = ""
    ) -> None:
        """Declares a figure that grows and falls; else as `counter`."""
        self.registry.register(_Figure(GaugeMetricFamily, name, help_text, read, label))

    def is_hindered_by(self, ask: Callable[[], str]) -> None:
        """Declares what keeps the process from its work: a sentence, empty while nothing does."""
        self._hindered_by = ask

    @property
    def hindrance(self) -> str:
        """What keeps the process from its work now; empty where nothing does."""
        return self._hindered_by()

    def text(self) -> str:
        """All figures as they are now, in Prometheus' format."""
        return generate_latest(self.registry).decode()


@contextmanager
def serving(
    metrics: Metrics,
    port: int,
    more: Mapping[str, Callable[[BaseHTTPRequestHandler], None]] | None = None,
) -> Iterator[str]:
    """Serves figures and health on this machine's loopback for the length of a block.

    Args:
        metrics: The figures, and what hinders.
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
            if found := turned("GET", self.headers.get):
                self._answer(found.status, f"{found.sentence}\n", "text/plain; charset=utf-8")
            elif answer := answers.get(self.path.partition("?")[0]):
                answer(self)
            elif self.path == "/metrics":
                self._answer(HTTPStatus.OK, metrics.text(), CONTENT_TYPE)
            elif self.path == "/healthz":
                reason = metrics.hindrance
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
