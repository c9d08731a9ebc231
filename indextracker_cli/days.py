"""The days that a command line names: checks of a range, and what is said of no sessions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import click

from indextracker.calendars import TradingDays
from indextracker.feeds import Feed
from indextracker.feeds.sources import ArchiveSource, judge

SATURDAY = 5


def sessions_between(calendar: TradingDays, first: date, last: date) -> list[date]:
    """The sessions of a range that somebody wrote.

    Raises:
        click.BadParameter: It ends before it begins, or the calendar does not reach there.
    """
    if last < first:
        raise click.BadParameter(f"the range ends on {last}, before it begins on {first}")
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
    archive: ArchiveSource, feeds: Iterable[Feed], days: Iterable[date], now: datetime
) -> Iterator[str]:
    """A sentence for each day without a session of which an archive has a document all the same.

    Until 2018 Taiwan traded on some Saturdays, and a calendar may miss one. Pages that say that
    there are no data, which people keep too, are no such document.

    Args:
        archive: Where documents are looked for.
        feeds: Feeds of sessions.
        days: Days without a session.
        now: The present, as an aware instant.
    """
    asked = list(feeds)
    for day in archive.holds(asked, days):
        for feed in asked:
            found = judge(feed, day, archive, now)[0]
            if found.rows is not None and found.rows.num_rows:
                yield (
                    f"{found.name} is a whole document of {day}, on which the calendar has no "
                    "session, and is passed over: if the exchange traded, add the day to "
                    "indextracker/reference/taiwan/special_sessions.csv"
                )
