"""What an exchange is, and its trading days as dates with their hours.

Exchanges are declared in the modules of their subjects beside this one and found there. Their days
come from `exchange_calendars` or from the exchange's own list, corrected by dated rows of the
reference. A day beyond the exchange's published schedule is an estimate from the holiday laws, and
a typhoon or an election may take any session away at short notice: such a correction is one line in
`reference/<subject>/closures.csv`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from indextracker.reference.closures import Closure, SpecialSession
from indextracker_catalogue.subjects import declared, once

FLOOR = "indextracker.calendars"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is constant about an exchange.

    Attributes:
        code: Its MIC, by ISO 10383.
        zone: Zone of its trading days.
        opens: When a session opens, in local time.
        closes: When a session closes.
        start: First day from which its sessions are checked.
        sessions: Its sessions from a day to another, both inclusive, before they are corrected.
        closures: Rows of the reference: days that are no sessions. Those of others are left aside.
        special_sessions: Rows of the reference: sessions that are missing from `sessions`, or have
            other hours than usual.
    """

    code: str
    zone: ZoneInfo
    opens: time
    closes: time
    start: date
    sessions: Callable[[date, date], Iterable[date]]
    closures: Callable[[], Iterable[Closure]] = tuple
    special_sessions: Callable[[], Iterable[SpecialSession]] = tuple

    def days(self, horizon: date) -> TradingDays:
        """Its sessions from its start to a last day, corrected by its own rows of the reference."""
        sessions = set(self.sessions(self.start, horizon))
        sessions -= {row.day for row in self.closures() if row.exchange == self.code}
        special = [row for row in self.special_sessions() if row.exchange == self.code]
        sessions |= {row.day for row in special if row.day <= horizon}
        return TradingDays(self, sessions, horizon)


def find_exchanges(subjects: Iterable[str], floor: str = FLOOR) -> dict[str, Exchange]:
    """The exchanges that the modules of the subjects declare, by MIC.

    Raises:
        ValueError: One is declared twice; it says where.
    """
    found = [item for subject in subjects for item in declared(floor, subject, Exchange).items()]
    once(((exchange.code, place) for exchange, place in found), "the exchange")
    return {exchange.code: exchange for exchange, _ in found}


class TradingDays:
    """The sessions of one exchange over a span of days.

    Attributes:
        exchange: MIC of the exchange.
        timezone: Zone of its trading days.
        start: First day that is known.
        horizon: Last day that is known.
    """

    def __init__(self, exchange: Exchange, sessions: Iterable[date], horizon: date) -> None:
        self.exchange = exchange.code
        self.timezone = exchange.zone
        self.start = exchange.start
        self.horizon = horizon
        self._known = exchange
        self._own_hours = {
            row.day: row.hours
            for row in exchange.special_sessions()
            if row.exchange == exchange.code and row.hours
        }
        self._sessions = sorted(sessions)
        self._is_session = frozenset(self._sessions)

    def __repr__(self) -> str:
        return f"<TradingDays {self.exchange} {self.start} to {self.horizon}>"

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

    def without(self, days: Iterable[date]) -> TradingDays:
        """The same days without some sessions, such as those found to be closed."""
        left = self._is_session.difference(days)
        return TradingDays(self._known, left, self.horizon)

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
        return self._hours(session)[0]

    def closing(self, session: date) -> datetime:
        """The instant, in UTC, at which the stock exchange closes a session.

        Raises:
            ValueError: The day is not a session, or outside the calendar.
        """
        return self._hours(session)[1]

    def _hours(self, session: date) -> tuple[datetime, datetime]:
        if not self.is_session(session):
            raise ValueError(f"{session} is not a session of {self.exchange}.")
        opens, closes = self._own_hours.get(session, (self._known.opens, self._known.closes))
        return self._instant(session, opens), self._instant(session, closes)

    def _instant(self, session: date, clock: time) -> datetime:
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
