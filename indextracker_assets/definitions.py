"""Puts the code location together: assets, jobs and what is injected into them.

Tests call `build_defs` with a platform of their own.
"""

from __future__ import annotations

import warnings

import dagster as dg

from indextracker import settings as environment
from indextracker.platform import Platform
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets.assets.bronze import bronze_assets
from indextracker_assets.assets.documents import document_checks
from indextracker_assets.assets.freshness import freshness_checks
from indextracker_assets.assets.reference import reference_assets
from indextracker_assets.assets.silver_gold import refined_assets
from indextracker_assets.assets.strategies import filled_by, strategy_assets
from indextracker_assets.assets.warehouse import warehouse_assets
from indextracker_assets.automation import schedules, sensors
from indextracker_assets.jobs import ACQUIRE, BUILD_MARTS, REFINE, freshness_jobs, work_jobs
from indextracker_assets.partitions import partitions_of
from indextracker_assets.resources import lake_place
from indextracker_assets.secrets import unlocked


def build_defs(platform: Platform) -> dg.Definitions:
    """The whole code location over a platform."""
    watching = dg.Definitions(
        asset_checks=freshness_checks(),
        jobs=freshness_jobs(),
        schedules=schedules(platform),
        sensors=sensors(platform),
    )
    return dg.Definitions.merge(work_defs(platform), watching)


def work_defs(platform: Platform) -> dg.Definitions:
    """What a backfill runs: assets and jobs, without what watches over them."""
    return dg.Definitions.merge(table_defs(platform), marts_defs())


def marts_defs() -> dg.Definitions:
    """The marts. Apart, since dagster-dbt is loaded for them alone, in a second and a half."""
    from indextracker_assets.assets.marts import marts_assets  # noqa: PLC0415

    return dg.Definitions(assets=marts_assets(), jobs=work_jobs(BUILD_MARTS))


def table_defs(platform: Platform) -> dg.Definitions:
    """The tables of the lake and their copies in the warehouse, which the marts are made from."""
    partitions = partitions_of(platform)
    with warnings.catch_warnings():
        # One for each `backfill_policy`, fifty in all. Dagster is pinned to one version.
        warnings.simplefilter("ignore", dg.BetaWarning)
        runs = strategy_assets(platform)
        assets = [
            *reference_assets(platform),
            *filled_by(runs, bronze_assets(platform, partitions)),
            *refined_assets(platform, partitions),
            *warehouse_assets(platform, partitions),
            *runs,
        ]
    return dg.Definitions(
        assets=assets,
        asset_checks=document_checks(),
        jobs=work_jobs(ACQUIRE, REFINE),
        # One engine session serves a whole run: a process per step would start one each.
        executor=dg.in_process_executor,
        resources={"platform": platform},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The code location as the environment says."""
    settings = unlocked(environment.load())
    environment.export(settings)
    prepare()
    return build_defs(Platform(settings, place=lake_place))
