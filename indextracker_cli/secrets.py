"""Secrets for a command, read as the code location reads them."""

from __future__ import annotations

from indextracker.settings import Settings


def unlocked(settings: Settings) -> Settings:
    """The settings, with the secrets that they only name."""
    if not settings.deployment.secret:
        return settings
    from indextracker_assets import secrets  # noqa: PLC0415 - Dagster takes seconds

    return secrets.unlocked(settings)
