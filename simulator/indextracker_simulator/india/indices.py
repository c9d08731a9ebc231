"""The indices of the exchange: their levels in a session, and the document that tells them.

Levels wander by themselves. What is traded of an index is what is traded of its members.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.instruments import held_before
from indextracker_simulator.india.texts import hundredths, plain
from indextracker_simulator.india.walk import Process, levels
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from indextracker_simulator.india.instruments import Instrument
    from indextracker_simulator.india.session import Row

VOLATILITY_INDEX: Final = "India VIX"
"""Of this index nothing is traded, and it has no earnings."""

MEMBERS_OF_THE_BROADEST: Final = 30


class _Index(NamedTuple):
    """An index.

    Attributes:
        name: Its name.
        middle: The level around which it wanders.
        members: How many of the largest shares belong to it.
    """

    name: str
    middle: float
    members: int


_INDICES = (
    _Index("Nifty 50", 18_000.0, 10),
    _Index("Nifty Next 50", 45_000.0, 20),
    _Index("Nifty 500", 15_000.0, MEMBERS_OF_THE_BROADEST),
    _Index(VOLATILITY_INDEX, 15.0, 0),
)

_HEADER = (
    "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index Value,"
    "Points Change,Change(%),Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
)
_PAISE_A_CRORE = 1_000_000_000


@dataclass(frozen=True)
class Level:
    """An index in one session.

    Attributes:
        name: The index.
        previous: Last close before, hundredths of a point.
        open: First level, hundredths, as are the next three.
        high: Highest level.
        low: Lowest level.
        close: Last level.
        shares: Traded of its members; None where it has none.
        turnover: Of its members, paise; None where it has none.
        ratios: Price to earnings, price to book value, yield in percent, all in hundredths; empty
            where it has no members.
    """

    name: str
    previous: int
    open: int
    high: int
    low: int
    close: int
    shares: int | None
    turnover: int | None
    ratios: tuple[int, ...]


def members(instruments: Sequence[Instrument], day: date, number: int) -> list[Instrument]:
    """Return the largest shares of the main board on a day, by what all of each cost."""
    place = trading_calendar().until(day) - 1
    candidates = [
        one
        for one in instruments
        if one.form == "share" and one.is_listed(day) and one.series.at(day) == "EQ"
    ]
    candidates.sort(key=lambda one: (-int(one.closes[place]) * one.issued.at(day), one.number))
    return candidates[:number]


def members_of(index: str, instruments: Sequence[Instrument], day: date) -> list[Instrument]:
    """Return the members of an index on a day, whatever its name's capitals; none where unknown."""
    sizes = {known.name.upper(): known.members for known in _INDICES}
    return members(instruments, day, sizes.get(index.upper(), 0))


def session_levels(
    instruments: Sequence[Instrument], rows: Sequence[Row], seed: int, session: date
) -> list[Level]:
    """Return all indices in a session, in the order in which they are published."""
    return [_level(index, instruments, rows, seed, session) for index in _INDICES]


def closes_csv(session: date, found: Sequence[Level]) -> bytes:
    """Return the document of the indices' closes."""
    lines = [_HEADER, *(_line(session, level) for level in found)]
    return "".join(f"{line}\n" for line in lines).encode()


def _level(
    index: _Index,
    instruments: Sequence[Instrument],
    rows: Sequence[Row],
    seed: int,
    session: date,
) -> Level:
    name, place = index.name, trading_calendar().position[session]
    walked = _walked(index, seed)
    previous, close = (
        round(100 * float(walked[at])) for at in (held_before(instruments, place), place)
    )
    random = generator(seed, "india", name, session)
    opened = round(previous + (close - previous) * float(random.uniform(0, 0.6)))
    high = round(max(opened, close) * math.exp(random.uniform(0, 0.006)))
    low = round(min(opened, close) * math.exp(-random.uniform(0, 0.006)))
    if not index.members:
        return Level(name, previous, opened, high, low, close, None, None, ())
    inside = {one.number for one in members(instruments, session, index.members)}
    held = [row for row in rows if row.number in inside and not row.beside]
    ratios = tuple(int(value) for value in random.uniform((1_500, 200, 80), (2_800, 450, 200)))
    shares, turnover = sum(row.shares for row in held), sum(row.turnover for row in held)
    return Level(name, previous, opened, high, low, close, shares, turnover, ratios)


@lru_cache(maxsize=16)
def _walked(index: _Index, seed: int) -> NDArray[np.float64]:
    quiet = index.name != VOLATILITY_INDEX
    process = Process(index.name, index.middle, 0.009 if quiet else 0.02, 0.95 if quiet else -0.5)
    return levels(process, seed, news_effect=0.0)


def _line(session: date, level: Level) -> str:
    change = level.close - level.previous
    prices = (level.open, level.high, level.low, level.close)
    traded = ("-", "-")
    if level.shares is not None and level.turnover is not None:
        traded = (str(level.shares), hundredths(level.turnover, _PAISE_A_CRORE))
    cells = (
        *(level.name, f"{session:%d-%m-%Y}"),
        *(plain(price) for price in prices),
        *(_without_zero(change), _without_zero(percent(change, level.previous))),
        *traded,
        *([plain(ratio) for ratio in level.ratios] or ["-", "-", "-"]),
    )
    return ",".join(cells)


def percent(change: int, previous: int) -> int:
    """Return a change in hundredths of a percent, half of one rounded away from zero."""
    size = (20_000 * abs(change) + previous) // (2 * previous)
    return size if change >= 0 else -size


def _without_zero(hundredths_of: int) -> str:
    """Return a number whose zero before the point is left out, as a database of the exchange's."""
    text = plain(hundredths_of)
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text
