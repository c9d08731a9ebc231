"""The reference tables of Taiwan that are made from its calendar: sessions and closures.

Those of another exchange are tables of its own subject: each of these is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from indextracker.building.reference_tables import Rows, of_exchange
from indextracker.calendars import TradingDays
from indextracker.reference import taiwan as reference
from indextracker.reference.closures import Closure
from indextracker_catalogue.taiwan import CLOSURES, SESSIONS, XTAI


def sessions(calendar: TradingDays, found: Sequence[Closure] = ()) -> Rows:
    """Rows of silver/sessions: all that the calendar knows, foreseeable ones included."""
    closed = {closure.day for closure in found if closure.exchange == calendar.exchange}
    days = [d for d in calendar.sessions(calendar.start, calendar.horizon) if d not in closed]
    return [
        {
            "exchange": calendar.exchange,
            "session_date": day,
            "opened_at": calendar.opening(day),
            "closed_at": calendar.closing(day),
            "previous_session_date": before,
        }
        for before, day in zip([None, *days], days, strict=False)
    ]


def closures(calendar: TradingDays, found: Sequence[Closure] = ()) -> Rows:
    """Rows of silver/closures: what no yearly schedule held."""
    # A release of the reference or of the calendar may know by now what was found.
    news = [closure for closure in found if calendar.is_session(closure.day)]
    return [
        {
            "exchange": closure.exchange,
            "closed_date": closure.day,
            "announced_on": closure.announced_on,
            "reason": closure.reason,
            "source": closure.source,
        }
        for closure in [*reference.closures(), *news]
        if closure.exchange == calendar.exchange and not closure.scheduled
    ]


OF_SESSIONS = of_exchange(SESSIONS, XTAI.exchange, sessions)
OF_CLOSURES = of_exchange(CLOSURES, XTAI.exchange, closures)
