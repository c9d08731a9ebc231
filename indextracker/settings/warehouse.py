"""Settings of the warehouse: its place, how rows are loaded, and who may read them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from indextracker.settings.forms import Concern, absolute, bucket

_POSTGRESQL = re.compile(r"postgresql://[^@/\s]+@[^@/\s:]*(:\d{1,5})?/[^/?\s]+(\?[^\s]*)?")


class WarehouseSettings(Concern):
    """The warehouse.

    Attributes:
        address: DuckDB file that readers open, or `redshift://user@host:port/database`, with
            `?cluster=<identifier>` where IAM gives the password.
        password: Secret of the warehouse's user, where IAM does not give it.
        copy_role: ARN of the role with which Redshift reads the staged files.
        staging: s3 prefix through which rows go to Redshift; beside the lake by default.
        readers: Role of the warehouse that may read it.
        results: Secret address of a PostgreSQL that gets results of strategies too.
    """

    address: str = Field(alias="warehouse")
    password: SecretStr | None = Field(default=None, alias="warehouse_password")
    copy_role: str = ""
    staging: str = ""
    readers: str = Field(default="indextracker_readers", pattern=r"^[a-z_][a-z0-9_]*$")

    results: SecretStr | None = Field(default=None, alias="strategy_database")

    @field_validator("address")
    @classmethod
    def _file_or_cluster(cls, place: str) -> str:
        if "://" not in place:
            return absolute(place)
        parts = urlsplit(place)
        if parts.password:
            # Said without the value: this sentence is printed.
            raise ValueError("it holds a password: set INDEXTRACKER_WAREHOUSE_PASSWORD instead")
        whole = parts.scheme == "redshift" and parts.username and parts.hostname
        if not (whole and parts.path.strip("/")):
            raise ValueError(
                f"{place!r} is neither a path nor redshift://<user>@<host>:<port>/<database>"
            )
        return place

    @field_validator("staging")
    @classmethod
    def _in_a_bucket(cls, place: str) -> str:
        return bucket(place) if place else ""

    @field_validator("results")
    @classmethod
    def _postgresql(cls, address: SecretStr | None) -> SecretStr | None:
        if not address or not address.get_secret_value():
            return None
        # Said without the value: this sentence is printed.
        if not _POSTGRESQL.fullmatch(address.get_secret_value()):
            raise ValueError("it is no postgresql://<user>:<password>@<host>:5432/<database>")
        return address

    @property
    def on_cluster(self) -> bool:
        """Whether it is Redshift, and not a file."""
        return "://" in self.address

    @property
    def private(self) -> str:
        """The file in which it is built before it is published."""
        place = Path(self.address)
        return str(place.with_name(f".{place.name}.building"))


def needs_password(warehouse: str) -> bool:
    """Whether an address is Redshift's, and no cluster is named for which IAM gives a password."""
    return "://" in warehouse and "cluster=" not in warehouse.partition("?")[2]
