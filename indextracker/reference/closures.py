"""Corrections of an exchange's calendar: closures and special sessions.

The readers of `closures.csv` and `special_sessions.csv`, which any subject may have. Trading days
are computed in `indextracker.calendars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Final

from indextracker.reference.rows import Row, read

if TYPE_CHECKING:
    from datetime import date
    from importlib.resources.abc import Traversable

# In order. They are not read off the dataclasses, where a field named `date` would hide the type.
CLOSURE_COLUMNS: Final = ("exchange", "date", "announced_on", "scheduled", "reason", "source")
SPECIAL_COLUMNS: Final = (
    "exchange",
    "date",
    "announced_on",
    "opens",
    "closes",
    "reason",
    "source",
)


@dataclass(frozen=True, slots=True)
class Closure:
    """A weekday without trading.

    Attributes:
        exchange: MIC of the exchange, such as ``XTAI``.
        day: The closed day.
        announced_on: When it became known, in local time; None where it was in the yearly
            schedule.
        scheduled: False for a typhoon, an election and the like.
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
    """A session that no rule foresees, such as one at a weekend, or one of unusual hours.

    Attributes:
        exchange: MIC of the exchange, such as ``XTAI``.
        day: The session.
        announced_on: When it became known, in local time; None where not established.
        hours: When it opened and closed, in local time; of several parts, when the first opened
            and the last closed. None where they are the usual ones, or not established, which the
            source says.
        reason: Why.
        source: Where the row comes from.
    """

    exchange: str
    day: date
    announced_on: date | None
    reason: str
    source: str
    hours: tuple[time, time] | None = None


def read_closures(folder: Traversable) -> tuple[Closure, ...]:
    """Read ``closures.csv``.

    It holds the weekdays that the rule for the exchange's sessions wrongly calls sessions, and
    every unscheduled closure, known to the rule or not: only the day of its announcement tells what
    a past session could know.

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
            hours=_hours(row),
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


def _hours(row: Row) -> tuple[time, time] | None:
    if row.is_empty("opens") and row.is_empty("closes"):
        return None
    opens, closes = (time.fromisoformat(row.clock(column)) for column in ("opens", "closes"))
    if not opens < closes:
        raise ValueError("a session must open before it closes.")
    return opens, closes


def _check_announcement(entry: Closure | SpecialSession) -> None:
    if entry.announced_on is not None and entry.announced_on >= entry.day:
        raise ValueError("announced_on must be before the day itself.")
