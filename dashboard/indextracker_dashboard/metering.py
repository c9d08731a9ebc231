"""The dashboard's own figures: how many answers it gave, and how long they took."""

from __future__ import annotations

import time

from flask import Flask, Response, g
from prometheus_client import Histogram

from indextracker.metrics import Metrics

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def metered(server: Flask) -> Metrics:
    """The figures of a server, which counts from now on."""
    metrics = Metrics()
    answers = Histogram(
        "indextracker_dashboard_answer_seconds",
        "How long answers took, by their status; of what goes on for long, until it began.",
        ["status"],
        registry=metrics.registry,
        buckets=_SECONDS,
    )

    @server.before_request
    def begin() -> None:
        g.began_at = time.perf_counter()

    @server.after_request
    def end(response: Response) -> Response:
        if "began_at" in g:
            took = time.perf_counter() - g.began_at
            answers.labels(str(response.status_code)).observe(took)
        return response

    return metrics
