"""Types that settings of several concerns share: places on this machine and on S3."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict

# A server without a path, such as http://127.0.0.1:3000.
SERVER = r"^https?://[\w.\[\]:-]+$"
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+(/[\w.=-]+)*")


class Concern(BaseModel):
    """Settings of one concern: each is given by the name that people set, its field or alias."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names by which people set what is in it."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


def absolute(place: str) -> str:
    """A path of this machine that no working folder changes."""
    return str(Path(place).expanduser().absolute())


def bucket(place: str) -> str:
    """A prefix of S3, without a slash at its end.

    Raises:
        ValueError: It is none.
    """
    if not BUCKET.fullmatch(place.rstrip("/")):
        raise ValueError(f"{place!r} is no s3://<bucket>/<prefix>")
    return place.rstrip("/")
