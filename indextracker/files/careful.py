"""Rows of a file read one by one, in bounded memory: whatever a layout may say, by `reading`.

Twenty thousand rows a second; what can be read faster is read by `selecting`, and what that leaves
comes here. Opening files and storing rows does not belong here.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from indextracker.files import columnar, reading, tables, tickers
from indextracker.files.confirmed import Reading
from indextracker.files.model import (
    LONGEST_LINE,
    Content,
    Findings,
    RefusedFileError,
    Role,
    Row,
    Table,
)
from indextracker.files.moments import moments
from indextracker.files.reading import Readout, Record
from indextracker.files.tickers import Ticker

PRICES: Final = pa.schema(
    [
        ("ticker", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        *((name, pa.float64()) for name in ("open", "high", "low", "close", "adj_close", "volume")),
        ("line", pa.int64()),
    ]
)
REJECTS: Final = pa.schema(
    [("line", pa.int64()), ("ticker", pa.string()), ("text", pa.string()), ("reason", pa.string())]
)
NO_DATE = "no date is read in it by the format of the layout"
NO_PRICE = "no price is read in it"
NO_TICKER = "no instrument is named in it"
_CLOSES: Final = (Role.CLOSE, Role.LAST, Role.SETTLE, Role.BID)
_VALUES: Final = {
    "open": Role.OPEN,
    "high": Role.HIGH,
    "low": Role.LOW,
    "adj_close": Role.ADJ_CLOSE,
    "volume": Role.VOLUME,
}
_ROWS_AT_ONCE: Final = 20_000
# So much of a line is kept where it cannot be read.
_TEXT_KEPT: Final = 500
_HEAD_BYTES: Final = 2**16
_HEAD_ROWS: Final = 200
# Fixed widths are found over all lines together.
_MOST_FIXED: Final = 2**26


@dataclass(frozen=True)
class Head:
    """The beginning of a file: what says whether a layout fits, and who it is of.

    Attributes:
        table: The header and the first rows.
        ticker: Where the instrument's name stands, with the name where it is one.
        readout: What the rows are.
        skipped: How many lines stand before the first row.
    """

    table: Table
    ticker: Ticker
    readout: Readout
    skipped: int = 0

    @property
    def fits(self) -> bool:
        """Whether most of the rows are read."""
        filled = [row for row in self.table.rows if not row.blank]
        out = self.readout
        lost = sum(not row.blank for row in (*out.without_date, *out.without_price))
        return bool(out.records) and 2 * lost <= len(filled)


def head_of_text(path: Path, how: Reading, name: str) -> Head | None:
    """The beginning of a text, read by a layout; None where its header is another one."""
    with path.open("rb") as file:
        start = file.read(_HEAD_BYTES)
    whole = len(start) < _HEAD_BYTES
    try:
        text = _decoded(start, how.codec or "utf-8", whole=whole)
    except UnicodeDecodeError:
        return None
    rows = list(tables.records_of(text, how.delimiter or ","))
    if not whole and len(rows) > 1:
        rows.pop()
    place = how.before
    header = tuple(rows[place : place + how.header_lines])
    place += how.header_lines
    while place < len(rows) and (rows[place].blank or tables.is_rule(rows[place])):
        place += 1
    names = next((n for n, row in enumerate(header) if _names(row, how.headers)), None)
    body = rows[place : place + _HEAD_ROWS]
    if (names is None and header) or not body:
        return None
    if not header and max(len(row.cells) for row in body) != len(how.headers):
        return None
    table = Table(
        tuple(row.text for row in rows[: how.before]),
        header,
        tuple(body),
        len(how.headers),
        how.delimiter,
        names=names or 0,
    )
    ticker = ticker_of(table, how, name)
    out = reading.read(table, how.roles, ticker, how.signs)
    return Head(table, ticker, out, place)


def _decoded(start: bytes, codec: str, *, whole: bool) -> str:
    import codecs  # noqa: PLC0415 - a name that `codec` is too near to

    return codecs.getincrementaldecoder(codec)("strict").decode(start, final=whole)


def _names(row: Row, headers: Sequence[str]) -> bool:
    """Whether a line of a header has the names of a layout; it may be shorter than the rows."""
    cells = [cell.strip() for cell in row.cells]
    wanted = list(headers)
    while wanted and not wanted[-1]:
        wanted.pop()
    while cells and not cells[-1]:
        cells.pop()
    return cells == wanted


def ticker_of(table: Table, how: Reading, name: str) -> Ticker:
    """Where the instrument of a file stands, and which it is where one alone is."""
    told = how.ticker
    if told.column is not None or told.where == "answer":
        return told
    if told.where == "file_name":
        found = tickers.from_file_name(name)
        return replace(told, value=found[0] if found else None)
    if told.where == "sheet":
        return replace(told, value=table.sheet)
    if told.where == "header" and not how.roles.kind.startswith("wide"):
        return tickers.locate(table, how.roles, name, Findings())
    return told


def chunks_of_text(path: Path, how: Reading, skipped: int) -> Iterator[list[Row]]:
    """The rows of a text below its header, so many at a time, with their lines.

    Raises:
        RefusedFileError: A line is longer than any of prices, or bytes are of another encoding.
    """
    delimiter = how.delimiter or ","
    with path.open("rb") as raw:
        newline = "\n" if b"\n" in raw.read(LONGEST_LINE) else "\r"
        raw.seek(0)
        if delimiter == tables.FIXED_WIDTH and path.stat().st_size > _MOST_FIXED:
            raise RefusedFileError(
                f"a text of fixed width of more than {_MOST_FIXED:,} bytes: divide it into several"
            )
        text = io.TextIOWrapper(raw, encoding=how.codec or "utf-8", newline=newline)
        lines = _lines(text, newline)
        first = 1
        most = None if delimiter == tables.FIXED_WIDTH else _ROWS_AT_ONCE
        try:
            while some := list(islice(lines, most)):
                rows = [
                    Row(row.line + first - 1, row.text, row.cells)
                    for row in tables.records_of("\n".join(some) + "\n", delimiter)
                ]
                first += len(some)
                yield [row for row in rows if row.line > skipped]
        except UnicodeDecodeError as error:
            raise RefusedFileError(
                f"byte {error.start:,} of a part is not {how.codec}: it is of another encoding"
            ) from error


def _lines(text: io.TextIOWrapper, newline: str) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE and not line.endswith(newline):
            raise RefusedFileError(
                f"a line of {LONGEST_LINE:,} letters or more: no row of prices is as long"
            )
        yield line.removesuffix(newline)


def typed_tables(path: Path, how: Reading) -> Iterator[Table]:
    """Tables of a workbook, or of a typed file so many rows at a time.

    Raises:
        RefusedFileError: It cannot be read.
    """
    if how.container in ("parquet", "feather"):
        yield from columnar.arrow_tables(Content(path.name, how.container, (), 0, None, path))
        return
    content = Content(path.name, how.container, (path.read_bytes(),), 0, None)
    for table in columnar.workbook(content):
        names = [table.name_of(place) or "" for place in range(table.width)]
        if tuple(names) == how.headers:
            yield table


def readout_of(table: Table, how: Reading, ticker: Ticker) -> Readout:
    """What the rows of a table are."""
    roles = how.roles
    if how.typed and roles.date is not None:
        # As the container's cells are written as text.
        roles = replace(roles, moments=moments(table.column(roles.date)))
    return reading.read(table, roles, ticker, how.signs)


def as_arrow(out: Readout, how: Reading, zone: str) -> tuple[pa.Table, pa.Table]:
    """Prices and rejects of some rows, by the columns of `PRICES` and `REJECTS`."""
    here = ZoneInfo(how.zone or zone)
    closes = close_of(how)
    good: list[tuple[Any, ...]] = []
    bad: list[tuple[int, str | None, str, str]] = []
    for record in out.records:
        if record.ticker and record.at:
            price = _price(record, record.at, how, here, closes)
            if any(number is not None for number in price[2:7]):
                good.append(price)
            else:
                bad.append((record.line, record.ticker, "", NO_PRICE))
        else:
            bad.append((record.line, record.ticker, "", NO_TICKER if record.at else NO_DATE))
    for rows, reason in ((out.without_date, NO_DATE), (out.without_price, NO_PRICE)):
        bad += [(row.line, None, _text(row), reason) for row in rows if not row.blank]
    columns = zip(*good, strict=True) if good else ([] for _ in PRICES)
    prices = pa.Table.from_arrays(
        [pa.array(cells, of.type) for cells, of in zip(columns, PRICES, strict=True)], schema=PRICES
    )
    cells = zip(*sorted(bad, key=lambda one: one[0]), strict=True) if bad else ([] for _ in REJECTS)
    rejects = pa.Table.from_arrays(
        [pa.array(one, of.type) for one, of in zip(cells, REJECTS, strict=True)], schema=REJECTS
    )
    return prices, rejects


def _text(row: Row) -> str:
    return (row.text or ",".join(row.cells))[:_TEXT_KEPT]


def close_of(how: Reading) -> Role:
    """The role of the column that is the close: without one, the last price and the like."""
    if how.roles.kind.startswith("wide"):
        return Role.CLOSE
    return next((role for role in _CLOSES if how.roles.index(role) is not None), Role.CLOSE)


def _price(
    record: Record, at: datetime, how: Reading, zone: ZoneInfo, closes: Role
) -> tuple[Any, ...]:
    values = record.values
    close = values.get(closes)
    found: dict[str, Any] = {name: values.get(role) for name, role in _VALUES.items()}
    numbers = {
        name: None if value is None else float(value / how.scale if name != "volume" else value)
        for name, value in (found | {"close": close}).items()
    }
    if numbers["volume"] is not None:
        numbers["volume"] *= how.volume_unit
    moment = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    priced = (numbers[name] for name in ("open", "high", "low", "close", "adj_close", "volume"))
    return (record.ticker, moment, *priced, record.line)


def interval_of(heads: Iterable[Record], how: Reading) -> str:
    """The usual time between two rows of a file, by its first ones."""
    if how.kind.startswith("ticks"):
        return "tick"
    records = list(heads)
    timed = how.typed or how.roles.time is not None
    timed = timed or bool(how.roles.moments and how.roles.moments.has_time)
    found = reading.frequency(records, timed=timed)
    if found == "1d calendar days":
        return "1d"
    if found != "unknown":
        return found
    return how.intervals[0] if len(how.intervals) == 1 else "1d"
