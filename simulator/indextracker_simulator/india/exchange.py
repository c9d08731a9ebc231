"""The simulated exchange: its sessions, and which of their documents are published by now.

It joins instruments, documents and clock. Paths and parameters are in routes.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from indextracker_simulator.india import bhavcopies, daily_report, indices, routes
from indextracker_simulator.india.calendar import (
    FIRST_DAY,
    INDIA,
    LAST_DAY,
    TradingCalendar,
    trading_calendar,
)
from indextracker_simulator.india.instruments import Instrument, instrument
from indextracker_simulator.india.news import announcements
from indextracker_simulator.india.session import Row, rows
from indextracker_simulator.india.walk import DEFAULT_NEWS_EFFECT
from indextracker_simulator.randomness import DEFAULT_SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from indextracker_simulator.answers import Answer, Question
    from indextracker_simulator.india.indices import Level

DocumentKind = Literal["udiff", "legacy", "full", "report", "index_closes"]
"""Documents of one session, which stay once they are published."""

DEFAULT_INSTRUMENTS: Final = 60

_PUBLISHED_FROM = time(18, 30)
_AFTER_CLOSE = timedelta(hours=2)  # of an evening session
_EARLY_BY = timedelta(minutes=90)
_SATURDAY = 5

_HAS: dict[DocumentKind, Callable[[date], bool]] = {
    "report": lambda _: True,
    "index_closes": lambda _: True,
    "udiff": bhavcopies.has_udiff,
    "legacy": bhavcopies.has_legacy,
    "full": bhavcopies.has_full,
}

_MADE: dict[DocumentKind, Callable[[Exchange, date], bytes]] = {
    "udiff": lambda e, session: e.bhavcopy("udiff", session),
    "legacy": lambda e, session: e.bhavcopy("legacy", session),
    "full": lambda e, session: e.bhavcopy("full", session),
    "report": lambda e, session: daily_report.report_zip(e.day(session)),
    "index_closes": lambda e, session: indices.closes_csv(session, e.levels(session)),
}


class Published(NamedTuple):
    """A document that is out.

    Attributes:
        body: Its bytes.
        at: When it was published.
    """

    body: bytes
    at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True, eq=False)
class Exchange:
    """An exchange that trades by itself, the same for equal seeds.

    Attributes:
        seed: Chooses the world; not negative.
        size: How many instruments it has, of which some are not listed yet or no more.
        clock: Returns the present, aware of its zone. Later sessions are not published yet.
        news_effect: Logarithmic return of the session after news of the best kind.
        called_off: Sessions of every calendar that do not take place.
        filed_late: Sessions whose full bhavcopy lies under the name of the day after.
        early: Whether a full bhavcopy of half of the rows is out before the whole one.
        delays: By how much later than usual the documents of a day come out.
        browsers_only: Whether the publishers answer browsers alone, by their name; else they
            refuse those that name themselves as tools do when nobody tells them otherwise.
        unreadable: Whether some documents of prices hold a few lines that cannot be read.
        snapshot_requests: How many snapshots the vendor gives in all; None for any number.
        calendar: Its trading days.
    """

    seed: int = DEFAULT_SEED
    size: int = DEFAULT_INSTRUMENTS
    clock: Callable[[], datetime] = _now
    news_effect: float = DEFAULT_NEWS_EFFECT
    called_off: Collection[date] = ()
    filed_late: Collection[date] = (date(2021, 11, 4),)
    early: bool = False
    delays: Mapping[date, timedelta] = field(default_factory=dict)
    browsers_only: bool = False
    unreadable: bool = True
    snapshot_requests: int | None = None

    def __post_init__(self) -> None:
        self.calendar: TradingCalendar = trading_calendar().without(self.called_off)
        self._lock = RLock()
        self._snapshots = 0
        self._rows = lru_cache(maxsize=4)(self._trade)

    def answer(self, question: Question) -> Answer | None:
        """Return what its publishers answer, None where none has such an address."""
        return routes.answer(self, question)

    @property
    def today(self) -> date:
        """The day in India."""
        return self.clock().astimezone(INDIA).date()

    @cached_property
    def instruments(self) -> tuple[Instrument, ...]:
        """Every instrument, by its number."""
        sessions = trading_calendar().sessions
        held = np.array([self.calendar.is_session(session) for session in sessions])
        lives = (instrument(number, self.seed, self.news_effect) for number in range(self.size))
        # Prices go on behind closed doors: the world is the same whatever is called off.
        return tuple(replace(one, traded=one.traded & held) for one in lives)

    def rows(self, session: date) -> list[Row]:
        """Return what is traded in a session, past or future.

        Raises:
            ValueError: The exchange has no session on that day.
        """
        if not self.trades_on(session):
            raise ValueError(f"{session} is no session of the simulated exchange of India")
        with self._lock:
            return self._rows(session)

    def bhavcopy(self, kind: bhavcopies.Kind, session: date) -> bytes:
        """Return a document of a session's prices."""
        seed = self.seed if self.unreadable else None
        return bhavcopies.document(kind, session, self.rows(session), seed)

    def levels(self, session: date) -> list[Level]:
        """Return the indices in a session, past or future."""
        return indices.session_levels(self.instruments, self.rows(session), self.seed, session)

    def day(self, session: date) -> daily_report.Day:
        """Return all that the daily report of a session tells of."""
        return daily_report.Day(
            session,
            self.instruments,
            self.rows(session),
            self.levels(session),
            announcements(self.instruments, self.seed, session),
        )

    def trades_on(self, day: date) -> bool:
        """Tell whether a day is a session."""
        return FIRST_DAY <= day <= LAST_DAY and self.calendar.is_session(day)

    def has(self, kind: DocumentKind, day: date) -> bool:
        """Tell whether a document is published now under the name of a day."""
        return self._origin(kind, day) is not None

    def published(self, kind: DocumentKind, day: date) -> Published | None:
        """Return the document that is published now under the name of a day, None for none."""
        session = self._origin(kind, day)
        if session is None:
            return self._early_full(day) if kind == "full" and self.early else None
        return Published(_MADE[kind](self, session), self.published_at(day))

    def published_at(self, day: date) -> datetime:
        """Return when the documents of a day come out."""
        at = datetime.combine(day, _PUBLISHED_FROM, INDIA)
        if self.trades_on(day):
            at = max(at, self.calendar.hours(day)[1] + _AFTER_CLOSE)
        return at + self.delays.get(day, timedelta())

    def may_have_snapshot(self) -> bool:
        """Count a request for a snapshot; tell whether there is one left."""
        with self._lock:
            self._snapshots += 1
            return self.snapshot_requests is None or self._snapshots <= self.snapshot_requests

    def _trade(self, session: date) -> list[Row]:
        return rows(self.instruments, self.seed, session)

    def _origin(self, kind: DocumentKind, day: date) -> date | None:
        """Return the session whose document lies under the name of a day, None for none."""
        if not FIRST_DAY <= day <= LAST_DAY or self.clock() < self.published_at(day):
            return None
        session = self._filed_under(day) if kind == "full" else day
        return session if self.trades_on(session) and _HAS[kind](session) else None

    def _early_full(self, day: date) -> Published | None:
        at = self.published_at(day) - _EARLY_BY
        if not self.trades_on(day) or not bhavcopies.has_full(day) or self.clock() < at:
            return None
        traded = self.rows(day)
        return Published(bhavcopies.document("full", day, traded[: len(traded) // 2], None), at)

    def _filed_under(self, day: date) -> date:
        """Return the session whose full bhavcopy has the name of a day.

        A holiday or a Sunday is answered with the session before; a Saturday is not.
        """
        if day in self.filed_late:
            return self.calendar.previous(day)
        if self.trades_on(day) or day.weekday() == _SATURDAY:
            return day
        return self.calendar.previous(day)
