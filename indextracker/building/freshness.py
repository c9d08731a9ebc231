"""Freshness by the calendars: how far tables are behind the keys that are due by now.

What rests on events of a stream is due where there are events: a closed market has none. Showing
it, and building what is behind, do not belong here; how far the events themselves are read is in
`streams.standing`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from indextracker.acquiring.deliveries import current
from indextracker.building import staleness
from indextracker.building.needs import need, refined_tables, ways
from indextracker.calendars import Calendar
from indextracker.feeds import FEEDS, feeds_of
from indextracker.lake import Lake
from indextracker_catalogue import Key, Subject, Table, Timeline, subject_of

# A missing session or two are often the publisher's doing; a week of them is a fault here.
LONG = 5
# Hours with events are built once a minute, and a run that failed is started again after ten.
_BUILT_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Lag:
    """How far a table is behind: the last key due, the newest there, and how many between."""

    due: Key | None
    newest: Key | None
    behind: int

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be the publisher's doing."""
        return self.behind >= LONG


def watched(subject: Subject) -> dict[Table, frozenset[str]]:
    """The watched tables of a subject, of documents and of bars, and the feeds of each."""
    of_documents = {
        feed.table: frozenset([name])
        for name, feed in feeds_of(subject).items()
        if not feed.timeline.at_once
    }
    of_bars = {
        table: frozenset[str]().union(*(way.feeds for way in ways(table)))
        for table in refined_tables()
        if table.layer == "gold" and not table.is_whole and subject_of(table) is subject
    }
    return of_documents | of_bars


def lags(
    lake: Lake,
    subject: Subject,
    calendar_of: Callable[[Timeline], Calendar],
    start: date,
    now: datetime,
) -> dict[Table, Lag]:
    """How far each watched table is behind the keys whose documents are due by now.

    No document is due of a session that was found to be closed, and of a table without documents
    the keys are due that are over and have events.

    Args:
        lake: Where the logs are.
        subject: Whose tables.
        calendar_of: Gives the calendar of a time line.
        start: The first day of interest.
        now: The present, as an aware instant.
    """
    found: dict[Table, Lag] = {}
    tables = watched(subject)
    for timeline in dict.fromkeys(table.timeline for table in tables):
        of_line = {table: of for table, of in tables.items() if table.timeline == timeline}
        calendar = calendar_of(timeline)
        found |= _lags(lake, of_line, _recent(calendar, start, now), now)
        of_events = [table for table, feeds in of_line.items() if not feeds]
        over = _recent(calendar, start, now - _BUILT_WITHIN)[:-1]
        found |= _lags_of_events(lake, of_events, over, calendar)
    return found


def _recent(calendar: Calendar, start: date, now: datetime) -> list[Key]:
    """The last keys that have begun, from the first day of interest on."""
    first, last = max(calendar.timeline.key_of(start), calendar.start), calendar.key_at(now)
    # Of hours since the first day there are tens of thousands.
    newest = calendar.last(last, 2 * LONG) if first <= last else []
    return [key for key in newest if key >= first]


def _lags(
    lake: Lake, tables: Mapping[Table, frozenset[str]], recent: list[Key], now: datetime
) -> dict[Table, Lag]:
    """How far the tables of a time line that rest on documents are behind."""
    tables = {table: feeds for table, feeds in tables.items() if feeds}
    feeds = frozenset[str]().union(*tables.values())
    answers = current(lake, feeds, recent) if recent else {}
    states = {of: answer.state for of, answer in answers.items()}
    built = staleness.built(lake, [table.path for table in tables], recent)

    def one(table: Table, feeds: frozenset[str]) -> Lag:
        def owed(key: Key) -> bool:
            found = {states.get((feed, key)) for feed in feeds}
            return "closed" not in found and all(FEEDS[f].due(key) <= now for f in feeds)

        def there(key: Key) -> bool:
            if table.layer == "bronze":
                return all(states.get((feed, key)) == "accepted" for feed in feeds)
            return key in built[table.path]

        return _lag([key for key in recent if owed(key)], there)

    return {table: one(table, feeds) for table, feeds in tables.items()}


def _lags_of_events(
    lake: Lake, tables: Collection[Table], over: list[Key], calendar: Calendar
) -> dict[Table, Lag]:
    """How far tables that rest on events are behind, of the keys that are over."""
    needs = {table.path: need(table) for table in tables}
    with_events = staleness.accepted(lake, needs, over, lambda _: calendar)
    built = staleness.built(lake, [table.path for table in tables], over)
    return {
        table: _lag(sorted(with_events[table.path]), built[table.path].__contains__)
        for table in tables
    }


def _lag(due: Sequence[Key], there: Callable[[Key], bool]) -> Lag:
    """How far a table is behind the keys that are due, in their order."""
    newest = max(filter(there, due), default=None)
    behind = sum(1 for key in due if newest is None or key > newest)
    return Lag(due[-1] if due else None, newest, behind)
