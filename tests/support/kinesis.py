"""Kinesis on this machine: kinesalite, which reshards and holds long runs, and moto's server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

KINESALITE = Path(sys.prefix) / "kinesalite"
MOTO = """
import logging, sys, threading
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.WARNING)
server = make_server("127.0.0.1", 0, create_backend_app("kinesis"), threaded=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""


@contextmanager
def kinesalite() -> Iterator[Any]:
    """A client of kinesalite; `make test` installs it where npm is there.

    Raises:
        FileNotFoundError: It is not installed.
    """
    if not (KINESALITE / "installed").exists():
        raise FileNotFoundError("kinesalite is not installed: install npm, then run make test")
    with _served(["node", str(KINESALITE / "server.js")]) as client:
        yield client


@contextmanager
def moto() -> Iterator[Any]:
    """A client of moto's Kinesis, for small streams: it reads a shard anew for every request."""
    with _served([sys.executable, "-c", MOTO]) as client:
        yield client


def client(port: int) -> Any:
    """A client of whatever serves Kinesis on a port of this machine."""
    return boto3.client(
        "kinesis",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-central-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="of-no-account",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )


@contextmanager
def _served(command: list[str]) -> Iterator[Any]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())
        yield client(port)
        process.stdin.close()
