"""Running jobs on a Spark session of any engine.

Dividing a job into commits, repeating it, and ending it when its session is lost are the same for
all engines. Opening the session differs and is done in each engine's module.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from indextracker.engines.commits import retried
from indextracker.engines.protocol import EngineError, Host
from indextracker_catalogue import Key
from indextracker_spark import job as jobs_of_spark
from indextracker_spark.job import SparkJob

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Ten keys of half a million rows fill a job well; all at once need more memory for no gain.
KEYS_PER_COMMIT = 10


def keys_per_commit(job: SparkJob) -> int:
    """How many keys one commit replaces: what looks back reads at most twice what it writes."""
    return max(KEYS_PER_COMMIT, job.look_back)


class SessionEngine(ABC):
    """Runs jobs on one Spark session, opened at the first one and kept until `close`.

    Attributes:
        name: What errors call it.
    """

    name: str
    alone = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: SparkSession | None = None

    def run(
        self,
        job: SparkJob,
        lake: str,
        keys: Sequence[Key],
        host: Host | None = None,
        earlier: Collection[Key] = (),
    ) -> None:
        """Runs a job, some keys in one commit; what they read overlaps by its look-back.

        Raises:
            EngineError: The session does not open, or was lost; the next job opens another.
        """
        known, size = {*keys, *earlier}, keys_per_commit(job)
        with self.session(job.name, host) as spark:
            for first in range(0, max(len(keys), 1), size):
                batch = keys[first : first + size]
                write = partial(jobs_of_spark.run, spark, lake, job, batch, known)
                retried(write)

    @contextmanager
    def session(self, doing: str, host: Host | None = None) -> Iterator[SparkSession]:
        """Its session, opened where there is none, for the length of a block.

        Args:
            doing: What it is for, in errors.
            host: The program around it.

        Raises:
            EngineError: The session does not open, or was lost; the next block opens another.
        """
        spark = self._start(host)
        try:
            yield spark
        except Exception as error:
            if _answers(spark):
                raise
            with self._lock:
                self._session = None  # a dead one is not stopped: that would wait for it
                self._free()
            raise EngineError(
                f"{self.name} was lost in the middle of {doing}. What it had committed is "
                "complete and the rest is unchanged: start it and run the same command again"
            ) from error

    def close(self) -> None:
        """Stops the session and what it runs on."""
        with self._lock:
            if self._session is not None:
                self._session.stop()
            self._session = None
            self._free()

    @abstractmethod
    def _open(self, host: Host | None) -> SparkSession:
        """A new session."""

    def _free(self) -> None:  # noqa: B027 - most engines have nothing else
        """Stops what the session ran on."""

    def _start(self, host: Host | None = None) -> SparkSession:
        with self._lock:
            if self._session is None:
                self._session = self._open(host)
            # At each job, since a server that was started anew under the same address forgot it.
            self._session.conf.set("spark.sql.session.timeZone", "UTC")
            return self._session


def _answers(spark: SparkSession) -> bool:
    """Whether a session still computes."""
    try:
        return bool(spark.range(1).count() == 1)
    except Exception:  # noqa: BLE001 - each engine dies in words of its own
        return False
