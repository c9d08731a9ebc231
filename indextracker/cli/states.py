"""What the lake has of a range of sessions, what it lacks and why, and how long that can be had.

Facts alone, from the lake, the calendar and the publishers' terms; `overview` prints them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from indextracker.calendars import Calendar
from indextracker.cli.missing import Lack, by_reason
from indextracker.deliveries import NEVER_ASKED, Delivery, current, found_closures
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker.platform import Platform
from indextracker.windows import days_left, newest_row, watched
from indextracker_spark.tables import TABLES
from indextracker_spark.tables.builds import BUILDS

SETTLED = ("accepted", "closed")
# What built tables are called in the log of builds, by layer; `raw` are the warehouse's copies.
BUILT_LAYERS = {"silver": "silver", "gold": "gold", "raw": "warehouse"}


@dataclass(frozen=True)
class State:
    """What is known of one session and feed."""

    state: str
    reason: str


@dataclass(frozen=True)
class Layer:
    """How far a layer has come: the newest session in it, and those that are behind documents."""

    name: str
    newest: date | None
    behind: list[date]


class States:
    """The states of a range of sessions.

    Args:
        platform: Lake, calendar and clock.
        sessions: The range.
    """

    def __init__(self, platform: Platform, sessions: Sequence[date]) -> None:
        self._platform = platform
        self.sessions = list(sessions)
        self.today = platform.clock().astimezone(platform.calendar.timezone).date()
        self.feeds = [name for name, feed in FEEDS.items() if not feed.yearly]
        self.yearly_feeds = [name for name, feed in FEEDS.items() if feed.yearly]
        self._answers = self._current(self.feeds, self.sessions)

    def of(self, feed: str, session: date) -> State:
        """The state of a session and feed; one never asked for is called so."""
        return self._state(self._answers, feed, session)

    @cached_property
    def years(self) -> dict[date, dict[str, State]]:
        """The states of the feeds of years, by the first of January."""
        years = sorted({date(session.year, 1, 1) for session in self.sessions})
        answers = self._current(self.yearly_feeds, years)
        return {
            year: {feed: self._state(answers, feed, year) for feed in self.yearly_feeds}
            for year in years
        }

    @cached_property
    def complete(self) -> list[date]:
        """The sessions that lack no document; closed ones are complete as they are."""
        return [
            session
            for session in self.sessions
            if all(self.of(feed, session).state in SETTLED for feed in self.feeds)
        ]

    def count(self, *states: str) -> int:
        """How many documents of sessions are in one of some states."""
        return sum(
            self.of(feed, session).state in states
            for feed in self.feeds
            for session in self.sessions
        )

    @cached_property
    def lacks(self) -> list[Lack]:
        """What lacks, that of one reason together."""
        cells = [(s, f, self.of(f, s)) for s in self.sessions for f in self.feeds]
        cells += [(y, f, state) for y, feeds in self.years.items() for f, state in feeds.items()]
        return by_reason(
            (day, feed, found.state, found.reason)
            for day, feed, found in cells
            if found.state not in SETTLED
        )

    @cached_property
    def expiring(self) -> dict[int, dict[str, list[date]]]:
        """What lacks and will be deleted, whatever the range: days left, feed, sessions."""
        found: dict[int, dict[str, list[date]]] = {}
        calendar = self._kept_by
        source = self._platform.settings.source
        # An archive keeps all that it has, and so does the simulated exchange of one's own.
        if source == "simulated" or source.startswith("archive:"):
            return found
        kept = {name: feed for name, feed in FEEDS.items() if feed.window_sessions is not None}
        now = self._platform.clock()
        sessions = {name: watched(feed, calendar, now) for name, feed in kept.items()}
        answers = self._current(list(kept), sorted(set().union(*sessions.values())))
        for name, feed in kept.items():
            for session in sessions[name]:
                if now < feed.due(session):
                    continue
                left = days_left(feed, session, calendar, now)
                if left and self._state(answers, name, session).state not in SETTLED:
                    found.setdefault(left, {}).setdefault(name, []).append(session)
        return dict(sorted(found.items()))

    @property
    def last_day(self) -> date:
        """The last day of what has one trading day left: it is deleted in the morning after."""
        return newest_row(self._kept_by, self._platform.clock())

    @cached_property
    def layers(self) -> list[Layer]:
        """How far bronze, silver, gold and the warehouse have come, in the range."""
        documents: dict[date, set[str]] = {}
        for (feed, session), answer in self._answers.items():
            if answer.accepted:
                documents.setdefault(session, set()).add(f"{feed}={answer.sha256}")
        bronze = Layer("bronze", max(documents, default=None), [])
        return [bronze, *(self._layer(layer, documents) for layer in BUILT_LAYERS)]

    @cached_property
    def rejects(self) -> int:
        """Lines of the range that could not be read."""
        counts = self._platform.lake.row_counts(TABLES["silver/rejects"], self.sessions)
        return sum(counts.values())

    @cached_property
    def _kept_by(self) -> Calendar:
        """The calendar by which the exchange keeps documents: a closed day has no row."""
        closed = (closure.day for closure in found_closures(self._platform.lake))
        return self._platform.calendar.without(closed)

    def _layer(self, layer: str, documents: Mapping[date, set[str]]) -> Layer:
        built: dict[date, set[str]] = {}
        for session, made_of in _builds(self._platform.lake, layer, self.sessions):
            built.setdefault(session, set()).update(made_of.split(","))
        # Not every feed is built on: those that the layer's tables ever came from are.
        feeds = {name.partition("=")[0] for made_of in built.values() for name in made_of}
        behind = [
            session
            for session, there in sorted(documents.items())
            if not built
            or {d for d in there if d.partition("=")[0] in feeds} - built.get(session, set())
        ]
        return Layer(BUILT_LAYERS[layer], max(built, default=None), behind)

    def _current(
        self, feeds: Sequence[str], sessions: Sequence[date]
    ) -> dict[tuple[str, date], Delivery]:
        return current(self._platform.lake, feeds, sessions) if sessions else {}

    def _state(
        self, answers: Mapping[tuple[str, date], Delivery], feed: str, session: date
    ) -> State:
        if answer := answers.get((feed, session)):
            return State(answer.state, answer.reason or "")
        if self._platform.clock() < FEEDS[feed].due(session):
            return State("not_yet", f"published by {FEEDS[feed].due_at:%H:%M} of the day")
        return State("unasked", NEVER_ASKED)


def _builds(lake: Lake, layer: str, sessions: Sequence[date]) -> Iterable[tuple[date, str]]:
    """What the tables of a layer were last built from, a row per table and session."""
    with lake.sql([BUILDS], sessions) as connection:
        rows: list[tuple[date, str]] = connection.execute(
            """
            select session_date, arg_max(documents, built_at) from builds
            where starts_with(table_path, $layer || '/') group by table_path, session_date
            """,
            {"layer": layer},
        ).fetchall()
    return rows
