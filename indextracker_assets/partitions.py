"""Partitions made of the calendars: one per key of a time line, and runs of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date, datetime, time

import dagster as dg

from indextracker.building.planning import Span
from indextracker.calendars import TradingDays, trading_days
from indextracker.platform import Platform
from indextracker_catalogue.timeline import Days, Hours, Key, Names, Sessions, Timeline, Years

PartitionsOf = Callable[[Timeline], dg.PartitionsDefinition]


def partitions_of(platform: Platform) -> PartitionsOf:
    """Makes the partitions of a time line from the lake's first day on: one definition for each."""
    start = platform.settings.lake.start

    @functools.cache
    def made(timeline: Timeline) -> dg.PartitionsDefinition:
        match timeline:
            case Sessions(exchange):
                calendar = trading_days(exchange, platform.clock().date())
                return session_partitions(calendar, start)
            case Days(zone):
                return dg.DailyPartitionsDefinition(start.isoformat(), timezone=zone, end_offset=1)
            case Hours():
                first = timeline.key_of(start)
                return dg.HourlyPartitionsDefinition(first, fmt=timeline.form, end_offset=1)
            case Years():
                return dg.TimeWindowPartitionsDefinition(
                    cron_schedule="0 0 1 1 *",
                    start=timeline.key_of(start),
                    fmt=timeline.form,
                    end_offset=1,
                )
            case Names():
                # Whoever makes something of a name adds it.
                return dg.DynamicPartitionsDefinition(name=timeline.name)
        raise ValueError(f"{timeline.name} has no partitions: its tables are filled as a whole")

    return made


class _SessionPartitions(dg.DailyPartitionsDefinition):
    """Days with exclusions, whose hash is worked out once.

    Dagster keys its caches by definitions, and spells all exclusions out for each look-up: 0.1 ms
    each, 7.5 % of a backfill.
    """

    @functools.cached_property
    def _hash(self) -> int:
        # That of Dagster, which has an equal definition of its own class for the same.
        return hash(tuple(repr(self)))

    def __hash__(self) -> int:
        return self._hash


def session_partitions(calendar: TradingDays, start: date) -> dg.DailyPartitionsDefinition:
    """The sessions of an exchange from `start` on, today's included.

    Every day without a session is excluded: weekdays on which there never is one by their rule,
    all others by date. `end_offset=1` makes today's partition exist on its evening; keys are
    therefore named from the calendar and never taken as 'the latest', which on a closed day would
    be a session still to come.
    """
    start = max(start, calendar.start)
    trading = {day.weekday() for day in calendar.sessions(start, calendar.horizon)}
    never = [day for day in range(7) if day not in trading]
    closed = calendar.non_sessions(start, calendar.horizon)
    return _SessionPartitions(
        start_date=start.isoformat(),
        timezone=str(calendar.timezone),
        end_offset=1,
        exclusions=[
            # Events carry the definition: a rule instead of 800 dates makes them 15 kB, not 100.
            *(f"0 0 * * {(weekday + 1) % 7}" for weekday in never),
            # Naive midnights: the definition's zone applies.
            *(datetime.combine(day, time()) for day in closed if day.weekday() in trading),
        ],
    )


def tags(span: Span) -> dict[str, str]:
    """The tags by which Dagster knows the partitions of a run."""
    return tags_between(span.first, span.last)


def tags_between(first: Key, last: Key) -> dict[str, str]:
    """The tags of a run from one key to another, both inclusive."""
    return {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }
