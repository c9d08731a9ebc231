"""The futures exchange's tick files and their control totals, byte for byte in its layout.

It only writes: the rows come from futures.py, options.py and unreadable.py.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.unreadable import with_slips
from indextracker_simulator.taiwan.walk import DAY, HOUR, local_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indextracker_simulator.taiwan.futures import Tape, Trading
    from indextracker_simulator.taiwan.options import OptionTape
    from indextracker_simulator.taiwan.unreadable import UnreadableLine

OUTRIGHT_SIDES = 2
SPREAD_SIDES = 4  # both sides of both legs

# The publisher's archives carry UTC times: of 16:48 Taipei, and of 05:14 before the session.
_COMPLETE_AT = time(8, 48)
_DAWN_AT = time(21, 14)

_SHARED = "成交日期,商品代號,到期月份(週別),成交時間,成交價格,成交數量(B+S),近月價格,遠月價格,"
_HEADER = f"{_SHARED}開盤集合競價 "
_COMBINATION_HEADER = f"{_SHARED}屬價差對價差成交者 "
_TOTALS_TITLE = "期貨價差委託成交概況表,,,, "
_TOTALS_HEADER = "交易日期,商品代號,價差委託成交量(B+S),市場總成交量(B+S),價差委託成交比率(%) "

_OPTIONS_HEADER = (
    " 成交日期,"
    "          商品代號,"
    "        履約價格,"
    "                                                      到期月份(週別),"
    "        買賣權別,"
    "      成交時間,"
    "          成交價格,"
    "         成交數量(B or S),"
    "     開盤集合競價 "
)
_OPTIONS_RULE = (
    "---------- ---- ------- ---- ----------------------------------------------------- "
    "---- ------- ---- ----- ---- --------- ---- -------- ---- --------- "
)


def futures_zip(
    day: date, tape: Tape, unreadable: tuple[UnreadableLine, ...] = (), *, dawn: bool = False
) -> bytes:
    """Return the zipped tick file of one session, or its night part as published at dawn.

    Args:
        day: The date in its name.
        tape: Its rows.
        unreadable: Its lines that are no rows.
        dawn: Whether it is published before the session.
    """
    lines = with_slips(_futures_lines(tape), unreadable)
    return _zipped(day, f"Daily_{day:%Y_%m_%d}.csv", [_HEADER, *lines], dawn=dawn)


def combination_zip(
    day: date, trading: Trading, unreadable: tuple[UnreadableLine, ...] = ()
) -> bytes:
    """Return the zipped calendar-spread file of one session."""
    lines = with_slips(_combination_lines(trading), unreadable)
    return _zipped(day, f"Daily_{day:%Y_%m_%d}_C.csv", [_COMBINATION_HEADER, *lines])


def totals_zip(day: date, trading: Trading) -> bytes:
    """Return the zipped control totals of one session: sides of spread orders, sides in all."""
    tape, met = trading.tape, trading.against_outrights
    spread = tape.far != ""
    totals: dict[str, list[int]] = {}
    for product in np.unique(tape.product).tolist():
        own = tape.product == product
        spreads = SPREAD_SIDES * int(tape.contracts[own & spread].sum())
        outright = OUTRIGHT_SIDES * int(tape.contracts[own & ~spread].sum())
        # Of a spread that met outright orders, one side alone was a spread's.
        half = SPREAD_SIDES // 2 * int(met.contracts[met.product == product].sum())
        totals[product] = [spreads + half, spreads + outright]
    session = f"{day:%Y%m%d}"
    lines = [f"{session},{name:<7}," + _shares(*total) for name, total in totals.items()]
    spreads, everything = (sum(column) for column in zip(*totals.values(), strict=True))
    lines.append("合計,," + _shares(spreads, everything))
    name = f"Daily_{day:%Y_%m_%d}_B.csv"
    return _zipped(day, name, [_TOTALS_TITLE, _TOTALS_HEADER, *lines])


def options_zip(
    day: date, tape: OptionTape, unreadable: tuple[UnreadableLine, ...] = (), *, dawn: bool = False
) -> bytes:
    """Return the zipped options tick file of one session; arguments as of `futures_zip`."""
    lines = [_OPTIONS_HEADER, _OPTIONS_RULE, *with_slips(_option_lines(tape), unreadable)]
    return _zipped(day, f"OptionsDaily_{day:%Y_%m_%d}.csv", lines, dawn=dawn)


@cache
def number_text(hundredths: int) -> str:
    """Write a number as the exchange does: no leading zero below one, no trailing ones."""
    whole, cents = divmod(abs(hundredths), 100)
    sign = "-" if hundredths < 0 else ""
    fraction = f".{cents:02d}".rstrip("0").rstrip(".")
    return sign + (f"{whole}{fraction}" if whole or not fraction else fraction)


def _futures_lines(tape: Tape) -> Iterator[str]:
    for row in _rows(tape):
        product, near, far, second, price, near_price, far_price, contracts, auction = row
        start = f"{_date_text(second // DAY)},{product:<7},"
        printed = f"{_time_text(second % DAY)},{number_text(price)}"
        if far:
            legs = f"{number_text(near_price)},{number_text(far_price)}"
            yield f"{start}{near}/{far},{printed},{SPREAD_SIDES * contracts},{legs}, "
        else:
            mark = "*" if auction else " "
            yield f"{start}{near}     ,{printed},{OUTRIGHT_SIDES * contracts},-,-,{mark}"


def _combination_lines(trading: Trading) -> Iterator[str]:
    """Yield the spreads of all kinds by product, pair and time; `*` those that met spreads."""
    spreads = trading.tape.where(trading.tape.far != "")
    marked = [((row[0], row[1], row[2], row[3]), row, "*") for row in _rows(spreads)]
    marked += [((r[0], r[1], r[2], r[3]), r, " ") for r in _rows(trading.against_outrights)]
    for _, row, mark in sorted(marked, key=lambda entry: entry[0]):
        product, near, far, second, price, near_price, far_price, contracts, _ = row
        yield (
            f"{_date_text(second // DAY)},{product},{near}/{far},{_time_text(second % DAY)},"
            f"{number_text(price)},{SPREAD_SIDES * contracts},{number_text(near_price)},"
            f"{number_text(far_price)},{mark}"
        )


def _option_lines(tape: OptionTape) -> Iterator[str]:
    columns = (tape.product, tape.expiry, tape.strike, tape.call, tape.second, tape.price)
    rows = (column.tolist() for column in (*columns, tape.sides, tape.auction))
    for product, expiry, strike, call, second, price, sides, auction in zip(*rows, strict=True):
        series = _series_text(product, expiry, strike, call)
        yield (
            f"{_date_text(second // DAY)}   ,{series},    {_time_text(second % DAY)}  ,"
            f"    {number_text(price):<9},    {sides},    {'*' if auction else ' '}"
        )


@cache
def _series_text(product: str, expiry: str, strike: int, call: bool) -> str:
    kind = "C" if call else "P"
    return f"    {product:<8},    {strike:<54},    {expiry}  ,    {kind}     "


def _rows(tape: Tape) -> Iterable[tuple[Any, ...]]:
    columns = (
        tape.product,
        tape.near,
        tape.far,
        tape.second,
        tape.price,
        tape.near_price,
        tape.far_price,
        tape.contracts,
        tape.auction,
    )
    return zip(*(column.tolist() for column in columns), strict=True)


@cache
def _date_text(day: int) -> str:
    return f"{local_date(day * DAY):%Y%m%d}"


@cache
def _time_text(second: int) -> str:
    return f"{second // HOUR:02d}{second // 60 % 60:02d}{second % 60:02d}"


def _shares(spreads: int, everything: int) -> str:
    percent = (2 * 10_000 * spreads + everything) // (2 * everything)
    return f"{spreads},{everything},{number_text(percent)}"


def _zipped(day: date, name: str, lines: list[str], *, dawn: bool = False) -> bytes:
    text = "\r\n".join(lines) + "\r\n"
    eve = trading_calendar().previous(day)
    made = datetime.combine(eve, _DAWN_AT) if dawn else datetime.combine(day, _COMPLETE_AT)
    entry = zipfile.ZipInfo(name, date_time=made.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(entry, text.encode("cp950"))
    return archive.getvalue()
