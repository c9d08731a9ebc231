"""Trading sessions of each exchange: exchange_calendars, corrected by the reference's overrides.

The one place that answers which days an exchange trades. Hours of products and expiry rules do not
belong here (``indextracker.reference`` and Spark), nor do partitions (``indextracker_assets``).

A day beyond the exchange's published schedule is the library's estimate from the holiday laws, and
a typhoon may take any session away the evening before: such a correction is one line in
``reference/closures.csv``.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from indextracker.reference import taiwan as reference

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Calendar", "calendar", "taiwan"]


@dataclass(frozen=True, slots=True)
class _Exchange:
    """What is constant about an exchange; its sessions are checked from ``start`` on."""

    library_name: str
    timezone: ZoneInfo
    opens: time
    closes: time
    start: date


_EXCHANGES = {
    "XTAI": _Exchange(
        library_name="XTAI",
        timezone=ZoneInfo("Asia/Taipei"),
        opens=time(9, 0),
        closes=time(13, 30),
        start=date(2015, 1, 1),
    ),
}

# TAIFEX lists up to five quarterly months (UNF): late in a December, a March more than a year away.
_YEARS_AHEAD = 2


def taiwan(today: date | None = None) -> Calendar:
    """The calendar that TWSE and TAIFEX share.

    Args:
        today: Decides how far ahead the calendar reaches; today in Taipei by default.
    """
    return calendar("XTAI", today)


def calendar(exchange: str, today: date | None = None) -> Calendar:
    """The calendar of an exchange, up to the end of the year after next.

    Args:
        exchange: MIC of the exchange, such as ``XTAI``.
        today: Decides how far ahead the calendar reaches; today in the exchange's zone by default.

    Raises:
        ValueError: The exchange is not known here.
    """
    known = _EXCHANGES.get(exchange)
    if known is None:
        raise ValueError(
            f"There is no calendar of {exchange!r}; known are {', '.join(sorted(_EXCHANGES))}."
        )
    today = today or datetime.now(known.timezone).date()
    return _build(exchange, date(today.year + _YEARS_AHEAD, 12, 31))


class Calendar:
    """The sessions of one exchange over a span of days.

    Attributes:
        exchange: MIC of the exchange.
        timezone: Zone of its trading days.
        start: First day the calendar can answer for.
        horizon: Last day the calendar can answer for.
    """

    def __init__(self, exchange: str, sessions: Iterable[date], start: date, horizon: date) -> None:
        known = _EXCHANGES[exchange]
        self.exchange = exchange
        self.timezone = known.timezone
        self.start = start
        self.horizon = horizon
        self._opens = known.opens
        self._closes = known.closes
        self._sessions = sorted(sessions)
        self._is_session = frozenset(self._sessions)

    def __repr__(self) -> str:
        return f"<Calendar {self.exchange} {self.start} to {self.horizon}>"

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange trades on a day.

        Raises:
            ValueError: The day is outside the calendar.
        """
        self._check(day)
        return day in self._is_session

    def sessions(self, first: date, last: date) -> list[date]:
        """The sessions from first to last, both inclusive, in order.

        Raises:
            ValueError: A day is outside the calendar, or first is after last.
        """
        self._check_span(first, last)
        return self._sessions[
            bisect_left(self._sessions, first) : bisect_right(self._sessions, last)
        ]

    def non_sessions(self, first: date, last: date) -> list[date]:
        """Every day from first to last, both inclusive, without a session: weekends too.

        Raises:
            ValueError: A day is outside the calendar, or first is after last.
        """
        self._check_span(first, last)
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in days if day not in self._is_session]

    def without(self, days: Iterable[date]) -> Calendar:
        """The same calendar without some sessions, such as those found to be closed."""
        left = self._is_session.difference(days)
        return Calendar(self.exchange, left, self.start, self.horizon)

    def previous(self, day: date) -> date:
        """The last session strictly before a day, itself a session or not.

        Raises:
            ValueError: The day is outside the calendar, or no session of the calendar is before it.
        """
        self._check(day)
        position = bisect_left(self._sessions, day)
        if position == 0:
            raise ValueError(
                f"The calendar of {self.exchange}, which starts on {self.start}, "
                f"has no session before {day}."
            )
        return self._sessions[position - 1]

    def next(self, day: date) -> date:
        """The first session strictly after a day, itself a session or not.

        Raises:
            ValueError: The day is outside the calendar, or no session of the calendar is after it.
        """
        self._check(day)
        position = bisect_right(self._sessions, day)
        if position == len(self._sessions):
            raise ValueError(
                f"The calendar of {self.exchange}, which ends on {self.horizon}, "
                f"has no session after {day}."
            )
        return self._sessions[position]

    def opening(self, session: date) -> datetime:
        """The instant, in UTC, at which the stock exchange opens a session.

        Raises:
            ValueError: The day is not a session, or outside the calendar.
        """
        return self._instant(session, self._opens)

    def closing(self, session: date) -> datetime:
        """The instant, in UTC, at which the stock exchange closes a session.

        Raises:
            ValueError: The day is not a session, or outside the calendar.
        """
        return self._instant(session, self._closes)

    def _instant(self, session: date, clock: time) -> datetime:
        if not self.is_session(session):
            raise ValueError(f"{session} is not a session of {self.exchange}.")
        return datetime.combine(session, clock, self.timezone).astimezone(UTC)

    def _check_span(self, first: date, last: date) -> None:
        self._check(first)
        self._check(last)
        if first > last:
            raise ValueError(f"The first day, {first}, is after the last, {last}.")

    def _check(self, day: date) -> None:
        if not self.start <= day <= self.horizon:
            raise ValueError(
                f"{day} is outside the calendar of {self.exchange}, "
                f"which runs from {self.start} to {self.horizon}."
            )


@functools.cache
def _build(exchange: str, horizon: date) -> Calendar:
    # Imported here: the library and its pandas take two seconds, which few commands need.
    import exchange_calendars  # noqa: PLC0415

    known = _EXCHANGES[exchange]
    library = exchange_calendars.get_calendar(known.library_name, start=known.start, end=horizon)
    sessions = {moment.date() for moment in library.sessions}
    sessions -= {closure.day for closure in reference.closures() if closure.exchange == exchange}
    sessions |= {
        special.day
        for special in reference.special_sessions()
        if special.exchange == exchange and special.day <= horizon
    }
    return Calendar(exchange, sessions, known.start, horizon)
