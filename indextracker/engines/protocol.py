"""What an engine is to the rest of the program, and what surrounds a run to an engine.

Which engine it is, is decided by the settings in one place, `engine()` of this package; how an
engine does it is in its own module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class EngineError(RuntimeError):
    """An engine cannot run jobs; the message says what is missing, or how it failed."""


@dataclass(frozen=True)
class JobRun:
    """A job run of EMR Serverless and what it is about.

    Attributes:
        parameters: What `start_job_run` is called with.
        sessions: The sessions that it replaces.
        messages: s3 prefix of what it is told and what it reports.
        logs: s3 prefix of what it prints.
    """

    parameters: Mapping[str, Any]
    sessions: tuple[date, ...]
    messages: str
    logs: str


class Host(Protocol):
    """What surrounds a run, where something does: it may lend a session and submit to a cluster."""

    def session(self, configuration: Mapping[str, str]) -> SparkSession:
        """The Spark session of that configuration."""

    def submit(self, job_run: JobRun) -> None:
        """Runs a job run of EMR Serverless to its end, and notes what it reports of the sessions.

        Raises:
            CapacityError: There is no room for it now.
        """


class CapacityError(EngineError):
    """A cluster has no room for a job now; it may have later."""


class Engine(Protocol):
    """Something that runs jobs.

    Attributes:
        name: What people are told that it is; it holds no secret.
        alone: Whether it runs jobs without a host.
    """

    name: str
    alone: bool

    def run(self, job: str, lake: str, sessions: Sequence[date], host: Host | None = None) -> None:
        """Runs the job of that name for the sessions, replacing their slice in one commit.

        Args:
            job: Name of the job.
            lake: Root of the lake.
            sessions: Sessions to replace; none where the table has none.
            host: What surrounds the run; None where the library is used by itself.

        Raises:
            EngineError: The engine does not start, or was lost.
        """

    def close(self) -> None:
        """Frees what the engine holds; it is not used again."""
