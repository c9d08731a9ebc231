"""Refining: an asset per table that jobs write, its dependencies those of its jobs."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from indextracker.building import staleness
from indextracker.building.needs import feeds_of, refined_tables, ways
from indextracker.engines import Host
from indextracker.lake.checks import rules
from indextracker.platform import Platform
from indextracker.system.failpoints import failpoint
from indextracker_assets import pools
from indextracker_assets.partitions import PartitionsOf
from indextracker_assets.resources import StepHost
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key, blocks, check_results, check_specs, group, metadata
from indextracker_catalogue import Table
from indextracker_spark.jobs import writers


def refined_assets(platform: Platform, partitions: PartitionsOf) -> list[dg.AssetsDefinition]:
    """An asset per table of silver and gold."""
    return [
        _sessions_asset(table, platform, partitions(table.timeline))
        if not table.is_whole
        else _whole_asset(table, platform)
        for table in refined_tables()
    ]


def _whole_asset(table: Table, platform: Platform) -> dg.AssetsDefinition:
    def refined(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        mark(context)
        lake = platform.lake
        with platform.locks.table(table.path):
            lake.ensure([table])
            for job in writers(table):
                platform.engine.run(job, lake.address, [], StepHost(context))
            yield dg.MaterializeResult(metadata={"dagster/row_count": lake.total_rows(table)})
            yield from check_results(lake, table, None)

    return _asset(table, platform)(refined)


def _sessions_asset(
    table: Table, platform: Platform, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    def refined(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        mark(context)
        lake = platform.lake
        sessions = [date.fromisoformat(partition) for partition in context.partition_keys]
        with platform.locks.table(table.path):
            started = time.monotonic()
            documents = run_jobs(platform, table, sessions, StepHost(context))
            seconds = time.monotonic() - started
            rows = lake.row_counts(table, sessions)
            for session in sessions:
                note = {
                    "dagster/partition_row_count": rows[session],
                    "documents": documents[session],
                    "seconds_of_run": seconds,
                    "sessions_of_run": len(sessions),
                    "world": lake.world,
                }
                context.add_asset_metadata(note, asset_key(table), session.isoformat())
            yield dg.MaterializeResult()
            results = list(check_results(lake, table, sessions))
            if not any(blocks(result) for result in results):
                # What breaks a rule stays stale: nothing builds on it before it was mended.
                staleness.record(lake, {table.path: documents})
            yield from results

    policy = dg.BackfillPolicy.single_run()
    return _asset(table, platform, partitions_def=partitions, backfill_policy=policy)(refined)


def _asset(
    table: Table, platform: Platform, **more: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Makes an asset of a function, with the properties that all refined tables have."""
    # What its rules compare it with has to be there before it is examined.
    compared = (read for rule in rules(table) for read in rule.reads if read is not table)
    reads = dict.fromkeys((*(r for job in writers(table) for r in job.reads), *compared))
    decorate: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        key=asset_key(table),
        deps=[asset_key(read) for read in reads],
        description=table.meaning,
        group_name=group(table.subject, table.layer),
        kinds={"spark", "deltalake"},
        metadata=metadata(table, platform.lake.path(table)),
        check_specs=check_specs(table),
        pool=pools.table(table),
        **more,
    )
    return decorate


def run_jobs(
    platform: Platform, table: Table, sessions: Sequence[date], host: Host
) -> dict[date, str]:
    """Fills a table for the sessions by each of its jobs whose documents are there.

    Returns:
        The documents that each session was built from.

    Raises:
        dg.Failure: No job has the documents of some session, or what it reads is not there, or was
            built from others.
    """
    lake, jobs = platform.lake, writers(table)
    inputs = dict.fromkeys(read for job in jobs for read in job.reads)
    lake.ensure([table, *inputs])
    for read in inputs:
        if read.is_whole and not lake.total_rows(read):
            raise dg.Failure(
                f"{table.path} reads {read.path}, which is empty: materialise it first"
            )
    below = {r.path: ways(r) for r in inputs if not r.is_whole and writers(r)}
    of_jobs = {job.name: (feeds_of(job),) for job in jobs}
    needs = {**below, **of_jobs, table.path: ways(table)}
    # Read before the rows are: what comes in between makes the table stale, and never the reverse.
    documents = staleness.accepted(lake, needs, sessions)
    there = staleness.built(lake, below, sessions)
    if missing := [day for day in sessions if day not in documents[table.path]]:
        needed = " or ".join(sorted(" and ".join(sorted(feeds)) for feeds in ways(table)))
        raise dg.Failure(
            f"{table.path} needs an accepted document of {needed}, and there is none for "
            f"{_days(missing)}: materialise bronze first"
        )
    for job in jobs:
        for path in (read.path for read in job.reads if read.path in below):
            good = documents[job.name]
            wrong = [day for day in good if there[path].get(day) != documents[path].get(day)]
            if wrong:
                raise dg.Failure(
                    f"{table.path} reads {path}, which for {_days(wrong)} is not built from the "
                    "accepted documents, or broke a rule: materialise it first"
                )
    for job in jobs:
        if documents[job.name]:
            failpoint("spark-before")
            keys = [table.timeline.key_of(day) for day in documents[job.name]]
            platform.engine.run(job, lake.address, keys, host)
            failpoint("spark-after")
    return documents[table.path]


def _days(days: Sequence[date]) -> str:
    return ", ".join(day.isoformat() for day in days)
