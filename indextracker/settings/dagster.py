"""Settings of Dagster: its instance, automation, and alerts."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from indextracker.settings.forms import SERVER, Concern, absolute

_TOPIC = re.compile(r"arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+")


class DagsterSettings(Concern):
    """Dagster.

    Attributes:
        home: Folder of Dagster's instance.
        database: Secret address of the PostgreSQL that keeps Dagster's records.
        logs_bucket: Bucket for the output of steps; dagster.yaml of AWS puts it below `dagster/`.
        automation: Whether schedules and sensors begin as running or stopped.
        webserver: Address of its webserver, which the monitor asks.
        alerts: Where failed runs are reported: `log`, `none`, or the ARN of an SNS topic.
    """

    home: str = Field(alias="dagster_home")
    database: SecretStr | None = Field(default=None, alias="dagster_database")
    logs_bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]+)?$")
    automation: Literal["running", "stopped"] = "stopped"
    webserver: str = Field(
        default="http://127.0.0.1:3000", pattern=SERVER, alias="dagster_webserver"
    )
    alerts: str = "log"

    @field_validator("home")
    @classmethod
    def _folder(cls, place: str) -> str:
        if "://" in place:
            raise ValueError(f"{place!r} is no path on this machine")
        return absolute(place)

    @field_validator("database")
    @classmethod
    def _postgresql(cls, address: SecretStr | None) -> SecretStr | None:
        # The driver that dagster-postgres installs is to be named: SQLAlchemy 2.1 takes another
        # one where none is. Said without the value: this sentence is printed.
        if address and not address.get_secret_value().startswith("postgresql+psycopg2://"):
            raise ValueError(
                "it is no postgresql+psycopg2://<user>:<password>@<host>:5432/<database>"
            )
        return address

    @field_validator("alerts")
    @classmethod
    def _known_alerts(cls, alerts: str) -> str:
        if alerts in ("log", "none") or _TOPIC.fullmatch(alerts):
            return alerts
        raise ValueError(f"{alerts!r} is neither 'log', 'none' nor the ARN of a topic of SNS")
