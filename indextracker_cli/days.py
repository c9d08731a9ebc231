"""The days that a command line names, and the keys of a subject's time lines within them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from indextracker.calendars import Calendar, TradingDays, begins
from indextracker.feeds import Feed
from indextracker.feeds.sources import ArchiveSource, judge
from indextracker.platform import Platform
from indextracker_catalogue import Key, Subject, Timeline, tables_of

SATURDAY = 5


def in_order(first: date, last: date) -> None:
    """Checks a range that somebody wrote.

    Raises:
        click.BadParameter: It ends before it begins.
    """
    if last < first:
        raise click.BadParameter(f"the range ends on {last}, before it begins on {first}")


def day_of(timeline: Timeline, key: Key) -> date:
    """The day in which a key begins, in the zone of its time line."""
    return begins(timeline, key).date()


def timelines_of(subject: Subject) -> list[Timeline]:
    """The time lines of a subject and its tables, its own first; tables in one piece have none."""
    lines = (subject.timeline, *(table.timeline for table in tables_of(subject)))
    return list(dict.fromkeys(line for line in lines if line.column))


def keys_within(calendar: Calendar, first: date, last: date) -> list[Key]:
    """The keys of a range of days, as far back as the calendar reaches; none of an empty range."""
    first = max(first, day_of(calendar.timeline, calendar.start))
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
    today = now.astimezone(ZoneInfo(subject.zone)).date()
    if first:
        in_order(first, last or today)

    def within(timeline: Timeline) -> list[Key]:
        calendar = platform.calendar_of(timeline)
        keys = keys_within(calendar, first or platform.settings.lake.start, last or today)
        if last is None:
            keys = [key for key in keys if key <= calendar.key_at(now)]
        return keys if first else keys[-most:]

    lines = timelines_of(subject)
    found = {line: within(line) for line in lines if not line.at_once}
    days = [day_of(line, key) for line, keys in found.items() for key in keys]
    for line in (line for line in lines if line.at_once):
        # Beside others, such as years beside sessions: those that these touch.
        calendar = platform.calendar_of(line)
        touched = calendar.within(min(days), max(days)) if days else []
        found[line] = touched if found else within(line)
    return found


def sessions_between(calendar: TradingDays, first: date, last: date) -> list[date]:
    """The sessions of a range that somebody wrote.

    Raises:
        click.BadParameter: It ends before it begins, or the calendar does not reach there.
    """
    in_order(first, last)
    for day in (first, last):
        if not calendar.start <= day <= calendar.horizon:
            raise click.BadParameter(
                f"{day} is outside the calendar, which reaches from {calendar.start} to "
                f"{calendar.horizon}"
            )
    return calendar.sessions(first, last)


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
    for day in archive.holds(asked, days):
        for feed in asked:
            found = judge(feed, feed.timeline.key_of(day), archive, now)[0]
            if found.rows is not None and found.rows.num_rows:
                yield (
                    f"{found.name} is a whole document of {day}, on which the calendar has no "
                    "session, and is passed over: if the exchange traded, add the day to "
                    f"indextracker/reference/{subject.name}/special_sessions.csv"
                )
