"""Prices before any action of a company: a level per session that wanders around a middle.

Shares share a part of each move, the market's. News moves the level of the session after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT_NEWS_EFFECT: Final = 0.02
"""Logarithmic return of the session after news of the best kind, unless another is asked for."""

_PULL = 0.998  # of a distance from the middle, so much is left a session later
_NEWS_SHARE = 0.15  # sessions after which there is news of a company
_SURPRISES_A_SESSION = 1 / 2_000
_SURPRISE = 0.15


@dataclass(frozen=True)
class Process:
    """How a price wanders.

    Attributes:
        name: Names its random stream.
        middle: Rupees.
        volatility: Standard deviation of a session's logarithmic return.
        market_share: Correlation with the market's moves.
    """

    name: str
    middle: float
    volatility: float
    market_share: float


def levels(process: Process, seed: int, news_effect: float) -> NDArray[np.float64]:
    """Return the level at the close of every session of the calendar, rupees, shape (sessions,)."""
    own = generator(seed, "india", process.name)
    number = len(trading_calendar().sessions)
    moves = process.market_share * _market(seed, number)
    moves += np.sqrt(1 - process.market_share**2) * own.standard_normal(number)
    moves *= process.volatility
    surprised = own.random(number) < _SURPRISES_A_SESSION
    moves += np.where(surprised, own.choice([-_SURPRISE, _SURPRISE], number), 0)
    moves[1:] += news_effect * sentiment(process, seed)[:-1]
    # The sum of moves that fade: level = pull x level before + move, without a loop.
    fading = _PULL ** np.arange(number)
    return np.asarray(process.middle * np.exp(fading * np.cumsum(moves / fading)))


@lru_cache(maxsize=256)
def sentiment(process: Process, seed: int) -> NDArray[np.float64]:
    """Return how good the news after each session is, from -1 to 1; mostly 0, for none."""
    random = generator(seed, "india", process.name, "news")
    number = len(trading_calendar().sessions)
    return np.where(random.random(number) < _NEWS_SHARE, random.uniform(-1, 1, number), 0.0)


@lru_cache(maxsize=4)
def _market(seed: int, number: int) -> NDArray[np.float64]:
    return generator(seed, "india", "market").standard_normal(number)
