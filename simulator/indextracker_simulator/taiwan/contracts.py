"""Contracts of one session and their fair prices: common to futures and options.

Fair prices before ticks and noise; the printed trades are made in futures.py and options.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator.randomness import generator
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.expiries import last_trading_date, listed
from indextracker_simulator.taiwan.products import LAST_DAY_CLOSE, MINUTE
from indextracker_simulator.taiwan.walk import (
    CASH_STEP,
    DAY,
    HOUR,
    full_path,
    local_second,
)

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from indextracker_simulator.taiwan.products import Terms
    from indextracker_simulator.taiwan.walk import Path, Process

YEAR = 365 * DAY

SETTLED_OVER = 30 * MINUTE
"""The final settlement price is the mean of the index over so long before the close."""

_CARRY = 0.03  # yearly, at most
_CARRY_PERIOD = 400  # days in which it swings up and down

# Seconds of the day at which other products, or other contracts, close: a print here must not be
# mistaken for one at its own contract's close.
_FOREIGN_CLOSES = (LAST_DAY_CLOSE, 13 * HOUR + 45 * MINUTE, 15 * HOUR)


@dataclass(frozen=True)
class Contract:
    """An expiry of a product on one session.

    Attributes:
        expiry: Its code.
        last_day: Its last trading day, as known at the session.
        on_last_day: Whether that is the session.
        new: Whether the session is its first one, which has no night part.
    """

    expiry: str
    last_day: date
    on_last_day: bool
    new: bool

    @property
    def ends(self) -> int:
        """The local second of its last trade ever."""
        return local_second(self.last_day, LAST_DAY_CLOSE)

    @property
    def weekly(self) -> bool:
        """Whether it ends with a week and not with a month."""
        return len(self.expiry) > 6


def contracts_of(product: Terms, session: date) -> list[Contract]:
    """Return the listed contracts of a product, the first to end first."""
    before = listed(product, trading_calendar().previous(session))
    contracts = []
    for expiry in listed(product, session):
        last_day = last_trading_date(expiry, session)
        ending = product.third_wednesday and last_day == session
        contracts.append(Contract(expiry, last_day, ending, expiry not in before))
    return contracts


@dataclass(frozen=True)
class Curve:
    """What an underlying costs for delivery at each contract's end, around one session.

    Attributes:
        session: The session.
        path: The underlying's price.
        carry: What a forward costs more than the underlying, yearly.
        lead: Seconds by which forwards run ahead of the underlying.
    """

    session: date
    path: Path
    carry: float
    lead: int

    def forward(self, contract: Contract, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the forward's price at local seconds.

        Its basis is gone at its end; on the last day, it becomes the final settlement price as
        the levels that make the mean come in.
        """
        years = (contract.ends - seconds) / YEAR
        forward = self.path.at(seconds + self.lead) * (1 + self.carry * years)
        if not contract.on_last_day:
            return forward
        levels = np.cumsum(self._settling_levels())
        known = np.clip((seconds - contract.ends + SETTLED_OVER) // CASH_STEP, 0, len(levels))
        total = np.concatenate([[0.0], levels])[known]
        return (total + forward * (len(levels) - known)) / len(levels)

    def _settling_levels(self) -> NDArray[np.float64]:
        close = local_second(self.session, LAST_DAY_CLOSE)
        return self.path.at(np.arange(close - SETTLED_OVER, close, CASH_STEP) + CASH_STEP)


def curve_of(process: Process, seed: int, session: date, lead: int) -> Curve:
    """Return the curve of an underlying on one session."""
    phase = generator(seed, process.name, "carry").uniform()
    carry = _CARRY * math.sin(2 * math.pi * (session.toordinal() / _CARRY_PERIOD + phase))
    return Curve(session, full_path(process, seed, session), carry, lead)


@dataclass(frozen=True)
class Part:
    """One product in one part of the session, and all that its rows are drawn from.

    Attributes:
        product: The product.
        night: Whether it is the night part.
        opens: Local second of its opening.
        curve: Prices of what it delivers.
        contracts: Its contracts that trade in this part.
        random: Its random numbers.
    """

    product: Terms
    night: bool
    opens: int
    curve: Curve
    contracts: list[Contract]
    random: np.random.Generator

    @property
    def midnight(self) -> int:
        """The local second of the session date's midnight."""
        return local_second(self.curve.session)

    def closes(self, contract: Contract) -> int:
        """Return the local second of the contract's close in this part."""
        if self.night:
            assert self.product.night is not None
            return self.opens + self.product.night.closes - self.product.night.opens
        return self.midnight + self.product.close_of_day(contract.on_last_day)

    def landmarks(self, contract: Contract) -> list[int]:
        """Return the local seconds, sorted, at which a lively contract prints."""
        close = self.closes(contract)
        moments = (self.midnight + second for second in _FOREIGN_CLOSES)
        between = [moment for moment in moments if self.opens < moment < close]
        return [self.opens, *between, close]

    def moments(self, contract: Contract, number: int) -> NDArray[np.int64]:
        """Draw local seconds, sorted, in which orders meet: most near the open and the close."""
        span = self.closes(contract) - self.opens
        return self.opens + np.sort((self.random.beta(0.6, 0.75, number) * span).astype(np.int64))


def parts_of(product: Terms, seed: int, session: date, lead: int) -> list[Part]:
    """Return the parts in which a product trades on one session, the night first."""
    curve = curve_of(product.underlying, seed, session, lead)
    contracts = contracts_of(product, session)
    parts = []
    if product.night is not None:
        opens = local_second(trading_calendar().previous(session), product.night.opens)
        old = [contract for contract in contracts if not contract.new]
        random = generator(seed, product.name, session, "night")
        parts.append(Part(product, True, opens, curve, old, random))
    opens = local_second(session, product.day.opens)
    random = generator(seed, product.name, session, "day")
    return [*parts, Part(product, False, opens, curve, contracts, random)]
