"""The marts on Redshift report the same to Dagster as on DuckDB: counts, lineage, checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import pytest
from warehouses.markets import answer
from warehouses.test_both_warehouses import MARTS

from indextracker.lake import Lake
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets import jobs
from indextracker_assets.definitions import build_defs
from indextracker_cli.backfilling import prepare_instance


@pytest.fixture
def platform(
    in_cluster: Warehouse, on_cluster: Callable[..., Settings], market: Lake, tmp_path: Path
) -> Platform:
    """A warehouse with the market, and its lake."""
    shutil.copytree(market.root, tmp_path / "lake")
    here = urlsplit(str(in_cluster.address)).path.strip("/")
    return Platform(on_cluster(tmp_path, like=here))


def test_a_run_counts_traces_and_checks_the_marts(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", platform.settings.dagster.home)
    prepare_instance(platform.settings)
    prepare()
    defs = build_defs(platform)
    with dg.DagsterInstance.from_config(platform.settings.dagster.home) as instance:
        result = defs.resolve_job_def(jobs.BUILD_MARTS).execute_in_process(instance=instance)
        assert result.success
        for mart, rows in MARTS.items():
            event = instance.get_latest_materialization_event(dg.AssetKey(["marts", mart]))
            assert event
            assert event.asset_materialization
            told = event.asset_materialization.metadata
            assert told["dagster/row_count"].value == rows
            assert told["dagster/column_lineage"].value.deps_by_column
        graph = defs.resolve_asset_graph()
        of_taiwan = {f"taiwan_{schema}" for schema in ("staging", "intermediate", "marts")}
        checks = [
            check
            for check in graph.asset_check_keys
            if graph.get(check.asset_key).group_name in of_taiwan
        ]
        found = instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
    assert set(found) == set(checks)
    assert {record.status.value for record in found.values()} == {"SUCCEEDED"}
    assert answer(platform.warehouse, "select count(*) from index") == [(MARTS["index"],)]
    assert (tmp_path / "dagster" / "dbt_docs" / "index.html").exists()
