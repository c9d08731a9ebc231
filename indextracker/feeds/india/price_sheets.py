"""Spreadsheets of daily prices of NSE's shares, as people keep them: CSV or XLSX, of many sessions.

Columns are found by the names that the exchange, vendors and collectors give them. A line stands
under the session that it names; one that names none stands under the first, where silver rejects
it. Which of several documents is believed is decided in silver.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa

from indextracker.feeds.imports import Import
from indextracker.feeds.india.import_days import Sessions, read_days
from indextracker.feeds.model import Refusal, quote
from indextracker.feeds.zipped import MAGIC, directory
from indextracker.system.workbooks import WorkbookError, sheets
from indextracker_catalogue.india.bronze import NSE_PRICE_SHEETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indextracker.system.documents import Document

# What each column is called, without blanks, signs and capitals.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "symbol": ("symbol", "ticker", "tckrsymb", "scrip", "tradingsymbol"),
    "series": ("series", "sctysrs"),
    "trade_date": ("date", "date1", "tradedate", "tradingdate", "traddt", "timestamp"),
    "open": ("open", "openprice", "opnpric"),
    "high": ("high", "highprice", "hghpric"),
    "low": ("low", "lowprice", "lwpric"),
    "close": ("close", "closeprice", "clspric"),
    "last": ("last", "lastprice", "lastpric", "ltp", "lasttradedprice"),
    "previous_close": (
        *("prevclose", "previousclose", "prevcloseprice"),
        *("previouscloseprice", "prvsclsgpric"),
    ),
    "average_price": ("vwap", "averageprice", "avgprice"),
    "shares": (
        *("volume", "shares", "ttltrdqnty", "tottrdqty", "ttltradgvol"),
        *("totaltradedquantity", "totaltradequantity"),
    ),
    # In rupees: what a mere `turnover` is in, differs.
    "turnover": ("tottrdval", "ttltrfval", "turnoverinr", "turnoverrs"),
    "trades": ("trades", "nooftrades", "totaltrades", "ttlnboftxsexctd"),
    "deliverable_shares": (
        *("deliverablevolume", "deliverableqty", "deliverablequantity"),
        *("delivqty", "deliverableshares"),
    ),
    "isin": ("isin", "isinnumber", "isincode"),
}
_NEEDED: Final = ("symbol", "series", "trade_date", "open", "high", "low", "close", "shares")
_HEAD_BYTES: Final = 1 << 16
_WORKBOOK: Final = "xl/workbook.xml"
_LARGEST_BYTES: Final = 512 << 20


def is_one(document: Document) -> bool:
    """Whether a document is a workbook, or its first line has several names of columns."""
    with document.open() as opened:
        head = opened.read(_HEAD_BYTES)
        if head.startswith(MAGIC):
            return _is_workbook(opened, document.name)
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < _HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    first = next(iter(csv.reader(io.StringIO(text.partition("\n")[0]))), [])
    known = {name for names in _NAMES.values() for name in names}
    return len({_plain(cell) for cell in first} & known) >= len(_NEEDED) // 2


def read(document: Document) -> pa.Table:
    """Read a spreadsheet: a row per line that is not blank; the header is line 1.

    Raises:
        Refusal: refused for what cannot be decided: a column that is missing or there twice, days
            that can be read in two ways or are no sessions, several sheets.
    """
    lines = _lines(document)
    _, header = next(lines, (1, []))
    places = _places(header, document.name)
    rows = [(number, cells) for number, cells in lines if any(cells)]
    if not rows:
        raise Refusal("refused", f"{document.name} has a header and no line")
    whole = [len(cells) == len(header) for _, cells in rows]
    found: dict[str, list[str | None]] = {
        name: [
            cells[places[name]] if fits and name in places else None
            for (_, cells), fits in zip(rows, whole, strict=True)
        ]
        for name in _NAMES
    }
    sessions = read_days(
        dict.fromkeys(text for text in found["trade_date"] if text), Sessions.known(), document.name
    )
    first = min(sessions.values())
    keys = [sessions.get(text or "", first) for text in found["trade_date"]]
    texts = [
        None if fits else ",".join(cells) for (_, cells), fits in zip(rows, whole, strict=True)
    ]
    return pa.table(
        {
            "session_date": pa.array(keys, pa.date32()),
            "line": pa.array([number for number, _ in rows], pa.int64()),
            **{name: pa.array(column, pa.string()) for name, column in found.items()},
            "text": pa.array(texts, pa.string()),
        }
    )


def _places(header: Sequence[str], document: str) -> dict[str, int]:
    """The place of each column that is there."""
    called = [_plain(cell) for cell in header]
    places: dict[str, int] = {}
    for column, names in _NAMES.items():
        found = [place for place, name in enumerate(called) if name in names]
        if len(found) > 1:
            twice = " and ".join(repr(header[place]) for place in found)
            raise Refusal(
                "refused",
                f"{document} has the columns {twice}, either of which could be {column}: remove or "
                "rename one",
            )
        if found:
            places[column] = found[0]
    if missing := [column for column in _NEEDED if column not in places]:
        wanted = "; ".join(f"{column}, called {_NAMES[column][0]}" for column in missing)
        raise Refusal(
            "refused",
            f"{document} has no column for {wanted}. Its columns are {quote(', '.join(header))}",
        )
    return places


def _plain(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.casefold())


def _lines(document: Document) -> Iterator[tuple[int, list[str]]]:
    """The lines with their numbers, cells trimmed."""
    if document.size > _LARGEST_BYTES:
        raise Refusal(
            "refused", f"{document.name} is larger than {_LARGEST_BYTES} bytes: divide it"
        )
    body = document.read()
    if body.startswith(MAGIC):
        yield from _lines_of_workbook(body, document.name)
        return
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + body.count(b"\n", 0, error.start)
        raise Refusal("refused", f"{document.name}: line {line} is not in UTF-8") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        before = 0
        for cells in reader:
            # A cell with a line end in it counts with its first line.
            yield before + 1, [cell.strip() for cell in cells]
            before = reader.line_num
    except csv.Error as error:
        raise Refusal("refused", f"{document.name}: line {reader.line_num}: {error}") from error


def _is_workbook(opened: BinaryIO, document: str) -> bool:
    try:
        return _WORKBOOK in (entry.filename for entry in directory(opened, document))
    except Refusal:
        return False


def _lines_of_workbook(body: bytes, document: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of the only sheet that has any."""
    try:
        found = sheets(body)
    except WorkbookError as error:
        raise Refusal("refused", f"{document}: {error}") from error
    filled = {name: rows for name, rows in found if rows}
    if len(filled) != 1:
        named = ", ".join(map(repr, filled)) or "none"
        raise Refusal(
            "refused",
            f"{document} has lines in the sheets {named}, expected exactly one: keep one of them",
        )
    [rows] = filled.values()
    for number, cells in enumerate(rows, 1):
        yield number, [_text(cell) for cell in cells]


def _text(cell: Any) -> str:
    """A cell of a workbook as people would write it."""
    match cell:
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return repr(cell)
    return str(cell).strip()


PRICE_SHEETS = Import(
    "a spreadsheet of daily prices of NSE (CSV or XLSX)", NSE_PRICE_SHEETS, is_one, read
)
