"""Freshness by the calendar: how far tables are behind the sessions that are due by now.

Showing it, and building what is behind, do not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from indextracker.acquiring.deliveries import current
from indextracker.building import staleness
from indextracker.building.needs import SESSION_FEEDS, refined_tables, ways
from indextracker.calendars import TradingDays
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker_catalogue import Subject, Table, subject_of

# A missing session or two are often the publisher's doing; a week of them is a fault here.
LONG = 5


@dataclass(frozen=True)
class Lag:
    """How far a table is behind: the last session due, the newest there, and how many between."""

    due: date | None
    newest: date | None
    behind: int

    @property
    def is_long(self) -> bool:
        """Whether it is too long to be the publisher's doing."""
        return self.behind >= LONG


def watched(subject: Subject) -> dict[Table, frozenset[str]]:
    """The watched tables of a subject, of documents and of bars, and the feeds of each."""
    found = {FEEDS[name].table: frozenset([name]) for name in SESSION_FEEDS}
    for table in refined_tables():
        if table.layer == "gold" and not table.is_whole:
            found[table] = frozenset[str]().union(*(way.feeds for way in ways(table)))
    return {table: feeds for table, feeds in found.items() if subject_of(table) is subject}


def lags(
    lake: Lake, subject: Subject, calendar: TradingDays, start: date, now: datetime
) -> dict[Table, Lag]:
    """How far each watched table is behind the sessions whose documents are due by now.

    No document is due of a session that was found to be closed.

    Args:
        lake: Where the logs are.
        subject: Whose tables.
        calendar: Sessions of the exchange.
        start: The first session of interest.
        now: The present, as an aware instant.
    """
    tables = watched(subject)
    today = now.astimezone(calendar.timezone).date()
    first = max(start, calendar.start)
    passed = calendar.sessions(first, today) if first <= today else []
    recent = passed[-2 * LONG :]
    asked = [session.isoformat() for session in recent]
    answers = current(lake, SESSION_FEEDS, asked) if recent else {}
    states = {
        (feed, date.fromisoformat(key)): answer.state for (feed, key), answer in answers.items()
    }
    keys = {table.timeline.key_of(day) for table in tables for day in recent}
    built = staleness.built(lake, [table.path for table in tables], keys)

    def one(table: Table, feeds: frozenset[str]) -> Lag:
        def owed(session: date) -> bool:
            found = {states.get((feed, session)) for feed in feeds}
            return "closed" not in found and all(
                FEEDS[f].due(session.isoformat()) <= now for f in feeds
            )

        def there(session: date) -> bool:
            if table.layer == "bronze":
                return all(states.get((feed, session)) == "accepted" for feed in feeds)
            return table.timeline.key_of(session) in built[table.path]

        due = [session for session in recent if owed(session)]
        newest = max(filter(there, due), default=None)
        behind = sum(1 for session in due if newest is None or session > newest)
        return Lag(due[-1] if due else None, newest, behind)

    return {table: one(table, feeds) for table, feeds in tables.items()}
