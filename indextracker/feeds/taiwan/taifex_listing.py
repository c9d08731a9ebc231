"""The futures exchange's list pages: which files it still keeps, and when each came out.

The last 30 sessions, newest first, one that has not ended among them. Rows and links are found by
their form, since pages are rearranged.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from indextracker.feeds.model import Listed, Listing, Refusal, quote
from indextracker.feeds.pages import is_page, page_text, quote_page
from indextracker.feeds.taiwan import taifex_ticks as ticks

if TYPE_CHECKING:
    from indextracker.feeds.taiwan.taifex_ticks import Layout

ZONE = ZoneInfo("Asia/Taipei")
DAY = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})")
TIME = re.compile(
    r"(\d{4})/(\d{1,2})/(\d{1,2})\s+(AM|PM|上午|下午)\s+(\d{1,2}):(\d{2}):(\d{2})", re.IGNORECASE
)
AFTER_NOON = ("PM", "下午")
LINK = re.compile(
    r"/file/taifex/Dailydownload/(?P<folder>\w+)/"
    r"(?P<name>(?:Options)?Daily_(?P<year>\d{4})_(?P<month>\d\d)_(?P<day>\d\d)\w*\.zip)"
)
DATED = ("year", "month", "day")


class _Rows(HTMLParser):
    """Collects the rows of all tables: the text of their cells, and the links in their tags."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[_Row] = []
        self.ended = True
        self._row: _Row | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row and a cell begin; any tag may carry a link."""
        if tag == "tr":
            self._row = _Row()
            self.rows.append(self._row)
            self.ended = False
        elif tag in ("td", "th") and self._row is not None:
            self._row.cells.append("")
        if self._row is not None:
            for _, value in attrs:
                self._row.links.extend(LINK.finditer(value or ""))

    def handle_endtag(self, tag: str) -> None:
        """A row ends with its tag or with its table's."""
        if tag in ("tr", "table"):
            self._row = None
        if tag == "table":
            self.ended = True

    def handle_data(self, data: str) -> None:
        """Text belongs to the cell that is open."""
        if self._row is not None and self._row.cells:
            self._row.cells[-1] += data


class _Row:
    def __init__(self) -> None:
        self.cells: list[str] = []
        self.links: list[re.Match[str]] = []


def _read(page: str, layout: Layout, body: bytes) -> dict[date, Listed]:
    """The sessions that a list page lists, with the link to the file of a layout.

    Raises:
        Refusal: blocked for a page that lists nothing; refused for one that is cut off, or has a
            row that contradicts itself or cannot be read: what such a page does not list says
            nothing about its session.
    """
    if not is_page(body):
        raise Refusal("refused", f"{page} begins with {quote(body[:20])}, expected an HTML page")
    text = page_text(body)
    parser = _Rows()
    try:
        parser.feed(text)
    except AssertionError as error:  # what html.parser makes of some broken declarations
        raise Refusal("refused", f"{page} is no readable HTML ({error})") from error
    listed: dict[date, Listed] = {}
    links = 0
    for number, row in enumerate(parser.rows, 1):
        links += len(row.links)
        found = _listed(row, layout, f"{page}, row {number}")
        if found is None:
            continue
        day, entry = found
        if day in listed:
            raise Refusal("refused", f"{page}, row {number}: {day} is listed twice")
        listed[day] = entry
    if not listed:
        raise Refusal("blocked", f"{page} is {quote_page(body)} that lists no session")
    if not parser.ended:
        raise Refusal("refused", f"{page} is cut off: its table does not end")
    if (all_links := sum(1 for _ in LINK.finditer(text))) != links:
        raise Refusal(
            "refused", f"{page} has {all_links} links to files, {links} of them in its table"
        )
    return listed


def _listed(row: _Row, layout: Layout, place: str) -> tuple[date, Listed] | None:
    """What a row lists; None for a row of something else."""
    cells = [" ".join(cell.split()) for cell in row.cells]
    days = [found for cell in cells if (found := DAY.fullmatch(cell))]
    times = [found for cell in cells if (found := TIME.fullmatch(cell))]
    if not days and not times and not row.links:
        return None
    if len(days) != 1 or len(times) > 1 or (row.links and not times):
        raise Refusal(
            "refused",
            f"{place} has {len(days)} dates, {len(times)} times and {len(row.links)} links in "
            f"{quote(cells)}, expected one date and one time",
        )
    day = _date(days[0].groups(), place)
    others = [link for link in row.links if _date(link.group(*DATED), place) != day]
    if others:
        raise Refusal("refused", f"{place} is of {day} and links to {others[0]['name']}")
    published_at = _instant(times[0], place) if times else None
    wanted = (layout.folder, layout.names(day)[0])
    kept = [link for link in row.links if (link["folder"], link["name"]) == wanted]
    return day, Listed(published_at, {link["name"]: link.group() for link in kept})


def _date(parts: tuple[str, ...], place: str) -> date:
    try:
        return date(*map(int, parts))
    except ValueError as error:
        raise Refusal("refused", f"{place}: there is no day {'/'.join(parts)}") from error


def _instant(found: re.Match[str], place: str) -> datetime:
    """A time of the 12-hour clock: 12 is the hour before 1."""
    *day, half, hour, minute, second = found.groups()
    if 1 <= int(hour) <= 12 and int(minute) < 60 and int(second) < 60:
        hours = int(hour) % 12 + 12 * (half.upper() in AFTER_NOON)
        local = datetime(
            *_date(tuple(day), place).timetuple()[:3],
            hours,
            int(minute),
            int(second),
            tzinfo=ZONE,
        )
        return local.astimezone(UTC)
    raise Refusal("refused", f"{place}: {found.group()} is no time of the 12-hour clock")


def _listing(page: str, layout: Layout) -> Listing:
    return Listing(f"/cht/3/{page}", partial(_read, page, layout))


# The pages also link to a text form of each file, in other folders under the same names.
FUTURES: Final = _listing("dlFutPrevious30DaysSalesData", ticks.FUTURES)
COMBINATIONS: Final = _listing("dlFutPrevious30DaysSpreadSalesData", ticks.COMBINATIONS)
TOTALS: Final = _listing("dlFutPrevious30DaysSpreadOrdersReport", ticks.TOTALS)
OPTIONS: Final = _listing("optPrevious30DaysSalesData", ticks.OPTIONS)
