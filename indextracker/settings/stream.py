"""Settings of the streams of events: where they are kept, and for how long in the lake."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from indextracker.settings.forms import Concern, absolute

# A name of Kinesis has 128 characters at most; that of a subject follows this one.
_KINESIS = re.compile(r"kinesis://[A-Za-z0-9_.-]{1,100}")


class StreamSettings(Concern):
    """The streams, one for each subject that has events.

    Attributes:
        address: A folder of this machine, with a file for each stream; or `kinesis://<name>`, of
            which the stream of a subject is `<name>-<subject>`.
        keep_days: For how many days after they happened events stay in bronze; 0 for good.
    """

    address: str = Field(alias="stream")
    keep_days: int = Field(0, alias="stream_keep_days", ge=0)

    @field_validator("address")
    @classmethod
    def _folder_or_kinesis(cls, place: str) -> str:
        if "://" not in place:
            return absolute(place)
        if not _KINESIS.fullmatch(place):
            raise ValueError(f"{place!r} is neither a folder nor a kinesis://<name>")
        return place
