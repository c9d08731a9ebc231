"""Figures and health of a process over HTTP."""

import requests

from indextracker.metrics import Metrics, serving


def test_figures_are_those_of_the_moment_in_prometheus_format() -> None:
    seen = {"events": 0, "lag": {'shard "1"': 2.5, "shard\\2": 0.0}}
    metrics = Metrics()
    metrics.counter("events_total", "Events that were kept.", lambda: seen["events"])
    metrics.gauge("lag_seconds", "How far behind.\nBy shard.", lambda: seen["lag"], "shard")
    with serving(metrics, 0) as address:
        seen["events"] = 7
        answer = requests.get(f"{address}/metrics", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    told = answer.text.splitlines()
    assert told[told.index("# HELP events_total Events that were kept.") :] == [
        "# HELP events_total Events that were kept.",
        "# TYPE events_total counter",
        "events_total 7.0",
        "# HELP lag_seconds How far behind.\\nBy shard.",
        "# TYPE lag_seconds gauge",
        'lag_seconds{shard="shard \\"1\\""} 2.5',
        'lag_seconds{shard="shard\\\\2"} 0.0',
    ]
    assert "process_resident_memory_bytes" in answer.text


def test_health_is_bad_while_something_hinders_and_says_what() -> None:
    reason = ""
    metrics = Metrics()
    metrics.is_hindered_by(lambda: reason)
    with serving(metrics, 0) as address:
        well = requests.get(f"{address}/healthz", timeout=10)
        reason = "the disk is full"
        ill = requests.get(f"{address}/healthz", timeout=10)
        figures = requests.get(f"{address}/metrics", timeout=10)
        elsewhere = requests.get(f"{address}/", timeout=10)
    assert (well.status_code, well.text) == (200, "ok\n")
    assert (ill.status_code, ill.text) == (503, "the disk is full\n")
    assert "indextracker_hindered 1.0" in figures.text
    assert elsewhere.status_code == 404
