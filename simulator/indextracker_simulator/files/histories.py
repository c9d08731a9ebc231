"""Daily prices of a company over all its years. How they are written into files is in `writing`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from indextracker_simulator.files.companies import Company
from indextracker_simulator.randomness import generator

Floats = npt.NDArray[np.float64]

_ALL = np.arange("1910-01-01", "2020-01-01", dtype="datetime64[D]")
# Monday to Friday: holidays of 110 years are no part of what is simulated.
DAYS: npt.NDArray[np.datetime64] = _ALL[np.is_busday(_ALL)]
_DAYS_A_YEAR = len(DAYS) / 110
_MONTHS = DAYS.astype("datetime64[M]").astype(int)
_FIRST_OF_QUARTER = (np.diff(_MONTHS, prepend=_MONTHS[0]) > 0) & (_MONTHS % 3 == 0)
# Of a day's variance what falls between two sessions, jumps aside.
OVERNIGHT = 0.2
_VOLUME_MEAN, _VOLUME_DEVIATION = 12.5, 0.9


@dataclass(frozen=True)
class History:
    """Prices in dollars and shares, one of each for every one of DAYS.

    Attributes:
        open: First price.
        high: Highest price.
        low: Lowest price.
        close: Last price.
        adj_close: Last price, less what was paid later, as vendors adjust for dividends.
        volume: Shares traded.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats
    volume: npt.NDArray[np.int64]


def history(seed: int, number: int, of: Company) -> History:
    """The prices of a company: the same for the same seed and number.

    Highs and lows have the distribution of the extremes of a Brownian bridge between open and close
    (Glasserman, Monte Carlo Methods in Financial Engineering, 2004, section 6.4), each by itself.
    """
    chance, days = generator(seed, f"prices {number}"), len(DAYS)
    variance = of.volatility**2 / _DAYS_A_YEAR
    paid = np.where(_FIRST_OF_QUARTER, np.log1p(-of.dividend), 0.0)
    between = chance.normal(0, np.sqrt(OVERNIGHT * variance), days) + _jumps(chance, of) + paid
    inside = (1 - OVERNIGHT) * variance
    during = of.drift / _DAYS_A_YEAR + chance.normal(0, np.sqrt(inside), days)
    closes = np.log(of.first_price) + np.cumsum(between + during)
    opens = closes - during
    # The last close before a dividend is worth less by it to who buys afterwards.
    later = np.append(np.cumsum(paid[::-1])[::-1][1:], 0.0)
    opened, closed = np.exp(opens), np.exp(closes)
    return History(
        open=opened,
        high=np.maximum(np.exp(_extreme(chance, opens, closes, inside, 1)), _most(opened, closed)),
        low=np.minimum(np.exp(_extreme(chance, opens, closes, inside, -1)), _least(opened, closed)),
        close=closed,
        adj_close=np.exp(closes + later),
        volume=np.rint(chance.lognormal(_VOLUME_MEAN, _VOLUME_DEVIATION, days)).astype(np.int64),
    )


def _jumps(chance: np.random.Generator, of: Company) -> Floats:
    """The sum of the jumps of each day."""
    numbers = chance.poisson(of.jumps / _DAYS_A_YEAR, len(DAYS))
    deviations = chance.normal(0, of.jump_volatility, len(DAYS))
    return np.asarray(numbers * of.jump_mean + np.sqrt(numbers) * deviations)


def _extreme(
    chance: np.random.Generator, opens: Floats, closes: Floats, variance: float, side: int
) -> Floats:
    """The logarithm of each day's highest (side 1) or lowest (side -1) price."""
    span = np.sqrt((closes - opens) ** 2 - 2 * variance * np.log(chance.random(len(DAYS))))
    return np.asarray((opens + closes + side * span) / 2)


# Rounding puts an extreme inside of open and close by the last bit at times.
def _most(*prices: Floats) -> Any:
    return np.maximum.reduce(prices)


def _least(*prices: Floats) -> Any:
    return np.minimum.reduce(prices)
