"""The trading days of the simulated exchange, their hours, and since when each closure was known.

Dates and hours only: the published list of holidays is in notices.py. Days begin and end in India.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import exchange_calendars
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INDIA: Final = timezone(timedelta(hours=5, minutes=30))

FIRST_DAY: Final = date(2011, 1, 3)
"""The exchange publishes sessions from this day on."""

LAST_DAY: Final = date(2036, 12, 31)
"""No sessions after this day."""

_LISTED_UNTIL = date(2026, 12, 31)  # the library knows the holidays of no later year
_SATURDAY = 5

FIXED_HOLIDAYS: Final = MappingProxyType(
    {
        (1, 26): "Republic Day",
        (4, 14): "Dr. Baba Saheb Ambedkar Jayanti",
        (5, 1): "Maharashtra Day",
        (8, 15): "Independence Day",
        (10, 2): "Mahatma Gandhi Jayanti",
        (12, 25): "Christmas",
    }
)
"""Holidays of a fixed month and day; the others follow the moon."""

MUHURAT: Final = MappingProxyType(
    {
        date(2011, 10, 26): (time(16, 45), time(18)),
        date(2012, 11, 13): (time(15, 45), time(17)),
        date(2013, 11, 3): (time(18, 15), time(19, 30)),
        date(2014, 10, 23): (time(18, 30), time(19, 30)),
        date(2015, 11, 11): (time(17, 45), time(18, 45)),
        date(2016, 10, 30): (time(18, 30), time(19, 30)),
        date(2017, 10, 19): (time(18, 30), time(19, 30)),
        date(2018, 11, 7): (time(17, 30), time(18, 30)),
        date(2019, 10, 27): (time(18, 15), time(19, 15)),
        date(2020, 11, 14): (time(18, 15), time(19, 15)),
        date(2021, 11, 4): (time(18, 15), time(19, 15)),
        date(2022, 10, 24): (time(18, 15), time(19, 15)),
        date(2023, 11, 12): (time(18, 15), time(19, 15)),
        date(2024, 11, 1): (time(18), time(19)),
        date(2025, 10, 21): (time(13, 45), time(14, 45)),
        date(2026, 11, 8): (time(18), time(19)),
    }
)
"""The hour of trading at Diwali, on a day that is a holiday or a weekend."""

_SHORT = MappingProxyType(
    {
        date(2012, 4, 28): (time(11, 15), time(12, 45)),
        date(2014, 3, 22): (time(11, 15), time(12, 45)),
        date(2024, 3, 2): (time(9, 15), time(12, 30)),
        date(2024, 5, 18): (time(9, 15), time(12, 30)),
    }
)

_WEEKENDS = frozenset(
    {
        date(2012, 1, 7),
        date(2012, 3, 3),
        date(2012, 9, 8),
        date(2013, 5, 11),
        date(2015, 2, 28),
        date(2020, 2, 1),
        date(2024, 1, 20),
        date(2025, 2, 1),
        date(2026, 2, 1),
    }
)

ANNOUNCED: Final = MappingProxyType(
    {
        date(2013, 11, 15): date(2013, 11, 13),
        date(2014, 4, 24): date(2014, 4, 3),
        date(2014, 10, 15): date(2014, 10, 14),
        date(2019, 4, 29): date(2019, 3, 26),
        date(2019, 10, 21): date(2019, 10, 9),
        date(2023, 6, 29): date(2023, 6, 27),
        date(2024, 1, 22): date(2024, 1, 19),
        date(2024, 5, 20): date(2024, 4, 8),
        date(2024, 11, 20): date(2024, 11, 8),
        date(2026, 1, 15): date(2026, 1, 12),
    }
)
"""Closures that the list of their year did not have at first, and when they were announced."""

MOVED: Final = MappingProxyType(
    {date(2013, 11, 14): date(2013, 11, 15), date(2023, 6, 28): date(2023, 6, 29)}
)
"""Sessions that the list of their year had as holidays, until these were moved by a day."""


@dataclass(frozen=True)
class TradingCalendar:
    """Every session of the exchange.

    Attributes:
        sessions: In order.
    """

    sessions: tuple[date, ...]

    @cached_property
    def position(self) -> dict[date, int]:
        """The place of each session among all of them."""
        return {session: place for place, session in enumerate(self.sessions)}

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange traded on a day."""
        return day in self.position

    def previous(self, day: date) -> date:
        """Return the session before a day.

        Raises:
            ValueError: There is none.
        """
        place = bisect_left(self.sessions, day)
        if not place:
            raise ValueError(f"the simulated exchange has no session before {day}")
        return self.sessions[place - 1]

    def until(self, day: date) -> int:
        """Return the number of sessions up to a day, the day included."""
        return bisect_right(self.sessions, day)

    def between(self, first: date, last: date) -> tuple[date, ...]:
        """Return the sessions from one day to another, both included."""
        return self.sessions[bisect_left(self.sessions, first) : self.until(last)]

    def without(self, days: Iterable[date]) -> TradingCalendar:
        """Return the calendar of an exchange that is closed on further days.

        Raises:
            ValueError: One of the days is no session.
        """
        days = frozenset(days)
        for day in sorted(days):
            if not self.is_session(day):
                raise ValueError(f"{day} is no session that could be called off")
        return TradingCalendar(tuple(session for session in self.sessions if session not in days))

    def hours(self, session: date) -> tuple[datetime, datetime]:
        """Return when a session opens and closes."""
        opens, closes = MUHURAT.get(session) or _SHORT.get(session) or (time(9, 15), time(15, 30))
        return datetime.combine(session, opens, INDIA), datetime.combine(session, closes, INDIA)

    def liveliness(self, session: date) -> float:
        """Return how much is traded in a session, as a share of a usual one."""
        opens, closes = self.hours(session)
        return (closes - opens) / timedelta(hours=6, minutes=15)

    def holidays(self, year: int) -> Iterator[date]:
        """Yield the weekdays of a year on which there are no hours of the usual kind."""
        day = date(year, 1, 1)
        while day.year == year:
            if day.weekday() < _SATURDAY and (not self.is_session(day) or day in MUHURAT):
                yield day
            day += timedelta(days=1)


@cache
def trading_calendar() -> TradingCalendar:
    """Return the calendar: the library's of Mumbai, corrected; of later years, an estimate."""
    library = exchange_calendars.get_calendar("XBOM", start=str(FIRST_DAY), end=str(_LISTED_UNTIL))
    days: set[date] = set(np.asarray(library.sessions, dtype="datetime64[D]").tolist())
    days -= ANNOUNCED.keys()
    days |= MUHURAT.keys() | _SHORT.keys() | _WEEKENDS | MOVED.keys()
    return TradingCalendar(tuple(sorted(days | set(_estimated()))))


def _estimated() -> Iterator[date]:
    """Yield the weekdays but the holidays of a fixed date, of years without a list."""
    day = _LISTED_UNTIL + timedelta(days=1)
    while day <= LAST_DAY:
        if day.weekday() < _SATURDAY and (day.month, day.day) not in FIXED_HOLIDAYS:
            yield day
        day += timedelta(days=1)
