"""The futures exchange's daily report, byte for byte in its layout, and its answer without one.

It only writes: the figures come from daily.py. Tick files are written by taifex_ticks.py.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from indextracker_simulator.taiwan.unreadable import with_slips

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indextracker_simulator.taiwan.daily import Line
    from indextracker_simulator.taiwan.unreadable import UnreadableLine

NO_DATA_PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN"
   "http://www.w3.org/TR/html4/loose.dtd">
<html>
    <head>
        <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
    </head>
    <body>
        <script>
            alert("查無資料");
            window.location.replace("futContractsDateView");
        </script>
    </body>
</html>
""".encode()
"""What is answered, with status 200, where a document is missing."""

DATED_FROM = date(2025, 12, 8)
"""Since this session the options report has the expiry's date, and a comma at the end of its header
instead of its lines."""

_FUTURES_HEADER = (
    "交易日期,契約,到期月份(週別),開盤價,最高價,最低價,收盤價,漲跌價,漲跌%,成交量,結算價,"
    "未沖銷契約數,最後最佳買價,最後最佳賣價,歷史最高價,歷史最低價,"
    "是否因訊息面暫停交易,交易時段,價差對單式委託成交量"
)
_OPTIONS_HEADER = (
    "交易日期,契約,到期月份(週別),履約價,買賣權,開盤價,最高價,最低價,收盤價,成交量,結算價,"
    "未沖銷契約數,最後最佳買價,最後最佳賣價,歷史最高價,歷史最低價,"
    "是否因訊息面暫停交易,交易時段,漲跌價,漲跌%"
)
_EXPIRES = ",契約到期日,"
_PARTS = {False: "一般", True: "盤後"}
_TYPES = {True: "買權", False: "賣權"}
_NO_HALT = ""


def daily_futures_csv(
    day: date, report: Iterable[Line], unreadable: tuple[UnreadableLine, ...] = ()
) -> bytes:
    """Return the daily report of futures."""
    rows = (_futures_line(day, line) for line in report)
    return _csv([_FUTURES_HEADER, *with_slips(rows, unreadable)])


def daily_options_csv(
    day: date, report: Iterable[Line], unreadable: tuple[UnreadableLine, ...] = ()
) -> bytes:
    """Return the daily report of options."""
    rows = (_options_line(day, line) for line in report)
    return _csv([_options_header(day), *with_slips(rows, unreadable)])


def no_report_csv(report: Literal["futures", "options"], day: date) -> bytes:
    """Return the daily report of a day without a session: its header alone."""
    return _csv([_FUTURES_HEADER if report == "futures" else _options_header(day)])


def _options_header(day: date) -> str:
    return _OPTIONS_HEADER + (_EXPIRES if day >= DATED_FROM else "")


def _futures_line(day: date, line: Line) -> str:
    spread = line.last_day is None
    change, percent = _change(line, whole_percents=False)
    cells = (
        f"{day:%Y/%m/%d}",
        line.key.product,
        f"{line.key.expiry:<17}" if spread else f"{line.key.expiry:<8}",
        *_prices(line),
        *(("-", "-") if spread else (change, percent)),
        str(line.contracts),
        *_after_volume(line),
        str(line.traded.against_outrights) if spread else "",
    )
    return ",".join(cells) + ","


def _options_line(day: date, line: Line) -> str:
    assert line.key.call is not None
    assert line.last_day is not None
    cells = (
        f"{day:%Y/%m/%d}",
        line.key.product,
        f"{line.key.expiry:<8}",
        f"{line.key.strike}.0000",
        _TYPES[line.key.call],
        *_prices(line),
        str(line.contracts),
        *_after_volume(line),
        *_change(line, whole_percents=True),
        f"{line.last_day:%Y%m%d}" if day >= DATED_FROM else "",
    )
    return ",".join(cells)


def _prices(line: Line) -> tuple[str, ...]:
    traded = line.traded
    return tuple(_number(price) for price in (traded.open, traded.high, traded.low, traded.close))


def _after_volume(line: Line) -> tuple[str, ...]:
    """Return the cells that both reports have from the settlement price to the part."""
    known = [
        price for price in (line.traded.high, line.traded.low, line.reference) if price is not None
    ]
    return (
        _number(line.settlement),
        "-" if line.open_interest is None else str(line.open_interest),
        *(_number(quote) for quote in line.quotes),
        _number(max(known, default=None)),
        _number(min(known, default=None)),
        _NO_HALT,
        _PARTS[line.night],
    )


def _change(line: Line, *, whole_percents: bool) -> tuple[str, str]:
    """Return the change from the settlement before, and in per cent.

    Futures write two decimals, options as few as will do, but of zero both.
    """
    if line.reference is None or line.traded.close is None:
        return "-", "-"
    if line.traded.high is None:  # legs of spreads alone
        return "0", "0.00%"
    change = line.traded.close - line.reference
    percent = f"{100 * change / line.reference:.2f}"
    if whole_percents and change:
        percent = percent.rstrip("0").rstrip(".")
    return _number(change), f"{percent}%"


def _number(hundredths: int | None) -> str:
    if hundredths is None:
        return "-"
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def _csv(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("cp950")
