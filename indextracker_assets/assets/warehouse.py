"""Loading: copies of the lake's tables in schema `raw` of the warehouse.

The tables of sessions are one step, so that a session is loaded whole, in one transaction.
"""

import time
from collections.abc import Iterator
from datetime import date

import dagster as dg

from indextracker.building import staleness
from indextracker.building.needs import raw_path
from indextracker.platform import Platform
from indextracker.warehouse.slices import LOADED
from indextracker_assets import pools
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key, group, metadata, raw_key
from indextracker_catalogue import Table

__all__ = ["LOADED", "warehouse_assets"]


def warehouse_assets(
    platform: Platform, partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """Two steps: the tables without sessions, and those with."""
    uri = platform.settings.warehouse.address
    whole = {raw_key(table): table for table in LOADED if table.is_whole}
    sliced = {raw_key(table): table for table in LOADED if not table.is_whole}

    @dg.multi_asset(
        name="raw_reference",
        specs=[_spec(table, uri) for table in whole.values()],
        can_subset=True,
        pool=pools.WAREHOUSE,
    )
    def raw_reference(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.MaterializeResult[None]]:
        mark(context)
        tables = [whole[key] for key in context.selected_asset_keys]
        loaded = platform.warehouse.load(platform.lake, tables, [])
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=raw_key(table), metadata={"dagster/row_count": loaded[table.path]}
            )

    @dg.multi_asset(
        name="raw_sessions",
        specs=[_spec(table, uri) for table in sliced.values()],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        pool=pools.WAREHOUSE,
    )
    def raw_sessions(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.MaterializeResult[None]]:
        mark(context)
        sessions = [date.fromisoformat(partition) for partition in context.partition_keys]
        tables = [sliced[key] for key in context.selected_asset_keys]
        started = time.monotonic()
        # Read before the rows are: what is built in between makes the copy stale.
        keys = context.partition_keys
        built = staleness.built(platform.lake, [table.path for table in tables], keys)
        loaded = platform.warehouse.load(platform.lake, tables, sessions)
        copies = {raw_path(table): built[table.path] for table in tables}
        staleness.record(platform.lake, copies)
        seconds = time.monotonic() - started
        for table in tables:
            yield dg.MaterializeResult(
                asset_key=raw_key(table),
                metadata={
                    "loaded_rows": loaded[table.path],
                    "seconds_of_run": seconds,
                    "world": platform.settings.world,
                },
            )

    return [raw_reference, raw_sessions]


def _spec(table: Table, uri: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        raw_key(table),
        deps=[asset_key(table)],
        description=f"Copy of {table.path} in the warehouse. {table.meaning}",
        group_name=group(table.subject, "raw"),
        kinds={"python", "duckdb"},
        metadata=metadata(table, uri) | {"dagster/table_name": f"raw.{table.name}"},
    )
