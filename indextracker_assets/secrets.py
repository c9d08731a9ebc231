"""Secrets from AWS Secrets Manager, for processes whose environment does not hold them.

They become secret values of the process's Settings and go nowhere else: not to the environment,
a log, an error or metadata. `Settings` defines the names and forms of secrets.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping

from indextracker.settings import Settings, SettingsError


def unlocked(settings: Settings) -> Settings:
    """The settings, with what the secret that they name holds.

    Raises:
        SettingsError: The secret cannot be read or used.
    """
    name = settings.deployment.secret
    return settings.with_secrets(_held(name)) if name else settings


def _held(name: str) -> Mapping[str, object]:
    # They take seconds to import, and are needed by those who have a secret alone.
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    from dagster import BetaWarning  # noqa: PLC0415
    from dagster_aws.secretsmanager import SecretsManagerResource  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BetaWarning)
        manager = SecretsManagerResource()
    try:
        answer = manager.get_client().get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as error:
        raise SettingsError(
            f"INDEXTRACKER_SECRET: {name!r} cannot be read from Secrets Manager: {error}"
        ) from error
    try:
        found = json.loads(answer["SecretString"])
    except (KeyError, ValueError):
        found = None
    # Outside, so that it does not carry the other, which holds the secret.
    if not isinstance(found, dict):
        raise SettingsError(f"INDEXTRACKER_SECRET: {name!r} holds no JSON object")
    return found
