"""Hands commands the settings of the process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from indextracker.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


def with_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Hands a command the settings, which its children find in the environment too.

    An option `archive` takes the place of the setting of the source, and `dashboard_port` that of
    its name.
    """

    @functools.wraps(command)
    def loaded(*args: P.args, **kwargs: P.kwargs) -> R:
        from indextracker import settings as environment  # noqa: PLC0415 - pydantic is slow
        from indextracker_cli.secrets import unlocked  # noqa: PLC0415

        archive = kwargs.get("archive")
        instead = {"source": f"archive:{archive}"} if archive else {}
        if "dashboard_port" in kwargs and (port := kwargs.pop("dashboard_port")):
            instead["dashboard_port"] = str(port)
        settings = unlocked(environment.load(**instead))
        environment.export(settings)
        return command(settings, *args, **kwargs)

    return loaded
