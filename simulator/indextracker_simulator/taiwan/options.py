"""Trades of options in a session: the sides that the exchange prints, from its own model.

A trade has a buyer and a seller, and each is printed in rows of its own: one row, or several where
the order was matched with several others. The rows of a second, series and price therefore add up
to an even number, though no row says which side it is. taifex_ticks.py writes the rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.contracts import YEAR, contracts_of, parts_of
from indextracker_simulator.taiwan.pricing import AT_THE_MONEY, premium
from indextracker_simulator.taiwan.products import OPTIONS, OptionProduct
from indextracker_simulator.taiwan.walk import close_of

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from indextracker_simulator.taiwan.contracts import Contract, Curve, Part
    from indextracker_simulator.taiwan.futures import Volume

ROWS: dict[Volume, int] = {"demo": 20_000, "real": 400_000}
"""Rows of a session, roughly."""

_NIGHT_SHARE = 0.25
_ROWS_PER_TRADE = 2.75
_EXPIRY_SHARE = 0.14  # of what trades in an expiry, the next one trades so much
_FAVOURITE = 0.6  # how fast interest falls with the distance of the strike, in deviations
_IN_THE_MONEY = 0.15  # interest in these, of that in those out of the money
_SIZES = np.array([1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12, 20])
_SPLIT_SHARE = 0.25
_MOST_PIECES = 6
_LIVELY_SERIES = 3  # of each expiry; they print at every second that a rule hangs on
_MARKED_SHARE = 0.5
_DAY_OF_TRADING = 1 / 365

# (step in units, reach on both sides of the last close), as the exchange listed on 2023-01-30.
_Bands = tuple[tuple[int, float], ...]
_WEEKLY_BANDS: _Bands = ((1, 0.03), (2, 0.10))
_MONTHLY_BANDS: tuple[_Bands, ...] = (((1, 0.05), (2, 0.20)), ((2, 0.20),), ((2, 0.20), (4, 0.30)))
_QUARTERLY_BANDS: _Bands = ((4, 0.30),)


@dataclass(frozen=True)
class Series:
    """The option series of one product that are listed on one session, all arrays alike.

    In the order of the tick file: by strike, then expiry as text, then calls before puts.

    Attributes:
        product: The product.
        contracts: The expiries, the first to end first.
        place: Place of each series' expiry among the contracts.
        strike: Whole points.
        call: Whether it is a call.
    """

    product: OptionProduct
    contracts: list[Contract]
    place: NDArray[np.int64]
    strike: NDArray[np.int64]
    call: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.strike)

    def forward(self, curve: Curve, second: int) -> NDArray[np.float64]:
        """Return the forward of each series at a local second."""
        at = np.array([second])
        return np.array([curve.forward(c, at)[0] for c in self.contracts])[self.place]

    def premium(self, curve: Curve, second: int) -> NDArray[np.float64]:
        """Return the value of each series at a local second, points."""
        years = (self._ends() - second) / YEAR
        return premium(self.forward(curve, second), self.strike, years, self.call)

    def interest(self, curve: Curve, second: int) -> NDArray[np.float64]:
        """Return how much each series is wanted at a local second; all add up to one."""
        forward = self.forward(curve, second)
        years = np.maximum((self._ends() - second) / YEAR, 0) + _DAY_OF_TRADING
        distance = np.log(self.strike / forward) / (AT_THE_MONEY * np.sqrt(years))
        wanted = np.exp(-_FAVOURITE * distance**2) * _EXPIRY_SHARE**self.place
        wanted *= np.where((distance > 0) == self.call, 1, _IN_THE_MONEY)
        return np.asarray(wanted / wanted.sum())

    def _ends(self) -> NDArray[np.int64]:
        return np.array([contract.ends for contract in self.contracts])[self.place]


@dataclass(frozen=True)
class OptionTape:
    """Printed sides, every array of shape (rows,) and in published order.

    Attributes:
        product: Product code.
        expiry: Expiry code.
        strike: Whole points.
        call: Whether the series is a call.
        second: Local time, as `walk.local_second` counts it.
        night: Whether the row is of the night part.
        price: Hundredths.
        sides: Sides that the row counts; two make a contract.
        auction: Whether the row carries the mark of the opening auction.
    """

    product: NDArray[np.str_]
    expiry: NDArray[np.str_]
    strike: NDArray[np.int64]
    call: NDArray[np.bool_]
    second: NDArray[np.int64]
    night: NDArray[np.bool_]
    price: NDArray[np.int64]
    sides: NDArray[np.int64]
    auction: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.second)

    def where(self, rows: NDArray[np.bool_]) -> OptionTape:
        """Return some of the rows."""
        return OptionTape(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def series_of(product: OptionProduct, seed: int, session: date) -> Series:
    """Return the series of a product that are listed on one session."""
    contracts = contracts_of(product, session)
    around = close_of(product.underlying, seed, trading_calendar().previous(session))
    months = [contract.expiry for contract in contracts if not contract.weekly]
    listed = sorted(
        (strike, contract.expiry, not call, place)
        for place, contract in enumerate(contracts)
        for strike in _strikes(product, contract, months, around)
        for call in (True, False)
    )
    strikes, _, puts, places = zip(*listed, strict=True)
    return Series(product, contracts, np.array(places), np.array(strikes), ~np.array(puts))


def tape(seed: int, session: date, volume: Volume, lead: int) -> OptionTape:
    """Return the printed sides of one session, `lead` seconds ahead of the indices."""
    tapes = [_tape_of(product, seed, session, volume, lead) for product in OPTIONS]
    columns = {
        field.name: np.concatenate([getattr(tape, field.name) for tape in tapes])
        for field in fields(OptionTape)
    }
    return OptionTape(**columns)


def _tape_of(
    product: OptionProduct, seed: int, session: date, volume: Volume, lead: int
) -> OptionTape:
    series = series_of(product, seed, session)
    rows = ROWS[volume] * product.share
    day_share = 1 - _NIGHT_SHARE if product.night else 1
    parts = parts_of(product, seed, session, lead)
    trades = [
        _trades(part, series, rows * (_NIGHT_SHARE if part.night else day_share)) for part in parts
    ]
    columns = {
        field.name: np.concatenate([getattr(piece, field.name) for piece in trades])
        for field in fields(_Trades)
    }
    order = np.lexsort((columns["second"], columns["series"]))
    met = _Trades(**{name: column[order] for name, column in columns.items()})
    return _printed(series, met, parts[-1].random)


@dataclass(frozen=True)
class _Trades:
    """Trades before they are printed, arrays of one shape; series by their place."""

    series: NDArray[np.int64]
    second: NDArray[np.int64]
    night: NDArray[np.bool_]
    price: NDArray[np.int64]
    contracts: NDArray[np.int64]
    auction: NDArray[np.bool_]


def _trades(part: Part, series: Series, rows: float) -> _Trades:
    random = part.random
    trading = np.array([contract in part.contracts for contract in series.contracts])
    wanted = series.interest(part.curve, part.opens) * trading[series.place]
    liked = random.choice(len(series), int(rows / _ROWS_PER_TRADE) + 1, p=wanted / wanted.sum())
    closes = np.array([part.closes(contract) for contract in series.contracts])
    spans = closes[series.place[liked]] - part.opens
    drawn = part.opens + (random.beta(0.6, 0.75, len(liked)) * spans).astype(np.int64)

    landmarks = [
        (place, second)
        for place in _liveliest(series, wanted)
        for second in part.landmarks(series.contracts[series.place[place]])
    ]
    places, seconds = (np.array(column) for column in zip(*landmarks, strict=True))
    chosen, at = np.concatenate([places, liked]), np.concatenate([seconds, drawn])
    order = np.lexsort((at, chosen))
    chosen, at = chosen[order], at[order]
    marked = random.random(len(series)) < _MARKED_SHARE
    return _Trades(
        series=chosen,
        second=at,
        night=np.full(len(chosen), part.night),
        price=_prices(part, series, chosen, at),
        contracts=random.choice(_SIZES, len(chosen)),
        auction=marked[chosen] & (at == part.opens),
    )


def _liveliest(series: Series, wanted: NDArray[np.float64]) -> list[int]:
    """Return the places of the most wanted series of each expiry that trades."""
    places: list[int] = []
    for place in range(len(series.contracts)):
        own = np.flatnonzero((series.place == place) & (wanted > 0))
        places += own[np.argsort(-wanted[own], kind="stable")[:_LIVELY_SERIES]].tolist()
    return places


def _prices(
    part: Part, series: Series, chosen: NDArray[np.int64], seconds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return prices to the tick: the theoretical one, and up to a tick beside it."""
    forward = np.empty(len(chosen))
    years = np.empty(len(chosen))
    for place, contract in enumerate(series.contracts):
        own = series.place[chosen] == place
        forward[own] = part.curve.forward(contract, seconds[own])
        years[own] = (contract.ends - seconds[own]) / YEAR
    fair = premium(forward, series.strike[chosen], years, series.call[chosen])
    price, tick = part.product.ticked(100 * fair)
    beside = np.maximum(price + tick * part.random.integers(-1, 2, len(chosen)), tick)
    return part.product.ticked(beside)[0]


def _printed(series: Series, trades: _Trades, random: np.random.Generator) -> OptionTape:
    """Print both sides of each trade, the buyers' rows before the sellers'."""
    number = 2 * len(trades.second)
    size = np.repeat(trades.contracts, 2)
    split = (random.random(number) < _SPLIT_SHARE) & (size > 1)
    pieces = np.where(split, random.integers(2, np.clip(size, 2, _MOST_PIECES) + 1), 1)
    of_side = np.repeat(np.arange(number), pieces)
    last = np.append(of_side[1:] != of_side[:-1], True)
    sides = np.where(last, size[of_side] - pieces[of_side] + 1, 1)
    trade = of_side // 2
    place = trades.series[trade]
    expiries = np.array([contract.expiry for contract in series.contracts])
    return OptionTape(
        product=np.full(len(trade), series.product.name),
        expiry=expiries[series.place[place]],
        strike=series.strike[place],
        call=series.call[place],
        second=trades.second[trade],
        night=trades.night[trade],
        price=trades.price[trade],
        sides=sides,
        auction=trades.auction[trade],
    )


def _strikes(
    product: OptionProduct, contract: Contract, months: list[str], around: float
) -> list[int]:
    """Return the strikes of an expiry: fine steps near the money, coarse ones further out."""
    bands: _Bands = _WEEKLY_BANDS
    if not contract.weekly:
        month = months.index(contract.expiry)
        bands = _MONTHLY_BANDS[month] if month < product.months else _QUARTERLY_BANDS
    strikes: set[int] = set()
    for units, reach in bands:
        step = product.strike_unit * units
        lowest, highest = (round(around * (1 + end) / step) for end in (-reach, reach))
        strikes.update(range(max(lowest, 1) * step, (highest + 1) * step, step))
    return sorted(strikes)
