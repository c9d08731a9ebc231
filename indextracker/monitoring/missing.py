"""Missing documents grouped for people: one entry per reason, with its keys as ranges.

`status` and `backfill` print the entries. Nothing here finds out what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from indextracker.calendars import Calendar
from indextracker.feeds import FEEDS
from indextracker_catalogue import Key, Timeline

Calendars = Callable[[Timeline], Calendar]


@dataclass(frozen=True)
class Gap:
    """Documents that are missing for one reason.

    Attributes:
        state: The state of them all, such as `refused`.
        reason: The sentence that is true of all these feeds, of their newest key at least.
        varies: Whether earlier keys have other numbers or names of documents in it.
        where: Keys by feed.
    """

    state: str
    reason: str
    varies: bool
    where: dict[str, list[Key]]

    @property
    def number(self) -> int:
        """How many documents are missing."""
        return sum(map(len, self.where.values()))


def by_reason(cells: Iterable[tuple[Key, str, str, str]]) -> list[Gap]:
    """Missing documents grouped by reason: the most frequent first, those that are not due last.

    Reasons of one feed that differ only in numbers and names of documents are one, in the words of
    the newest. Feeds are put together where their words are the same.

    Args:
        cells: Key, feed, state and reason of each document that is missing.
    """
    of_feed: dict[tuple[str, str, str], list[tuple[Key, str]]] = {}
    for key, feed, state, reason in cells:
        of_feed.setdefault((feed, state, _general(reason)), []).append((key, reason))
    found: dict[tuple[str, str], Gap] = {}
    for (feed, state, _), told in of_feed.items():
        newest = max(told)[1]
        varies = any(reason != newest for _, reason in told)
        before = found.get((state, newest), Gap(state, newest, varies=False, where={}))
        where = before.where | {feed: sorted(key for key, _ in told)}
        found[state, newest] = Gap(state, newest, varies or before.varies, where)
    return sorted(found.values(), key=lambda gap: (gap.state == "not_yet", -gap.number))


def where_in_words(
    found: Mapping[str, Sequence[Key]], feeds: Sequence[str], calendar_of: Calendars
) -> str:
    """Feeds and their keys; feeds of which the same are missing together.

    Args:
        found: Keys by feed.
        feeds: The feeds that are called all, where it is all of them.
        calendar_of: Gives the calendar of a time line.
    """
    same: dict[tuple[Timeline, tuple[Key, ...]], list[str]] = {}
    for feed, keys in found.items():
        same.setdefault((FEEDS[feed].timeline, tuple(keys)), []).append(feed)
    return "; ".join(
        f"{'all feeds' if len(names) == len(feeds) > 2 else ', '.join(names)} "
        f"{ranges(keys, calendar_of(timeline))}"
        for (timeline, keys), names in same.items()
    )


def ranges(keys: Sequence[Key], calendar: Calendar) -> str:
    """Keys in words; those without another between them are a range, but few years are named."""
    runs: list[list[Key]] = []
    few = calendar.timeline.at_once
    for key in sorted(keys):
        if runs and not few and not calendar.keys(runs[-1][-1], key)[1:-1]:
            runs[-1].append(key)
        else:
            runs.append([key])
    said, year = [], ""
    for run in runs:
        first, last = (_written(key, calendar.timeline) for key in (run[0], run[-1]))
        begin = first[5:] if first[:4] == year else first
        end = last[5:] if last[:4] == first[:4] else last
        said.append(begin if len(run) == 1 else f"{begin} to {end}")
        year = last[:4]
    return ", ".join(said)


def _written(key: Key, timeline: Timeline) -> str:
    """A key for people, with the year first; that of a year is its first day."""
    return str(timeline.value_of(key)) if timeline.type == "date" else timeline.label(key)


def _general(reason: str) -> str:
    """A reason without what tells one document from the next: quoted parts, names, numbers."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*\d\S*", "_", reason)
