"""Alerts about failed runs.

A destination of alerts is one class with one method. The sensor in `automation` decides when an
alert is sent.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from indextracker.settings import Settings

_log = logging.getLogger("indextracker.alerts")


@dataclass(frozen=True)
class Failure:
    """A run that failed, reduced to what may leave the machine: names, and no text of an error.

    The text of an error can hold anything that a library put into it, even an address with its
    token; the receiver of the alert opens the run and reads it there.
    """

    run_id: str
    job: str
    steps: tuple[str, ...]
    sessions: str | None

    def __str__(self) -> str:
        of = f" of {self.sessions}" if self.sessions else ""
        at = f" at {', '.join(self.steps)}" if self.steps else ""
        return f"run {self.run_id} ({self.job}{of}) failed{at}"


class Alert(Protocol):
    """Somebody to tell."""

    def send(self, failure: Failure) -> None:
        """Tells of a failure; raises where that is not possible."""


class LogAlert:
    """Tells the log of the process, as an error."""

    def send(self, failure: Failure) -> None:
        """Logs one line."""
        _log.error("%s", failure)


class TopicAlert:
    """Tells the subscribers of a topic of AWS's SNS."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def send(self, failure: Failure) -> None:
        """Publishes one line."""
        import boto3  # noqa: PLC0415 - half a second, for those alone who have a topic

        region = self._arn.split(":")[3]
        boto3.client("sns", region_name=region).publish(
            TopicArn=self._arn,
            Subject=f"IndexTracker: {failure.job} failed",
            Message=str(failure),
        )


def alert(settings: Settings) -> Alert | None:
    """Whom the settings name, if anybody."""
    match settings.dagster.alerts:
        case "none":
            return None
        case "log":
            return LogAlert()
        case topic:
            return TopicAlert(topic)
