"""The environment, read and validated once.

The only module that touches os.environ: everything else is handed a Settings object. It also
sets what libraries and child processes expect to find there.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parents[1]

World = Literal["simulated", "real"]


class SettingsError(ValueError):
    """The environment holds something that cannot be used; the message names each variable."""


class Settings(BaseSettings):
    """Where documents come from, where data goes and what computes it.

    Attributes:
        env: Which deployment this is; so far only one machine.
        source: `simulated`, or `archive:<path>` of the publishers' own files.
        lake: Folder of the lake.
        engine: What runs Spark code; so far Sail in this process.
        warehouse: DuckDB file that readers open.
        start: First session that partitions hold.
        dagster_home: Folder of Dagster's instance.
    """

    model_config = SettingsConfigDict(env_prefix="INDEXTRACKER_", extra="ignore", frozen=True)

    env: Literal["local"] = "local"
    source: str = "simulated"
    lake: str = ""
    engine: Literal["sail"] = "sail"
    warehouse: str = ""
    start: date = date(2020, 1, 2)
    dagster_home: str = ""

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        kind, _, place = source.partition(":")
        if source == "simulated":
            return source
        if kind == "archive" and place and "://" not in place:
            return f"archive:{Path(place).expanduser().resolve()}"
        raise ValueError(f"{source!r} is neither 'simulated' nor 'archive:<folder>'")

    @field_validator("lake", "warehouse", "dagster_home")
    @classmethod
    def _absolute(cls, place: str) -> str:
        if "://" in place:
            raise ValueError(f"{place!r} is no path on this machine")
        return str(Path(place).expanduser().absolute())

    @model_validator(mode="before")
    @classmethod
    def _places(cls, values: dict[str, str]) -> dict[str, str]:
        world = "simulated" if values.get("source", "simulated") == "simulated" else "real"
        home = PROJECT / "data" / world
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
        return "simulated" if self.source == "simulated" else "real"

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
        raise SettingsError(
            "; ".join(
                f"INDEXTRACKER_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
                for item in error.errors()
            )
        ) from None


def export(settings: Settings) -> None:
    """Sets what libraries and child processes read from the environment.

    Children get every setting by its absolute value, so that their working folder cannot matter.
    """
    for name, value in settings.model_dump().items():
        os.environ[f"INDEXTRACKER_{name.upper()}"] = str(value)
    os.environ["DAGSTER_HOME"] = settings.dagster_home
    os.environ["INDEXTRACKER_DBT_DATABASE"] = settings.warehouse_private
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Sail's defaults write Snappy, twice the size of zstd, and log every session it opens.
    os.environ.setdefault("SAIL_PARQUET__COMPRESSION", "zstd(1)")
    os.environ.setdefault("RUST_LOG", "error")
