"""Which keys come before others, for whatever looks back: jobs, audits, and what makes them stale.

A session that turned out to be closed is none: a look-back of five sees five that took place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from indextracker.acquiring.deliveries import closed
from indextracker.calendars import Calendar
from indextracker.lake import Lake
from indextracker_catalogue import Key, Timeline

# Gives the calendar of a time line.
Known = Callable[[Timeline], Calendar]


def known(lake: Lake, calendar_of: Known) -> Known:
    """The calendars without the keys that turned out to be closed, each found out once."""

    @functools.cache
    def calendar(timeline: Timeline) -> Calendar:
        return calendar_of(timeline).without(closed(lake, timeline))

    return calendar


def before(calendar: Calendar, key: Key, count: int) -> list[Key]:
    """Up to so many keys before one, in order; fewer where the calendar begins."""
    if not count or not calendar.start <= key <= calendar.horizon:
        return []
    return [one for one in calendar.last(key, count + 1) if one < key][-count:]


def earlier(calendars: Known, timeline: Timeline, keys: Iterable[Key], look_back: int) -> list[Key]:
    """The keys before each of some that a look-back takes, in order.

    What was found to be closed is read from a log: without a look-back no calendar is asked for.
    """
    if not look_back:
        return []
    calendar = calendars(timeline)
    return sorted({one for key in keys for one in before(calendar, key, look_back)})
