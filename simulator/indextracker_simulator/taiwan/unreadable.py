"""Damaged lines, as publishers print them now and then.

They are among the rows of the session and belong to no trade: no bar or control total counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from indextracker_simulator.randomness import generator
from indextracker_simulator.taiwan.etf import SYMBOL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from indextracker_simulator.taiwan.daily import Line
    from indextracker_simulator.taiwan.etf import EtfTape
    from indextracker_simulator.taiwan.futures import Tape, Trading
    from indextracker_simulator.taiwan.options import OptionTape

Reason = Literal["cells", "expiry", "price", "volume", "strike", "option type", "side"]


@dataclass(frozen=True)
class UnreadableLine:
    """A line that is no trade.

    Attributes:
        before: Number of the rows that stand before it.
        text: The line as published, without its line ending; of JSON, the values of an object.
        reason: What is wrong with it: too few cells, an expiry of another form, a price or a
            strike that is no number, a volume that cannot be (of futures: both sides of whole
            contracts), neither call nor put, or neither buyer nor seller.
    """

    before: int
    text: str
    reason: Reason


def futures_slips(seed: int, session: date, tape: Tape) -> tuple[UnreadableLine, ...]:
    """Return the unreadable lines of the futures file, among the rows of TX."""
    rows = np.flatnonzero(tape.product == "TX")
    near, far = tape.near[rows[0]], tape.near[rows[-1]]
    start = f"{session:%Y%m%d},TX     ,"
    return _placed(
        _choice(seed, session, "unreadable", rows, 5),
        ("cells", f"{start}{near}     ,101500,17000"),
        ("expiry", f"{start}{near}X1     ,101501,17001,2,-,-, "),
        ("price", f"{start}{near}     ,101502,n/a,2,-,-, "),
        ("volume", f"{start}{near}     ,101503,17003,3,-,-, "),
        ("volume", f"{start}{near}/{far},101504,5,6,17004,17009, "),
    )


def combination_slips(seed: int, session: date, trading: Trading) -> tuple[UnreadableLine, ...]:
    """Return the unreadable lines of the calendar-spread file, anywhere among its rows."""
    spreads = trading.tape.where(trading.tape.far != "")
    number = len(spreads) + len(trading.against_outrights)
    product, near, far = spreads.product[-1], spreads.near[-1], spreads.far[-1]
    start = f"{session:%Y%m%d},{product},"
    return _placed(
        _choice(seed, session, "unreadable combinations", np.arange(number), 3),
        ("cells", f"{start}{near}/{far},101500,5"),
        ("expiry", f"{start}{near},101501,17001,4,17004,17009,*"),
        ("price", f"{start}{near}/{far},101502,n/a,4,17004,17009, "),
    )


def option_slips(seed: int, session: date, tape: OptionTape) -> tuple[UnreadableLine, ...]:
    """Return the unreadable lines of the options file, among the rows of TXO."""
    rows = np.flatnonzero(tape.product == "TXO")
    expiry = tape.expiry[rows[0]]

    def line(strike: str, month: str, kind: str, second: str, price: str, volume: str) -> str:
        cells = (f"{session:%Y%m%d}   ", "    TXO     ", f"    {strike:<54}", f"    {month}  ")
        figures = (f"    {kind}     ", f"    {second}  ", f"    {price:<9}", f"    {volume}")
        return ",".join((*cells, *figures, "     "))

    return _placed(
        _choice(seed, session, "unreadable options", rows, 6),
        ("cells", line("17000", expiry, "C", "101500", "50", "1").rsplit(",", 3)[0]),
        ("expiry", line("17000", f"{expiry}X1", "C", "101501", "50", "1")),
        ("price", line("17000", expiry, "C", "101502", "n/a", "1")),
        ("volume", line("17000", expiry, "P", "101503", "50", "0")),
        ("strike", line("17k", expiry, "P", "101504", "50", "1")),
        ("option type", line("17000", expiry, "X", "101505", "50", "1")),
    )


def report_slips(seed: int, session: date, report: Sequence[Line]) -> tuple[UnreadableLine, ...]:
    """Return the unreadable line of a daily report, among its rows."""
    product, expiry, *_ = report[0].key
    return _placed(
        _choice(seed, session, f"unreadable report {product}", np.arange(len(report)), 1),
        ("cells", f"{session:%Y/%m/%d},{product},{expiry:<8},17000,17001"),
    )


def etf_slips(seed: int, session: date, tape: EtfTape) -> tuple[UnreadableLine, ...]:
    """Return the unreadable trades of the ETF; none where there are no others."""
    if not len(tape):
        return ()
    start = f"{session},{SYMBOL},{tape.price[0] / 100}"
    return _placed(
        _choice(seed, session, "unreadable ETF", np.arange(len(tape)), 2),
        ("volume", f"{start},0,10:15:00.125,1"),
        ("side", f"{start},1,10:15:01.250,3"),
    )


def with_slips(rows: Iterable[str], slips: Sequence[UnreadableLine]) -> list[str]:
    """Return the rows of a document with its unreadable lines in their places."""
    lines = list(rows)
    for slip in reversed(slips):
        lines.insert(slip.before, slip.text)
    return lines


def row_lines(slips: Sequence[UnreadableLine], rows: int, first: int) -> NDArray[np.int64]:
    """Return the physical line of each row of a document, whose data begin in line `first`."""
    places = np.arange(rows)
    before = np.array([slip.before for slip in slips], dtype=np.int64)
    return first + places + np.searchsorted(before, places, side="right")


def slip_lines(slips: Sequence[UnreadableLine], first: int) -> list[int]:
    """Return the physical line of each unreadable line of a document."""
    return [first + slip.before + already for already, slip in enumerate(slips)]


def _choice(
    seed: int, session: date, purpose: str, rows: NDArray[np.int64], number: int
) -> NDArray[np.int64]:
    few = len(rows) < number
    return np.sort(generator(seed, session, purpose).choice(rows, number, replace=few))


def _placed(places: NDArray[np.int64], *slips: tuple[Reason, str]) -> tuple[UnreadableLine, ...]:
    return tuple(
        UnreadableLine(int(place), text, reason)
        for place, (reason, text) in zip(places, slips, strict=True)
    )
