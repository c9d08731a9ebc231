"""The states of a range of a subject's keys: what is there, what is missing and why, until when.

Read from the lake, the calendars and the publishers' terms. Printing them is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from indextracker.acquiring.acquisition import lost
from indextracker.acquiring.deliveries import current
from indextracker.acquiring.states import State, state_of
from indextracker.acquiring.windows import days_left, newest_row, watched
from indextracker.building import staleness
from indextracker.building.earlier import Known, known
from indextracker.building.needs import needs_of
from indextracker.feeds import FEEDS, feeds_of
from indextracker.monitoring.missing import Gap, by_reason
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue import Key, Subject, Timeline, rejects_tables
from indextracker_catalogue.shared.deliveries import COMPLETE

BUILT_LAYERS = ("silver", "gold", "warehouse")


@dataclass(frozen=True)
class Layer:
    """How far a layer has come.

    Attributes:
        name: Its name.
        newest: The newest key of which some table of it has something.
        tables: Its tables, by path, and of each the keys that it does not have from the documents
            that are accepted now. Of the warehouse its copies, raw/<name>.
    """

    name: str
    newest: Key | None
    tables: dict[str, list[Key]]

    @property
    def behind(self) -> list[Key]:
        """The keys of which some table is behind its documents."""
        return sorted(set().union(*self.tables.values()))


@dataclass(frozen=True)
class Earlier:
    """Keys before a range that have some document, and how many of them are complete."""

    keys: list[Key]
    complete: int


@dataclass(frozen=True)
class Series:
    """The keys of one time line that are looked at, and the feeds with a document for each."""

    timeline: Timeline
    keys: list[Key]
    feeds: list[str]


def last_keys(
    platform: Platform, timeline: Timeline, most: int, last: date | None = None
) -> list[Key]:
    """The last keys of a time line that have begun, none from before the lake's first day.

    Args:
        platform: Calendars, clock and the first day of the lake.
        timeline: The time line.
        most: How many.
        last: The last day; None for the present.
    """
    calendar, now = platform.calendar_of(timeline), platform.clock()
    since = max(platform.settings.lake.start, timeline.day_of(calendar.start))
    if (last or now.astimezone(calendar.zone).date()) < since:
        return []
    begin = datetime.combine(since, time.min, calendar.zone)
    end = datetime.combine(last, time.max, calendar.zone) if last else now
    newest = calendar.last(calendar.key_at(end), most)
    return [key for key in newest if key >= calendar.key_at(begin)]


def awaits(settings: Settings) -> bool:
    """Whether documents come of themselves, and are deleted where they are published.

    An archive keeps all that it has, and so does the simulated exchange of one's own.
    """
    source = settings.source.address
    return source != "simulated" and not source.startswith("archive:")


class States:
    """The states of a range of a subject's keys.

    Args:
        platform: Lake, calendars and clock.
        subject: The subject.
        keys: The range, by time line.
        feeds: The feeds of the subject that are looked at; all by default.

    Attributes:
        series: What is looked at, by time line; of those whose documents are requested all at once
            see `at_once`.
    """

    def __init__(
        self,
        platform: Platform,
        subject: Subject,
        keys: Mapping[Timeline, Sequence[Key]],
        feeds: Sequence[str] | None = None,
    ) -> None:
        self.platform = platform
        self.subject = subject
        self.today = platform.clock().astimezone(ZoneInfo(subject.zone)).date()
        self.every_feed = list(feeds_of(subject) if feeds is None else feeds)
        every = [
            Series(line, list(these), [f for f in self.every_feed if FEEDS[f].timeline == line])
            for line, these in keys.items()
        ]
        self.series = [one for one in every if not one.timeline.at_once]
        self._at_once = [one for one in every if one.timeline.at_once]
        # Of any key, in one look at the log: each takes longer than what it finds.
        self._answers = current(platform.lake, self.every_feed)
        # Each is asked for by every part of the screen.
        self._states: dict[tuple[str, Key], State] = {}

    @property
    def keys(self) -> list[Key]:
        """The keys that are looked at, but for those of `at_once`."""
        return [key for one in self.series for key in one.keys]

    @property
    def feeds(self) -> list[str]:
        """The feeds with a document for each of these keys."""
        return [feed for feed in self.every_feed if not FEEDS[feed].timeline.at_once]

    def of(self, feed: str, key: Key) -> State:
        """The state of a key and feed; one never asked for is called so."""
        if (feed, key) not in self._states:
            answer = self._answers.get((feed, key))
            self._states[feed, key] = state_of(feed, key, answer, self.platform.clock())
        return self._states[feed, key]

    @cached_property
    def at_once(self) -> dict[Key, dict[str, State]]:
        """The states of the feeds whose documents are requested all at once, such as years."""
        return {
            key: {feed: self.of(feed, key) for feed in one.feeds}
            for one in self._at_once
            for key in one.keys
        }

    def complete(self, one: Series) -> list[Key]:
        """The keys whose documents are all there; closed ones are complete as they are."""
        return [
            key
            for key in one.keys
            if all(self.of(feed, key).state in COMPLETE for feed in one.feeds)
        ]

    def count(self, one: Series, *states: str) -> int:
        """How many documents are in one of some states."""
        return sum(self.of(feed, key).state in states for feed in one.feeds for key in one.keys)

    @cached_property
    def gaps(self) -> list[Gap]:
        """The missing documents, grouped by reason."""
        cells = [(k, f, self.of(f, k)) for one in self.series for k in one.keys for f in one.feeds]
        cells += [(k, f, state) for k, feeds in self.at_once.items() for f, state in feeds.items()]
        return by_reason(
            (key, feed, found.state, found.reason)
            for key, feed, found in cells
            if found.state not in COMPLETE
        )

    @cached_property
    def expiring(self) -> dict[int, dict[str, list[Key]]]:
        """What is missing and will be deleted, whatever the range: days left, feed, sessions."""
        found: dict[int, dict[str, list[Key]]] = {}
        if not awaits(self.platform.settings):
            return found
        now = self.platform.clock()
        for name in self.feeds:
            feed = FEEDS[name]
            if not feed.window_sessions:
                continue
            calendar = self.kept_by(feed.timeline)
            for key in watched(feed, calendar, now):
                if now < feed.due(key):
                    continue
                left = days_left(feed, key, calendar, now)
                if left and self.of(name, key).state not in COMPLETE:
                    found.setdefault(left, {}).setdefault(name, []).append(key)
        return dict(sorted(found.items()))

    def last_day(self, feed: str) -> Key:
        """The last day of what a feed has for one trading day: it is deleted in the morning after.

        Args:
            feed: One of those of `expiring`.
        """
        calendar = self.kept_by(FEEDS[feed].timeline)
        return newest_row(FEEDS[feed], calendar, self.platform.clock())

    def earlier(self, one: Series) -> Earlier:
        """What is there of keys before the range, whenever that was."""
        now = self.platform.calendar_of(one.timeline).key_at(self.platform.clock())
        first = one.keys[0] if one.keys else now
        states: dict[Key, dict[str, str]] = {}
        for (feed, key), answer in self._answers.items():
            if key < first and feed in one.feeds:
                states.setdefault(key, {})[feed] = answer.state
        there = [key for key, found in sorted(states.items()) if "accepted" in found.values()]
        complete = sum(
            all(states[key].get(feed) in COMPLETE for feed in one.feeds) for key in there
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
        lake = self.platform.lake
        counts = [
            lake.row_counts(table, one.keys)
            for one in self.series
            for table in rejects_tables(self.subject)
            if table.timeline == one.timeline
        ]
        return sum(sum(of_keys.values()) for of_keys in counts)

    def _bronze(self) -> Layer:
        tables: dict[str, list[Key]] = {}
        newest: list[Key] = []
        for one in self.series:
            looked_at = set(one.keys)
            for feed in one.feeds:
                accepted = [
                    answer
                    for (name, key), answer in self._answers.items()
                    if name == feed and answer.accepted and key in looked_at
                ]
                gone = lost(self.platform.lake, FEEDS[feed], accepted)
                tables[FEEDS[feed].table.path] = sorted(answer.key for answer in gone)
                newest += (answer.key for answer in accepted)
        return Layer("bronze", max(newest, default=None), tables)

    def _built(self) -> list[Layer]:
        tables: dict[str, dict[str, list[Key]]] = {layer: {} for layer in BUILT_LAYERS}
        newest: dict[str, list[Key]] = {layer: [] for layer in BUILT_LAYERS}
        for one in self.series:
            for path, (there, stale) in self._builds(one).items():
                prefix = path.partition("/")[0]
                layer = "warehouse" if prefix == "raw" else prefix
                tables[layer][path] = stale
                newest[layer] += there
        return [Layer(name, max(newest[name], default=None), tables[name]) for name in BUILT_LAYERS]

    def _builds(self, one: Series) -> dict[str, tuple[list[Key], list[Key]]]:
        """Of each table of these feeds the keys that are there, and those that are behind."""
        lake, chosen = self.platform.lake, frozenset(self.feeds)
        needs = {
            path: need
            for path, need in needs_of(self.subject).items()
            if need.timeline == one.timeline
        }
        built = staleness.built(lake, needs, one.keys)
        possible = staleness.accepted(lake, needs, one.keys, self.kept_by)
        stale = staleness.behind(possible, built)
        return {
            path: ([key for key, what in built[path].items() if what], list(stale[path]))
            for path, need in needs.items()
            if any(
                way.feeds.keys() <= chosen
                and (way.feeds or not any(table.imported for table in way.tables))
                for way in need.ways
            )
        }

    def accepted_at(self, feed: str) -> float:
        """When the last document of a feed was accepted, in seconds since 1970; 0 if none was."""
        of = (one.fetched_at for one in self._answers.values() if one.feed == feed and one.accepted)
        return max((at.timestamp() for at in of), default=0)

    @cached_property
    def kept_by(self) -> Known:
        """The calendars by which exchanges keep documents: a closed day has no row."""
        return known(self.platform.lake, self.platform.calendar_of)
