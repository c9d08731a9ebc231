"""What is taken of dbt beyond its public API is there, and as it was when it was tried."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest

from indextracker.warehouse import dbt_internals


@pytest.mark.parametrize("package", dbt_internals.TESTED)
def test_the_versions_are_those_that_were_tried(package: str) -> None:
    tried = dbt_internals.TESTED[package]
    assert version(package).startswith(f"{tried}."), (
        f"{package} {version(package)} is installed, and indextracker/warehouse/dbt_internals.py "
        f"was tried with {tried}: look at each name in it, run the tests of the marts and of the "
        "warehouses, and write the new version into TESTED"
    )


def test_the_names_are_there() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.functions import msg_to_dict

    assert {name for name in ("from_msgpack", "build_flat_graph") if hasattr(Manifest, name)} == {
        "from_msgpack",
        "build_flat_graph",
    }, "dbt's Manifest is read or prepared by other names now"
    assert list(inspect.signature(msg_to_dict).parameters) == ["msg"]
    assert not inspect.signature(cleanup_connections).parameters
    assert callable(DuckDBConnectionManager.close_all_connections)


def test_nothing_is_left_open_where_nothing_was_opened() -> None:
    dbt_internals.close_connections()
    dbt_internals.close_duckdb()
