"""Corrections of an exchange's calendar: closures and special sessions.

The readers of `closures.csv` and `special_sessions.csv`, which any subject may have. Trading days
are computed in `indextracker.calendars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indextracker.reference.rows import Row, read

if TYPE_CHECKING:
    from datetime import date
    from importlib.resources.abc import Traversable

# In order. They are not read off the dataclasses, where a field named `date` would hide the type.
CLOSURE_COLUMNS: Final = ("exchange", "date", "announced_on", "scheduled", "reason", "source")
SPECIAL_COLUMNS: Final = ("exchange", "date", "announced_on", "reason", "source")


@dataclass(frozen=True, slots=True)
class Closure:
    """A weekday without trading that exchange_calendars does not have, or that was unforeseeable.

    Attributes:
        exchange: MIC of the exchange, such as ``XTAI``.
        day: The closed day.
        announced_on: When it became known, in local time; None where it was in the yearly
            schedule.
        scheduled: False for a typhoon and the like.
        reason: Why.
        source: Where the row comes from.
    """

    exchange: str
    day: date
    announced_on: date | None
    scheduled: bool
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class SpecialSession:
    """A session that exchange_calendars does not have.

    Attributes:
        exchange: MIC of the exchange, such as ``XTAI``.
        day: The session.
        announced_on: When it became known, in local time; None where not established.
        reason: Why.
        source: Where the row comes from.
    """

    exchange: str
    day: date
    announced_on: date | None
    reason: str
    source: str


def read_closures(folder: Traversable) -> tuple[Closure, ...]:
    """Read ``closures.csv``.

    It holds the weekdays that exchange_calendars wrongly calls sessions, and every unscheduled
    closure, known to the library or not: only the day of its announcement tells what a past
    session could know.

    Args:
        folder: Where the subject's files are.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """

    def build(row: Row) -> Closure:
        closure = Closure(
            exchange=row.matching("exchange", r"X[A-Z]{3}"),
            day=row.day("date"),
            announced_on=row.optional_day("announced_on"),
            scheduled=row.flag("scheduled"),
            reason=row.text("reason"),
            source=row.text("source"),
        )
        if closure.announced_on is None and not closure.scheduled:
            raise ValueError("an unscheduled closure needs the date of its announcement.")
        _check_announcement(closure)
        return closure

    entries = read(
        folder, "closures.csv", CLOSURE_COLUMNS, build, lambda row: (row.exchange, row.day)
    )
    return tuple(closure for _, closure in entries)


def read_special_sessions(folder: Traversable) -> tuple[SpecialSession, ...]:
    """Read ``special_sessions.csv``.

    Args:
        folder: Where the subject's files are.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    closed = {(closure.exchange, closure.day) for closure in read_closures(folder)}

    def build(row: Row) -> SpecialSession:
        session = SpecialSession(
            exchange=row.matching("exchange", r"X[A-Z]{3}"),
            day=row.day("date"),
            announced_on=row.optional_day("announced_on"),
            reason=row.text("reason"),
            source=row.text("source"),
        )
        if (session.exchange, session.day) in closed:
            raise ValueError(f"{session.day} is a closure in closures.csv.")
        _check_announcement(session)
        return session

    entries = read(
        folder,
        "special_sessions.csv",
        SPECIAL_COLUMNS,
        build,
        lambda row: (row.exchange, row.day),
    )
    return tuple(session for _, session in entries)


def _check_announcement(entry: Closure | SpecialSession) -> None:
    if entry.announced_on is not None and entry.announced_on >= entry.day:
        raise ValueError("announced_on must be before the day itself.")
