"""The environment: reads settings from it, and exports variables to libraries and child processes.

The only module that touches os.environ: everything else is handed a Settings object. Validation of
settings and reading the settings file do not belong here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indextracker.settings import file as settings_file
from indextracker.settings.composition import (
    NAMES,
    SECRETS,
    Settings,
    SettingsError,
    validated,
    variable,
)
from indextracker.settings.forms import absolute
from indextracker.system import failpoints
from indextracker.system.installation import home

# Variables that begin as settings do and are not settings: of dbt's profile and of the tests.
_OTHERS = re.compile(r"INDEXTRACKER_(SETTINGS|KILLS|REQUIRE_SAMPLES|(DBT|TEST)_[A-Z_]+)")


@dataclass(frozen=True)
class Origins:
    """Where this process's settings come from; what is in neither has its default.

    Attributes:
        file: The settings file, there or not.
        filed: Names of the settings that it gives.
        variables: Names of the variables that give others.
    """

    file: Path
    filed: tuple[str, ...]
    variables: tuple[str, ...]


def load(**instead: str) -> Settings:
    """The settings of this process: of the environment, else of the settings file.

    Args:
        **instead: Settings by name that count more than either, as a command's own options do.

    Raises:
        SettingsError: One sentence per variable, or line of the file, that cannot be used.
    """
    filed = {name: v for name, v in _verified()[1].items() if name not in instead}
    given = {name: os.environ[variable(name)] for name in NAMES if variable(name) in os.environ}
    if not given.get("dagster_home"):
        given["dagster_home"] = os.environ.get("DAGSTER_HOME", "")
    return validated(given | filed | instead, filed)


def origins() -> Origins:
    """Where the settings come from; to be asked before `export`, which sets all variables.

    Raises:
        SettingsError: A name is no setting's, or the file cannot be used.
    """
    file, filed = _verified()
    given = [name for name in NAMES if os.environ.get(variable(name))]
    return Origins(file, tuple(filed), tuple(map(variable, given)))


def export(settings: Settings) -> None:
    """Sets what libraries and child processes read from the environment.

    Children get every setting by its absolute value, so that their working folder cannot matter.
    Secrets are not copied: children inherit the variables in which they came.
    """
    for name, value in settings.by_name().items():
        if name not in SECRETS:
            os.environ[variable(name)] = str(value)
    if named := os.environ.get("INDEXTRACKER_SETTINGS"):
        os.environ["INDEXTRACKER_SETTINGS"] = absolute(named)
    failpoints.arm(settings.deployment.failpoint)
    os.environ["DAGSTER_HOME"] = settings.dagster.home
    os.environ["INDEXTRACKER_DBT_DATABASE"] = settings.warehouse.private
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # Sail's defaults write Snappy, twice the size of zstd, and log every session it opens.
    os.environ.setdefault("SAIL_PARQUET__COMPRESSION", "zstd(1)")
    os.environ.setdefault("RUST_LOG", "error")
    # Batches of four times its 8,192 rows take a tenth less of the time of silver and of bars.
    os.environ.setdefault("SAIL_EXECUTION__BATCH_SIZE", "32768")
    # It also drops a session that was idle for 15 minutes, as between acquiring and refining.
    os.environ.setdefault("SAIL_SPARK__SESSION_TIMEOUT_SECS", "86400")
    export_for_s3()


def of_child(**instead: str) -> dict[str, str]:
    """The environment of a child process that has settings of its own.

    Args:
        **instead: Settings by name that differ from those of this process.
    """
    return dict(os.environ) | {variable(name): value for name, value in instead.items()}


@contextmanager
def for_dbt(password: str, **values: str) -> Iterator[None]:
    """Sets the variables that dbt's profile of a cluster reads, for the length of a call of dbt.

    They are removed again: other child processes must not get them.

    Args:
        password: Under a name that dbt keeps out of its logs.
        **values: The rest of the login, by the last word of its variable.
    """
    variables = {f"INDEXTRACKER_DBT_{name.upper()}": value for name, value in values.items()}
    variables["DBT_ENV_SECRET_INDEXTRACKER_PASSWORD"] = password
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


def cache() -> Path:
    """The user's folder for files that can be made again, by the desktop's rules (XDG)."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    # A relative one is to be passed over, as those rules say.
    folder = Path(named) if Path(named).is_absolute() else Path.home() / ".cache"
    return folder / "indextracker"


def export_for_s3() -> None:
    """Has boto3, delta-rs and Sail understand the variables of AWS alike."""
    if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        # boto3 knows the second name alone.
        os.environ.setdefault("AWS_REGION", region)
        os.environ.setdefault("AWS_DEFAULT_REGION", region)
    if endpoint := os.environ.get("AWS_ENDPOINT_URL", ""):
        # A store of one's own has no host name for each bucket.
        os.environ.setdefault("AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "false")
        if endpoint.startswith(("http://127.0.0.1:", "http://localhost:")):
            os.environ.setdefault("AWS_ALLOW_HTTP", "true")


def _verified() -> tuple[Path, dict[str, Any]]:
    """The settings file and what it gives where the environment gives nothing.

    Raises:
        SettingsError: A name is no setting's, or the file cannot be used.
    """
    names = {variable(name) for name in NAMES}
    unknown = [
        f"{name}: no setting is called so{settings_file.meant(name, NAMES)}"
        for name in sorted(os.environ)
        if name.startswith("INDEXTRACKER_") and name not in names and not _OTHERS.fullmatch(name)
    ]
    if unknown:
        raise SettingsError(*unknown)
    named = os.environ.get("INDEXTRACKER_SETTINGS")
    file = Path(named or home() / "indextracker.toml").expanduser().absolute()
    filed: dict[str, Any] = {}
    if named or file.exists():
        try:
            filed = settings_file.read(file, NAMES, SECRETS)
        except OSError as error:
            raise SettingsError(f"{file} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise SettingsError(*str(error).split("; ")) from None
    return file, {name: v for name, v in filed.items() if not os.environ.get(variable(name))}
