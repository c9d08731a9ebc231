"""A store of objects on this machine: moto's server in a process of its own.

It keeps everything in memory and frees nothing, so each module of tests has a new one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

# The application of S3 alone: moto's server of every service looks through its 200 folders, at each
# request, for the one that is meant, and takes more than twice the time of a processor.
SERVER = """
import logging, sys, threading
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.WARNING)
store = create_backend_app("s3")
server = make_server("127.0.0.1", 0, store, threaded=True, request_handler=MotoRequestHandler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
"""
BUCKET = "markets"
KEYS = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "of-no-account"}


@dataclass(frozen=True)
class Store:
    """A running store with one bucket."""

    address: str

    def environment(self, address: str | None = None) -> dict[str, str]:
        """What a process needs to reach it, by another address perhaps."""
        return {
            **KEYS,
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL": address or self.address,
            # Nobody is asked who this machine is.
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> Any:
        """boto3's client of it, by its own address."""
        return boto3.client(
            "s3",
            endpoint_url=self.address,
            region_name="eu-central-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def names(self, prefix: str) -> dict[str, int]:
        """Size of each object of a prefix."""
        pages = self.client().get_paginator("list_objects_v2")
        return {
            found["Key"]: found["Size"]
            for page in pages.paginate(Bucket=BUCKET, Prefix=prefix)
            for found in page.get("Contents", ())
        }


@contextmanager
def serving() -> Iterator[Store]:
    """A store for as long as the block lasts."""
    command = [sys.executable, "-c", SERVER]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True, **quiet) as server:
        try:
            assert server.stdout is not None
            store = Store(f"http://127.0.0.1:{int(server.stdout.readline())}")
            store.client().create_bucket(
                Bucket=BUCKET,
                CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
            )
            yield store
        finally:
            server.kill()
