"""The true tables of the futures tick file: trades, spreads, bars, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from indextracker_simulator.taiwan.truth.bars import PRICES, Layout, Print, bar_tables
from indextracker_simulator.taiwan.truth.contracts import Closes
from indextracker_simulator.taiwan.truth.tables import Row, instant, part_name, table
from indextracker_simulator.taiwan.unreadable import row_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from indextracker_simulator.taiwan.session import Session

FIRST_LINE = 2  # line 1 is the header

_TRADED = ("session_date", "line", "session_part", "traded_at", "product")
_TRADES = (*_TRADED, "expiry", "price", "contracts", "opening_auction")
_SPREADS = (
    *_TRADED,
    "near_expiry",
    "far_expiry",
    "price",
    "near_price",
    "far_price",
    "contracts",
)
_FUTURES_BARS = Layout(
    "futures",
    ("product", "expiry"),
    True,
    (*PRICES, "vwap", "contracts", "spread_contracts", "trades"),
)
_SPREAD_BARS = Layout(
    "spread",
    ("product", "near_expiry", "far_expiry"),
    True,
    (*PRICES, "vwap", "contracts", "trades"),
)


class Event(NamedTuple):
    """One row of the tape as plain values, see futures.Tape, and its line in the tick file."""

    product: str
    near: str
    far: str
    second: int
    night: bool
    price: int
    near_price: int
    far_price: int
    contracts: int
    auction: bool
    line: int

    @property
    def legs(self) -> tuple[str, ...]:
        """The expiries whose contracts changed hands."""
        return (self.near, self.far) if self.far else (self.near,)


def events(session: Session) -> list[Event]:
    """Return the rows of the tick file."""
    columns = [getattr(session.tape, name) for name in Event._fields[:-1]]
    columns.append(row_lines(session.slips("futures"), len(session.tape), FIRST_LINE))
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [Event(*row) for row in values]


def contracts(rows: list[Event]) -> set[tuple[str, str]]:
    """Return product and expiry of all that traded, outright or as a leg."""
    return {(event.product, expiry) for event in rows for expiry in event.legs}


def tables(day: date, rows: list[Event]) -> dict[str, pa.Table]:
    """Return futures_trades, futures_spreads, and bars and sessions of both."""
    trades = [_trade_row(event) for event in rows if not event.far]
    spreads = [_spread_row(event) for event in rows if event.far]
    return {
        "futures_trades": table(day, _TRADES, trades, pa.int32()),
        "futures_spreads": table(day, _SPREADS, spreads, pa.int32()),
        **bar_tables(day, _FUTURES_BARS, contract_prints(day, rows)),
        **bar_tables(day, _SPREAD_BARS, spread_prints(day, rows)),
    }


def contract_prints(day: date, rows: list[Event]) -> Iterable[Print]:
    """Yield what contracts printed: outright trades, and legs of spreads without a price."""
    closes = Closes(day)
    for event in rows:
        price = None if event.far else event.price
        for expiry in event.legs:
            close = closes.of(event.product, expiry, event.night)
            contract = (event.product, expiry)
            part = part_name(event.night)
            yield Print(contract, part, event.second, close, price, event.contracts)


def spread_prints(day: date, rows: list[Event]) -> Iterable[Print]:
    """Yield what calendar spreads printed; they close with their near leg."""
    closes = Closes(day)
    for event in rows:
        if event.far:
            close = closes.of(event.product, event.near, event.night)
            spread = (event.product, event.near, event.far)
            part = part_name(event.night)
            yield Print(spread, part, event.second, close, event.price, event.contracts)


def _trade_row(event: Event) -> Row:
    return {
        **_shared(event),
        "expiry": event.near,
        "opening_auction": event.auction,
    }


def _spread_row(event: Event) -> Row:
    return {
        **_shared(event),
        "near_expiry": event.near,
        "far_expiry": event.far,
        "near_price": event.near_price / 100,
        "far_price": event.far_price / 100,
    }


def _shared(event: Event) -> Row:
    return {
        "line": event.line,
        "session_part": part_name(event.night),
        "traded_at": instant(event.second),
        "product": event.product,
        "price": event.price / 100,
        "contracts": event.contracts,
    }
