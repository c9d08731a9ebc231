"""Settings: read from the environment and a file, validated once, one object for each concern.

Nothing else reads the environment: everything is handed a Settings object, or its part.
"""

from indextracker.settings.composition import NAMES, SECRETS, Settings, SettingsError
from indextracker.settings.environment import (
    Origins,
    cache,
    export,
    export_for_s3,
    for_dbt,
    load,
    of_child,
    origins,
)
from indextracker.settings.source import World

__all__ = [
    "NAMES",
    "SECRETS",
    "Origins",
    "Settings",
    "SettingsError",
    "World",
    "cache",
    "export",
    "export_for_s3",
    "for_dbt",
    "load",
    "of_child",
    "origins",
]
