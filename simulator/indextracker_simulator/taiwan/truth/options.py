"""The true tables of the options tick file: sides, bars weighted by contracts, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from indextracker_simulator.taiwan.truth.bars import PRICES, Layout, Print, bar_tables
from indextracker_simulator.taiwan.truth.contracts import Closes
from indextracker_simulator.taiwan.truth.tables import (
    SERIES,
    Row,
    instant,
    part_name,
    series_cells,
    table,
)
from indextracker_simulator.taiwan.unreadable import row_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.taiwan.session import Session

FIRST_LINE = 3  # after the header and a rule of dashes

_TRADES = (
    "session_date",
    "line",
    "session_part",
    "traded_at",
    *SERIES,
    "price",
    "sides",
    "opening_auction",
)
_BARS = Layout("option", SERIES, True, (*PRICES, "contracts", "prints"))


class Event(NamedTuple):
    """One row of the tape as plain values, see options.OptionTape, and its line in the file."""

    product: str
    expiry: str
    strike: int
    call: bool
    second: int
    night: bool
    price: int
    sides: int
    auction: bool
    line: int

    @property
    def series(self) -> dict[str, Any]:
        """The series in the columns that name it."""
        of_option = series_cells(self.strike, self.call)
        return {"product": self.product, "expiry": self.expiry, **of_option}


def events(session: Session) -> list[Event]:
    """Return the rows of the tick file."""
    columns = [getattr(session.options, name) for name in Event._fields[:-1]]
    columns.append(row_lines(session.slips("options"), len(session.options), FIRST_LINE))
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [Event(*row) for row in values]


def contracts(rows: list[Event]) -> set[tuple[str, str]]:
    """Return product and expiry of all that traded."""
    return {(event.product, event.expiry) for event in rows}


def tables(day: date, rows: list[Event]) -> dict[str, pa.Table]:
    """Return option_trades, option_bars and option_sessions."""
    trades = table(day, _TRADES, (_trade_row(event) for event in rows))
    return {"option_trades": trades} | bar_tables(day, _BARS, prints(day, rows))


def prints(day: date, rows: list[Event]) -> Iterable[Print]:
    """Yield what series printed."""
    closes = Closes(day)
    for event in rows:
        close = closes.of(event.product, event.expiry, event.night)
        series = tuple(event.series.values())
        yield Print(series, part_name(event.night), event.second, close, event.price, event.sides)


def _trade_row(event: Event) -> Row:
    return {
        **event.series,
        "line": event.line,
        "session_part": part_name(event.night),
        "traded_at": instant(event.second),
        "price": event.price / 100,
        "sides": event.sides,
        "opening_auction": event.auction,
    }
