"""The futures exchange's documents, byte for byte in its layout.

Writing alone: what they say comes from futures.py and unreadable.py.
"""

from __future__ import annotations

import io
import zipfile
from functools import cache
from typing import TYPE_CHECKING

from indextracker_simulator.walk import DAY, HOUR, local_date

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from indextracker_simulator.futures import Tape
    from indextracker_simulator.unreadable import UnreadableLine

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

OUTRIGHT_SIDES = 2
SPREAD_SIDES = 4  # both sides of both legs

_HEADER = (
    "成交日期,商品代號,到期月份(週別),成交時間,成交價格,"
    "成交數量(B+S),近月價格,遠月價格,開盤集合競價 "
)
_TOTALS_TITLE = "期貨價差委託成交概況表,,,, "
_TOTALS_HEADER = "交易日期,商品代號,價差委託成交量(B+S),市場總成交量(B+S),價差委託成交比率(%) "


def futures_zip(session_date: date, tape: Tape, unreadable: tuple[UnreadableLine, ...]) -> bytes:
    """Return the zipped tick file of one session."""
    lines = list(_futures_lines(tape))
    for slip in reversed(unreadable):
        lines.insert(slip.before, slip.text)
    return _zipped(session_date, f"Daily_{session_date:%Y_%m_%d}.csv", [_HEADER, *lines])


def totals_zip(session_date: date, tape: Tape) -> bytes:
    """Return the zipped control totals of one session: sides in spreads, sides in all."""
    totals: dict[str, list[int]] = {}
    columns = (tape.product, tape.far, tape.contracts)
    for product, far, contracts in zip(*(column.tolist() for column in columns), strict=True):
        total = totals.setdefault(product, [0, 0])
        if far:
            total[0] += SPREAD_SIDES * contracts
            total[1] += SPREAD_SIDES * contracts
        else:
            total[1] += OUTRIGHT_SIDES * contracts
    day = f"{session_date:%Y%m%d}"
    lines = [f"{day},{name:<7}," + _shares(*total) for name, total in totals.items()]
    spreads, everything = (sum(column) for column in zip(*totals.values(), strict=True))
    lines.append("合計,," + _shares(spreads, everything))
    name = f"Daily_{session_date:%Y_%m_%d}_B.csv"
    return _zipped(session_date, name, [_TOTALS_TITLE, _TOTALS_HEADER, *lines])


@cache
def number_text(hundredths: int) -> str:
    """Write a number as the exchange does: no leading zero below one, no trailing ones."""
    whole, cents = divmod(abs(hundredths), 100)
    sign = "-" if hundredths < 0 else ""
    fraction = f".{cents:02d}".rstrip("0").rstrip(".")
    return sign + (f"{whole}{fraction}" if whole or not fraction else fraction)


def _futures_lines(tape: Tape) -> Iterator[str]:
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
    for product, near, far, second, price, near_price, far_price, contracts, auction in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        start = f"{_date_text(second // DAY)},{product:<7},"
        printed = f"{_time_text(second % DAY)},{number_text(price)}"
        if far:
            legs = f"{number_text(near_price)},{number_text(far_price)}"
            yield f"{start}{near}/{far},{printed},{SPREAD_SIDES * contracts},{legs}, "
        else:
            mark = "*" if auction else " "
            yield f"{start}{near}     ,{printed},{OUTRIGHT_SIDES * contracts},-,-,{mark}"


@cache
def _date_text(day: int) -> str:
    return f"{local_date(day * DAY):%Y%m%d}"


@cache
def _time_text(second: int) -> str:
    return f"{second // HOUR:02d}{second // 60 % 60:02d}{second % 60:02d}"


def _shares(spreads: int, everything: int) -> str:
    percent = (2 * 10_000 * spreads + everything) // (2 * everything)
    return f"{spreads},{everything},{number_text(percent)}"


def _zipped(session_date: date, name: str, lines: list[str]) -> bytes:
    text = "".join(f"{line}\r\n" for line in lines)
    # The publisher's archives carry the UTC time of 16:48 Taipei.
    made = (session_date.year, session_date.month, session_date.day, 8, 48, 0)
    entry = zipfile.ZipInfo(name, date_time=made)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(entry, text.encode("cp950"))
    return archive.getvalue()
