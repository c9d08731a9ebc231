"""Trades of futures in a session: the rows of the exchange, from its own model.

A row is one print, in the order of the tick file, which taifex_ticks.py writes. Every session has
the cases that readers of such files get wrong: prints in the second of a close, far contracts that
print once or as legs alone, opening auctions with and without their mark, spreads before the first
outright row, spreads matched with outrights.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from indextracker_simulator.taiwan.contracts import parts_of
from indextracker_simulator.taiwan.products import Product, products_of
from indextracker_simulator.taiwan.walk import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from numpy.typing import NDArray

    from indextracker_simulator.taiwan.contracts import Contract, Part

Volume = Literal["demo", "real"]

ROWS: dict[Volume, int] = {"demo": 30_000, "real": 500_000}
"""Rows of a session, roughly."""

_NIGHT_SHARE = 0.35
_SPREAD_SHARE = 0.04
_AGAINST_SHARE = 0.015
_ROLL_DAYS = 5
_ROLL_FACTOR = 2.5
_OUTRIGHT_SHARES = (0.81, 0.09, 0.03, 0.01, 0.008, 0.006, 0.004)
_SPREAD_SHARES = (0.7, 0.2, 0.1)
_SIZES = np.array([1, 1, 1, 1, 2, 2, 3, 5, 10, 20])
_PRINTS_PER_ORDER = 1.8


@dataclass(frozen=True)
class Tape:
    """Rows of one session, every array of shape (rows,) and in published order.

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

    def where(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Tape:
        """Return some of the rows, or all in another order."""
        return Tape(**{field.name: getattr(self, field.name)[rows] for field in fields(Tape)})


@dataclass(frozen=True)
class Trading:
    """The futures trades of one session.

    Attributes:
        tape: Every row of the tick file.
        against_outrights: Spreads that met two outright orders instead of a spread. They have no
            row of their own in the tick file: their legs stand there as outright rows.
    """

    tape: Tape
    against_outrights: Tape


def trading(seed: int, session: date, volume: Volume, lead: int) -> Trading:
    """Return the trades of one session, `lead` seconds ahead of the index."""
    pieces: list[Tape] = []
    ranks: list[NDArray[np.int64]] = []
    met: list[Tape] = []
    for product in products_of(session):
        rows = ROWS[volume] * product.share
        day_share = 1 - _NIGHT_SHARE if product.night else 1
        for part in parts_of(product, seed, session, lead):
            part_rows = rows * (_NIGHT_SHARE if part.night else day_share)
            outrights = list(_outrights(part, product, part_rows))
            for combination, legs in _against_outrights(part, part_rows):
                met.append(combination)
                outrights += legs
            spreads = list(_spreads(part, product, part_rows))
            pieces += outrights + spreads
            ranks += [np.arange(1, len(piece) + 1) for piece in outrights]
            ranks += [_spread_ranks(part, piece) for piece in spreads]
    return Trading(
        _in_published_order(pieces, ranks),
        _in_published_order(met, [np.arange(len(piece)) for piece in met]),
    )


def _outrights(part: Part, product: Product, rows: float) -> Iterable[Tape]:
    *liquid, farthest = part.contracts
    months = [contract for contract in liquid if not contract.weekly]
    weeklies = [contract for contract in liquid if contract.weekly]
    for rank, contract in enumerate([*months[:1], *weeklies, *months[1:]]):
        orders = int(rows * _OUTRIGHT_SHARES[rank] / _PRINTS_PER_ORDER) + 1
        drawn = part.moments(contract, orders)
        prints = part.random.geometric(1 / _PRINTS_PER_ORDER, orders)
        seconds = [np.repeat(drawn, prints), np.repeat(part.landmarks(contract), 3)]
        marked = product.auction_marked and rank < 2
        opening = [np.array([part.opens])] if marked else []
        yield _outright_rows(part, contract, np.concatenate([*opening, *seconds]), marked)
    if product.traded_to_the_end and not part.night:
        yield _outright_rows(part, farthest, part.moments(farthest, 1), marked=False)


def _outright_rows(
    part: Part, contract: Contract, seconds: NDArray[np.int64], marked: bool
) -> Tape:
    seconds = np.sort(seconds)
    number = len(seconds)
    contracts = part.random.choice(_SIZES, number)
    auction = np.zeros(number, dtype=bool)
    if marked:
        auction[0] = True
        contracts[0] = part.random.integers(20, 80)
    price = _near_fair(part, contract, seconds)
    return _outright_tape(part, contract, seconds, price, contracts, auction)


def _outright_tape(
    part: Part,
    contract: Contract,
    seconds: NDArray[np.int64],
    price: NDArray[np.int64],
    contracts: NDArray[np.int64],
    auction: NDArray[np.bool_],
) -> Tape:
    number = len(seconds)
    nothing = np.zeros(number, dtype=np.int64)
    return Tape(
        product=np.full(number, part.product.name),
        near=np.full(number, contract.expiry),
        far=np.full(number, ""),
        second=seconds,
        night=np.full(number, part.night),
        price=price,
        near_price=nothing,
        far_price=nothing,
        contracts=contracts,
        auction=auction,
    )


def _near_fair(part: Part, contract: Contract, seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return outright prices: the theoretical one to the tick, and up to a tick beside it."""
    price, tick = part.product.ticked(100 * part.curve.forward(contract, seconds))
    beside = price + tick * part.random.integers(-1, 2, len(seconds))
    return part.product.ticked(beside)[0]


def _against_outrights(part: Part, rows: float) -> Iterable[tuple[Tape, list[Tape]]]:
    """Yield spreads that met outright orders, each with its two legs."""
    months = [contract for contract in part.contracts if not contract.weekly]
    pairs = [(months[0], months[1])]
    if len(months) > 3:
        pairs.append((months[0], months[2]))
    for near, far in pairs:
        seconds = part.moments(near, int(rows * _AGAINST_SHARE / len(pairs)) + 1)
        prices = [_near_fair(part, leg, seconds) for leg in (near, far)]
        contracts = part.random.choice(_SIZES, len(seconds))
        unmarked = np.zeros(len(seconds), dtype=bool)
        legs = [
            _outright_tape(part, leg, seconds, price, contracts, unmarked)
            for leg, price in zip((near, far), prices, strict=True)
        ]
        yield _spread_tape(part, (near, far), seconds, prices, contracts), legs


def _spreads(part: Part, product: Product, rows: float) -> Iterable[Tape]:
    days_left = (part.contracts[0].ends - part.midnight) // DAY
    wanted = rows * _SPREAD_SHARE * (_ROLL_FACTOR if days_left <= _ROLL_DAYS else 1)
    for rank, (near, far) in enumerate(_pairs(part.contracts)):
        drawn = part.moments(near, int(wanted * _SPREAD_SHARES[min(rank, 2)]) + 2)
        seconds = np.sort(np.concatenate([drawn, part.landmarks(near)]))
        yield _spread_rows(part, product, (near, far), seconds)


def _pairs(contracts: list[Contract]) -> list[tuple[Contract, Contract]]:
    """Return the spreads that trade, the liveliest first, near and far by their end."""
    months = [contract for contract in contracts if not contract.weekly]
    chosen = [
        *pairwise(months[:2]),
        *pairwise(contracts[:3]),
        (contracts[0], contracts[-1]),
    ]
    return list(dict.fromkeys(chosen))


def _spread_rows(
    part: Part, product: Product, pair: tuple[Contract, Contract], seconds: NDArray[np.int64]
) -> Tape:
    near, far = pair
    number = len(seconds)
    tick = product.spread_tick
    basis = part.curve.forward(far, seconds) - part.curve.forward(near, seconds)
    price = np.rint(100 * basis / tick).astype(np.int64) + part.random.integers(-2, 3, number)
    near_price = _near_fair(part, near, seconds)
    contracts = part.random.choice(_SIZES, number)
    return _spread_tape(part, pair, seconds, [near_price, near_price + tick * price], contracts)


def _spread_tape(
    part: Part,
    pair: tuple[Contract, Contract],
    seconds: NDArray[np.int64],
    prices: list[NDArray[np.int64]],
    contracts: NDArray[np.int64],
) -> Tape:
    near, far = pair
    near_price, far_price = prices
    number = len(seconds)
    return Tape(
        product=np.full(number, part.product.name),
        near=np.full(number, near.expiry),
        far=np.full(number, far.expiry),
        second=seconds,
        night=np.full(number, part.night),
        price=far_price - near_price,
        near_price=near_price,
        far_price=far_price,
        contracts=contracts,
        auction=np.zeros(number, dtype=bool),
    )


def _spread_ranks(part: Part, spreads: Tape) -> NDArray[np.int64]:
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
