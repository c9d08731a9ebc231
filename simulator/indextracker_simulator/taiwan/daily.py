"""The exchange's own figures of a session: its daily report of futures and of options.

Per contract and part of the session: prices of outright trades, volume with the blocks that were
negotiated beside the market, settlement price and open interest. Figures only, in hundredths;
taifex.py writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from indextracker_simulator.randomness import generator
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.contracts import contracts_of, curve_of
from indextracker_simulator.taiwan.options import series_of
from indextracker_simulator.taiwan.products import OPTIONS, products_of
from indextracker_simulator.taiwan.walk import local_second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from numpy.typing import NDArray

    from indextracker_simulator.taiwan.contracts import Contract, Curve
    from indextracker_simulator.taiwan.futures import Tape, Trading
    from indextracker_simulator.taiwan.options import OptionTape, Series
    from indextracker_simulator.taiwan.products import OptionProduct, Product, Terms

_BLOCK_SHARE = 0.4  # of the front contracts, by day
_OPTION_BLOCK_SHARE = 0.02  # of the series that traded
_BLOCK_SIZES = (10, 300)
_MOST_OPEN = 60_000


class Key(NamedTuple):
    """What a line of the report is of, but for the part of the session.

    Attributes:
        product: Product code.
        expiry: Expiry code, or near/far of a calendar spread.
        strike: Whole points of an option's strike, else None.
        call: Whether an option is a call, else None.
    """

    product: str
    expiry: str
    strike: int | None = None
    call: bool | None = None


@dataclass
class Traded:
    """What one contract traded in one part of a session.

    Attributes:
        open: First price of an outright trade, likewise high, low and close; of a contract that
            changed hands as a spread's leg alone, open and close are those of the leg.
        high: Highest price.
        low: Lowest price.
        close: Last price.
        contracts: Contracts, legs of spreads included; of a spread, those that met spreads.
        against_outrights: Spreads that met outright orders.
    """

    open: int | None = None
    high: int | None = None
    low: int | None = None
    close: int | None = None
    contracts: int = 0
    against_outrights: int = 0


@dataclass(frozen=True)
class Line:
    """A line of the report.

    Attributes:
        key: What it is of.
        night: Whether it is of the night part.
        last_day: The contract's last trading day; None of spreads.
        traded: What traded.
        blocks: Contracts negotiated beside the market.
        settlement: Settlement price, 0 on the day of final settlement; None in lines of the night
            and of spreads.
        open_interest: Open contracts; None likewise.
        reference: Settlement price of the session before; None where there was none.
        quotes: Last best bid and offer; None where there is none.
    """

    key: Key
    night: bool
    last_day: date | None
    traded: Traded
    blocks: int = 0
    settlement: int | None = None
    open_interest: int | None = None
    reference: int | None = None
    quotes: tuple[int | None, int | None] = (None, None)

    @property
    def contracts(self) -> int:
        """The official volume."""
        return self.traded.contracts + self.blocks


@dataclass(frozen=True)
class _Stated:
    """What the exchange states of a product's contracts beside what traded, all arrays alike."""

    keys: list[Key]
    contracts: list[Contract]
    settlement: NDArray[np.int64]
    reference: NDArray[np.int64]
    tick: NDArray[np.int64]
    open_interest: NDArray[np.int64]
    blocks: NDArray[np.int64]


_Part = tuple[Key, bool]  # a contract and whether it is its night part


def futures_lines(seed: int, session: date, trading: Trading, lead: int) -> tuple[Line, ...]:
    """Return the report of futures: outright contracts of all products, then calendar spreads."""
    traded = _futures_traded(trading)
    lines: list[Line] = []
    for product in reversed(products_of(session)):
        stated = _futures_stated(product, seed, session, lead)
        lines += _lines(product, stated, traded)
    spreads = sorted(part for part in traded if "/" in part[0].expiry)
    spreads.sort(key=lambda part: part[0].expiry.split("/"))
    return (*lines, *(Line(key, night, None, traded[key, night]) for key, night in spreads))


def option_lines(seed: int, session: date, tape: OptionTape, lead: int) -> tuple[Line, ...]:
    """Return the report of options: every listed series."""
    traded = _options_traded(tape)
    lines: list[Line] = []
    for product in OPTIONS:
        stated = _options_stated(product, seed, session, lead)
        lines += _lines(product, stated, traded)
    return tuple(lines)


def _lines(product: Terms, stated: _Stated, traded: dict[_Part, Traded]) -> Iterable[Line]:
    for place, (key, contract) in enumerate(zip(stated.keys, stated.contracts, strict=True)):
        reference = None if contract.new else int(stated.reference[place])
        tick = int(stated.tick[place])
        settlement = 0 if contract.on_last_day else int(stated.settlement[place])
        met = traded.get((key, False), Traded())
        last = int(stated.settlement[place]) if met.close is None else met.close
        yield Line(
            key,
            night=False,
            last_day=contract.last_day,
            traded=met,
            blocks=int(stated.blocks[place]) if met.high is not None else 0,
            settlement=settlement,
            open_interest=int(stated.open_interest[place]),
            reference=reference,
            quotes=_quotes(last, tick),
        )
        if product.night is not None and not contract.new:
            met = traded.get((key, True), Traded())
            quotes = (None, None) if met.close is None else _quotes(met.close, tick)
            yield Line(key, True, contract.last_day, met, reference=reference, quotes=quotes)


def _quotes(price: int, tick: int) -> tuple[int | None, int]:
    bid = price - tick
    return bid if bid > 0 else None, price + tick


def _futures_stated(product: Product, seed: int, session: date, lead: int) -> _Stated:
    contracts = contracts_of(product, session)
    at, eve = _settled_at(product, session)
    curve, before = _curves(product, seed, session, lead)
    forwards = np.array([curve.forward(contract, at)[0] for contract in contracts])
    old = np.array([before.forward(_running(contract), eve)[0] for contract in contracts])
    settlement, tick = product.ticked(100 * forwards)
    random = generator(seed, product.name, session, "report")
    rank = np.arange(len(contracts))
    return _Stated(
        [Key(product.name, contract.expiry) for contract in contracts],
        contracts,
        settlement,
        product.ticked(100 * old)[0],
        tick,
        (random.integers(1, _MOST_OPEN, len(contracts)) * 0.3**rank).astype(np.int64),
        _blocks(random, len(contracts), np.where(rank < 2, _BLOCK_SHARE, 0)),
    )


def _options_stated(product: OptionProduct, seed: int, session: date, lead: int) -> _Stated:
    series = _in_report_order(series_of(product, seed, session))
    at, eve = _settled_at(product, session)
    curve, before = _curves(product, seed, session, lead)
    running = replace(series, contracts=[_running(contract) for contract in series.contracts])
    settlement, tick = product.ticked(100 * series.premium(curve, int(at[0])))
    random = generator(seed, product.name, session, "report")
    least = product.ticks[0][1]
    return _Stated(
        [
            Key(product.name, series.contracts[place].expiry, strike, call)
            for place, strike, call in zip(
                *(column.tolist() for column in (series.place, series.strike, series.call)),
                strict=True,
            )
        ],
        [series.contracts[place] for place in series.place.tolist()],
        np.maximum(settlement, least),
        np.maximum(product.ticked(100 * running.premium(before, int(eve[0])))[0], least),
        tick,
        (
            _MOST_OPEN * series.interest(curve, int(at[0])) * random.exponential(2, len(series))
        ).astype(np.int64),
        _blocks(random, len(series), np.full(len(series), _OPTION_BLOCK_SHARE)),
    )


def _in_report_order(series: Series) -> Series:
    order = np.lexsort((~series.call, series.strike, series.place))
    return replace(
        series, place=series.place[order], strike=series.strike[order], call=series.call[order]
    )


def _curves(product: Terms, seed: int, session: date, lead: int) -> tuple[Curve, Curve]:
    """Return the curves of the session and of the one before."""
    before = trading_calendar().previous(session)
    return (
        curve_of(product.underlying, seed, session, lead),
        curve_of(product.underlying, seed, before, lead),
    )


def _settled_at(product: Terms, session: date) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local second of the settlement prices of the session and of the one before."""
    days = (session, trading_calendar().previous(session))
    at, before = (np.array([local_second(day, product.day.closes)]) for day in days)
    return at, before


def _running(contract: Contract) -> Contract:
    """Return the contract as it was the session before."""
    return replace(contract, on_last_day=False)


def _blocks(
    random: np.random.Generator, number: int, share: NDArray[np.float64]
) -> NDArray[np.int64]:
    sizes = random.integers(*_BLOCK_SIZES, number)
    return np.where(random.random(number) < share, sizes, 0)


def _futures_traded(trading: Trading) -> dict[_Part, Traded]:
    tape = trading.tape
    outright = tape.where(tape.far == "")
    keys = (outright.product, outright.near, outright.night)
    traded = {
        (Key(product, near), night): figures
        for (product, near, night), figures in _grouped(keys, outright.price, outright.contracts)
    }
    for key, night, price, contracts in _legs(tape.where(tape.far != "")):
        met = traded.setdefault((key, night), Traded())
        met.contracts += contracts
        if met.high is None:
            met.open = price if met.open is None else met.open
            met.close = price
    spreads = _by_pair(tape.where(tape.far != ""))
    columns = (spreads.product, spreads.near, spreads.far, spreads.night)
    for (product, near, far, night), figures in _grouped(columns, spreads.price, spreads.contracts):
        traded[Key(product, f"{near}/{far}"), night] = figures
    met_outrights = _by_pair(trading.against_outrights)
    columns = (met_outrights.product, met_outrights.near, met_outrights.far, met_outrights.night)
    for (product, near, far, night), figures in _grouped(
        columns, met_outrights.price, met_outrights.contracts
    ):
        spread = traded.setdefault((Key(product, f"{near}/{far}"), night), Traded())
        spread.against_outrights = figures.contracts
    return traded


def _by_pair(spreads: Tape) -> Tape:
    """Return spreads with those of a pair together, each pair in the order of time."""
    order = np.lexsort((spreads.second, spreads.far, spreads.near, spreads.product))
    return spreads.where(order)


def _legs(spreads: Tape) -> Iterable[tuple[Key, bool, int, int]]:
    """Yield key, part, price and contracts of each leg, in the order of time."""
    columns = (spreads.product, spreads.night, spreads.contracts)
    legs = ((spreads.near, spreads.near_price), (spreads.far, spreads.far_price))
    order = np.argsort(spreads.second, kind="stable").tolist()
    rows = [[column.tolist() for column in (*columns, expiry, price)] for expiry, price in legs]
    for row in order:
        for product, night, contracts, expiry, price in rows:
            yield Key(product[row], expiry[row]), night[row], price[row], contracts[row]


def _options_traded(tape: OptionTape) -> dict[_Part, Traded]:
    keys = (tape.product, tape.expiry, tape.strike, tape.call, tape.night)
    traded = {}
    for (product, expiry, strike, call, night), figures in _grouped(keys, tape.price, tape.sides):
        figures.contracts //= 2
        traded[Key(product, expiry, strike, call), night] = figures
    return traded


def _grouped(
    keys: tuple[NDArray[Any], ...], price: NDArray[np.int64], count: NDArray[np.int64]
) -> Iterable[tuple[tuple[Any, ...], Traded]]:
    """Yield the figures of rows that stand together and have equal keys."""
    if not len(price):
        return
    changes = np.zeros(len(price), dtype=bool)
    for key in keys:
        changes[1:] |= key[1:] != key[:-1]
    starts = np.concatenate([[0], np.flatnonzero(changes)])
    ends = np.append(starts[1:], len(price)) - 1
    figures = (
        price[starts],
        np.maximum.reduceat(price, starts),
        np.minimum.reduceat(price, starts),
        price[ends],
        np.add.reduceat(count, starts),
    )
    names = (key[starts].tolist() for key in keys)
    values = (column.tolist() for column in figures)
    for name, figure in zip(zip(*names, strict=True), zip(*values, strict=True), strict=True):
        yield name, Traded(*figure)
