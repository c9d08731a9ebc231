"""TWSE, the stock exchange: its report of all indices, every five seconds of a session.

The report comes as JSON, which is asked for, or as a cp950 CSV, which archives hold; the content
tells which. Its columns change over the years, so they are read by name. What the row of 09:00:00
means and which names are one index is decided in silver.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date, time
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.feeds.json_objects import parse_object, rows_of
from indextracker.feeds.lines import BLANKS
from indextracker.feeds.model import Feed, Publisher, Refusal, Request, quote
from indextracker.feeds.pages import is_page, quote_page
from indextracker.feeds.taiwan import FIRST_DAY, WHOLE_FROM
from indextracker.feeds.texts import decoded, without_end_mark
from indextracker.readings import READINGS
from indextracker_catalogue.taiwan import TWSE_INDEX
from indextracker_catalogue.taiwan.forms import MAIN_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker.system.documents import Document

# More than three requests in 5 seconds are banned, and gaps of 3 seconds have been too.
TWSE = Publisher("twse", "https://www.twse.com.tw", min_interval_seconds=5.0)

TIME_FIELD = "時間"
NOTES = "說明"
NO_DATA = "沒有符合條件的資料"
FIRST_TIME = "09:00:00"
LAST_TIME = "13:30:00"
TIME_FORM = re.compile(r"\d\d:\d\d:\d\d")
TITLE_DATE = re.compile(r"(\d{2,3})年(\d{2})月(\d{2})日")
ROC_YEAR_ZERO = 1911
EXCEL_GUARD = re.compile(r'="(.*)"')


@dataclass(frozen=True)
class _Report:
    """A report taken apart, before its times are judged.

    Attributes:
        document: Its name, for the reasons of refusals.
        indices: Names of the indices, in the order of the columns.
        lines: Number of each row in the document.
        rows: Time and levels of each row.
        misfits: Lines that do not split into as many cells, by their number.
    """

    document: str
    indices: list[str]
    lines: list[int]
    rows: list[list[str | None]]
    misfits: dict[int, str] = field(default_factory=dict)


def names(session: date) -> tuple[str, str]:
    """The names under which a session's report is kept: JSON, which is asked for, and CSV."""
    stem = f"MI_5MINS_INDEX_{session:%Y%m%d}"
    return f"{stem}.json", f"{stem}.csv"


def request(session: date) -> Request:
    """What to ask for to get a session's report."""
    return Request(f"/rwd/zh/TAIEX/MI_5MINS_INDEX?date={session:%Y%m%d}&response=json")


def read(published: Document, session: date) -> pa.Table:
    """Read a session's complete report: a row per line and index, levels as published.

    In JSON `line` is the position in `data`, from 1, in CSV the line of the file. A line that does
    not split becomes one row without time and level, under the empty index name. The report has no
    checksum: the last time, and in JSON its `total`, show that it is complete; a digit that changed
    on the way cannot be detected.

    Raises:
        Refusal: missing where the publisher has no data, blocked for a web page and for what
            begins like JSON and is not, partial for a report that ends before 13:30:00, refused
            for anything else.
    """
    report = _read(published.read(), session)
    _check_times(report)
    width = len(report.indices)
    height = len(report.rows)
    levels = pa.array(chain.from_iterable(row[1:] for row in report.rows), pa.string())
    rows = pa.table(
        {
            "line": pa.array(np.repeat(np.array(report.lines, np.int64), width)),
            "index_name": pa.array(report.indices, pa.string()).take(
                pa.array(np.tile(np.arange(width), height))
            ),
            "time": pc.ascii_trim_whitespace(
                pa.array((row[0] for row in report.rows), pa.string())
            ).take(pa.array(np.repeat(np.arange(height), width))),
            "level": pc.ascii_trim_whitespace(levels),
            "text": pa.nulls(width * height, pa.string()),
        }
    )
    if report.misfits:
        rows = pa.concat_tables([rows, _set_aside(report.misfits)]).sort_by("line")
    return rows


def _check_times(report: _Report) -> None:
    times = [(row[0] or "").strip(BLANKS) for row in report.rows]
    if not times:
        raise Refusal("missing", f"{report.document} has a header and no row of levels")
    if times[0] != FIRST_TIME:
        raise Refusal(
            "refused",
            f"{report.document}: line {report.lines[0]} is the first row and of {times[0]!r}, "
            f"expected {FIRST_TIME}",
        )
    last = max(filter(TIME_FORM.fullmatch, times))
    if last < LAST_TIME:
        raise Refusal(
            "partial",
            f"{report.document} ends at {last}, as fetched during the session; a complete one "
            f"reaches {LAST_TIME}",
        )


def _set_aside(misfits: dict[int, str]) -> pa.Table:
    count = len(misfits)
    return pa.table(
        {
            "line": pa.array(misfits, pa.int64()),
            "index_name": pa.repeat("", count),
            "time": pa.nulls(count, pa.string()),
            "level": pa.nulls(count, pa.string()),
            "text": pa.array(misfits.values(), pa.string()),
        }
    )


def _read(body: bytes, session: date) -> _Report:
    json_name, csv_name = names(session)
    if is_page(body):
        # Seen where the firewall blocks: about 800 bytes of HTML with status 200.
        raise Refusal("blocked", f"{json_name} is {quote_page(body)}, expected a report")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return _read_json(body, session, json_name)
    return _read_csv(body, session, csv_name)


# JSON


def _read_json(body: bytes, session: date, document: str) -> _Report:
    answer = read_answer(body, document)
    asked = f"{session:%Y%m%d}"
    if answer.get("date") != asked:
        raise Refusal(
            "refused", f"{document} is of the date {quote(answer.get('date'))}, expected {asked}"
        )
    data = table_of(answer, document)
    return _Report(
        document, _indices(answer["fields"], document), list(range(1, len(data) + 1)), data
    )


def read_answer(body: bytes, document: str) -> dict[str, Any]:
    """Parse an answer of the publisher in JSON.

    Raises:
        Refusal: blocked for what is no JSON, missing where it says that it has no data.
    """
    answer = parse_object(body, document)
    stat = answer.get("stat")
    if not isinstance(stat, str) or stat.strip().lower() != "ok":
        raise Refusal("missing", f"{document} has no data: its stat is {quote(stat)}")
    return answer


def says_no_data(body: bytes) -> bool:
    """Whether an answer says that there is nothing for what was asked, and no other trouble.

    An empty object has been seen in place of the words.
    """
    try:
        answer = parse_object(body, "")
    except Refusal:
        return False
    return not answer or NO_DATA in str(answer.get("stat"))


def table_of(answer: dict[str, Any], document: str) -> list[list[str | None]]:
    """The rows of an answer: as many as it announces, each with a cell for each of its fields.

    Raises:
        Refusal: refused if it is no such table.
    """
    fields, data = answer.get("fields"), rows_of(answer, document)
    if not isinstance(fields, list):
        raise Refusal("refused", f"{document} has no list 'fields'")
    for line, row in enumerate(data, 1):
        if not isinstance(row, list) or len(row) != len(fields):
            found = f"{len(row)} cells" if isinstance(row, list) else quote(row)
            raise Refusal(
                "refused", f"{document}: row {line} of data has {found}, expected {len(fields)}"
            )
        if not all(cell is None or isinstance(cell, str) for cell in row):
            raise Refusal("refused", f"{document}: row {line} of data has a cell that is no text")
    return data


# CSV


def _read_csv(body: bytes, session: date, document: str) -> _Report:
    body = without_end_mark(body)
    if body and not body.endswith(b"\n"):
        raise Refusal("refused", f"{document} is cut off: its last line does not end")
    text = decoded(body, document)
    lines = ((number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1))
    filled = ((number, line) for number, line in lines if line.strip(BLANKS))
    _, title = next(filled, (0, ""))
    number, header = next(filled, (0, ""))
    if not header:
        raise Refusal("missing", f"{document} has no data: it is shorter than a title and a header")
    _check_title(title, session, document)
    fields = _split(header)
    if fields is None:
        raise Refusal("refused", f"{document}: line {number} is no header: {quote(header)}")
    return _rows(document, _indices(fields, document), filled)


def _check_title(title: str, session: date, document: str) -> None:
    asked = f"{session.year - ROC_YEAR_ZERO}年{session:%m月%d日}"
    found = TITLE_DATE.search(title)
    if not found or found.group() != asked:
        raise Refusal(
            "refused", f"{document}: its title is {quote(title)}, expected one of {asked}"
        )


def _rows(document: str, indices: list[str], lines: Iterator[tuple[int, str]]) -> _Report:
    report = _Report(document, indices, [], [])
    for number, line in lines:
        cells = _split(line)
        if cells and cells[0].startswith(NOTES):
            break
        if cells is None or len(cells) != len(indices) + 1:
            report.misfits[number] = line
            continue
        # The rows before 10:00 guard their time against Excel: ="09:00:00".
        report.lines.append(number)
        report.rows.append([EXCEL_GUARD.sub(r"\1", cells[0]), *cells[1:]])
    return report


def _split(line: str) -> list[str] | None:
    """The cells of one line as they stand, or None where its quotes do not match.

    Each line is read alone, so that an open quote cannot swallow the lines after it. Lines end in
    a comma, which makes no cell.
    """
    try:
        cells = next(csv.reader((line,), strict=True))
    except csv.Error:
        return None
    if not cells[-1]:
        cells.pop()
    return cells


# both


def _indices(fields: list[Any], document: str) -> list[str]:
    found = [cell.strip(BLANKS) if isinstance(cell, str) else "" for cell in fields]
    if not found or found[0] != TIME_FIELD:
        raise Refusal(
            "refused",
            f"{document}: its fields begin with {quote(found[:1])}, expected {TIME_FIELD}",
        )
    indices = found[1:]
    if MAIN_INDEX not in indices:
        raise Refusal(
            "refused", f"{document} has no index {MAIN_INDEX} among its {len(indices)} fields"
        )
    if len(set(indices)) != len(indices) or "" in indices:
        raise Refusal("refused", f"{document} names an index twice or not at all")
    return indices


def _main_index_reads_well(lines: pa.Table, session: date) -> pa.Array:
    """Which lines of a report silver can read, and null of the indices beside the main one.

    One of forty that has no level all day long makes no other layout. Lines that do not split have
    no name and count.
    """
    counted = pc.is_in(lines.column("index_name"), pa.array([MAIN_INDEX, ""]))
    well = READINGS[TWSE_INDEX].judge(lines, session)
    return pc.if_else(counted.combine_chunks(), well, pa.scalar(None, pa.bool_()))


INDEX = Feed(
    name="twse_index",
    publisher=TWSE.name,
    table=TWSE_INDEX,
    due_at=time(18, 30),
    whole_from=WHOLE_FROM,
    readable_from=FIRST_DAY,
    names=names,
    request=request,
    read=read,
    reads_well=_main_index_reads_well,
)
