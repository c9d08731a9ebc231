"""Spans of time as people name them: days, sessions, a number of sessions, instants.

What is there of a span does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from indextracker.calendars import Calendar
from indextracker_catalogue import Key

Day = date | datetime | str


class NoSessionError(LookupError):
    """A span that holds no session; the message says which are near."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


@dataclass(frozen=True)
class Span:
    """Keys of a time line, with the instants within which rows count, where these were given.

    Attributes:
        keys: The keys whose rows are read, in order.
        expected: Those of them that have rows where nothing is missing.
        begin: The first instant.
        end: The instant after the last.
        until_now: Whether no end was named, so that what is not published yet is not missing.
    """

    keys: list[Key]
    expected: list[Key]
    begin: datetime | None = None
    end: datetime | None = None
    until_now: bool = False


def span(
    calendar: Calendar,
    now: datetime,
    first: Day | None,
    last: Day | None,
    sessions: int | Iterable[Day] | None,
) -> Span:
    """The keys of a span.

    Args:
        calendar: Of the time line.
        now: The present, up to which a span without an end reaches.
        first: First day, or first instant; by default the day of the end.
        last: Last day, itself included, or the instant after the last.
        sessions: Instead of `first`, so many keys up to `last`; or instead of both the days.

    Raises:
        ValueError: A day cannot be read, or is outside of the calendar, or the span ends before it
            begins, or too much is given.
        NoSessionError: It holds no session.
    """
    if sessions is not None and not isinstance(sessions, int):
        if first is not None or last is not None:
            raise ValueError("`sessions` lists the days: give neither `first` nor `last` with it")
        return _listed(calendar, sessions)
    end, final = _bound(now if last is None else last, calendar, time.max)
    if end is not None:
        final -= timedelta(microseconds=1)
    until_now = last is None
    if isinstance(sessions, int):
        if first is not None:
            raise ValueError(
                "a number of `sessions` is counted back from `last`: leave out `first`"
            )
        if sessions < 1:
            raise ValueError(f"`sessions` is {sessions}: ask for one or more")
        keys = calendar.last(calendar.key_at(final), sessions)
        return Span(keys, keys, until_now=until_now)
    begin, initial = _bound(
        final.astimezone(calendar.zone).date() if first is None else first, calendar, time.min
    )
    if initial > final:
        raise ValueError(f"the span ends with {last or final}, before it begins, with {first}")
    expected = calendar.keys(calendar.key_at(initial), calendar.key_at(final))
    keys = expected
    if end is not None and not until_now and calendar.timeline.type == "date":
        # An evening may be of the session after it: its night.
        keys = [*expected, calendar.next(calendar.key_at(final))]
    if not keys:
        raise NoSessionError(_none(calendar, initial, final))
    return Span(keys, expected, begin, None if until_now else end, until_now)


def day_of(value: Day) -> date:
    """A day: a date, or text as 2024-12-16.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"{value!r} is no day: write it as 2024-12-16") from None


def instant_of(value: datetime | str) -> datetime:
    """An instant in UTC: an aware datetime, or text with an offset, as 2024-12-16T18:30+08:00.

    Raises:
        ValueError: It is none, or names no offset.
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(f"{value!r} is no instant: write it as 2024-12-16T18:30+08:00") from None
    if found.tzinfo is None:
        raise ValueError(
            f"{value!r} names no zone: give an aware datetime, or write +08:00 after it"
        )
    return found.astimezone(UTC)


def _bound(value: Day, calendar: Calendar, clock: time) -> tuple[datetime | None, datetime]:
    """The instant that a bound names, if it names one; and one that is its own in any case."""
    if isinstance(value, datetime) or (isinstance(value, str) and ":" in value):
        moment = instant_of(value)
        return moment, moment
    return None, datetime.combine(day_of(value), clock, calendar.zone)


def _listed(calendar: Calendar, days: Iterable[Day]) -> Span:
    found = [day_of(day) for day in days]
    if not found:
        raise ValueError("`sessions` is empty: name one or more")
    keys: list[Key] = []
    for day in sorted(set(found)):
        of_day = calendar.within(day, day)
        if not of_day:
            noon = datetime.combine(day, time(12), calendar.zone)
            raise NoSessionError(_none(calendar, noon, noon))
        keys += of_day
    return Span(keys, keys)


def _none(calendar: Calendar, first: datetime, last: datetime) -> str:
    begin, end = calendar.key_at(first), calendar.key_at(last)
    asked = begin if begin == end else f"{begin} to {end}"
    near = f"{calendar.previous(begin)} and {calendar.next(end)}"
    return f"{asked} holds no session of {calendar.timeline.title}: the nearest are {near}"
