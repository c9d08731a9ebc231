"""The days that a command line names, and the keys of a subject's time lines within them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from indextracker.calendars import Calendar, TradingDays
from indextracker.feeds import Feed
from indextracker.feeds.sources import ArchiveSource, judge
from indextracker.monitoring.states import last_keys
from indextracker.platform import Platform
from indextracker_catalogue import Key, Subject, Timeline, timelines_of

SATURDAY = 5


def in_order(first: date, last: date) -> None:
    """Checks a range that somebody wrote.

    Raises:
        click.BadParameter: It ends before it begins.
    """
    if last < first:
        raise click.BadParameter(f"the range ends on {last}, before it begins on {first}")


def today_of(platform: Platform, subject: Subject) -> date:
    """The day that it is where a subject is."""
    return platform.clock().astimezone(ZoneInfo(subject.zone)).date()


def first_day(calendar: Calendar) -> date:
    """The first day that a calendar reaches back to."""
    return calendar.timeline.day_of(calendar.start)


def keys_within(calendar: Calendar, first: date, last: date) -> list[Key]:
    """The keys of a range of days, as far back as the calendar reaches; none of an empty range."""
    first = max(first, first_day(calendar))
    return calendar.within(first, last) if first <= last else []


def looked_at(
    platform: Platform, subject: Subject, first: date | None, last: date | None, most: int
) -> dict[Timeline, list[Key]]:
    """The keys of a subject's time lines in a range of days, that of its own time line first.

    Args:
        platform: Calendars, clock and the first day of the lake.
        subject: The subject.
        first: The first day; None for the last keys of each time line.
        last: The last day; None for the present.
        most: How many keys the last ones are.

    Raises:
        click.BadParameter: The range ends before it begins.
    """
    now = platform.clock()
    today = today_of(platform, subject)
    if first:
        in_order(first, last or today)

    def within(timeline: Timeline) -> list[Key]:
        calendar = platform.calendar_of(timeline)
        if first:
            keys = keys_within(calendar, first, last or today)
            return keys if last else [key for key in keys if key <= calendar.key_at(now)]
        return last_keys(platform, timeline, most, last)

    lines = [line for line in timelines_of(subject) if line.column]
    found = {line: within(line) for line in lines if not line.at_once}
    days = [line.day_of(key) for line, keys in found.items() for key in keys]
    for line in (line for line in lines if line.at_once):
        # Beside others, such as years beside sessions: those that these touch.
        calendar = platform.calendar_of(line)
        touched = calendar.within(min(days), max(days)) if days else []
        found[line] = touched if found else within(line)
    return found


def reached(calendar: Calendar, first: date, last: date) -> None:
    """Checks a range that somebody wrote.

    Raises:
        click.BadParameter: It ends before it begins, or the calendar does not reach there.
    """
    in_order(first, last)
    start, horizon = first_day(calendar), calendar.timeline.day_of(calendar.horizon)
    for day in (first, last):
        if not start <= day <= horizon:
            raise click.BadParameter(
                f"{day} is outside the calendar, which reaches from {start} to {horizon}"
            )


def no_session(calendar: TradingDays, first: date, last: date) -> str:
    """What to say of a range without a session: why, and which sessions are next to it."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weekend = [day.weekday() >= SATURDAY for day in days]
    if all(weekend):
        why = "a weekend" if len(days) > 1 else f"a {first:%A}"
    elif any(weekend):
        why = "a weekend and holidays of the exchange"
    else:
        why = "holidays of the exchange" if len(days) > 1 else "a holiday of the exchange"
    named = f"{first} is" if len(days) == 1 else f"{first} to {last} are"
    near = []
    if first > calendar.sessions(calendar.start, calendar.horizon)[0]:
        near.append(str(calendar.previous(first)))
    if last < calendar.sessions(calendar.start, calendar.horizon)[-1]:
        near.append(str(calendar.next(last)))
    return f"{named} {why}, without a session; the nearest are {' and '.join(near)}"


def traded_without_session(
    archive: ArchiveSource,
    subject: Subject,
    feeds: Iterable[Feed],
    days: Iterable[date],
    now: datetime,
) -> Iterator[str]:
    """A sentence for each day without a session of which an archive has a document all the same.

    An exchange may trade on a Saturday that its calendar misses. Pages that say that there are no
    data, which people keep too, are no such document.

    Args:
        archive: Where documents are looked for.
        subject: Whose calendar it is.
        feeds: Feeds of sessions.
        days: Days without a session.
        now: The present, as an aware instant.
    """
    asked = list(feeds)
    for key in archive.holds(asked, [day.isoformat() for day in days]):
        for feed in asked:
            found = judge(feed, key, archive, now)[0]
            if found.rows is not None and found.rows.num_rows:
                yield (
                    f"{found.name} is a whole document of {key}, on which the calendar has no "
                    "session, and is passed over: if the exchange traded, add the day to "
                    f"indextracker/reference/{subject.name}/special_sessions.csv"
                )
