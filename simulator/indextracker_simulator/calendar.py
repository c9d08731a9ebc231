"""The trading days of the simulated exchange, and what was known of them when.

Dates alone: hours belong to products.py, the expiries made of these dates to expiries.py.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import exchange_calendars
import numpy as np

FIRST_DAY = date(2015, 1, 1)
"""The exchange publishes sessions from this day on."""

LAST_DAY = date(2038, 12, 31)
"""No sessions after this day: every contract listed on it still ends inside the calendar."""

WALK_EPOCH = date(2014, 12, 1)
"""Prices start their walk here: early enough that the first session has a previous close."""

_CALENDAR_END = date(2040, 12, 28)

# The library lists these as sessions. On 2023-01-18 trades were settled and none were made.
_SCHEDULED_CLOSURES = frozenset({date(2022, 2, 4), date(2023, 1, 18)})

_TYPHOON_CLOSURES = frozenset(
    {
        date(2015, 7, 10),
        date(2015, 9, 29),
        date(2016, 7, 8),
        date(2016, 9, 27),
        date(2016, 9, 28),
        date(2019, 8, 9),
        date(2019, 9, 30),
        date(2023, 8, 3),
        date(2024, 7, 24),
        date(2024, 7, 25),
        date(2024, 10, 2),
        date(2024, 10, 3),
        date(2024, 10, 31),  # the library lists this one as a session
    }
)


@dataclass(frozen=True)
class TradingCalendar:
    """Every session of the exchange, in order.

    Attributes:
        sessions: The trading days, ascending, from the walk's epoch on.
    """

    sessions: tuple[date, ...]

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange traded on `day`."""
        position = bisect_left(self.sessions, day)
        return position < len(self.sessions) and self.sessions[position] == day

    def previous(self, session: date) -> date:
        """Return the session before `session`."""
        return self.sessions[bisect_left(self.sessions, session) - 1]

    def first_open(self, day: date, known_at: date) -> date:
        """Return the first trading day not before `day`, as expected at session `known_at`.

        A typhoon closes the exchange on the evening before, so that until then an expiry is
        still expected on the day that will turn out to be closed.
        """
        while not self._expected(day, known_at):
            day += timedelta(days=1)
        return day

    def _expected(self, day: date, known_at: date) -> bool:
        announced_on = day - timedelta(days=1)
        unaware = day in _TYPHOON_CLOSURES and announced_on >= known_at
        return unaware or self.is_session(day)


@cache
def trading_calendar() -> TradingCalendar:
    """Return the exchange's calendar: the library's, corrected."""
    library = exchange_calendars.get_calendar("XTAI", start=str(WALK_EPOCH), end=str(_CALENDAR_END))
    days: list[date] = np.asarray(library.sessions, dtype="datetime64[D]").tolist()
    closed = _SCHEDULED_CLOSURES | _TYPHOON_CLOSURES
    return TradingCalendar(tuple(day for day in days if day not in closed))
