"""The simulated exchange: its sessions, and which of their documents are published by now.

The one place where model, documents and clock meet. How documents travel is server.py's business.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator import taifex, twse
from indextracker_simulator.calendar import FIRST_DAY, LAST_DAY, trading_calendar
from indextracker_simulator.futures import Tape, Volume, tape
from indextracker_simulator.indices import IndexReport, report
from indextracker_simulator.unreadable import UnreadableLine, unreadable_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DEFAULT_SEED = 6_204
TAIPEI = timezone(timedelta(hours=8))
TAIFEX_PUBLISHES_AT = time(16, 50)
TWSE_PUBLISHES_AT = time(14, 0)

_SESSIONS_KEPT = 4
_FIRST_ROW_LINE = 2  # line 1 of the tick file is its header


@dataclass(frozen=True)
class Session:
    """All that happened on one trading day.

    Attributes:
        session_date: The trading day.
        index: The index levels.
        tape: The futures rows that can be read.
        unreadable: The lines of the futures file that cannot.
    """

    session_date: date
    index: IndexReport
    tape: Tape
    unreadable: tuple[UnreadableLine, ...]

    def row_lines(self) -> NDArray[np.int64]:
        """Return the physical line of each tape row in the tick file, from 1."""
        rows = np.arange(len(self.tape))
        before = np.array([line.before for line in self.unreadable], dtype=np.int64)
        return _FIRST_ROW_LINE + rows + np.searchsorted(before, rows, side="right")

    def unreadable_line_numbers(self) -> tuple[int, ...]:
        """Return the physical line of each unreadable line in the tick file, from 1."""
        return tuple(
            _FIRST_ROW_LINE + line.before + already for already, line in enumerate(self.unreadable)
        )


def _now() -> datetime:
    return datetime.now(UTC)


class Exchange:
    """An exchange that trades by itself, the same for equal seeds.

    Args:
        seed: Chooses the world; not negative.
        volume: `demo`, about 30,000 futures rows a session, or `real`, about 500,000.
        clock: Returns the present, aware of its zone. Later sessions are not published yet.
        unreadable: Whether the tick files hold a few lines that cannot be read.
    """

    def __init__(
        self,
        *,
        seed: int = DEFAULT_SEED,
        volume: Volume = "demo",
        clock: Callable[[], datetime] = _now,
        unreadable: bool = True,
    ) -> None:
        self._seed = seed
        self._volume = volume
        self._clock = clock
        self._unreadable = unreadable
        self._sessions: OrderedDict[date, Session] = OrderedDict()
        self._lock = Lock()

    def session(self, session_date: date) -> Session:
        """Return what happens on a trading day, past or future.

        Raises:
            ValueError: The exchange has no session on that day.
        """
        kept = FIRST_DAY <= session_date <= LAST_DAY
        if not kept or not trading_calendar().is_session(session_date):
            raise ValueError(f"{session_date} is no session of the simulated exchange")
        with self._lock:
            if session_date not in self._sessions:
                self._sessions[session_date] = self._made(session_date)
            self._sessions.move_to_end(session_date)
            if len(self._sessions) > _SESSIONS_KEPT:
                self._sessions.popitem(last=False)
            return self._sessions[session_date]

    def futures_zip(self, session_date: date) -> bytes | None:
        """Return `Daily_YYYY_MM_DD.zip`, None where none is published."""
        return self._published(session_date, TAIFEX_PUBLISHES_AT, _futures_zip)

    def totals_zip(self, session_date: date) -> bytes | None:
        """Return `Daily_YYYY_MM_DD_B.zip`, None where none is published."""
        return self._published(session_date, TAIFEX_PUBLISHES_AT, _totals_zip)

    def index_json(self, session_date: date) -> bytes | None:
        """Return the index report as JSON, None where none is published."""
        return self._published(session_date, TWSE_PUBLISHES_AT, _index_json)

    def index_csv(self, session_date: date) -> bytes | None:
        """Return the index report as CSV, None where none is published."""
        return self._published(session_date, TWSE_PUBLISHES_AT, _index_csv)

    def _published(
        self, session_date: date, hour: time, write: Callable[[Session], bytes]
    ) -> bytes | None:
        if self._clock() < datetime.combine(session_date, hour, TAIPEI):
            return None
        try:
            session = self.session(session_date)
        except ValueError:
            return None
        return write(session)

    def _made(self, session_date: date) -> Session:
        rows = tape(self._seed, session_date, self._volume)
        slips = unreadable_lines(self._seed, session_date, rows) if self._unreadable else ()
        return Session(session_date, report(self._seed, session_date), rows, slips)


def _futures_zip(session: Session) -> bytes:
    return taifex.futures_zip(session.session_date, session.tape, session.unreadable)


def _totals_zip(session: Session) -> bytes:
    return taifex.totals_zip(session.session_date, session.tape)


def _index_json(session: Session) -> bytes:
    return twse.index_json(session.session_date, session.index)


def _index_csv(session: Session) -> bytes:
    return twse.index_csv(session.session_date, session.index)
