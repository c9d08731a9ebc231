"""All settings as one object: values by the names that people set, put to their concerns.

It has the defaults that follow from other settings, and the rules between settings. Each concern's
own rules are in its module; reading the environment and the file does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from indextracker.settings.alerting import AlertingSettings
from indextracker.settings.dagster import DagsterSettings
from indextracker.settings.dashboard import DashboardSettings
from indextracker.settings.deployment import DeploymentSettings
from indextracker.settings.engine import EngineSettings
from indextracker.settings.forms import Concern
from indextracker.settings.lake import LakeSettings
from indextracker.settings.source import SourceSettings, World, world_of
from indextracker.settings.stream import StreamSettings
from indextracker.settings.warehouse import WarehouseSettings, needs_password
from indextracker.system.installation import home
from indextracker_catalogue import SECRETS as PUBLISHERS_SECRETS
from indextracker_catalogue.subjects import once

SECRETS = {
    *PUBLISHERS_SECRETS,
    *("warehouse_password", "strategy_database", "dagster_database", "dashboard_password"),
    *("alert_mail_password", "alert_webhook"),
}
_EMR = ("emr_application", "emr_role", "emr_code")
# What a deployment on AWS names by itself: nothing there falls back to a default of one machine.
_NAMED_ON_AWS = (
    "source",
    "lake",
    "engine",
    "warehouse",
    "start",
    "dagster_home",
    # Read by dagster.yaml, also in processes that never load this module: `secret` is too late.
    "dagster_database",
    "logs_bucket",
)


class SettingsError(ValueError):
    """Settings cannot be used.

    Attributes:
        sentences: What is wrong, each with its variable or its file.
    """

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences


class Settings(BaseModel):
    """The settings of a process, made of values by the names that people set.

    `Settings(source="live", lake="/srv/lake")` is in effect `INDEXTRACKER_SOURCE` and
    `INDEXTRACKER_LAKE`, and what is not given has its default.

    Attributes:
        deployment: The kind of deployment.
        source: The source of documents.
        lake: The lake.
        engine: The engine that runs Spark code.
        warehouse: The warehouse.
        dagster: Dagster's instance and automation.
        dashboard: Where the dashboard listens, and who may see it.
        stream: Where events are kept until they are read.
        alerting: The rules of alerts on quotes, and secrets of who is told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deployment: DeploymentSettings
    source: SourceSettings
    lake: LakeSettings
    engine: EngineSettings
    warehouse: WarehouseSettings
    dagster: DagsterSettings
    dashboard: DashboardSettings
    stream: StreamSettings
    alerting: AlertingSettings

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)

    @model_validator(mode="before")
    @classmethod
    def _by_concern(cls, given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        if given.get("env") == "aws" and (unnamed := _unnamed(given)):
            raise ValueError(f"on AWS nothing has a default: set {_variables(unnamed)}")
        if unknown := sorted(given.keys() - set(NAMES)):
            raise ValueError(f"no setting is called {', '.join(map(repr, unknown))}")
        data = home() / "data" / world_of(given.get("source", "simulated"))
        defaults = {
            "lake": str(data / "lake"),
            "warehouse": str(data / "warehouse.duckdb"),
            "dagster_home": str(data / "dagster"),
            "stream": str(data / "streams"),
        }
        values = dict(given)
        for name, place in defaults.items():
            values[name] = given.get(name) or place
        return {
            concern: {name: values[name] for name in names if name in values}
            for concern, names in _CONCERNS.items()
        }

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.deployment.env == "aws" and not self.lake.on_s3:
            raise ValueError(
                "on AWS every run is a machine of its own, and INDEXTRACKER_LAKE="
                f"{self.lake.address} is a folder of one: set an s3://<bucket>/<prefix>"
            )
        on_emr = self.engine.name == "emr"
        if on_emr and (unnamed := [n for n in _EMR if not getattr(self.engine, n)]):
            raise ValueError(f"EMR Serverless needs {_variables(unnamed)}: set them")
        if on_emr and not self.lake.on_s3:
            raise ValueError(
                f"EMR Serverless sees S3 alone, and INDEXTRACKER_LAKE={self.lake.address} is a "
                "folder of this machine: set an s3://<bucket>/<prefix>"
            )
        if self.warehouse.on_cluster and "://" not in self.staged_at:
            raise ValueError(
                "Redshift loads from S3 alone, and the lake is a folder: set INDEXTRACKER_STAGING"
            )
        return self

    @property
    def world(self) -> World:
        """Whether the data is simulated or real: a lake never holds both."""
        return self.source.world

    @property
    def staged_at(self) -> str:
        """The s3 prefix through which rows go to Redshift."""
        return self.warehouse.staging or f"{self.lake.address}-staging"

    @property
    def docs(self) -> str:
        """Folder of the docs that dbt writes."""
        if self.warehouse.on_cluster:
            return str(Path(self.dagster.home) / "dbt_docs")
        return str(Path(self.warehouse.address).with_name("dbt_docs"))

    def by_name(self) -> dict[str, Any]:
        """The value of every setting by the name that people set."""
        return {
            name: value
            for concern in self.model_dump(by_alias=True).values()
            for name, value in concern.items()
        }

    def with_secrets(self, found: Mapping[str, object]) -> Settings:
        """These settings with secrets from elsewhere; those of the environment take precedence.

        Args:
            found: Secrets by the name of their setting. The address of Dagster's database may be
                among them, for those who hand it to the containers; here it is passed over.

        Raises:
            SettingsError: A secret is unknown or cannot be used, or a needed one is not there.
        """
        place = f"INDEXTRACKER_SECRET: {self.deployment.secret!r}"
        if unknown := sorted(found.keys() - SECRETS):
            raise SettingsError(
                f"{place} holds {', '.join(unknown)}; known are {', '.join(sorted(SECRETS))}"
            )
        here = self.by_name()
        new = {name: found[name] for name in found.keys() - {"dagster_database"} if not here[name]}
        try:
            settings = validated(here | new)
        except SettingsError as error:
            raise SettingsError(f"{place} cannot be used: {error}") from None
        if needs_password(self.warehouse.address) and not settings.warehouse.password:
            raise SettingsError(
                f"{place} holds no warehouse_password, and the environment has none"
            )
        return settings


_CONCERNS = {
    name: field.annotation.names()
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Concern)
}
NAMES = tuple(name for names in _CONCERNS.values() for name in names)
once(((name, concern) for concern, names in _CONCERNS.items() for name in names), "the setting")


def validated(given: Mapping[str, Any], filed: Collection[str] = ()) -> Settings:
    """The settings of given values, or one error with all that is wrong.

    Args:
        given: Values by name.
        filed: The names that the settings file gives.

    Raises:
        SettingsError: One sentence for each value that cannot be used.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        sentences = [
            ": ".join(
                [
                    # The concern comes first, and then the name; neither for what does not fit.
                    *(_called(str(name), filed) for name in item["loc"][1:]),
                    item["msg"].removeprefix("Value error, "),
                ]
            )
            for item in error.errors()
        ]
    # Outside, so that it does not carry the other, which holds what was set, a secret perhaps.
    raise SettingsError(*sentences)


def variable(name: str) -> str:
    """The variable of the environment that gives a setting."""
    return f"INDEXTRACKER_{name.upper()}"


def _called(name: str, filed: Collection[str]) -> str:
    """The name of a setting where people set it."""
    return f"{name} in the settings file" if name in filed else variable(name)


def _unnamed(values: Mapping[str, object]) -> list[str]:
    """The settings that a deployment on AWS needs and that are missing."""
    unnamed = [name for name in _NAMED_ON_AWS if not values.get(name)]
    if values.get("engine") == "emr":
        unnamed += [name for name in _EMR if not values.get(name)]
    warehouse = str(values.get("warehouse", ""))
    if "://" in warehouse and not values.get("copy_role"):
        unnamed.append("copy_role")
    given = values.get("warehouse_password") or values.get("secret")
    if needs_password(warehouse) and not given:
        unnamed.append("warehouse_password")
    return unnamed


def _variables(names: Sequence[str]) -> str:
    return ", ".join(map(variable, names))
