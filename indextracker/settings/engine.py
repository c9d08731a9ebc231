"""Settings of the engine that runs Spark code, and of EMR Serverless."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from indextracker.settings.forms import Concern, bucket


class EngineSettings(Concern):
    """The engine.

    Attributes:
        name: `sail` or `spark` (a JVM) in this process, a Spark Connect server at
            `sc://host:port`, or `emr`, EMR Serverless.
        emr_application: Id of the application of EMR Serverless.
        emr_role: ARN of the role with which its jobs run.
        emr_code: s3 prefix of the packaged Spark code, its messages and logs.
    """

    name: str = Field(default="sail", alias="engine")
    emr_application: str = ""
    emr_role: str = ""
    emr_code: str = ""

    @field_validator("name")
    @classmethod
    def _known(cls, engine: str) -> str:
        if engine in ("sail", "spark", "emr") or re.fullmatch(r"sc://[\w.-]+:\d+(/;.*)?", engine):
            return engine
        raise ValueError(f"{engine!r} is neither 'sail', 'spark', 'sc://<host>:<port>' nor 'emr'")

    @field_validator("emr_code")
    @classmethod
    def _in_a_bucket(cls, place: str) -> str:
        return bucket(place) if place else ""
