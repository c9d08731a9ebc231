"""The states of a range of sessions: what is there, what is missing and why, and until when.

Read from the lake, the calendar and the publishers' terms. Printing them is not done here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from indextracker.acquiring.acquisition import lost
from indextracker.acquiring.deliveries import NEVER_ASKED, Delivery, current, found_closures
from indextracker.acquiring.windows import days_left, newest_row, watched
from indextracker.building import staleness
from indextracker.building.earlier import known
from indextracker.building.needs import needs_of
from indextracker.calendars import TradingDays
from indextracker.feeds import FEEDS, feeds_of
from indextracker.platform import Platform
from indextracker_catalogue import tables_of
from indextracker_catalogue.shared.deliveries import COMPLETE
from indextracker_catalogue.timeline import Years
from indextracker_cli.missing import Gap, by_reason

BUILT_LAYERS = ("silver", "gold", "warehouse")


@dataclass(frozen=True)
class State:
    """What is known of one session and feed."""

    state: str
    reason: str


@dataclass(frozen=True)
class Layer:
    """How far a layer has come.

    Attributes:
        name: Its name.
        newest: The newest session of which some table of it has something.
        tables: Its tables, by path, and of each the sessions that it does not have from the
            documents that are accepted now. Of the warehouse its copies, raw/<name>.
    """

    name: str
    newest: date | None
    tables: dict[str, list[date]]

    @property
    def behind(self) -> list[date]:
        """The sessions of which some table is behind its documents."""
        return sorted(set().union(*self.tables.values()))


@dataclass(frozen=True)
class Earlier:
    """Sessions before a range that have some document, and how many of them are complete."""

    sessions: list[date]
    complete: int


class States:
    """The states of a range of sessions.

    Args:
        platform: Lake, calendar and clock.
        sessions: The range.
        feeds: The feeds that are looked at, of sessions and of years; all by default.
    """

    def __init__(
        self, platform: Platform, sessions: Sequence[date], feeds: Sequence[str] | None = None
    ) -> None:
        self._platform = platform
        self.subject = platform.subject
        self.calendar = platform.calendar
        feeds = list(feeds_of(platform.subject)) if feeds is None else feeds
        self.sessions = list(sessions)
        self.today = platform.clock().astimezone(platform.calendar.timezone).date()
        self.feeds = [name for name in feeds if FEEDS[name].timeline != Years()]
        self.yearly_feeds = [name for name in feeds if FEEDS[name].timeline == Years()]
        self.every_feed = list(feeds)
        # Of any session, in one look at the log: each takes longer than what it finds.
        self._answers = current(platform.lake, self.every_feed)

    def of(self, feed: str, session: date) -> State:
        """The state of a session and feed; one never asked for is called so."""
        if answer := self._answers.get((feed, session)):
            return State(answer.state, answer.reason or "")
        if self._platform.clock() < FEEDS[feed].due(session):
            return State("not_yet", f"published by {FEEDS[feed].due_at:%H:%M} of the day")
        return State("unasked", NEVER_ASKED)

    @cached_property
    def years(self) -> dict[date, dict[str, State]]:
        """The states of the feeds of years, by the first of January."""
        years = sorted({date(session.year, 1, 1) for session in self.sessions})
        return {year: {feed: self.of(feed, year) for feed in self.yearly_feeds} for year in years}

    @cached_property
    def complete(self) -> list[date]:
        """The sessions whose documents are all there; closed ones are complete as they are."""
        return [
            session
            for session in self.sessions
            if all(self.of(feed, session).state in COMPLETE for feed in self.feeds)
        ]

    def count(self, *states: str) -> int:
        """How many documents of sessions are in one of some states."""
        return sum(
            self.of(feed, session).state in states
            for feed in self.feeds
            for session in self.sessions
        )

    @cached_property
    def gaps(self) -> list[Gap]:
        """The missing documents, grouped by reason."""
        cells = [(s, f, self.of(f, s)) for s in self.sessions for f in self.feeds]
        cells += [(y, f, state) for y, feeds in self.years.items() for f, state in feeds.items()]
        return by_reason(
            (day, feed, found.state, found.reason)
            for day, feed, found in cells
            if found.state not in COMPLETE
        )

    @cached_property
    def expiring(self) -> dict[int, dict[str, list[date]]]:
        """What is missing and will be deleted, whatever the range: days left, feed, sessions."""
        found: dict[int, dict[str, list[date]]] = {}
        calendar = self._kept_by
        source = self._platform.settings.source.address
        # An archive keeps all that it has, and so does the simulated exchange of one's own.
        if source == "simulated" or source.startswith("archive:"):
            return found
        kept = {name: FEEDS[name] for name in self.feeds if FEEDS[name].window_sessions}
        now = self._platform.clock()
        sessions = {name: watched(feed, calendar, now) for name, feed in kept.items()}
        for name, feed in kept.items():
            for session in sessions[name]:
                if now < feed.due(session):
                    continue
                left = days_left(feed, session, calendar, now)
                if left and self.of(name, session).state not in COMPLETE:
                    found.setdefault(left, {}).setdefault(name, []).append(session)
        return dict(sorted(found.items()))

    @property
    def last_day(self) -> date:
        """The last day of what has one trading day left: it is deleted in the morning after."""
        return newest_row(self._kept_by, self._platform.clock())

    @cached_property
    def earlier(self) -> Earlier:
        """What is there of sessions before the range, whenever that was."""
        first = self.sessions[0] if self.sessions else self.today
        states: dict[date, dict[str, str]] = {}
        for (feed, session), answer in self._answers.items():
            if session < first and feed in self.feeds:
                states.setdefault(session, {})[feed] = answer.state
        there = [day for day, found in sorted(states.items()) if "accepted" in found.values()]
        complete = sum(
            all(states[day].get(feed) in COMPLETE for feed in self.feeds) for day in there
        )
        return Earlier(there, complete)

    @cached_property
    def layers(self) -> list[Layer]:
        """How far bronze, silver, gold and the warehouse have come, in the range.

        Of the tables that are filled from these feeds alone, by the word of `staleness`, as the
        sensor that builds what is stale.
        """
        return [self._bronze(), *self._built()]

    @cached_property
    def rejects(self) -> int:
        """Lines of the range that could not be read."""
        kept = [table for table in tables_of(self.subject) if table.name == "rejects"]
        keys = [session.isoformat() for session in self.sessions]
        counts = [self._platform.lake.row_counts(table, keys) for table in kept]
        return sum(sum(of_sessions.values()) for of_sessions in counts)

    @cached_property
    def _kept_by(self) -> TradingDays:
        """The calendar by which the exchange keeps documents: a closed day has no row."""
        closed = (closure.day for closure in found_closures(self._platform.lake))
        return self._platform.calendar.without(closed)

    def _bronze(self) -> Layer:
        accepted: dict[str, list[Delivery]] = {feed: [] for feed in self.feeds}
        looked_at = set(self.sessions)
        for (feed, session), answer in self._answers.items():
            if answer.accepted and feed in accepted and session in looked_at:
                accepted[feed].append(answer)
        lake = self._platform.lake
        tables = {
            FEEDS[feed].table.path: sorted(a.session_date for a in lost(lake, FEEDS[feed], answers))
            for feed, answers in accepted.items()
        }
        days = [answer.session_date for answers in accepted.values() for answer in answers]
        return Layer("bronze", max(days, default=None), tables)

    def _built(self) -> list[Layer]:
        chosen = frozenset(self.feeds)
        wanted = needs_of(self.subject)
        shown = [
            path
            for path, need in wanted.items()
            if any(way.feeds.keys() <= chosen for way in need.ways)
        ]
        lake = self._platform.lake
        keys = [session.isoformat() for session in self.sessions]
        built = staleness.built(lake, wanted, keys)
        stale = staleness.stale(lake, wanted, keys, known(lake, self._platform.calendar_of))
        tables: dict[str, dict[str, list[date]]] = {layer: {} for layer in BUILT_LAYERS}
        newest: dict[str, list[date]] = {layer: [] for layer in BUILT_LAYERS}
        for path in shown:
            prefix = path.partition("/")[0]
            layer = "warehouse" if prefix == "raw" else prefix
            tables[layer][path] = [date.fromisoformat(key) for key in stale[path]]
            newest[layer] += [date.fromisoformat(key) for key, what in built[path].items() if what]
        return [Layer(name, max(newest[name], default=None), tables[name]) for name in BUILT_LAYERS]
