"""Sail in this process: a Spark Connect server in Rust, reached through the PySpark client.

One server and one session serve a process from its first job to its end: starting both costs as
much as several sessions of work.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from indextracker.engines.commits import retried
from indextracker_spark import job as jobs_of_spark
from indextracker_spark.jobs import JOBS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Ten sessions of half a million rows fill a job well; all at once need more memory for no gain.
SESSIONS_PER_JOB = 10


class SailEngine:
    """Runs jobs on a Sail server of its own, started at the first one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: SparkSession | None = None
        self._server: Any = None  # pysail ships no types

    def run(self, job: str, lake: str, sessions: Sequence[date]) -> None:
        """Runs a job, ten sessions in one commit."""
        spark, due = self._start(), JOBS[job]
        for first in range(0, max(len(sessions), 1), SESSIONS_PER_JOB):
            batch = sessions[first : first + SESSIONS_PER_JOB]
            write = partial(jobs_of_spark.run, spark, lake, due, batch)
            retried(write, f"{lake}/{due.writes.path}")

    def close(self) -> None:
        """Stops session and server."""
        with self._lock:
            if self._session is not None:
                self._session.stop()
            if self._server is not None:
                self._server.stop()
            self._session = self._server = None

    def _start(self) -> SparkSession:
        with self._lock:
            if self._session is None:
                from pysail.spark import SparkConnectServer  # noqa: PLC0415 - loads 200 MB
                from pyspark.sql import SparkSession  # noqa: PLC0415 - loads pandas

                server = SparkConnectServer(ip="127.0.0.1", port=0)
                server.start(background=True)
                _, port = server.listening_address
                # Its own session: one that is shared would end with the first engine that closes.
                session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
                session.conf.set("spark.sql.session.timeZone", "UTC")
                self._server, self._session = server, session
            return self._session
