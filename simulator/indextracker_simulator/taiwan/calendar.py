"""The trading days of the simulated exchange, and since when each closure was known.

Dates only: hours are in products.py, expiries in expiries.py, the published schedule of holidays
in holidays.py. One simulated exchange may have typhoon closures that another has not, so the model
gets the calendar of the exchange that it works for from `trading_calendar`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

import exchange_calendars
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST_DAY = date(2015, 1, 1)
"""The exchange publishes sessions from this day on."""

LAST_DAY = date(2038, 12, 31)
"""No sessions after this day: every contract listed on it still ends inside the calendar."""

WALK_EPOCH = date(2014, 12, 1)
"""Prices start their walk here: early enough that the first session has a previous close."""

_CALENDAR_END = date(2040, 12, 28)

# The library lists these as sessions. On 2023-01-18 trades were settled and none were made.
_SCHEDULED_CLOSURES = frozenset({date(2022, 2, 4), date(2023, 1, 18)})

# Saturdays that made up for a holiday were traded on until 2018; the library lists none of them.
_MAKE_UP_SESSIONS = frozenset(
    {
        date(2016, 1, 30),
        date(2016, 6, 4),
        date(2016, 9, 10),
        date(2017, 2, 18),
        date(2017, 6, 3),
        date(2017, 9, 30),
        date(2018, 3, 31),
        date(2018, 12, 22),
    }
)

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
        date(2024, 10, 31),  # the library lists this one and the next as sessions
        date(2026, 7, 10),
    }
)


@dataclass(frozen=True, eq=False)
class TradingCalendar:
    """Every session of an exchange, in order.

    Attributes:
        sessions: The trading days of every simulated exchange, ascending, from the walk's epoch
            on. Prices walk over them, also over those called off: the world is the same whichever
            days an exchange is closed.
        called_off: Those of them that a typhoon takes from this exchange.
    """

    sessions: tuple[date, ...]
    called_off: frozenset[date] = frozenset()

    @cached_property
    def typhoons(self) -> frozenset[date]:
        """The days that the published schedule calls sessions and a typhoon took away."""
        return _TYPHOON_CLOSURES | self.called_off

    @cached_property
    def scheduled(self) -> tuple[date, ...]:
        """The sessions and the typhoons' days, ascending: what was expected the day before."""
        return tuple(sorted({*self.sessions, *self.typhoons}))

    @cached_property
    def _held(self) -> tuple[date, ...]:
        return tuple(session for session in self.sessions if session not in self.called_off)

    def is_session(self, day: date) -> bool:
        """Tell whether the exchange traded on `day`."""
        position = bisect_left(self._held, day)
        return position < len(self._held) and self._held[position] == day

    def previous(self, day: date) -> date:
        """Return the session before `day`."""
        return self._held[bisect_left(self._held, day) - 1]

    def following(self, day: date) -> date:
        """Return the session after `day`."""
        return self._held[bisect_right(self._held, day)]

    def first_open(self, day: date, known_at: date) -> date:
        """Return the first trading day not before `day`, as expected at session `known_at`.

        A typhoon closes the exchange on the evening before, so that until then an expiry is
        still expected on the day that will turn out to be closed.
        """
        while not self._expected(day, known_at):
            day += timedelta(days=1)
        return day

    def without(self, days: Iterable[date]) -> TradingCalendar:
        """Return the calendar of an exchange that typhoons close on further days.

        Raises:
            ValueError: One of the days is no session.
        """
        days = frozenset(days)
        for day in sorted(days - self.typhoons):
            if not self.is_session(day):
                raise ValueError(f"{day} is no session that a typhoon could take away")
        return TradingCalendar(self.sessions, self.called_off | days - self.typhoons)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Make this the calendar that the model sees, in this thread, for the length of a block."""
        before = _IN_FORCE.set(self)
        try:
            yield
        finally:
            _IN_FORCE.reset(before)

    def _expected(self, day: date, known_at: date) -> bool:
        announced_on = day - timedelta(days=1)
        unaware = day in self.typhoons and announced_on >= known_at
        return unaware or self.is_session(day)


_IN_FORCE: ContextVar[TradingCalendar] = ContextVar("trading_calendar")


def trading_calendar() -> TradingCalendar:
    """Return the calendar in force: the library's, corrected, unless an exchange has its own."""
    return _IN_FORCE.get(None) or _corrected()


@cache
def _corrected() -> TradingCalendar:
    library = exchange_calendars.get_calendar("XTAI", start=str(WALK_EPOCH), end=str(_CALENDAR_END))
    days: set[date] = set(np.asarray(library.sessions, dtype="datetime64[D]").tolist())
    days -= _SCHEDULED_CLOSURES | _TYPHOON_CLOSURES
    return TradingCalendar(tuple(sorted(days | _MAKE_UP_SESSIONS)))
