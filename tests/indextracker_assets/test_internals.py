"""What is taken of Dagster beyond its public API is there, and as it was when it was tried."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from support.sources import PROJECT

from indextracker.system.installation import shipped
from indextracker_assets import internals

PRIVATE = re.compile(
    r"^\s*(?:from|import) (dagster\._|dagster_\w+\.\w+\.|dagster_shared)", re.MULTILINE
)
# What the classes and functions are asked for, by their parameters and members.
CALLED = {
    internals.execute_run: ("job", "dagster_run", "instance"),
    internals.InMemoryJob: ("job_def",),
    internals.location_origins_from_yaml_paths: ("yaml_paths",),
}
OVERRIDDEN = (
    *("_connect", "path_for_shard", "conn_string_for_shard", "run_connection"),
    *("index_connection", "store_event", "from_config_value", "wipe", "dispose"),
    "supports_partition_subset_in_asset_materialization_planned_events",
)


@pytest.mark.parametrize("package", internals.TESTED)
def test_the_versions_are_those_that_were_tried(package: str) -> None:
    tried = internals.TESTED[package]
    assert version(package) == tried, (
        f"{package} {version(package)} is installed, and indextracker_assets/internals.py was "
        f"tried with {tried}: look at each name in it, run the tests of runs, marts and the event "
        "log, and write the new version into TESTED"
    )


@pytest.mark.parametrize("called", CALLED, ids=lambda called: called.__name__)
def test_they_take_what_they_are_given(called: object) -> None:
    parameters = tuple(inspect.signature(called).parameters)  # type: ignore[arg-type]
    first = parameters[: len(CALLED[called])]
    assert first == CALLED[called], f"Dagster's {called} takes {parameters} now"


def test_a_run_has_an_origin_from_a_workspace() -> None:
    workspace = str(shipped("deployment/local/workspace.yaml"))
    (location,) = internals.location_origins_from_yaml_paths([workspace])
    assert location.location_name == "indextracker"
    repository = internals.RemoteRepositoryOrigin(location, internals.SINGLETON_REPOSITORY_NAME)
    assert internals.RemoteJobOrigin(repository, "job").job_name == "job"


def test_the_event_log_has_what_ours_overrides() -> None:
    gone = [name for name in OVERRIDDEN if not hasattr(internals.SqliteEventLogStorage, name)]
    assert gone == [], f"Dagster's SqliteEventLogStorage has no {gone}: see event_log.py"
    plan = internals.AssetMaterializationPlannedData._fields
    assert "partitions_subset" in plan, f"a planned materialization has {plan} now"


def test_dbts_messages_make_dagsters_events() -> None:
    message = internals.dbt_message({"info": {"name": "Some", "msg": "x", "level": "info"}})
    assert callable(message.to_default_asset_events)


def test_nothing_else_imports_what_is_private() -> None:
    modules = (
        path
        for folder in ("indextracker", "indextracker_assets", "indextracker_cli")
        for path in Path(PROJECT, folder).rglob("*.py")
    )
    found = {path.name for path in modules if PRIVATE.search(path.read_text(encoding="utf-8"))}
    assert found == {"internals.py"}
