"""What is taken of dbt that dbt does not promise to keep, all in one place, and why.

Tested with the versions in TESTED; `tests/indextracker/warehouse/test_dbt_internals.py` says what
changed in another one. `dbtRunner`, by which dbt runs, is documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

# All are imported when called: most who load the code location never run dbt.
TESTED = {"dbt-core": "1.11", "dbt-adapters": "1.24", "dbt-common": "1.39", "dbt-duckdb": "1.11"}


def parsed_project(packed: bytes) -> Manifest:
    """The project as dbt left it for itself, partial_parse.msgpack: parsing takes four seconds."""
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    manifest = Manifest.from_msgpack(packed)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]  # dbt declares none here
    return manifest


def as_log(message: EventMsg) -> dict[str, Any]:
    """An event as it stands in dbt's structured log, by which dagster-dbt knows it."""
    from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415

    log: dict[str, Any] = msg_to_dict(message)
    return log


def close_connections() -> None:
    """Closes the connections of the last call: `dbtRunner` leaves them open."""
    from dbt.adapters.factory import cleanup_connections  # noqa: PLC0415

    cleanup_connections()  # type: ignore[no-untyped-call]  # dbt declares no types here


def close_duckdb() -> None:
    """Closes DuckDB's file, which dbt-duckdb otherwise keeps for as long as the process lives."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    manager = DuckDBConnectionManager
    manager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb declares no types
