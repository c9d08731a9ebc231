"""What is taken of Dagster that Dagster does not promise to keep, all in one place, and why.

Tested with the versions in TESTED, which pyproject.toml pins; `tests/indextracker_assets/
test_internals.py` says what changed in another one. Nothing else imports a private module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# For a run in this process whose origin is recorded: `execute_in_process` records none, and the
# runs timeline of the UI shows no run without one. Every public way starts a process or a thread.
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME

# For an event log that keeps its connections open, and stores no plan by session: the public API
# configures where the log lies, and nothing else.
from dagster._core.events import AssetMaterializationPlannedData
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.workspace.load import location_origins_from_yaml_paths

# For the type of a failed step's error, which events carry.
from dagster_shared.error import SerializableErrorInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from dagster_aws.ecs.tasks import CurrentEcsTaskMetadata
    from dagster_dbt import DbtCliEventMessage

__all__ = [
    "INDEX_SHARD_NAME",
    "SINGLETON_REPOSITORY_NAME",
    "TESTED",
    "AssetMaterializationPlannedData",
    "InMemoryJob",
    "RemoteJobOrigin",
    "RemoteRepositoryOrigin",
    "SerializableErrorInfo",
    "SqliteEventLogStorage",
    "current_ecs_task",
    "dbt_message",
    "develop",
    "execute_run",
    "location_origins_from_yaml_paths",
    "serve_ui",
]

TESTED = {
    "dagster": "1.13.27",
    "dagster-webserver": "1.13.27",
    "dagster-dbt": "0.29.27",
    "dagster-aws": "0.29.27",
}


def dbt_message(log: dict[str, Any]) -> DbtCliEventMessage:
    """An event of dbt's structured log as dagster-dbt has it, which makes Dagster's events of it.

    Its own client reads the log of a process of dbt's command, which takes seven seconds to start.
    """
    from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage  # noqa: PLC0415 - seconds

    return DbtCoreCliEventMessage(log, event_history_metadata={})


def current_ecs_task() -> CurrentEcsTaskMetadata:
    """The task of ECS that this process runs in.

    Raises:
        TypeError, OSError: It is in none.
    """
    from dagster_aws.ecs.tasks import get_current_ecs_task_metadata  # noqa: PLC0415 - seconds

    return get_current_ecs_task_metadata()


def serve_ui(guard: Callable[[Any], Any]) -> None:
    """Becomes `dagster-webserver`, with a middleware of ASGI before all that it answers.

    Its own options have none, and none that looks at who asks.
    """
    from dagster_webserver import cli  # noqa: PLC0415 - seconds
    from dagster_webserver.webserver import DagsterWebserver  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415

    first = DagsterWebserver.build_middleware

    def guarded(self: DagsterWebserver[Any, Any]) -> list[Middleware]:
        return [Middleware(guard), *first(self)]

    DagsterWebserver.build_middleware = guarded  # type: ignore[method-assign]
    cli.main()  # type: ignore[no-untyped-call]


def develop(webserver: str) -> None:
    """Becomes `dagster dev`, with another module as its webserver.

    Args:
        webserver: The module, which takes the arguments of `dagster_webserver`.
    """
    from dagster import _cli  # noqa: PLC0415 - seconds
    from dagster._cli import dev  # noqa: PLC0415

    # It does not name what it imports as its own.
    name = "open_ipc_subprocess"
    start = getattr(dev, name)

    def instead(parts: list[str], **options: Any) -> Any:
        return start([webserver if x == "dagster_webserver" else x for x in parts], **options)

    setattr(dev, name, instead)
    _cli.main()  # type: ignore[no-untyped-call]
