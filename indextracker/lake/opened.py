"""Delta tables that are open: kept between uses, and brought up to date at each.

To open a table reads each commit of its log twice: one of a hundred commits in a bucket takes two
hundred requests, and three to be brought up to date. Reading and writing rows do not belong here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from indextracker.system.places import Place

T = TypeVar("T")


# A run asks some ten questions of one version of a log, again and again.
_LARGEST_NUMBER_OF_ANSWERS = 64


@dataclass
class _Open:
    """A table, and the commit at which it was opened: as long as that is there, it is the same."""

    delta: DeltaTable
    commit: str
    committed_at: datetime
    # Of the version that they were found in.
    answers: dict[Hashable, Any] = field(default_factory=dict)
    answers_of: int = -1


class OpenTables(threading.local):
    """The open tables of one lake; those of each thread, so that none changes while it is read."""

    def __init__(self) -> None:
        self._tables: dict[str, _Open] = {}

    def exists(self, place: Place, address: str) -> bool:
        """Whether there is a table.

        Args:
            place: Where the table lies.
            address: The same for Delta.
        """
        known = self._tables.get(address)
        # A folder that was moved away, and made again, has another commit of that number or none;
        # bringing the table up to date would not tell (delta-rs 1.6).
        if known and known.committed_at == place.modified_at(known.commit):
            return True
        self._tables.pop(address, None)
        return DeltaTable.is_deltatable(address)

    def latest(self, place: Place, address: str) -> DeltaTable | None:
        """The table at its latest version; None where there is none.

        Args:
            place: Where the table lies.
            address: The same for Delta.

        Raises:
            DeltaError: Its log cannot be read.
        """
        if not self.exists(place, address):
            return None
        if known := self._tables.get(address):
            try:
                known.delta.update_incremental()
            except DeltaError:
                del self._tables[address]
            else:
                return known.delta
        delta = DeltaTable(address)
        commit = f"_delta_log/{delta.version():020}.json"
        if committed_at := place.modified_at(commit):
            self._tables[address] = _Open(delta, commit, committed_at)
        return delta

    def answer(self, address: str, question: Hashable, find: Callable[[], T]) -> T:
        """What a question finds in a table that was brought up to date, once in each version.

        Args:
            address: Where the table lies, for Delta.
            question: What tells it from others, by what it is asked with too.
            find: Reads the table; what it finds is never changed by anybody.
        """
        known = self._tables.get(address)
        if known is None:
            return find()
        version = known.delta.version()
        if known.answers_of != version or len(known.answers) >= _LARGEST_NUMBER_OF_ANSWERS:
            known.answers, known.answers_of = {}, version
        if question not in known.answers:
            # A version that came meanwhile may be in it: it is asked again with that one.
            known.answers[question] = find()
        found: T = known.answers[question]
        return found
