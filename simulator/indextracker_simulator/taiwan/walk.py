"""Prices before any market's details: random walks, computed for any session independently.

A close depends on (seed, process, session) and on the fixed epoch; the path inside a session runs
from its previous close to its own close. Rounding, ticks and basis are left to the caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator.randomness import generator
from indextracker_simulator.taiwan.calendar import WALK_EPOCH, trading_calendar

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOUR = 3600
DAY = 24 * HOUR
CASH_STEP = 5
"""Seconds between two levels of the cash session."""
CASH_OPEN = 9 * HOUR
CASH_CLOSE = 13 * HOUR + 30 * 60
CASH_STEPS = (CASH_CLOSE - CASH_OPEN) // CASH_STEP

_CLOSING_AUCTION = 5 * 60

# A jump, in standard deviations of a session's return: some ten times a lively step of 5 seconds.
_JUMPS_A_SESSION = 0.5
_JUMP_SIZES = (0.25, 0.6)
_UNIX_ORDINAL = 719_163


@dataclass(frozen=True)
class Process:
    """A reflected random walk in the logarithm of a price.

    Attributes:
        name: What it is the price of; names its random stream.
        middle: The centre of its band.
        half_band: Half the width of the band, in logarithms: reflection at its edges keeps the
            price plausible however far a session is from the epoch.
        volatility: Standard deviation of a session's logarithmic return.
        market_share: Correlation with the common market factor.
    """

    name: str
    middle: float
    half_band: float
    volatility: float
    market_share: float


@dataclass(frozen=True)
class Path:
    """The price of an underlying around the clock of one session.

    Attributes:
        seconds: Local time, as `local_second` counts it, ascending.
        levels: The price at each of them.
    """

    seconds: NDArray[np.int64]
    levels: NDArray[np.float64]

    def at(self, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the price at any local seconds, shape as given."""
        return np.interp(seconds, self.seconds, self.levels)


def local_second(day: date, second_of_day: int = 0) -> int:
    """Count the seconds from 1970-01-01 00:00:00 to a wall-clock moment, both in Taipei."""
    return (day.toordinal() - _UNIX_ORDINAL) * DAY + second_of_day


def local_date(second: int) -> date:
    """Return the calendar day of a local second."""
    return date.fromordinal(second // DAY + _UNIX_ORDINAL)


def close_of(process: Process, seed: int, session: date) -> float:
    """Return the price at the close of a session."""
    walked = _walk(process, seed)[session.toordinal() - WALK_EPOCH.toordinal()]
    return process.middle * math.exp(_reflect(float(walked), process.half_band))


def cash_path(process: Process, seed: int, session: date) -> NDArray[np.float64]:
    """Return the price every 5 seconds from 09:00:05 to 13:30:00, shape (3240,).

    It opens with a gap, ends at the session's close, is liveliest after the open, jumps on some
    days and stands still while orders for the closing auction are collected.
    """
    previous = close_of(process, seed, trading_calendar().previous(session))
    close = close_of(process, seed, session)
    own = generator(seed, process.name, session, "cash")
    gap = 0.4 * math.log(close / previous) + 0.3 * process.volatility * own.standard_normal()
    elapsed = np.arange(CASH_STEPS) * CASH_STEP
    liveliness = 1 + 2 * np.exp(-elapsed / 1200) + 0.5 * np.exp((elapsed - elapsed[-1]) / 900)
    liveliness[elapsed + CASH_STEP > CASH_CLOSE - CASH_OPEN - _CLOSING_AUCTION] = 0
    liveliness[-1] = 1
    market = generator(seed, "market", session, "cash").standard_normal(CASH_STEPS)
    noise = process.market_share * market
    noise += math.sqrt(1 - process.market_share**2) * own.standard_normal(CASH_STEPS)
    noise *= 0.8 * process.volatility / math.sqrt(CASH_STEPS)
    steps = noise * liveliness + process.volatility * process.market_share * jumps(seed, session)
    return _bridge(previous * math.exp(gap), close, liveliness, steps)


def full_path(process: Process, seed: int, session: date) -> Path:
    """Return the price from 15:00 of the previous session to 16:15 of this one."""
    eve = trading_calendar().previous(session)
    random = generator(seed, process.name, session, "off-hours")
    night = np.arange(local_second(eve, 15 * HOUR), local_second(eve, 29 * HOUR) + 1, 60)
    morning = np.arange(local_second(session, 8 * HOUR), local_second(session, CASH_OPEN), 60)
    cash = local_second(session, CASH_OPEN) + CASH_STEP * np.arange(1, CASH_STEPS + 1)
    after = np.arange(cash[-1] + 60, local_second(session, 16 * HOUR + 15 * 60) + 1, 60)

    scale = process.volatility / math.sqrt(DAY / 60)

    def quiet(minutes: NDArray[np.int64], start: float, end: float) -> NDArray[np.float64]:
        steps = scale * random.standard_normal(len(minutes))
        return _bridge(start, end, np.ones(len(minutes)), steps)

    previous = close_of(process, seed, eve)
    traded = cash_path(process, seed, session)
    opening, close = float(traded[0]), float(traded[-1])
    dawn = math.sqrt(previous * opening) * math.exp(0.2 * process.volatility * random.normal())
    levels = [
        quiet(night, previous, dawn),
        quiet(morning, dawn, opening),
        traded,
        quiet(after, close, close),
    ]
    return Path(np.concatenate([night, morning, cash, after]), np.concatenate(levels))


def jumps(seed: int, session: date) -> NDArray[np.float64]:
    """Return the market's jumps at each step of the cash session, most of them zero."""
    random = generator(seed, "market", session, "jumps")
    number = random.poisson(_JUMPS_A_SESSION)
    jumps = np.zeros(CASH_STEPS)
    last = CASH_STEPS - _CLOSING_AUCTION // CASH_STEP
    sizes = random.uniform(*_JUMP_SIZES, number) * random.choice([-1, 1], number)
    jumps[random.integers(1, last, number)] = sizes
    return jumps


@lru_cache(maxsize=128)
def _walk(process: Process, seed: int) -> NDArray[np.float64]:
    """Return the walk of a process at each day since the epoch, before its reflection.

    Drawn per calendar day, so that a closure more or less leaves the steps of other days alone.
    """
    sessions = np.array([session.toordinal() for session in trading_calendar().sessions])
    days = sessions - WALK_EPOCH.toordinal()
    shocks = process.market_share * generator(seed, "market").standard_normal(days[-1] + 1)
    own_share = math.sqrt(1 - process.market_share**2)
    shocks += own_share * generator(seed, process.name).standard_normal(days[-1] + 1)
    traded = np.zeros(len(shocks))
    traded[days] = shocks[days] * process.volatility
    return np.cumsum(traded)


def _reflect(walked: float, half_band: float) -> float:
    position = (walked + half_band) % (4 * half_band)
    return min(position, 4 * half_band - position) - half_band


def _bridge(
    start: float, end: float, liveliness: NDArray[np.float64], steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Lead a walk from `start` (its first element) to `end` (its last)."""
    walked = np.cumsum(steps) - steps[0]
    variance = np.cumsum(np.concatenate([[0.0], liveliness[1:] ** 2]))
    share = variance / variance[-1]
    path = math.log(start) + walked + share * (math.log(end / start) - walked[-1])
    return np.asarray(np.exp(path))
