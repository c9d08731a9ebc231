"""Assets of the reference tables: from calendars, reference/*.csv and closures that were found."""

from collections.abc import Iterator

import dagster as dg

from indextracker.acquiring.deliveries import found_closures
from indextracker.building.reference_tables import REFERENCES
from indextracker.platform import Platform
from indextracker.system.failpoints import failpoint
from indextracker_assets import pools
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key, check_results, check_specs, group_of, metadata
from indextracker_catalogue import Table


def reference_assets(platform: Platform) -> list[dg.AssetsDefinition]:
    """An asset per reference table."""
    return [_reference_asset(table, platform) for table in REFERENCES]


def _reference_asset(table: Table, platform: Platform) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(table),
        description=table.meaning,
        group_name=group_of(table),
        kinds={"python", "deltalake"},
        metadata=metadata(table, platform.lake.path(table)),
        check_specs=check_specs(table),
        pool=pools.table(table),
    )
    def reference(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        mark(context)
        with platform.locks.table(table.path):
            rows = REFERENCES[table].made(platform.clock().date(), found_closures(platform.lake))
            failpoint("reference-before")
            platform.lake.replace(table, rows)
            failpoint("reference-after")
            yield dg.MaterializeResult(metadata={"dagster/row_count": rows.num_rows})
            yield from check_results(platform.lake, table, None)

    return reference
