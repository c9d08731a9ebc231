"""Settings of the source of documents, and of requests to publishers."""

from __future__ import annotations

import ipaddress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, field_validator, model_validator

from indextracker.settings.forms import BUCKET, Concern
from indextracker_catalogue import SECRETS

World = Literal["simulated", "real"]


def _usable(secret: SecretStr) -> SecretStr | None:
    """A secret without the blanks around it; None where there is nothing else."""
    value = secret.get_secret_value().strip()
    # Said without the value: this sentence is printed.
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("it is no token: it holds blanks or characters beyond ASCII")
    return SecretStr(value) if value else None


class SourceSettings(Concern):
    """Where documents come from; with the secrets of publishers, each by the name it is declared.

    Attributes:
        address: `simulated`, `simulated:<address>` of a simulated exchange that runs already,
            `live`, or `archive:<path or s3 prefix>` of the publishers' own files.
        user_agent: The User-Agent header of requests.
    """

    # What the fields below do not name are secrets: which there are is declared in the catalogue.
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[SecretStr, AfterValidator(_usable)] | None]

    address: str = Field(default="simulated", alias="source")
    user_agent: str = Field(default="", validate_default=True)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of its fields, and those of the secrets."""
        return (*super().names(), *SECRETS)

    @model_validator(mode="before")
    @classmethod
    def _every_secret(cls, given: dict[str, Any]) -> dict[str, Any]:
        return dict.fromkeys(SECRETS) | given

    @field_validator("address")
    @classmethod
    def _known(cls, source: str) -> str:
        kind, _, place = source.partition(":")
        if source in ("simulated", "live"):
            return source
        if kind == "simulated":
            return f"simulated:{_loopback(place)}"
        if kind == "archive" and BUCKET.fullmatch(place.rstrip("/")):
            return f"archive:{place.rstrip('/')}"
        if kind == "archive" and place and "://" not in place:
            return f"archive:{Path(place).expanduser().resolve()}"
        raise ValueError(
            f"{source!r} is neither 'simulated', 'simulated:<http address>', 'live' "
            "nor 'archive:<folder or s3 prefix>'"
        )

    @field_validator("user_agent")
    @classmethod
    def _honest(cls, user_agent: str) -> str:
        if not user_agent:
            return f"indextracker/{version('indextracker')} (open market-data lakehouse)"
        if not (user_agent.isascii() and user_agent.isprintable() and user_agent.strip()):
            raise ValueError(f"{user_agent!r} is no line of printable ASCII")
        return user_agent

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """The secrets of publishers that are set, by the name that the publishers know them by."""
        return {name: held for name, held in self.__pydantic_extra__.items() if held}

    @property
    def world(self) -> World:
        """Whether the data is simulated or real: a lake never holds both."""
        return world_of(self.address)


def world_of(source: object) -> World:
    """The world of a source's address."""
    return "simulated" if str(source).partition(":")[0] == "simulated" else "real"


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
