"""Settings of the deployment that this process belongs to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from indextracker.settings.forms import Concern


class DeploymentSettings(Concern):
    """The deployment.

    Attributes:
        env: One machine, or AWS, where every setting of the deployment is required.
        secret: Name in Secrets Manager of an object with the secrets that are not set here.
        failpoint: The place at which a test kills this process, `name` or `name:n`.
    """

    env: Literal["local", "aws"] = "local"
    secret: str = ""
    failpoint: str = Field(default="", pattern=r"^([a-z-]+(:[1-9][0-9]*)?)?$")
