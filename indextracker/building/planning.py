"""Plans runs: groups sessions and tables into as few runs as possible.

`staleness` finds the sessions that need one; the code location starts the runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from indextracker.calendars import TradingDays


@dataclass(frozen=True)
class Span:
    """A run: sessions without another one between them, and what to do for each.

    Attributes:
        sessions: The sessions, in order.
        names: Feeds to ask, or paths of tables to fill.
    """

    sessions: tuple[date, ...]
    names: tuple[str, ...]

    @property
    def first(self) -> date:
        """The first session."""
        return self.sessions[0]

    @property
    def last(self) -> date:
        """The last session."""
        return self.sessions[-1]

    def digest(self, documents: Mapping[str, Mapping[date, str]]) -> str:
        """What the run would be made of: equal for the same tables, sessions and documents."""
        what = [
            f"{name} {session} {documents[name][session]}"
            for name in self.names
            for session in self.sessions
        ]
        return hashlib.sha256("\n".join(what).encode()).hexdigest()[:16]


def spans(sessions: Mapping[str, Collection[date]], calendar: TradingDays) -> list[Span]:
    """The runs that do each thing for its sessions.

    No session is in two of them, so that their order does not matter: what builds on a table runs
    together with it.

    Args:
        sessions: Per feed or table its sessions.
        calendar: Tells what lies between two sessions; a holiday breaks no run, a session does.
    """
    every = sorted(day for day in set().union(*sessions.values()) if calendar.is_session(day))
    if not every:
        return []
    position = {day: n for n, day in enumerate(calendar.sessions(every[0], every[-1]))}
    of_day = {day: tuple(name for name, days in sessions.items() if day in days) for day in every}
    found: list[Span] = []
    for (names, _), days in groupby(
        enumerate(every), lambda item: (of_day[item[1]], position[item[1]] - item[0])
    ):
        found.append(Span(tuple(day for _, day in days), names))
    return found
