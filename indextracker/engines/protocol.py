"""The interfaces between engines and the rest of the program.

`engine()` of this package chooses an engine by the settings; each is implemented in its own module.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from indextracker_catalogue import Key

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from indextracker_spark.job import SparkJob


class EngineError(RuntimeError):
    """An engine cannot run jobs; the message says what is missing, or how it failed."""


@dataclass(frozen=True)
class JobRun:
    """A job run of EMR Serverless, and the keys that it builds.

    Attributes:
        parameters: What `start_job_run` is called with.
        keys: The keys that it replaces.
        messages: s3 prefix of the messages to it and from it.
        logs: s3 prefix of its logs.
    """

    parameters: Mapping[str, Any]
    keys: tuple[Key, ...]
    messages: str
    logs: str


class Host(Protocol):
    """The program around a run, such as Dagster: it provides a session and submits to a cluster."""

    def session(self, configuration: Mapping[str, str]) -> SparkSession:
        """The Spark session of that configuration."""

    def submit(self, job_run: JobRun) -> None:
        """Runs a job run of EMR Serverless to its end, and notes what it reports of the keys.

        Raises:
            CapacityError: There is no room for it now.
        """


class CapacityError(EngineError):
    """A cluster has no room for a job now; it may have later."""


class Engine(Protocol):
    """Something that runs jobs.

    Attributes:
        name: Its name in messages; it holds no secret.
        alone: Whether it runs jobs without a host.
    """

    name: str
    alone: bool

    def run(
        self,
        job: SparkJob,
        lake: str,
        keys: Sequence[Key],
        host: Host | None = None,
        earlier: Collection[Key] = (),
    ) -> None:
        """Runs a job for some keys, replacing their slice; many of them in several commits.

        Args:
            job: The job.
            lake: Root of the lake.
            keys: Keys to replace; none where the table is in one piece.
            host: The program around the run; None where the library is used alone.
            earlier: At least the keys of the look-back of each key, where the job has one.

        Raises:
            EngineError: The engine does not start, or was lost.
        """

    def close(self) -> None:
        """Frees what the engine holds; it is not used again."""
