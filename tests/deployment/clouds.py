"""A process on AWS: its environment, and the metadata that ECS gives it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dagster as dg
import pytest
from support.sources import PROJECT

LOGS = "indextracker-logs"
LAKES = "indextracker-lakes"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/indextracker"
TASK = "arn:aws:ecs:us-east-1:123456789012:task/indextracker/0f1e2d"


@dataclass(frozen=True)
class Cloud:
    """The environment of a process on AWS, and the password in it."""

    environment: dict[str, str]
    password: str


def instance(environment: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """What Dagster makes of a deployment's file, as it stands."""
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    shutil.copy(PROJECT / "deployment" / environment / "dagster.yaml", home)
    return dg.DagsterInstance.get()


@contextmanager
def metadata_of_a_task() -> Iterator[str]:
    """What ECS tells a container of the task that it is in."""

    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"Cluster": CLUSTER, "TaskARN": TASK, "Name": "daemon"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v4/some-container"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
