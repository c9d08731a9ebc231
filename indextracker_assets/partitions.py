"""Partitions made of the calendars: one per trading session of an exchange."""

from __future__ import annotations

from datetime import date, datetime, time

import dagster as dg

from indextracker.calendars import Calendar


def session_partitions(calendar: Calendar, start: date) -> dg.DailyPartitionsDefinition:
    """The sessions of an exchange from `start` on, today's included.

    Every day without a session is excluded by its date. `end_offset=1` makes today's partition
    exist on its evening; keys are therefore named from the calendar and never taken as 'the
    latest', which on a closed day would be a session still to come.
    """
    closed = calendar.non_sessions(start, calendar.horizon)
    return dg.DailyPartitionsDefinition(
        start_date=start.isoformat(),
        timezone=str(calendar.timezone),
        end_offset=1,
        # Naive midnights: the definition's zone applies.
        exclusions=[datetime.combine(day, time()) for day in closed],
    )
