"""Missing documents grouped for people: one entry per reason, with its sessions as ranges.

`status` and `backfill` print the entries. Nothing here finds out what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from indextracker.calendars import TradingDays


@dataclass(frozen=True)
class Gap:
    """Documents that are missing for one reason.

    Attributes:
        state: The state of them all, such as `refused`.
        reason: The sentence that is true of all these feeds, of their newest session at least.
        varies: Whether earlier sessions have other numbers or names of documents in it.
        where: Sessions by feed.
    """

    state: str
    reason: str
    varies: bool
    where: dict[str, list[date]]

    @property
    def number(self) -> int:
        """How many documents are missing."""
        return sum(map(len, self.where.values()))


def by_reason(cells: Iterable[tuple[date, str, str, str]]) -> list[Gap]:
    """Missing documents grouped by reason: the most frequent first, those that are not due last.

    Reasons of one feed that differ only in numbers and names of documents are one, in the words of
    the newest. Feeds are put together where their words are the same.

    Args:
        cells: Session, feed, state and reason of each document that is missing.
    """
    of_feed: dict[tuple[str, str, str], list[tuple[date, str]]] = {}
    for session, feed, state, reason in cells:
        of_feed.setdefault((feed, state, _general(reason)), []).append((session, reason))
    found: dict[tuple[str, str], Gap] = {}
    for (feed, state, _), told in of_feed.items():
        newest = max(told)[1]
        varies = any(reason != newest for _, reason in told)
        before = found.get((state, newest), Gap(state, newest, varies=False, where={}))
        where = before.where | {feed: sorted(session for session, _ in told)}
        found[state, newest] = Gap(state, newest, varies or before.varies, where)
    return sorted(found.values(), key=lambda gap: (gap.state == "not_yet", -gap.number))


def where_in_words(
    found: Mapping[str, Sequence[date]], feeds: Sequence[str], calendar: TradingDays
) -> str:
    """Feeds and their sessions; feeds of which the same are missing together."""
    same: dict[tuple[date, ...], list[str]] = {}
    for feed, days in found.items():
        same.setdefault(tuple(days), []).append(feed)
    return "; ".join(
        f"{'all feeds' if len(names) == len(feeds) > 2 else ', '.join(names)} "
        f"{ranges(days, calendar)}"
        for days, names in same.items()
    )


def ranges(days: Sequence[date], calendar: TradingDays) -> str:
    """Days in words; those without a session between them are a range."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and not calendar.sessions(runs[-1][-1], day)[1:-1]:
            runs[-1].append(day)
        else:
            runs.append([day])
    said, year = [], None
    for run in runs:
        begin = f"{run[0]:%m-%d}" if run[0].year == year else f"{run[0]:%Y-%m-%d}"
        end = f"{run[-1]:%m-%d}" if run[-1].year == run[0].year else f"{run[-1]:%Y-%m-%d}"
        said.append(begin if len(run) == 1 else f"{begin} to {end}")
        year = run[-1].year
    return ", ".join(said)


def _general(reason: str) -> str:
    """A reason without what tells one document from the next: quoted parts, names, numbers."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*\d\S*", "_", reason)
