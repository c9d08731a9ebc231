"""Partitions made of the calendars: one per trading session of an exchange, and runs of them."""

from __future__ import annotations

from datetime import date, datetime, time

import dagster as dg

from indextracker.building.planning import Span
from indextracker.calendars import TradingDays


def session_partitions(calendar: TradingDays, start: date) -> dg.DailyPartitionsDefinition:
    """The sessions of an exchange from `start` on, today's included.

    Every day without a session is excluded: weekdays on which there never is one by their rule,
    all others by date. `end_offset=1` makes today's partition exist on its evening; keys are
    therefore named from the calendar and never taken as 'the latest', which on a closed day would
    be a session still to come.
    """
    trading = {day.weekday() for day in calendar.sessions(start, calendar.horizon)}
    never = [day for day in range(7) if day not in trading]
    closed = calendar.non_sessions(start, calendar.horizon)
    return dg.DailyPartitionsDefinition(
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
    """What tells Dagster the partitions of a run."""
    return {
        "dagster/asset_partition_range_start": span.first.isoformat(),
        "dagster/asset_partition_range_end": span.last.isoformat(),
    }
