"""What companies announce on a day: whether it is good, when it came, how it reads.

What good news does to prices is in walk.py; the places that publish it are daily_report.py and
feeds of news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from indextracker_simulator.india.calendar import INDIA, trading_calendar
from indextracker_simulator.india.walk import sentiment
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indextracker_simulator.india.instruments import Instrument

_GOOD = (
    "Receipt of an order worth Rs {} crores",
    "Profit of the quarter risen to Rs {} crores",
    "Start of production in plant {}",
)
_BAD = (
    "Loss of the quarter of Rs {} crores",
    "Fire in plant {}",
    "Tax demand of Rs {} crores",
)
_FORMALITIES = 0.05  # sessions after which a company has nothing else to tell
_FORMAL = "Closure of Trading Window"
# After the close and until late, and in the morning before the next session.
_FIRST_SECOND, _SECONDS = 15 * 3600 + 45 * 60, 16 * 3600


@dataclass(frozen=True)
class Announcement:
    """An announcement of a company.

    Attributes:
        number: The company's instrument.
        symbol: Its symbol on that day.
        name: Its name on that day.
        subject: What it is about.
        good: How good the news is, from -1 to 1; 0 of a mere formality.
        at: When the exchange published it.
    """

    number: int
    symbol: str
    name: str
    subject: str
    good: float
    at: datetime

    @property
    def text(self) -> str:
        """Return the announcement in full."""
        return f"{self.name} has informed the Exchange regarding {self.subject}."


def announcements(
    instruments: Sequence[Instrument], seed: int, session: date
) -> list[Announcement]:
    """Return what was announced after the close of a session and before the next, by time."""
    return sorted(_announced(instruments, seed, session), key=lambda one: (one.at, one.number))


def _announced(
    instruments: Sequence[Instrument], seed: int, session: date
) -> Iterator[Announcement]:
    place = trading_calendar().position[session]
    for one in instruments:
        if one.form not in ("share", "sme") or not one.is_listed(session):
            continue
        good = float(sentiment(one.process, seed)[place])
        random = generator(seed, "india", one.process.name, "announcement", session)
        if not good and random.random() > _FORMALITIES:
            continue
        subjects = (_FORMAL,) if not good else _GOOD if good > 0 else _BAD
        subject = subjects[random.integers(len(subjects))].format(random.integers(2, 900))
        after = timedelta(seconds=_FIRST_SECOND + int(random.integers(_SECONDS)))
        called = one.identities.at(session)
        at = datetime.combine(session, time(), INDIA) + after
        yield Announcement(one.number, called.symbol, called.name, subject, good, at)
