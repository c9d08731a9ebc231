"""dbt's models as assets: built, tested, counted, and published only when all of it passed."""

from __future__ import annotations

import hashlib
from datetime import date

import dagster as dg
import duckdb
import pytest
from support.archives import Archive, MakePlatform
from support.backfills import backfill_sessions

from indextracker.platform import Platform
from indextracker_assets import jobs
from indextracker_assets.definitions import build_defs

DAY = date(2024, 12, 13)
# What dbt builds of the subject that is backfilled here.
GROUPS = ("taiwan_staging", "taiwan_intermediate", "taiwan_marts")
MARTS = {
    "derivative",
    "derivative_detail",
    "derivative_detail_code",
    "derivative_detail_history",
    "derivative_session",
    "index",
    "index_history",
    "index_session",
    "spread",
    "spread_history",
    "spread_session",
}


@pytest.fixture(scope="module")
def published(make_platform: MakePlatform, archive: Archive) -> Platform:
    """One session, published."""
    archive.add(DAY)
    platform = make_platform(archive.source)
    report = backfill_sessions(platform, [DAY])
    assert report.failures == []
    return platform


def test_models_are_assets_by_schema_and_name(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    keys = [node.key.path for node in graph.asset_nodes if node.group_name in GROUPS]
    assert {name for schema, name in keys if schema == "marts"} == MARTS
    staged = {name for schema, name in keys if schema == "staging"}
    assert all(name.startswith("stg_") for name in staged)
    assert len(staged) > 5
    below = graph.get(dg.AssetKey(["staging", "stg_futures_bars"])).parent_keys
    assert below == {dg.AssetKey(["raw", "raw_futures_bars"])}


def test_tests_of_models_are_blocking_checks(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    named = {
        (check.asset_key.to_user_string(), check.name)
        for check in graph.asset_check_keys
        if graph.get_check_spec(check).blocking
    }
    assert ("marts/index", "unique_index_id") in named
    assert ("staging/stg_contracts", "contracts_bear_the_codes_of_the_calendar") in named
    assert ("intermediate/int_contracts", "contracts_one_row_per_contract_and_session") in named
    assert {key for key, _ in named} >= {f"marts/{name}" for name in MARTS}


def test_a_view_shows_the_tests_of_its_table(definitions: dg.Definitions) -> None:
    """Written at the table, or naming it; with what each says."""
    graph = definitions.resolve_asset_graph()
    of_view = dg.AssetKey(["marts", "index_history"])
    said = {
        check.name: graph.get_check_spec(check).description
        for check in graph.asset_check_keys
        if check.asset_key == of_view
    }
    assert said["index_history_is_complete"] == "Every priced bar of an index is in the history."
    assert said["index_history_one_row_per_bar"]
    of_table = dg.AssetKey(["intermediate", "int_index_history"])
    assert not [check for check in graph.asset_check_keys if check.asset_key == of_table]


def test_row_counts_are_those_of_what_is_published(published: Platform) -> None:
    with (
        dg.DagsterInstance.from_config(published.settings.dagster.home) as instance,
        published.warehouse.reading() as connection,
    ):
        for name in MARTS:
            event = instance.get_latest_materialization_event(dg.AssetKey(["marts", name]))
            assert event
            assert event.asset_materialization
            counted = event.asset_materialization.metadata["dagster/row_count"].value
            rows = connection.execute(f'select count(*) from marts."{name}"').fetchall()[0][0]
            assert counted == rows > 0, name


def test_columns_of_marts_lead_back_to_the_columns_of_raw(published: Platform) -> None:
    with dg.DagsterInstance.from_config(published.settings.dagster.home) as instance:

        def origins(schema: str, name: str, column: str) -> set[tuple[str, str]]:
            event = instance.get_latest_materialization_event(dg.AssetKey([schema, name]))
            assert event
            assert event.asset_materialization
            lineage = event.asset_materialization.metadata["dagster/column_lineage"].value
            return {
                (dep.asset_key.to_user_string(), dep.column_name)
                for dep in lineage.deps_by_column[column]
            }

        history = "intermediate/int_derivative_history"
        assert origins("marts", "derivative_detail_history", "volume") == {(history, "volume")}
        assert origins("intermediate", "int_derivative_history", "volume") == {
            ("staging/stg_futures_bars", "contracts"),
            ("staging/stg_futures_bars", "spread_contracts"),
            ("staging/stg_option_bars", "contracts"),
            ("staging/stg_etf_bars", "shares"),
        }
        assert origins("staging", "stg_option_bars", "price_open") == {
            ("raw/raw_option_bars", "open")
        }


def test_every_check_of_dbt_has_a_result(published: Platform) -> None:
    graph = build_defs(published).resolve_asset_graph()
    checks = [
        check for check in graph.asset_check_keys if graph.get(check.asset_key).group_name in GROUPS
    ]
    with dg.DagsterInstance.from_config(published.settings.dagster.home) as instance:
        latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
    assert set(latest) == set(checks)
    assert {record.status.value for record in latest.values()} == {"SUCCEEDED"}


def test_what_fails_a_test_is_not_published(published: Platform) -> None:
    before = hashlib.sha256(published.warehouse.published.read_bytes()).hexdigest()
    with published.warehouse.writing() as private, duckdb.connect(str(private)) as connection:
        connection.execute(
            "insert into raw.futures_sessions select * from raw.futures_sessions limit 1"
        )
        connection.execute("update raw.loads set load_id = 'another'")
    with dg.DagsterInstance.from_config(published.settings.dagster.home) as instance:
        result = (
            build_defs(published)
            .resolve_job_def(jobs.BUILD_MARTS)
            .execute_in_process(instance=instance, raise_on_error=False)
        )
        assert not result.success
        [failure] = result.filter_events(lambda event: event.is_step_failure)
        said = failure.step_failure_data.user_failure_data
        assert said
        assert "nothing was published" in str(said.description)
        assert "futures_bars_agree_with_sessions: Got 1 result" in str(said.description)
    assert hashlib.sha256(published.warehouse.published.read_bytes()).hexdigest() == before
