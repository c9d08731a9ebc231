"""The trades of an ETF on the index, as a data vendor keeps them, from the exchange's own model.

They are few, and the fields that the vendor has change over the years: see `trades`. finmind.py
writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator.randomness import generator
from indextracker_simulator.taiwan.indices import TAIEX_PROCESS
from indextracker_simulator.taiwan.walk import (
    CASH_CLOSE,
    CASH_OPEN,
    CASH_STEP,
    CASH_STEPS,
    HOUR,
    cash_path,
    local_second,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SYMBOL = "006204"
FIRST_DAY = date(2019, 1, 1)
"""The vendor has no trades of earlier sessions."""

FIXED_PRICE_AT = 14 * HOUR + 30 * 60
"""Second of the day at which orders at the closing price are matched."""

_MISSING = frozenset({date(2019, 2, 20)})
_INDEX_POINTS = 188.0  # a share costs so many less than the index has points
_TICKS = ((5_000, 1), (10**9, 5))
_LOTS = np.array([1, 1, 1, 1, 1, 2, 2, 3, 5, 10, 10, 20])
_QUIET_SHARE = 0.04  # sessions without any trade
_FEWEST, _MOST = 3, 50
_PAIR_SHARE = 0.3
_CLOSING_SHARE = 0.7
_FIXED_PRICE_SHARE = 0.3

UNKNOWN, BUYER, SELLER = 0, 1, 2


@dataclass(frozen=True)
class EtfTape:
    """The trades of one session, every array of shape (rows,) and in the order of time.

    Attributes:
        millisecond: Local time, as `walk.local_second` counts it, in milliseconds.
        price: Hundredths.
        lots: Lots of 1,000 shares.
        tick_type: Who initiated the trade: 1 the buyer, 2 the seller, 0 unknown.
        to_the_second: Whether times are known to the second alone.
    """

    millisecond: NDArray[np.int64]
    price: NDArray[np.int64]
    lots: NDArray[np.int64]
    tick_type: NDArray[np.int64]
    to_the_second: bool

    def __len__(self) -> int:
        return len(self.millisecond)


def trades(seed: int, session: date) -> EtfTape:
    """Return the trades of one session.

    In 2019 all count as initiated by the buyer, at whole seconds; in 2020 some stand there twice,
    at whole seconds too; on some sessions nobody trades at all.
    """
    random = generator(seed, SYMBOL, session)
    quiet = session < FIRST_DAY or session in _MISSING or random.random() < _QUIET_SHARE
    at = np.empty(0, dtype=np.int64) if quiet else _moments(random)
    if session.year == 2020:
        at = _with_pairs(at, random)
    if session.year == 2019:
        at = at // 1000 * 1000
    at = np.sort(at)
    kind = random.choice([BUYER, SELLER], len(at))
    kind[at >= 1000 * CASH_CLOSE] = UNKNOWN
    if session.year == 2019:
        kind[:] = BUYER
    return EtfTape(
        millisecond=1000 * local_second(session) + at,
        price=_prices(seed, session, at),
        lots=_same_in_pairs(at, random.choice(_LOTS, len(at))),
        tick_type=_same_in_pairs(at, kind),
        to_the_second=session.year == 2019,
    )


def _moments(random: np.random.Generator) -> NDArray[np.int64]:
    """Draw milliseconds of the day in which orders meet."""
    number = random.integers(_FEWEST, _MOST + 1)
    span = 1000 * (CASH_CLOSE - CASH_OPEN - 300)
    drawn = 1000 * CASH_OPEN + (random.beta(0.7, 0.9, number) * span).astype(np.int64)
    auctions = [1000 * CASH_CLOSE] if random.random() < _CLOSING_SHARE else []
    if random.random() < _FIXED_PRICE_SHARE:
        auctions.append(1000 * FIXED_PRICE_AT)
    return np.concatenate([drawn, np.array(auctions, dtype=np.int64)])


def _with_pairs(at: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Put some trades twice at their whole second; those at the close stay alone."""
    doubled = (random.random(len(at)) < _PAIR_SHARE) & (at < 1000 * CASH_CLOSE)
    whole = np.where(doubled, at // 1000 * 1000, at)
    return np.concatenate([whole, whole[doubled]])


def _same_in_pairs(at: NDArray[np.int64], drawn: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give all trades of a millisecond what the first of them drew."""
    return np.asarray(drawn[np.searchsorted(at, at)])


def _prices(seed: int, session: date, at: NDArray[np.int64]) -> NDArray[np.int64]:
    levels = cash_path(TAIEX_PROCESS, seed, session)
    seconds = CASH_OPEN + CASH_STEP * np.arange(1, CASH_STEPS + 1)
    fair = 100 * np.interp(at / 1000, seconds, levels) / _INDEX_POINTS
    tick = np.array([size for _, size in _TICKS])[
        np.searchsorted([bound for bound, _ in _TICKS], fair, side="right")
    ]
    return np.asarray(np.rint(fair / tick).astype(np.int64) * tick)
