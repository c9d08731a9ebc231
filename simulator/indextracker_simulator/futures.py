"""What trades in a session: the rows of the futures exchange, from its own model.

A row is one print, as the tick file has it, in the file's order; how it is written is taifex.py's
business. Everything that a reader of such files gets wrong is made to happen in every session:
prints in the second of a close, far contracts that print once or as legs alone, opening auctions
with and without their mark, spreads before the first outright row.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from indextracker_simulator.calendar import trading_calendar
from indextracker_simulator.expiries import last_trading_date, listed
from indextracker_simulator.products import LAST_DAY_CLOSE, MINUTE, products_of
from indextracker_simulator.walk import DAY, HOUR, Path, full_path, generator, local_second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from numpy.typing import NDArray

    from indextracker_simulator.products import Product

Volume = Literal["demo", "real"]

ROWS: dict[Volume, int] = {"demo": 30_000, "real": 500_000}
"""Rows of a session, roughly."""

_NIGHT_SHARE = 0.35
_SPREAD_SHARE = 0.04
_ROLL_DAYS = 5
_ROLL_FACTOR = 2.5
_OUTRIGHT_SHARES = (0.85, 0.09, 0.03, 0.01, 0.008, 0.006, 0.004)
_SPREAD_SHARES = (0.7, 0.2, 0.1)
_SIZES = np.array([1, 1, 1, 1, 2, 2, 3, 5, 10, 20])
_PRINTS_PER_ORDER = 1.8
_YEAR = 365 * DAY

# Seconds of the day at which other products, or other contracts, close: a print here must not be
# mistaken for one at its own contract's close.
_FOREIGN_CLOSES = (LAST_DAY_CLOSE, 13 * HOUR + 45 * MINUTE, 15 * HOUR)


@dataclass(frozen=True)
class Tape:
    """The rows of one session, every array of shape (rows,) and in published order.

    Attributes:
        product: Product code.
        near: Expiry of an outright row, near expiry of a spread row.
        far: Far expiry of a spread row, empty on an outright row.
        second: Local time, as `walk.local_second` counts it.
        night: Whether the row is of the night part.
        price: Hundredths; on a spread row the far leg's price less the near leg's.
        near_price: Hundredths, of a spread row's near leg; else 0.
        far_price: Hundredths, of a spread row's far leg; else 0.
        contracts: Contracts that changed hands; on a spread row, in each leg.
        auction: Whether the row carries the mark of the opening auction.
    """

    product: NDArray[np.str_]
    near: NDArray[np.str_]
    far: NDArray[np.str_]
    second: NDArray[np.int64]
    night: NDArray[np.bool_]
    price: NDArray[np.int64]
    near_price: NDArray[np.int64]
    far_price: NDArray[np.int64]
    contracts: NDArray[np.int64]
    auction: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.second)


@dataclass(frozen=True)
class _Contract:
    expiry: str
    ends: int  # local second of its last trade ever
    on_last_day: bool

    @property
    def weekly(self) -> bool:
        return "W" in self.expiry


@dataclass(frozen=True)
class _Part:
    """One product in one part of the session, and all that its rows are drawn from."""

    product: Product
    night: bool
    opens: int  # local second
    midnight: int  # local second of the session date's midnight
    path: Path
    carry: float  # yearly
    random: np.random.Generator

    def closes(self, contract: _Contract) -> int:
        """Return the local second of the contract's close in this part."""
        if self.night:
            assert self.product.night is not None
            return self.opens + self.product.night.closes - self.product.night.opens
        return self.midnight + self.product.close_of_day(contract.on_last_day)

    def fair(self, contract: _Contract, seconds: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the theoretical price in hundredths: its basis is gone when it ends."""
        years = (contract.ends - seconds) / _YEAR
        return 100 * self.path.at(seconds) * (1 + self.carry * years)

    def landmarks(self, contract: _Contract) -> list[int]:
        """Return the local seconds, sorted, at which the contract must print."""
        close = self.closes(contract)
        moments = (self.midnight + second for second in _FOREIGN_CLOSES)
        between = [moment for moment in moments if self.opens < moment < close]
        return [self.opens, *between, close]

    def moments(self, contract: _Contract, number: int) -> NDArray[np.int64]:
        """Draw local seconds, sorted, in which orders meet: most near the open and the close."""
        span = self.closes(contract) - self.opens
        return self.opens + np.sort((self.random.beta(0.6, 0.75, number) * span).astype(np.int64))


def tape(seed: int, session: date, volume: Volume) -> Tape:
    """Return the rows of one session."""
    pieces: list[Tape] = []
    ranks: list[NDArray[np.int64]] = []
    for product in products_of(session):
        rows = ROWS[volume] * product.share
        contracts = _contracts(product, session)
        day_share = 1 - _NIGHT_SHARE if product.night else 1
        for part in _parts(product, seed, session):
            part_rows = rows * (_NIGHT_SHARE if part.night else day_share)
            outrights = list(_outrights(part, contracts, part_rows))
            spreads = list(_spreads(part, contracts, part_rows))
            pieces += outrights + spreads
            ranks += [np.arange(1, len(piece) + 1) for piece in outrights]
            ranks += [_spread_ranks(part, piece) for piece in spreads]
    return _in_published_order(pieces, ranks)


def _contracts(product: Product, session: date) -> list[_Contract]:
    contracts = []
    for expiry in listed(product, session):
        last_day = last_trading_date(expiry, session)
        ends = local_second(last_day, LAST_DAY_CLOSE)
        contracts.append(_Contract(expiry, ends, last_day == session))
    return contracts


def _parts(product: Product, seed: int, session: date) -> Iterable[_Part]:
    path = full_path(product.underlying, seed, session)
    carry = float(generator(seed, product.underlying.name, session, "carry").uniform(-0.04, 0.04))
    midnight = local_second(session)
    if product.night is not None:
        eve = trading_calendar().previous(session)
        opens = local_second(eve, product.night.opens)
        random = generator(seed, product.name, session, "night")
        yield _Part(product, True, opens, midnight, path, carry, random)
    opens = midnight + product.day.opens
    random = generator(seed, product.name, session, "day")
    yield _Part(product, False, opens, midnight, path, carry, random)


def _outrights(part: _Part, contracts: list[_Contract], rows: float) -> Iterable[Tape]:
    *liquid, farthest = contracts
    months = [contract for contract in liquid if not contract.weekly]
    weeklies = [contract for contract in liquid if contract.weekly]
    for rank, contract in enumerate([*months[:1], *weeklies, *months[1:]]):
        orders = int(rows * _OUTRIGHT_SHARES[rank] / _PRINTS_PER_ORDER) + 1
        drawn = part.moments(contract, orders)
        prints = part.random.geometric(1 / _PRINTS_PER_ORDER, orders)
        seconds = [np.repeat(drawn, prints), np.repeat(part.landmarks(contract), 3)]
        marked = part.product.auction_marked and rank < 2
        opening = [np.array([part.opens])] if marked else []
        yield _outright_rows(part, contract, np.concatenate([*opening, *seconds]), marked)
    if part.product.traded_to_the_end and not part.night:
        yield _outright_rows(part, farthest, part.moments(farthest, 1), marked=False)


def _outright_rows(
    part: _Part, contract: _Contract, seconds: NDArray[np.int64], marked: bool
) -> Tape:
    seconds = np.sort(seconds)
    number = len(seconds)
    contracts = part.random.choice(_SIZES, number)
    auction = np.zeros(number, dtype=bool)
    if marked:
        auction[0] = True
        contracts[0] = part.random.integers(20, 80)
    nothing = np.zeros(number, dtype=np.int64)
    return Tape(
        product=np.full(number, part.product.name),
        near=np.full(number, contract.expiry),
        far=np.full(number, ""),
        second=seconds,
        night=np.full(number, part.night),
        price=_ticked(part, contract, seconds),
        near_price=nothing,
        far_price=nothing,
        contracts=contracts,
        auction=auction,
    )


def _ticked(part: _Part, contract: _Contract, seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return outright prices: the theoretical one to the tick, and up to a tick beside it."""
    fair = part.fair(contract, seconds)
    bounds = np.array([bound for bound, _ in part.product.ticks])
    sizes = np.array([size for _, size in part.product.ticks])
    ticks = sizes[np.searchsorted(bounds, fair, side="right")]
    steps = np.rint(fair / ticks).astype(np.int64) + part.random.integers(-1, 2, len(seconds))
    return np.asarray(steps * ticks)


def _spreads(part: _Part, contracts: list[_Contract], rows: float) -> Iterable[Tape]:
    days_left = (contracts[0].ends - part.midnight) // DAY
    wanted = rows * _SPREAD_SHARE * (_ROLL_FACTOR if days_left <= _ROLL_DAYS else 1)
    for rank, (near, far) in enumerate(_pairs(contracts)):
        drawn = part.moments(near, int(wanted * _SPREAD_SHARES[min(rank, 2)]) + 2)
        seconds = np.sort(np.concatenate([drawn, part.landmarks(near)]))
        yield _spread_rows(part, near, far, seconds)


def _pairs(contracts: list[_Contract]) -> list[tuple[_Contract, _Contract]]:
    """Return the spreads that trade, the liveliest first, near and far by their end."""
    months = [contract for contract in contracts if not contract.weekly]
    chosen = [
        *pairwise(months[:2]),
        *pairwise(contracts[:3]),
        (contracts[0], contracts[-1]),
    ]
    return list(dict.fromkeys(chosen))


def _spread_rows(part: _Part, near: _Contract, far: _Contract, seconds: NDArray[np.int64]) -> Tape:
    number = len(seconds)
    tick = part.product.spread_tick
    basis = part.fair(far, seconds) - part.fair(near, seconds)
    price = np.rint(basis / tick).astype(np.int64) + part.random.integers(-2, 3, number)
    price *= tick
    near_price = _ticked(part, near, seconds)
    return Tape(
        product=np.full(number, part.product.name),
        near=np.full(number, near.expiry),
        far=np.full(number, far.expiry),
        second=seconds,
        night=np.full(number, part.night),
        price=price,
        near_price=near_price,
        far_price=near_price + price,
        contracts=part.random.choice(_SIZES, number),
        auction=np.zeros(number, dtype=bool),
    )


def _spread_ranks(part: _Part, spreads: Tape) -> NDArray[np.int64]:
    """Return where each spread row stands among the outright rows of its second."""
    behind = 10 * ROWS["real"]
    ranks = np.where(part.random.random(len(spreads)) < 0.5, 0, behind)
    ranks[spreads.second == part.opens] = 0
    return ranks


def _in_published_order(pieces: list[Tape], ranks: list[NDArray[np.int64]]) -> Tape:
    """Sort rows as the tick file has them: by product, near expiry, second, then sequence."""
    columns = {
        field.name: np.concatenate([getattr(piece, field.name) for piece in pieces])
        for field in fields(Tape)
    }
    sequence = np.concatenate(ranks)
    order = np.lexsort((sequence, columns["second"], columns["near"], columns["product"]))
    return Tape(**{name: column[order] for name, column in columns.items()})
