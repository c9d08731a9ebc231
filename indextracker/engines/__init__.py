"""Where Spark code runs.

An engine runs a job of the catalogue on a lake; which job and which sessions is decided by the
caller, and what the job does by indextracker_spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from indextracker.settings import Settings


class Engine(Protocol):
    """Something that runs jobs."""

    def run(self, job: str, lake: str, sessions: Sequence[date]) -> None:
        """Runs the job of that name for the sessions, replacing their slice in one commit."""

    def close(self) -> None:
        """Frees what the engine holds; it is not used again."""


def engine(settings: Settings) -> Engine:
    """The engine that the settings name. Nothing starts before the first job."""
    match settings.engine:
        case "sail":
            from indextracker.engines.sail import SailEngine  # noqa: PLC0415 - pyspark is slow

            return SailEngine()
