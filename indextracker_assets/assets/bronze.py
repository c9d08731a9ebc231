"""Acquiring: an asset per feed, which asks its publisher and stores what is accepted.

A session that is refused neither marks nor stops the others: each accepted one is logged as
materialised by itself, and the run's output is yielded only when all of them were.
"""

import time
from collections.abc import Iterator
from datetime import date

import dagster as dg

from indextracker.acquisition import acquire
from indextracker.feeds import FEEDS, Feed
from indextracker.platform import Platform
from indextracker_assets.specs import asset_key, check_results, check_specs, metadata

# An acquiring run of any length asks each publisher in order; one run suffices for four years.
SESSIONS_PER_RUN = 1000


def bronze_assets(
    platform: Platform, partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """An asset per feed."""
    return [_bronze_asset(feed, platform, partitions) for feed in FEEDS.values()]


def _bronze_asset(
    feed: Feed, platform: Platform, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    key = asset_key(feed.table)

    @dg.asset(
        key=key,
        description=feed.table.meaning,
        group_name=feed.table.subject,
        kinds={"python", "deltalake"},
        metadata=metadata(feed.table, platform.lake.path(feed.table)),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(SESSIONS_PER_RUN),
        pool=feed.publisher,
        output_required=False,
        check_specs=check_specs(feed.table),
    )
    def bronze(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        sessions = [date.fromisoformat(partition) for partition in context.partition_keys]
        started = time.monotonic()
        answers = acquire(platform.lake, feed, sessions, platform.source)
        seconds = time.monotonic() - started
        good = [session for session in sessions if answers[session].accepted]
        rows = platform.lake.row_counts(feed.table, good) if good else {}
        yield from check_results(platform.lake, feed.table, good)
        notes = {
            session: {
                "dagster/partition_row_count": rows[session],
                "document": answers[session].sha256,
                "url": answers[session].url,
                "seconds_of_run": seconds,
                "sessions_of_run": len(sessions),
                "world": platform.settings.world,
            }
            for session in good
        }
        if len(good) == len(sessions):
            for session, note in notes.items():
                context.add_asset_metadata(note, key, session.isoformat())
            yield dg.MaterializeResult()
            return
        for session, note in notes.items():
            context.log_event(
                dg.AssetMaterialization(key, metadata=note, partition=session.isoformat())
            )
        for session in sorted(set(sessions) - set(good)):
            answer = answers[session]
            context.log.warning(f"{session} {feed.name}: {answer.state}, {answer.reason}")

    return bronze
