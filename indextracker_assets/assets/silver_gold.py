"""Refining: an asset per table that jobs write, its dependencies those of its jobs."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from indextracker.building import overdue, staleness
from indextracker.building.earlier import Known, earlier, known
from indextracker.building.jobs import run, writers
from indextracker.building.needs import need, refined_tables
from indextracker.building.overdue import Inputs
from indextracker.engines import Host
from indextracker.lake import Lake, checks
from indextracker.lake.checks import rules
from indextracker.platform import Platform
from indextracker.readings import Filling
from indextracker.system.failpoints import failpoint
from indextracker_assets import pools
from indextracker_assets.partitions import PartitionsOf
from indextracker_assets.resources import StepHost
from indextracker_assets.runs import mark
from indextracker_assets.specs import (
    asset_key,
    blocks,
    check_results,
    check_specs,
    group_of,
    metadata,
)
from indextracker_catalogue import Key, Table
from indextracker_catalogue.job import Job


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
            jobs = writers(table)
            reads = dict.fromkeys(read for job in jobs for read in job.reads)
            lake.ensure([table, *reads])
            # Read before the rows are: what comes in between makes the table stale.
            made_of = staleness.contents(lake, reads)
            before = staleness.built(lake, [table.path])[table.path].get("")
            if made_of != before or not lake.total_rows(table):
                failpoint("whole-before")
                for job in jobs:
                    run(job, lake, platform.engine, [], StepHost(context))
                failpoint("whole-after")
            yield dg.MaterializeResult(metadata={"dagster/row_count": lake.total_rows(table)})
            results = list(check_results(lake, table, None))
            if made_of != before and not any(blocks(result) for result in results):
                staleness.record(lake, {table.path: {"": made_of}})
            yield from results

    return _asset(table, platform)(refined)


def _sessions_asset(
    table: Table, platform: Platform, partitions: dg.PartitionsDefinition | None
) -> dg.AssetsDefinition:
    def refined(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        mark(context)
        lake = platform.lake
        keys = context.partition_keys
        with platform.locks.table(table.path):
            started = time.monotonic()
            calendars = known(lake, platform.calendar_of)
            for key, note in _caught_up(platform, table, keys, StepHost(context), calendars):
                event = dg.AssetMaterialization(asset_key(table), metadata=note, partition=key)
                context.log_event(event)
            documents = run_jobs(platform, table, keys, StepHost(context), calendars)
            notes = _notes(lake, table, documents, time.monotonic() - started)
            for key, note in notes.items():
                context.add_asset_metadata(note, asset_key(table), key)
            yield dg.MaterializeResult()
            before = earlier(calendars, table.timeline, keys, checks.look_back(table))
            results = list(check_results(lake, table, keys, before))
            if not any(blocks(result) for result in results):
                # What breaks a rule stays stale: nothing builds on it before it was mended.
                staleness.record(lake, {table.path: documents})
            yield from results

    policy = dg.BackfillPolicy.single_run()
    return _asset(table, platform, partitions_def=partitions, backfill_policy=policy)(refined)


def _caught_up(
    platform: Platform, table: Table, keys: Sequence[Key], host: Host, calendars: Known
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Builds what is overdue before some keys, and gives what is noted of each.

    What breaks a rule then stays overdue, and whatever reads it says so.
    """
    lake = platform.lake
    due = overdue.before(lake, table, keys, calendars)
    if not due:
        return
    started = time.monotonic()
    documents = run_jobs(platform, table, due, host, calendars)
    looked_at = earlier(calendars, table.timeline, due, checks.look_back(table))
    found = checks.examine(lake, table, due, looked_at)
    if not any(one.bad_rows and one.rule.severity == "error" for one in found):
        staleness.record(lake, {table.path: documents})
    yield from _notes(lake, table, documents, time.monotonic() - started).items()


def _notes(
    lake: Lake, table: Table, documents: Mapping[Key, str], seconds: float
) -> dict[Key, dict[str, Any]]:
    """What is noted of each key that was built."""
    rows = lake.row_counts(table, list(documents))
    return {
        key: {
            "dagster/partition_row_count": rows[key],
            "documents": what,
            "seconds_of_run": seconds,
            "sessions_of_run": len(documents),
            "world": lake.world,
        }
        for key, what in documents.items()
    }


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
        group_name=group_of(table),
        kinds={"deltalake", *(_kind(job) for job in writers(table))},
        metadata=metadata(table, platform.lake.path(table)),
        check_specs=check_specs(table),
        pool=pools.table(table),
        **more,
    )
    return decorate


def _kind(job: Job) -> str:
    """What a job runs on, as Dagster's pages show it."""
    return "arrow" if isinstance(job, Filling) else "spark"


def run_jobs(
    platform: Platform, table: Table, keys: Sequence[Key], host: Host, calendars: Known
) -> dict[Key, str]:
    """Fills a table for some keys by each of its jobs whose documents are there.

    Args:
        platform: Lake and engine.
        table: What to fill.
        keys: For which keys.
        host: The step.
        calendars: Without what was found to be closed.

    Returns:
        What each key was built from.

    Raises:
        dg.Failure: No job has the documents of some key, or what it reads is not there, or was
            built from others.
    """
    lake, jobs = platform.lake, writers(table)
    reads = dict.fromkeys(read for job in jobs for read in job.reads)
    lake.ensure([table, *reads])
    spared = {read for job in jobs for read in job.optional}
    for read in reads:
        if read.is_whole and read not in spared and not lake.total_rows(read):
            raise dg.Failure(
                f"{table.path} reads {read.path}, which is empty: materialise it first"
            )
    look_back = max(job.look_back for job in jobs)
    before = earlier(calendars, table.timeline, keys, look_back)
    # Read before the rows are: what comes in between makes the table stale, and never the reverse.
    inputs = Inputs.of(lake, table, keys, before, calendars)
    documents = inputs.documents
    if missing := [key for key in keys if key not in documents[table.path]]:
        ways = [
            sorted({*way.feeds, *(t.path for t in way.tables)} - way.optional)
            for way in need(table).ways
        ]
        needed = " or ".join(sorted(" and ".join(names) for names in ways))
        raise dg.Failure(
            f"{table.path} needs an accepted document of {needed}, and there is none for "
            f"{', '.join(missing)}: materialise bronze first"
        )
    for job in jobs:
        for read, wrong in inputs.overdue(job, keys):
            raise dg.Failure(
                f"{job.writes.path} reads {read.path}, which for {', '.join(wrong)} is not built "
                "from the accepted documents, or broke a rule: materialise it first"
            )
    for job in jobs:
        if due := [key for key in keys if key in documents[job.name]]:
            failpoint("job-before")
            run(job, lake, platform.engine, due, host, {*keys, *before} if before else ())
            failpoint("job-after")
    return {key: documents[table.path][key] for key in keys}
