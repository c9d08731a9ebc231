"""The environment, read and validated once.

The only module that touches os.environ: everything else is handed a Settings object. It also
sets what libraries and child processes expect to find there.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from indextracker import failpoints

PROJECT = Path(__file__).resolve().parents[1]

World = Literal["simulated", "real"]
SECRETS = {"finmind_token"}


class SettingsError(ValueError):
    """The environment holds something that cannot be used; the message names each variable."""


class Settings(BaseSettings):
    """Where documents come from, where data goes and what computes it.

    Attributes:
        env: Which deployment this is; so far only one machine.
        source: `simulated`, `simulated:<address>` of a simulated exchange that runs already,
            `live`, or `archive:<path>` of the publishers' own files.
        lake: Folder of the lake.
        engine: What runs Spark code; so far Sail in this process.
        warehouse: DuckDB file that readers open.
        start: First session that partitions hold.
        dagster_home: Folder of Dagster's instance.
        user_agent: How publishers are told who asks.
        finmind_token: Secret of an account at FinMind; without one its feeds are blocked.
        automation: Whether schedules and sensors begin as running or stopped.
        alerts: Who is told that a run failed.
        failpoint: Where a test has this process die, `name` or `name:n`.
    """

    model_config = SettingsConfigDict(env_prefix="INDEXTRACKER_", extra="ignore", frozen=True)

    env: Literal["local"] = "local"
    source: str = "simulated"
    lake: str = ""
    engine: Literal["sail"] = "sail"
    warehouse: str = ""
    start: date = date(2020, 1, 2)
    dagster_home: str = ""
    user_agent: str = ""
    finmind_token: SecretStr | None = None
    automation: Literal["running", "stopped"] = "stopped"
    alerts: Literal["log", "none"] = "log"
    failpoint: str = Field(default="", pattern=r"^([a-z-]+(:[1-9][0-9]*)?)?$")

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        kind, _, place = source.partition(":")
        if source in ("simulated", "live"):
            return source
        if kind == "simulated":
            return f"simulated:{_loopback(place)}"
        if kind == "archive" and place and "://" not in place:
            return f"archive:{Path(place).expanduser().resolve()}"
        raise ValueError(
            f"{source!r} is neither 'simulated', 'simulated:<http address>', 'live' "
            "nor 'archive:<folder>'"
        )

    @field_validator("user_agent")
    @classmethod
    def _honest_user_agent(cls, user_agent: str) -> str:
        if not user_agent:
            return f"indextracker/{version('indextracker')} (open market-data lakehouse)"
        if not (user_agent.isascii() and user_agent.isprintable() and user_agent.strip()):
            raise ValueError(f"{user_agent!r} is no line of printable ASCII")
        return user_agent

    @field_validator("finmind_token")
    @classmethod
    def _usable_token(cls, token: SecretStr | None) -> SecretStr | None:
        secret = token.get_secret_value().strip() if token else ""
        if not secret:
            return None
        # Said without the value: this sentence is printed.
        if not (secret.isascii() and secret.isprintable() and " " not in secret):
            raise ValueError("it is no token: it holds blanks or characters beyond ASCII")
        return SecretStr(secret)

    @field_validator("lake", "warehouse", "dagster_home")
    @classmethod
    def _absolute(cls, place: str) -> str:
        if "://" in place:
            raise ValueError(f"{place!r} is no path on this machine")
        return str(Path(place).expanduser().absolute())

    @model_validator(mode="before")
    @classmethod
    def _places(cls, values: dict[str, str]) -> dict[str, str]:
        home = PROJECT / "data" / _world(values.get("source", "simulated"))
        defaults = {
            "lake": home / "lake",
            "warehouse": home / "warehouse.duckdb",
            "dagster_home": home / "dagster",
        }
        for name, default in defaults.items():
            values[name] = values.get(name) or str(default)
        return values

    @property
    def world(self) -> World:
        """Whether the data is simulated or real: a lake never holds both."""
        return _world(self.source)

    @property
    def warehouse_private(self) -> str:
        """The file in which the warehouse is built before it is published."""
        place = Path(self.warehouse)
        return str(place.with_name(f".{place.name}.building"))

    @property
    def docs(self) -> str:
        """Folder of the docs that dbt writes."""
        return str(Path(self.warehouse).with_name("dbt_docs"))


def load() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: One sentence per variable that cannot be used.
    """
    os.environ.setdefault("INDEXTRACKER_DAGSTER_HOME", os.environ.get("DAGSTER_HOME", ""))
    try:
        return Settings()
    except ValidationError as error:
        sentences = [
            f"INDEXTRACKER_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
            for item in error.errors()
        ]
    # Outside, so that it does not carry the other, which holds what was set, a secret perhaps.
    raise SettingsError("; ".join(sentences))


def export(settings: Settings) -> None:
    """Sets what libraries and child processes read from the environment.

    Children get every setting by its absolute value, so that their working folder cannot matter.
    Secrets are not copied: children inherit the variables in which they came.
    """
    for name, value in settings.model_dump(exclude=SECRETS).items():
        os.environ[f"INDEXTRACKER_{name.upper()}"] = str(value)
    failpoints.arm(settings.failpoint)
    os.environ["DAGSTER_HOME"] = settings.dagster_home
    os.environ["INDEXTRACKER_DBT_DATABASE"] = settings.warehouse_private
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Sail's defaults write Snappy, twice the size of zstd, and log every session it opens.
    os.environ.setdefault("SAIL_PARQUET__COMPRESSION", "zstd(1)")
    os.environ.setdefault("RUST_LOG", "error")
    # It also drops a session that was idle for 15 minutes, as between acquiring and refining.
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", "86400")


def _world(source: str) -> World:
    return "simulated" if source.partition(":")[0] == "simulated" else "real"


def _loopback(address: str) -> str:
    """The address of a server on this machine: what is called simulated comes from nowhere else."""
    try:
        parts = urlsplit(address)
        host = ipaddress.ip_address(parts.hostname or "")
        usable = parts.scheme == "http" and host.is_loopback and parts.port is not None
        usable = usable and not (parts.username or parts.path.strip("/") or parts.query)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{address!r} is no http://127.0.0.1:<port>")
    return address.rstrip("/")
