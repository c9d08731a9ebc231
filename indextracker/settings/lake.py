"""Settings of the lake: its place and its first session."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from indextracker.settings.forms import Concern, absolute, bucket


class LakeSettings(Concern):
    """The lake.

    Attributes:
        address: Folder or s3 prefix of the lake.
        start: First session that has a partition.
    """

    address: str = Field(alias="lake")
    start: date = date(2020, 1, 2)

    @field_validator("address")
    @classmethod
    def _folder_or_bucket(cls, place: str) -> str:
        return bucket(place) if "://" in place else absolute(place)

    @property
    def on_s3(self) -> bool:
        """Whether it is in a bucket, and not in a folder of this machine."""
        return "://" in self.address
