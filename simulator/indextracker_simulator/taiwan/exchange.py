"""The simulated exchange: its sessions, and which of their documents are published by now.

It joins model, documents and clock. Paths and parameters are in routes.py, the times of tick files
in publication.py.
"""

from __future__ import annotations

import time as clocks
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from indextracker_simulator.randomness import DEFAULT_SEED
from indextracker_simulator.taiwan import holidays, routes
from indextracker_simulator.taiwan.access import Access
from indextracker_simulator.taiwan.calendar import (
    FIRST_DAY,
    LAST_DAY,
    TradingCalendar,
    trading_calendar,
)
from indextracker_simulator.taiwan.publication import TAIPEI, Market, Publication, Row
from indextracker_simulator.taiwan.session import DEFAULT_LEAD_SECONDS, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from indextracker_simulator.answers import Answer, Question
    from indextracker_simulator.taiwan.futures import Volume
    from indextracker_simulator.taiwan.session import Document

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_PUBLISHED_AT: dict[Document, time] = {
    "index_json": time(14, 0),
    "index_csv": time(14, 0),
    "etf": time(15, 30),
    "daily_futures": time(17, 0),
    "daily_options": time(17, 0),
}
"""Documents that come at one hour of their session and stay."""

_LISTED_ON: dict[Document, Market] = {
    "futures": "futures",
    "combination": "futures",
    "totals": "futures",
    "options": "options",
}
"""Documents that come when their list says so, and are deleted when it forgets them."""

_EARLY: dict[Document, Document] = {"futures": "dawn_futures", "options": "dawn_options"}

_SCHEDULE_MONTH = 12
_SESSIONS_KEPT = 4
_DOCUMENTS_KEPT = 24


class Published(NamedTuple):
    """A document that is out.

    Attributes:
        body: Its bytes.
        at: When it was published.
    """

    body: bytes
    at: datetime


class _Origin(NamedTuple):
    """Which document of which session is published, and since when."""

    kind: Document
    session_date: date
    at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True, eq=False)
class Exchange:
    """An exchange that trades by itself, the same for equal seeds.

    Attributes:
        seed: Chooses the world; not negative.
        volume: `demo`, about 30,000 futures rows a session, or `real`, about 500,000.
        clock: Returns the present, aware of its zone. Later sessions are not published yet.
        unreadable: Whether the tick files hold a few lines that cannot be read.
        lead_seconds: How far the derivatives run ahead of the index.
        typhoons: Sessions of the published schedule that do not take place.
        window: How many sessions the futures exchange lists and keeps; None keeps all.
        missing_status: Status of the answer where a tick file is missing, 200 or 404: both have
            been seen.
        etf_token: The token that is granted ETF trades: None grants every request, the empty
            one none.
        etf_requests_an_hour: The vendor's quota, where rates are enforced.
        enforce_rates: Whether clients that ask too fast, too much or wrongly are kept out.
        ticks: Seconds by which rates are measured.
        calendar: Its trading days, its own typhoons taken away.
    """

    seed: int = DEFAULT_SEED
    volume: Volume = "demo"
    clock: Callable[[], datetime] = _now
    unreadable: bool = True
    lead_seconds: int = DEFAULT_LEAD_SECONDS
    typhoons: Collection[date] = ()
    window: int | None = None
    missing_status: int = 200
    etf_token: str | None = field(default=None, repr=False)
    etf_requests_an_hour: int = 600
    enforce_rates: bool = False
    ticks: Callable[[], float] = clocks.monotonic

    def __post_init__(self) -> None:
        self.calendar: TradingCalendar = trading_calendar().without(self.typhoons)
        self._publication = Publication(self.calendar, self.seed, self.window)
        self._sessions: OrderedDict[date, Session] = OrderedDict()
        self._documents: OrderedDict[tuple[Document, date, date], bytes] = OrderedDict()
        self._lock = RLock()
        self._access = Access(self)

    def answer(self, question: Question) -> Answer | None:
        """Return what its publishers answer, None where none has such an address."""
        return routes.answer(self, self._access, question)

    def session(self, session_date: date) -> Session:
        """Return what happens on a trading day, past or future.

        What the session makes of itself later follows the calendar in force; an exchange with
        typhoons of its own wants `calendar.in_force()` around that.

        Raises:
            ValueError: The exchange has no session on that day.
        """
        if not self._trades_on(session_date):
            raise ValueError(f"{session_date} is no session of the simulated exchange")
        with self._lock:
            if session_date not in self._sessions:
                self._sessions[session_date] = Session(
                    self.seed, session_date, self.volume, self.unreadable, self.lead_seconds
                )
            return _recent(self._sessions, session_date, _SESSIONS_KEPT)

    def published(self, kind: Document, day: date) -> Published | None:
        """Return a document of a day as it is published now, None where none is."""
        origin = self._origin(kind, day)
        if origin is None:
            return None
        key = (origin.kind, origin.session_date, day)
        with self._lock, self.calendar.in_force():
            if key not in self._documents:
                session = self.session(origin.session_date)
                self._documents[key] = session.document(origin.kind, day)
            return Published(_recent(self._documents, key, _DOCUMENTS_KEPT), origin.at)

    def has(self, kind: Document, day: date) -> bool:
        """Tell whether a document of a day is published now, without making it."""
        return self._origin(kind, day) is not None

    def rows(self, market: Market, now: datetime | None = None) -> list[Row]:
        """Return the list of sessions with their files as it stands now, or at a moment."""
        return self._publication.rows(market, now or self.clock())

    def holidays_json(self, year: int) -> bytes | None:
        """Return the holiday schedule of a year, None where there is none."""
        if not FIRST_DAY.year <= year <= LAST_DAY.year:
            return None
        # It comes out in the last month of the year before.
        known_from = datetime(year - 1, _SCHEDULE_MONTH, 1, tzinfo=TAIPEI)
        return None if self.clock() < known_from else holidays.schedule_json(self.calendar, year)

    def _trades_on(self, day: date) -> bool:
        return FIRST_DAY <= day <= LAST_DAY and self.calendar.is_session(day)

    def _origin(self, kind: Document, day: date) -> _Origin | None:
        now = self.clock()
        if kind in _PUBLISHED_AT:
            at = datetime.combine(day, _PUBLISHED_AT[kind], TAIPEI)
            return _Origin(kind, day, at) if self._trades_on(day) and at <= now else None
        row = self._publication.row(_LISTED_ON[kind], day, now)
        if row is None:
            return None
        if row.complete:
            return _Origin(kind, day, row.published_at)
        if kind not in _EARLY:
            return None
        # The night part before a typhoon is the next session's.
        session_date = day if self._trades_on(day) else self.calendar.following(day)
        return _Origin(_EARLY[kind], session_date, row.published_at)


def _recent(kept: OrderedDict[_Key, _Value], key: _Key, most: int) -> _Value:
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
    return kept[key]
