"""What keeps a consumer from its work, and when that is tried again.

Networks, disks and services fail and come back: what they raise passes, and is tried again for as
long as it takes. What is wrong with the program does not pass. The work is in `consuming`.
"""

from __future__ import annotations

import random
import textwrap
from logging import getLogger
from time import monotonic

from deltalake.exceptions import DeltaError, DeltaProtocolError, SchemaMismatchError

from indextracker.lake.tail import OvertakenError
from indextracker.streams.model import StreamError

_PASSING = (StreamError, OvertakenError, OSError, DeltaError)
_LASTING = (SchemaMismatchError, DeltaProtocolError)
_SHORTEST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0
_MOST_DOUBLINGS = 5
# Arrow puts a traceback of its files behind what it says, and stores answer with pages of XML.
_TRACEBACKS = (" Detail: Python exception", "Traceback (most recent call last)")
_LONGEST_REASON = 300

_log = getLogger(__name__)


def passes(error: BaseException) -> bool:
    """Whether an error may be gone at the next try, though nobody does anything."""
    # delta-rs has no class of its own for a Parquet file that it could not write or read.
    known = isinstance(error, _PASSING) or type(error) is Exception
    return known and not isinstance(error, _LASTING)


def reason_of(error: BaseException) -> str:
    """What an error says, in a line for people."""
    said = str(error)
    for traceback in _TRACEBACKS:
        said = said.partition(traceback)[0]
    return textwrap.shorten(said, _LONGEST_REASON, placeholder=" …") or type(error).__name__


class Hindrances:
    """What hinders several pieces of work, each by its name.

    Args:
        whose: Whose work it is, for the log.
    """

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._reasons: dict[str, str] = {}
        self._since: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._due_at: dict[str, float] = {}

    def failed(self, work: str, error: BaseException) -> float:
        """Notes that a piece of work failed.

        Returns:
            After how many seconds to try again: one, two, at most thirty, by chance half of that.
        """
        reason = reason_of(error)
        if self._reasons.get(work) != reason:
            _log.warning("%s, %s: %s", self._whose, work, reason)
        doublings = self._failures.get(work, 0)
        pause: float = min(
            _SHORTEST_PAUSE_SECONDS * 2 ** min(doublings, _MOST_DOUBLINGS), _LONGEST_PAUSE_SECONDS
        )
        pause *= random.uniform(0.5, 1)  # noqa: S311 - no secret
        self._failures[work] = doublings + 1
        self._due_at[work] = monotonic() + pause
        self._since.setdefault(work, monotonic())
        self._reasons[work] = reason
        return pause

    def done(self, work: str) -> None:
        """Notes that a piece of work was done."""
        if self._reasons.pop(work, None) is not None:
            _log.warning("%s, %s: goes on", self._whose, work)
        for noted in (self._since, self._failures, self._due_at):
            noted.pop(work, None)

    def hinders(self, work: str) -> bool:
        """Whether a piece of work failed at the latest try."""
        return work in self._reasons

    def is_due(self, work: str) -> bool:
        """Whether it is time to try a piece of work, if it failed."""
        return self._due_at.get(work, 0.0) <= monotonic()

    @property
    def reasons(self) -> str:
        """What hinders, each reason once, since shards fail together; empty where nothing does."""
        return "; ".join(dict.fromkeys(dict(self._reasons).values()))

    def __str__(self) -> str:
        # It is asked by other threads: of copies.
        if not (reasons := self.reasons):
            return ""
        since = min(dict(self._since).values(), default=monotonic())
        return f"{reasons} (for {monotonic() - since:.0f} s; it is tried again)"
