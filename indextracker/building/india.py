"""The reference table of India that is made from its calendar: the days of NSE."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from indextracker.building.reference_tables import Rows, of_exchange
from indextracker.calendars import TradingDays
from indextracker.reference import india as reference
from indextracker.reference.closures import Closure
from indextracker_catalogue.india import NSE_DAYS, XNSE

_SATURDAY: Final = 5


def days(calendar: TradingDays, found: Sequence[Closure] = ()) -> Rows:
    """Rows of silver/nse_days: all that the calendar knows, foreseeable ones included."""
    own = [closure for closure in found if closure.exchange == calendar.exchange]
    closed = {closure.day for closure in own}
    why = {closure.day: closure.reason for closure in (*own, *reference.closures())}
    special = {session.day: session.reason for session in reference.special_sessions()}

    def row(day: date) -> dict[str, Any]:
        is_session = calendar.is_session(day) and day not in closed
        return {
            "day": day,
            "is_session": is_session,
            "is_special": is_session and day in special,
            "opened_at": calendar.opening(day) if is_session else None,
            "closed_at": calendar.closing(day) if is_session else None,
            "reason": (special if is_session else why).get(day),
        }

    span = (calendar.horizon - calendar.start).days
    every = (row(calendar.start + timedelta(days=number)) for number in range(span + 1))
    return [one for one in every if one["is_session"] or one["day"].weekday() < _SATURDAY]


OF_DAYS = of_exchange(NSE_DAYS, XNSE.exchange, days)
