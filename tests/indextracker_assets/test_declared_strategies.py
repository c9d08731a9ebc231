"""Runs that are declared beside the lake are assets, whose years are runs of their own."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from support.archives import MakePlatform
from support.price_collections import put_collection

from indextracker.platform import Platform
from indextracker.strategies import storing
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets.definitions import work_defs

TREND = dg.AssetKey(["strategies", "trend"])
RUNS = dg.AssetKey(["gold", "strategy_runs"])
DECLARED = """
trend:
  strategy: crossover
  prices: prices
  first_year: 2016
  last_year: 2019
  parameters: {fast: 5, slow: 50}
  terms: {cost_bps: 5}
"""
WRONG = "broken: {strategy: crosover, prices: prices, first_year: 2016}\n"


@pytest.fixture(scope="module")
def platform(make_platform: MakePlatform) -> Platform:
    made = make_platform()
    prepare()
    put_collection(made.lake)
    folder = Path(made.settings.lake.address).parent / "strategies"
    folder.mkdir()
    (folder / "trend.yml").write_text(DECLARED)
    (folder / "wrong.yml").write_text(WRONG)
    return made


def test_a_declared_run_stands_between_its_prices_and_the_marts(
    platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    graph = work_defs(platform).resolve_asset_graph()
    assert graph.get(TREND).parent_keys == {dg.AssetKey(["silver", "file_prices"])}
    assert TREND in graph.get(RUNS).parent_keys
    below = graph.get(RUNS).child_keys
    assert below == {dg.AssetKey(["raw", "raw_strategy_runs"])}
    years = graph.get(TREND).partitions_def
    assert years is not None
    assert [*years.get_partition_keys()] == ["2016", "2017", "2018", "2019"]
    assert "wrong.yml, broken: there is no strategy 'crosover'" in caplog.text
    assert dg.AssetKey(["strategies", "broken"]) not in graph.get_all_asset_keys()


def test_years_are_filled_as_runs(platform: Platform) -> None:
    defs = work_defs(platform)
    with dg.instance_for_test() as instance:
        job = defs.resolve_implicit_global_asset_job_def()
        tags = {
            "dagster/asset_partition_range_start": "2017",
            "dagster/asset_partition_range_end": "2018",
        }
        done = job.execute_in_process(instance=instance, asset_selection=[TREND], tags=tags)
        assert done.success
        assert instance.get_materialized_partitions(TREND) == {"2017", "2018"}
        ids = instance.get_materialized_partitions(RUNS)
        mart = dg.AssetKey(["marts", "fct_strategy_run"])
        assert instance.get_latest_materialization_event(mart) is not None
    found = storing.every(platform.lake)
    assert {run.run_id for run in found} == ids
    assert {(str(run.row["first_date"]), str(run.row["last_date"])) for run in found} == {
        ("2017-01-01", "2017-12-31"),
        ("2018-01-01", "2018-12-31"),
    }
    with platform.warehouse.reading() as connection:
        marts = connection.execute("select run_id from fct_strategy_run").fetchall()
    assert {run_id for (run_id,) in marts} == ids
