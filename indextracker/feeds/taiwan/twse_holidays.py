"""The stock exchange's holiday schedule: a document a year, and which of its days are closed.

The schedule comes as JSON, which is asked for, or as a cp950 CSV, which archives hold; the content
tells which. Not every row is a closure: days on which trading begins and ends are listed too.
Typhoon closures never appear. The calendar itself is in `indextracker.calendars`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa

from indextracker.feeds.lines import BLANKS
from indextracker.feeds.model import Feed, Refusal, Request, quote
from indextracker.feeds.pages import is_page, quote_page
from indextracker.feeds.taiwan import FIRST_DAY
from indextracker.feeds.taiwan.twse import ROC_YEAR_ZERO, TWSE, read_answer, table_of
from indextracker.feeds.texts import decoded, without_end_mark
from indextracker_catalogue.taiwan import TWSE_HOLIDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indextracker.system.documents import Document

COLUMNS: Final = {
    "name": "名稱",
    "date": "日期",
    "weekday": "星期",
    "description": "說明",
    "note": "備註",
}
IN_JSON = ("name", "date", "description")
TITLE_YEAR = re.compile(r"(\d{2,3})年")
CSV_DATE = re.compile(r"(\d{1,2})月(\d{1,2})日")
# National Day; a schedule that ends before it is cut off. Its day off moves by one.
REACHES = (10, 9)

OPEN_NAMES = ("開始交易日", "最後交易日")
NO_TRADING = "無交易"

Kind = Literal["closed", "settlement_only", "open"]
NOTES: Final[dict[str, Kind]] = {"o": "open", "*": "settlement_only"}


@dataclass(frozen=True)
class ScheduledDay:
    """A day of the schedule.

    Attributes:
        day: The day.
        kind: Whether it is closed, open to settlement alone (closed to trading), or open.
        name: The exchange's name of the day.
        description: What the exchange says of it.
    """

    day: date
    kind: Kind
    name: str
    description: str


def closures(rows: Iterable[Mapping[str, Any]]) -> dict[date, ScheduledDay]:
    """The days without trading that rows of bronze/twse_holidays list, weekends among them."""
    listed = (
        ScheduledDay(
            _day(row["date"], row["session_date"].year), _kind(row), row["name"], row["description"]
        )
        for row in rows
    )
    return {day.day: day for day in listed if day.kind != "open"}


def _kind(row: Mapping[str, Any]) -> Kind:
    """By the note where there is one; in JSON, which has none, by name and text."""
    if row["note"] is not None:
        return NOTES.get(row["note"], "closed")
    if NO_TRADING in row["name"] + row["description"]:
        return "settlement_only"
    return "open" if any(name in row["name"] for name in OPEN_NAMES) else "closed"


def _day(text: str, year: int) -> date:
    """The date of a row: ISO, or month and day of the document's year.

    Raises:
        ValueError: If it is neither.
    """
    if found := CSV_DATE.fullmatch(text):
        return date(year, *map(int, found.groups()))
    return date.fromisoformat(text)


def names(year: date) -> tuple[str, ...]:
    """The names under which a year's schedule is kept: JSON, which is asked for, and CSV."""
    stem = f"holidaySchedule_{year.year - ROC_YEAR_ZERO}"
    return f"{stem}.json", f"{stem}.csv"


def request(year: date) -> Request:
    """What to ask for to get a year's schedule."""
    return Request(f"/rwd/zh/holidaySchedule/holidaySchedule?response=json&date={year.year}0101")


def read(published: Document, year: date) -> pa.Table:
    """Read a year's complete schedule: a row per day that it lists.

    Raises:
        Refusal: missing where the publisher has none, blocked for a web page and for what begins
            like JSON and is not, refused for anything else, such as the schedule of another year,
            or one that is cut off.
    """
    body = published.read()
    json_name, csv_name = names(year)
    if is_page(body):
        raise Refusal("blocked", f"{json_name} is {quote_page(body)}, expected a schedule")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        document, lines = json_name, _parse_json(body, year, json_name)
    else:
        document, lines = csv_name, _parse_csv(body, year, csv_name)
    _check_days(lines, year, document)
    return lines


def _parse_json(body: bytes, year: date, document: str) -> pa.Table:
    answer = read_answer(body, document)
    # Asked for a year that it has not, the publisher may answer with the current one.
    _check_year(str(answer.get("queryYear")), year, document)
    data = table_of(answer, document)
    fields = [str(field).strip(BLANKS) for field in answer["fields"]]
    return _table(fields, list(enumerate(data, 1)), IN_JSON, document)


def _parse_csv(body: bytes, year: date, document: str) -> pa.Table:
    lines = decoded(without_end_mark(body), document).split("\n")
    if len(lines) < 3:
        raise Refusal("missing", f"{document} has no data: it is shorter than title and header")
    if lines.pop():
        raise Refusal("refused", f"{document} is cut off: its last line does not end")
    found = TITLE_YEAR.search(lines[0])
    _check_year(found.group(1) if found else lines[0], year, document)
    header, *rows = (_split(line, f"{document}: line {n}") for n, line in enumerate(lines[1:], 2))
    # The name of the last column goes on with what its signs mean.
    fields = [field.partition("(")[0].strip(BLANKS) for field in header]
    numbered = [(number, row) for number, row in enumerate(rows, 3) if any(row)]
    for number, row in numbered:
        if len(row) != len(fields):
            raise Refusal(
                "refused",
                f"{document}: line {number} has {len(row)} cells, expected {len(fields)}",
            )
    return _table(fields, numbered, tuple(COLUMNS), document)


def _split(line: str, place: str) -> list[str]:
    try:
        return next(csv.reader((line.rstrip("\r"),), strict=True), [])
    except csv.Error as error:
        raise Refusal("refused", f"{place} does not split ({error}): {quote(line)}") from error


def _check_year(found: str, year: date, document: str) -> None:
    expected = str(year.year - ROC_YEAR_ZERO)
    if found != expected:
        raise Refusal("refused", f"{document} is of the year {quote(found)}, expected {expected}")


def _table(
    fields: list[str],
    rows: list[tuple[int, list[Any]]],
    needed: tuple[str, ...],
    document: str,
) -> pa.Table:
    """The rows under the names of bronze; a column that the document has not is null."""
    for column in needed:
        if fields.count(COLUMNS[column]) != 1:
            raise Refusal(
                "refused",
                f"{document}: the column {COLUMNS[column]} is not once among {quote(fields)}",
            )
    places = {c: fields.index(name) for c, name in COLUMNS.items() if name in fields}
    columns = {
        column: pa.array(
            [
                (row[places[column]] or "").strip(BLANKS) if column in places else None
                for _, row in rows
            ],
            pa.string(),
        )
        for column in COLUMNS
    }
    return pa.table(
        {
            "line": pa.array([line for line, _ in rows], pa.int64()),
            **columns,
            "text": pa.nulls(len(rows), pa.string()),
        }
    )


def _check_days(lines: pa.Table, year: date, document: str) -> None:
    """The days can be read, are of the year, and reach its last months."""
    days = []
    for line, text in zip(*(lines.column(c).to_pylist() for c in ("line", "date")), strict=True):
        try:
            day = _day(text, year.year)
        except ValueError as error:
            raise Refusal(
                "refused", f"{document}: row {line} has the date {quote(text)}, expected a day"
            ) from error
        if day.year != year.year:
            raise Refusal("refused", f"{document}: row {line} is of {day}, expected {year.year}")
        days.append(day)
    if not days:
        raise Refusal("missing", f"{document} has a header and no day")
    if max(days) < date(year.year, *REACHES):
        raise Refusal(
            "refused",
            f"{document} is cut off: its last day is {max(days)}, before National Day in October",
        )


HOLIDAYS = Feed(
    name="twse_holidays",
    publisher=TWSE.name,
    table=TWSE_HOLIDAYS,
    due_at=time(0, 0),
    names=names,
    request=request,
    read=read,
    readable_from=FIRST_DAY[:4],
)
