"""Loading: copies of the lake's tables in schema `raw` of the warehouse.

The tables of a time line are one step of a subject, so that a session is loaded whole, in one
transaction.
"""

import time
from collections.abc import Iterator, Sequence

import dagster as dg

from indextracker.building import staleness
from indextracker.building.needs import copied, raw_path
from indextracker.platform import Platform
from indextracker_assets import pools
from indextracker_assets.partitions import PartitionsOf
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key, group_of, metadata, raw_key
from indextracker_catalogue import SUBJECTS, Key, Subject, Table, Timeline, Whole, tables_of


def warehouse_assets(platform: Platform, partitions: PartitionsOf) -> list[dg.AssetsDefinition]:
    """For each subject the tables in one piece in one step, and those of each time line."""
    uri = platform.settings.warehouse.address
    return [
        _reference(tables, uri, subject)
        if timeline == Whole()
        else _keyed(tables, uri, subject, partitions(timeline))
        for subject in SUBJECTS.values()
        for timeline, tables in loaded_of(subject).items()
    ]


def loaded_of(subject: Subject) -> dict[Timeline, list[Table]]:
    """What is loaded of a subject, by time line."""
    found: dict[Timeline, list[Table]] = {}
    for table in tables_of(subject):
        if table.in_warehouse:
            found.setdefault(table.timeline, []).append(table)
    return found


def loading(subject: Subject, timeline: Timeline) -> str:
    """The step that loads the tables of a time line; it does not name the subject's own."""
    own = timeline == subject.timeline
    which = type(timeline).__name__.lower() if own else timeline.name
    return f"raw_{which}{subject.suffix}"


def _reference(tables: Sequence[Table], uri: str, subject: Subject) -> dg.AssetsDefinition:
    whole = {raw_key(table): table for table in tables}

    @dg.multi_asset(
        name=f"raw_reference{subject.suffix}",
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

    return raw_reference


def _keyed(
    tables: Sequence[Table],
    uri: str,
    subject: Subject,
    partitions: dg.PartitionsDefinition | None,
) -> dg.AssetsDefinition:
    sliced = {raw_key(table): table for table in tables}
    timeline = tables[0].timeline

    @dg.multi_asset(
        name=loading(subject, timeline),
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
        keys = context.partition_keys
        tables = [sliced[key] for key in context.selected_asset_keys]
        started = time.monotonic()
        # Read before the rows are: what is built in between makes the copy stale.
        made_of = _made_of(platform, tables, keys)
        loaded = platform.warehouse.load(platform.lake, tables, keys)
        staleness.record(platform.lake, made_of)
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

    return raw_sessions


def _made_of(
    platform: Platform, tables: Sequence[Table], keys: Sequence[Key]
) -> staleness.Documents:
    """What the copies of tables are made of: what these were built from, or, of no job, they."""
    kept = [table for table in tables if not table.by_job]
    jobs = [table for table in tables if table.by_job]
    built = staleness.built(platform.lake, [table.path for table in jobs], keys)
    there = {raw_path(table): copied(table) for table in kept}
    return {
        **{raw_path(table): built[table.path] for table in jobs},
        **staleness.accepted(platform.lake, there, keys),
    }


def _spec(table: Table, uri: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        raw_key(table),
        deps=[asset_key(table)],
        description=f"Copy of {table.path} in the warehouse. {table.meaning}",
        group_name=group_of(table, "raw"),
        kinds={"python", "duckdb"},
        metadata=metadata(table, uri) | {"dagster/table_name": f"raw.{table.name}"},
    )
