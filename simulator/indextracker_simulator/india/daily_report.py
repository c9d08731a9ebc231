"""The daily report of a session: a zip of lists, byte for byte in the exchange's layout.

Corporate actions to come, market capitalisation, securities with their indices, exchange-traded
funds and announcements; the exchange puts more lists into it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.identities import short_name
from indextracker_simulator.india.indices import VOLATILITY_INDEX, members
from indextracker_simulator.india.texts import month, rupees, zipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from indextracker_simulator.india.actions import Action
    from indextracker_simulator.india.indices import Level
    from indextracker_simulator.india.instruments import Form, Instrument
    from indextracker_simulator.india.news import Announcement
    from indextracker_simulator.india.session import Row

AHEAD: Final = timedelta(days=10)
"""Actions are listed from so long before their ex-date until the day before it."""

_SERIES_OF_ACTIONS: dict[Form, tuple[str, ...]] = {
    "share": ("BE", "BL", "EQ", "IQ", "T0", "TL"),
    "sme": ("SL", "SM", "SQ", "ST"),
}

_REDEEMED_IN = (5, 11)  # months

_ACTIONS_HEADER = (
    "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE"
)
_CAPITAL_HEADER = (
    "Trade Date,Symbol,Series,Security Name,Category,Last Trade Date,Face Value(Rs.),Issue Size,"
    "Close Price/Paid up value(Rs.),Market Cap(Rs.)              "
)
_PRICES_HEADER = (
    "MKT,SERIES,SYMBOL,SECURITY,PREV_CL_PR,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,NET_TRDVAL,"
    "NET_TRDQTY,IND_SEC,CORP_IND,TRADES,HI_52_WK,LO_52_WK"
)
_FUNDS_HEADER = (
    "MARKET,SERIES,SYMBOL,SECURITY,PREVIOUS CLOSE PRICE,OPEN PRICE,HIGH PRICE,LOW PRICE,"
    "CLOSE PRICE,NET TRADED VALUE,NET TRADED QTY,TRADES,52 WEEK HIGH,52 WEEK LOW,UNDERLYING"
)
_ANNOUNCEMENTS_HEADER = "COMPANY NAME    SYMBOL    : ANNOUNCEMENTS"
_EMPTY_PRICES = " ," * 15 + " "
_README = "The daily report of a simulated exchange.\r\n"

_FIRST_INDEX_MEMBERS, _NEXT_INDEX_MEMBERS = 10, 20


class Day(NamedTuple):
    """All that a report tells of.

    Attributes:
        session: Its session.
        instruments: Every instrument.
        rows: What was traded.
        levels: The indices.
        announcements: What companies announced.
    """

    session: date
    instruments: Sequence[Instrument]
    rows: Sequence[Row]
    levels: Sequence[Level]
    announcements: Sequence[Announcement]


class ListedAction(NamedTuple):
    """A line of the list of corporate actions.

    Attributes:
        series: Series that the action concerns.
        symbol: Symbol on the day of the report.
        security: Its name.
        record_date: Who holds it on that day has the right.
        ex_date: The first session without the right; None of what has none.
        text: What is done.
        action: What it is of a company; None of a bond.
    """

    series: str
    symbol: str
    security: str
    record_date: date
    ex_date: date | None
    text: str
    action: Action | None = None


def report_zip(day: Day) -> bytes:
    """Return the report of a session."""
    name = f"{day.session:%d%m%Y}"
    return zipped(
        {
            f"an{name}.txt": _text(_announcement_lines(day)),
            f"bc{name}.csv": _text(_action_lines(day)),
            f"etf{name}.csv": _text(_fund_lines(day)),
            f"mcap{name}.csv": _text(_capital_lines(day)),
            f"pd{name}.csv": _text(_price_lines(day)),
            "readme.txt": _README.encode(),
        }
    )


def listed_actions(instruments: Iterable[Instrument], session: date) -> list[ListedAction]:
    """Return the lines of corporate actions in the report of a session, in their order."""
    found = [*_of_companies(instruments, session), *_of_bonds(session)]
    return sorted(found, key=lambda line: (line.symbol, line.series, line.text))


def _of_companies(instruments: Iterable[Instrument], session: date) -> Iterator[ListedAction]:
    for one in instruments:
        called = one.identities.at(session)
        security = called.name.replace("Limited", "Ltd")[:25]
        for action in one.actions:
            if not (session < action.ex_date <= session + AHEAD and one.is_listed(session)):
                continue
            day, text = action.ex_date, action.short_text
            for series in _SERIES_OF_ACTIONS[one.form]:
                yield ListedAction(series, called.symbol, security, day, day, text, action)


def _of_bonds(session: date) -> Iterator[ListedAction]:
    """Yield what bonds pay that nobody trades: the greater part of the published list."""
    for day in trading_calendar().between(session + timedelta(days=1), session + AHEAD):
        symbol = f"{900 + day.day}SARI{day:%y}"
        for series in ("N0", "U0"):
            yield ListedAction(series, symbol, "Sec Re NCD Sarita", day, day, "INTEREST PAYMENT")
    if session.month in _REDEEMED_IN:
        symbol, security = f"SGB{month(session).upper()}{session:%y}", "2.50%GOLDBONDS"
        yield ListedAction("GB", symbol, security, session + AHEAD, None, "REDEMPTION")


def _announcement_lines(day: Day) -> Iterator[str]:
    yield _ANNOUNCEMENTS_HEADER
    for told in day.announcements:
        yield f"{told.name} {told.symbol} : {told.subject} {told.symbol} : {told.text}"


def _action_lines(day: Day) -> Iterator[str]:
    yield _ACTIONS_HEADER
    for line in listed_actions(day.instruments, day.session):
        ex_date = "" if line.ex_date is None else str(line.ex_date)
        dates = (str(line.record_date), "", "", ex_date, "", "")
        yield ",".join((line.series, line.symbol, line.security, *dates, line.text))


def _capital_lines(day: Day) -> Iterator[str]:
    yield _CAPITAL_HEADER
    date_text = _spaced(day.session)
    total = 0
    place = trading_calendar().position[day.session]
    companies = [
        one
        for one in day.instruments
        if one.form in ("share", "sme")
        and one.traded[: place + 1].any()
        and one.is_listed(day.session)
    ]
    for one in sorted(companies, key=lambda one: one.identities.at(day.session).symbol):
        called = one.identities.at(day.session)
        last = int(np.flatnonzero(one.traded[: place + 1])[-1])
        close, issued = int(one.closes[last]), one.issued.at(day.session)
        total += close * issued
        cells = (
            *(date_text, called.symbol, one.series.at(day.session)),
            *(f"{short_name(called.name):25}", "Listed    "),
            _spaced(trading_calendar().sessions[last]),
            *(f"{one.faces.at(day.session):16}.00", f"{issued:18}", f"{rupees(close):>18}"),
            # The blanks at the end vary, as if left over from something longer.
            f"{rupees(close * issued):>18}" + " " * (one.number % 7),
        )
        yield ",".join(cells)
    for category, capital in (("Listed", total), ("Permitted", 0), ("Total", total)):
        blanks = ("  ", " " * 25, " " * 10, " " * 11)
        figures = (f"{0:16}.00", f"{0:18}", f"{'0.00':>18}", f"{rupees(capital):>18}")
        yield ",".join((date_text, f"{category:10}", *blanks, *figures))


def _price_lines(day: Day) -> Iterator[str]:
    yield _PRICES_HEADER
    for level in day.levels:
        yield ",".join(("Y", " ", " ", level.name, *_level_cells(level)))
    ranked = members(day.instruments, day.session, _NEXT_INDEX_MEMBERS)
    first = {one.number for one in ranked[:_FIRST_INDEX_MEMBERS]}
    second = {one.number for one in ranked[_FIRST_INDEX_MEMBERS:]}
    traded = sorted(
        (row for row in day.rows if not row.beside),
        key=lambda row: (row.symbol, row.series),
    )
    for heading, inside in (("NIFTY 50 Sec", first), ("NIFTY Next 50 Sec", second)):
        yield from (_EMPTY_PRICES, _EMPTY_PRICES, f" , , ,{heading}" + ", " * 12)
        yield from (
            _price_line(day, row, heading == "NIFTY 50 Sec")
            for row in traded
            if row.number in inside
        )
    yield from (_EMPTY_PRICES, _EMPTY_PRICES)
    yield from (_price_line(day, row, False) for row in traded if row.number not in first | second)


def _level_cells(level: Level) -> tuple[str, ...]:
    prices = (level.previous, level.open, level.high, level.low, level.close)
    if level.name == VOLATILITY_INDEX:
        *plain, high, low = (f"{price / 100:.4f}" for price in (*prices, level.high, level.low))
        return (*plain, "0", "0", "Y", " ", "0", high, low)
    value, shares = level.turnover or 0, level.shares or 0
    return (*map(_price, prices), rupees(value), str(shares), "Y", " ", "0", _price(0), _price(0))


def _price_line(day: Day, row: Row, in_index: bool) -> str:
    high, low = _year_range(day, row)
    cells = (
        *("N", row.series, row.symbol, row.name),
        *map(_price, (row.previous, row.open, row.high, row.low, row.close)),
        *(f"{rupees(row.turnover):>28}", str(row.shares), "Y" if in_index else "N", " "),
        *(str(row.trades), _price(high), _price(low)),
    )
    return ",".join(cells)


def _fund_lines(day: Day) -> Iterator[str]:
    yield _FUNDS_HEADER
    funds = {one.number: one for one in day.instruments if one.form == "etf"}
    for row in sorted(day.rows, key=lambda row: row.symbol):
        if row.number not in funds:
            continue
        high, low = _year_range(day, row)
        cells = (
            *("N", row.series, row.symbol, row.name),
            *map(_price, (row.previous, row.open, row.high, row.low, row.close)),
            *(f"{rupees(row.turnover):>28}", str(row.shares), str(row.trades)),
            *(_price(high), _price(low), "NIFTY 50"),
        )
        yield ",".join(cells)


def _year_range(day: Day, row: Row) -> tuple[int, int]:
    """Return the highest and the lowest close of 52 weeks, with the session's own range."""
    calendar = trading_calendar()
    first = calendar.until(day.session - timedelta(weeks=52))
    closes = day.instruments[row.number].closes[first : calendar.position[day.session]]
    known = closes[closes > 0]
    return max([row.high, *known.tolist()]), min([row.low, *known.tolist()])


def _price(paise: int) -> str:
    return f"{rupees(paise):>13}"


def _spaced(day: date) -> str:
    return f"{day:%d} {month(day).upper()} {day:%Y}"


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
