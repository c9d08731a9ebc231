"""Refining: an asset per table that jobs write, its dependencies those of its jobs."""

import time
from collections.abc import Iterator, Sequence
from datetime import date

import dagster as dg

from indextracker.deliveries import current
from indextracker.feeds import FEEDS
from indextracker.lake.checks import rules
from indextracker.platform import Platform
from indextracker_assets.specs import asset_key, check_results, check_specs, metadata
from indextracker_spark.job import Job
from indextracker_spark.jobs import JOBS, sources, writers
from indextracker_spark.tables import Table


def refined_tables() -> list[Table]:
    """The tables that jobs write, in the order of their declaration."""
    return list(dict.fromkeys(job.writes for job in JOBS.values()))


def feeds_of(job: Job) -> frozenset[str]:
    """The feeds whose documents a job rests on."""
    below = sources(job)
    return frozenset(feed.name for feed in FEEDS.values() if feed.table in below)


def refined_assets(
    platform: Platform, partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """An asset per table of silver and gold."""
    return [_refined_asset(table, platform, partitions) for table in refined_tables()]


def _refined_asset(
    table: Table, platform: Platform, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    # What its rules compare it with has to be there before it is examined.
    compared = (read for rule in rules(table) for read in rule.reads if read is not table)
    reads = dict.fromkeys((*(r for job in writers(table) for r in job.reads), *compared))
    of_sessions = table.storage != "whole"

    @dg.asset(
        key=asset_key(table),
        deps=[asset_key(read) for read in reads],
        description=table.meaning,
        group_name=table.subject,
        kinds={"spark", "deltalake"},
        metadata=metadata(table, platform.lake.path(table)),
        partitions_def=partitions if of_sessions else None,
        backfill_policy=dg.BackfillPolicy.single_run() if of_sessions else None,
        check_specs=check_specs(table),
    )
    def refined(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        lake = platform.lake
        if not of_sessions:
            lake.ensure([table])
            for job in writers(table):
                platform.engine.run(job.name, lake.root, [])
            yield dg.MaterializeResult(metadata={"dagster/row_count": lake.total_rows(table)})
            yield from check_results(lake, table, None)
            return
        sessions = [date.fromisoformat(partition) for partition in context.partition_keys]
        started = time.monotonic()
        run_jobs(platform, table, sessions)
        seconds = time.monotonic() - started
        rows = lake.row_counts(table, sessions)
        for session in sessions:
            note = {
                "dagster/partition_row_count": rows[session],
                "seconds_of_run": seconds,
                "sessions_of_run": len(sessions),
                "world": lake.world,
            }
            context.add_asset_metadata(note, asset_key(table), session.isoformat())
        yield dg.MaterializeResult(metadata={"dagster/row_count": lake.total_rows(table)})
        yield from check_results(lake, table, sessions)

    return refined


def run_jobs(platform: Platform, table: Table, sessions: Sequence[date]) -> None:
    """Fills a table for the sessions by each of its jobs whose documents are there.

    Raises:
        dg.Failure: No job has the documents of some session, or reference data is not there.
    """
    lake = platform.lake
    jobs = {job: feeds_of(job) for job in writers(table)}
    inputs = dict.fromkeys(read for job in jobs for read in job.reads)
    lake.ensure([table, *inputs])
    for read in inputs:
        if read.storage == "whole" and not lake.total_rows(read):
            raise dg.Failure(
                f"{table.path} reads {read.path}, which is empty: materialise it first"
            )
    answers = current(lake, frozenset().union(*jobs.values()), sessions)

    def there(feed: str, session: date) -> bool:
        answer = answers.get((feed, session))
        return answer is not None and answer.accepted

    filled: set[date] = set()
    for job, feeds in jobs.items():
        good = [day for day in sessions if all(there(feed, day) for feed in feeds)]
        if good:
            platform.engine.run(job.name, lake.root, good)
        filled.update(good)
    if lacking := sorted(set(sessions) - filled):
        needed = " or ".join(sorted(" and ".join(sorted(feeds)) for feeds in jobs.values()))
        days = ", ".join(day.isoformat() for day in lacking)
        raise dg.Failure(
            f"{table.path} needs an accepted document of {needed}, and there is none for {days}: "
            "materialise bronze first"
        )
