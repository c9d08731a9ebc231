"""Plans runs: groups keys of a time line and tables into as few runs as possible.

`staleness` finds the keys that need one; the code location starts the runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby

from indextracker.calendars import Calendar
from indextracker_catalogue import Key, Timeline


@dataclass(frozen=True)
class Span:
    """A run: keys without another one between them, and what to do for each.

    Attributes:
        timeline: The time line of the keys.
        keys: The keys, in order.
        names: Feeds to ask, or paths of tables to fill.
    """

    timeline: Timeline
    keys: tuple[Key, ...]
    names: tuple[str, ...]

    @property
    def first(self) -> Key:
        """The first key."""
        return self.keys[0]

    @property
    def last(self) -> Key:
        """The last key."""
        return self.keys[-1]

    def digest(self, documents: Mapping[str, Mapping[Key, str]]) -> str:
        """What the run would be made of: equal for the same tables, keys and documents."""
        what = [f"{name} {key} {documents[name][key]}" for name in self.names for key in self.keys]
        return hashlib.sha256("\n".join(what).encode()).hexdigest()[:16]


def spans(keys: Mapping[str, Collection[Key]], calendar: Calendar) -> list[Span]:
    """The runs that do each thing for its keys of one time line.

    No key is in two of them, so that their order does not matter: what builds on a table runs
    together with it.

    Args:
        keys: Per feed or table its keys.
        calendar: Tells what lies between two keys; a holiday breaks no run, a session does.
    """
    every = sorted(key for key in set().union(*keys.values()) if calendar.is_key(key))
    if not every:
        return []
    position = {key: n for n, key in enumerate(calendar.keys(every[0], every[-1]))}
    of_key = {key: tuple(name for name, due in keys.items() if key in due) for key in every}
    found: list[Span] = []
    for (names, _), group in groupby(
        enumerate(every), lambda item: (of_key[item[1]], position[item[1]] - item[0])
    ):
        found.append(Span(calendar.timeline, tuple(key for _, key in group), names))
    return found
