"""Sail in this process: a Spark Connect server in Rust, reached through the PySpark client.

One server and one session serve a process from its first job to its end: starting both costs as
much as several sessions of work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indextracker.engines.protocol import Host
from indextracker.engines.sessions import SessionEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SailEngine(SessionEngine):
    """Runs jobs on a Sail server of its own, started at the first one."""

    name = "Sail"

    def __init__(self) -> None:
        super().__init__()
        self._server: Any = None  # pysail ships no types

    def _open(self, host: Host | None) -> SparkSession:  # noqa: ARG002 - it needs no host
        from pysail.spark import SparkConnectServer  # noqa: PLC0415 - loads 200 MB
        from pyspark.sql import SparkSession  # noqa: PLC0415 - loads pandas

        server = SparkConnectServer(ip="127.0.0.1", port=0)
        server.start(background=True)
        _, port = server.listening_address
        self._server = server
        # Its own session: one that is shared would end with the first engine that closes.
        return SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()

    def _free(self) -> None:
        if self._server is not None:
            self._server.stop()
        self._server = None
