"""Acquiring: an asset per feed, which asks its publisher and stores what is accepted.

A refused session neither marks the others as failed nor stops them: each accepted one is logged as
materialised on its own, and the run's output is yielded only if all were accepted. A refusal is a
state, not a failure; a step fails, and is repeated, only for errors on this machine.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from typing import Any

import dagster as dg

from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.remarks import Remark
from indextracker.building.needs import kept_tables
from indextracker.feeds import FEEDS, Feed
from indextracker.feeds.sources import InTurn
from indextracker.platform import Platform
from indextracker.streams.arrivals import EVENTS
from indextracker_assets import pools
from indextracker_assets.partitions import PartitionsOf
from indextracker_assets.runs import mark, transient
from indextracker_assets.specs import asset_key, check_results, check_specs, group_of, metadata
from indextracker_catalogue import TABLES, Key

# An acquiring run of any length asks each publisher in order; one run suffices for four years.
SESSIONS_PER_RUN = 1000
# A run with this tag asks anew for documents that were accepted before.
AGAIN = {"indextracker/again": "true"}


def bronze_assets(
    platform: Platform, partitions: PartitionsOf
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """An asset per feed; what people import and consumers write is shown, and filled by no run."""
    filled_elsewhere = [
        *(table for table in TABLES.values() if table.imported),
        *(events.table for events in EVENTS.values()),
        *kept_tables(),
    ]
    return [
        *(
            _at_once_asset(feed, platform)
            if feed.timeline.at_once
            else _keyed_asset(feed, platform, partitions(feed.timeline))
            for feed in FEEDS.values()
        ),
        *(
            dg.AssetSpec(
                asset_key(table),
                description=table.meaning,
                group_name=group_of(table),
                kinds={"python", "deltalake"},
                metadata=metadata(table, platform.lake.path(table)),
            )
            for table in filled_elsewhere
        ),
    ]


def every_key(platform: Platform, feed: Feed) -> list[Key]:
    """The keys of a feed that can have a document, from the first session of interest to today."""
    calendar = platform.calendar_of(feed.timeline)
    today = platform.clock().astimezone(calendar.zone).date()
    return calendar.within(platform.settings.lake.start, today)


def _keyed_asset(
    feed: Feed, platform: Platform, partitions: dg.PartitionsDefinition | None
) -> dg.AssetsDefinition:
    asset = asset_key(feed.table)

    def bronze(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        keys = list(context.partition_keys)
        started = time.monotonic()
        answers, results = _acquired(context, platform, feed, keys)
        seconds = time.monotonic() - started
        good = [key for key in keys if answers[key].accepted]
        rows = platform.lake.row_counts(feed.table, good) if good else {}
        yield from results
        notes = {
            key: {
                "dagster/partition_row_count": rows[key],
                "document": answers[key].sha256,
                "url": answers[key].url,
                "seconds_of_run": seconds,
                "sessions_of_run": len(keys),
                "world": platform.settings.world,
            }
            for key in good
        }
        if len(good) == len(keys):
            for key, note in notes.items():
                context.add_asset_metadata(note, asset, key)
            yield dg.MaterializeResult()
            return
        for key, note in notes.items():
            context.log_event(dg.AssetMaterialization(asset, metadata=note, partition=key))
        for key in sorted(set(keys) - set(good)):
            answer = answers[key]
            context.log.warning(f"{key} {feed.name}: {answer.state}, {answer.reason}")

    return _asset(
        feed,
        platform,
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(SESSIONS_PER_RUN),
        output_required=False,
    )(bronze)


def _at_once_asset(feed: Feed, platform: Platform) -> dg.AssetsDefinition:
    """Asked for every year at once; a year that is missing fails its check and stops nothing."""

    def bronze(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        _, results = _acquired(context, platform, feed, every_key(platform, feed))
        rows = platform.lake.total_rows(feed.table)
        yield dg.MaterializeResult(metadata={"dagster/row_count": rows})
        yield from results

    return _asset(feed, platform)(bronze)


def _asset(
    feed: Feed, platform: Platform, **more: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Makes an asset of a function, with the properties that all feeds' assets have."""
    decorate: Callable[[Callable[..., Any]], dg.AssetsDefinition] = dg.asset(
        key=asset_key(feed.table),
        description=feed.table.meaning,
        group_name=group_of(feed.table),
        kinds={"python", "deltalake"},
        metadata=metadata(feed.table, platform.lake.path(feed.table)),
        check_specs=check_specs(feed.table),
        pool=pools.publisher(feed.publisher),
        **more,
    )
    return decorate


def _acquired(
    context: dg.AssetExecutionContext, platform: Platform, feed: Feed, keys: list[Key]
) -> tuple[dict[Key, Delivery], list[dg.AssetCheckResult]]:
    """Asks for the documents of some keys, and examines them."""
    mark(context)
    asked: list[Key] = []

    def tell(answer: Delivery) -> None:
        asked.append(answer.key)
        parts = 0 if feed.timeline.at_once else 1
        platform.progress.advance(parts, f"{feed.name} {answer.session_date}")

    platform.progress.advance(0, feed.name)
    with transient():
        answers = acquire(
            platform.lake,
            feed,
            keys,
            InTurn(platform.source, feed.publisher),
            clock=platform.clock,
            again=AGAIN.items() <= context.run.tags.items(),
            progress=tell,
            announce=context.log.info,
            remark=lambda told: _observe(context, feed, told),
        )
        if not feed.timeline.at_once:
            # The others were there before.
            platform.progress.advance(len(set(keys) - set(asked)))
        good = [key for key in keys if answers[key].accepted]
        results = list(check_results(platform.lake, feed.table, good))
    return answers, results


def _observe(context: dg.AssetExecutionContext, feed: Feed, told: Remark) -> None:
    """Shows a remark at its asset and session."""
    partition = None if feed.timeline.at_once else told.key
    metadata = asdict(told) | {"session_date": told.session_date.isoformat()}
    context.log_event(
        dg.AssetObservation(
            asset_key(feed.table), description=told.text, partition=partition, metadata=metadata
        )
    )


def remark(event: dg.DagsterEvent) -> Remark:
    """The remark that was shown by an event."""
    shown = event.asset_observation_data.asset_observation.metadata
    told: dict[str, Any] = {field.name: shown[field.name].value for field in fields(Remark)}
    return Remark(**told)
