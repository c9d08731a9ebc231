"""TAIFEX, the futures exchange: its tick files and their control totals.

Each session has a zip of one cp950 CSV per kind of file. The file of a session appears twice: at
about 05:10 with the night part alone, and complete from about 16:35 under the same name. How
cells are typed and what they mean is decided in silver.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.feeds.lines import BLANKS, split_lines
from indextracker.feeds.model import Feed, Publisher, Refusal, Request, State, bronze_rows, quote
from indextracker.feeds.pages import is_page, page_text, quote_page
from indextracker.feeds.zipped import MAGIC, read_only_entry
from indextracker_spark.tables.taiwan import TAIFEX_FUTURES, TAIFEX_VOLUME_TOTALS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indextracker_spark.tables import Table

# No limit is documented; 3 seconds between files is a cautious choice.
TAIFEX = Publisher("taifex", "https://www.taifex.com.tw", min_interval_seconds=3.0)

NO_DATA = "查無資料"
GRAND_TOTAL = "合計"
DAY_OPEN = "084500"


@dataclass(frozen=True)
class _Layout:
    """How one kind of file is named and what stands above its data."""

    table: Table
    folder: str
    suffix: str
    header: tuple[str, ...]
    title: str | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The bronze columns of the cells, in the order of the header."""
        around = ("session_date", "line", "text", "document")
        return tuple(name for name in self.table.column_names if name not in around)

    def stem(self, session: date) -> str:
        return f"Daily_{session:%Y_%m_%d}{self.suffix}"

    def names(self, session: date) -> tuple[str, ...]:
        return (f"{self.stem(session)}.zip",)

    def request(self, session: date) -> Request:
        return Request(f"/file/taifex/Dailydownload/{self.folder}/{self.stem(session)}.zip")


_FUTURES: Final = _Layout(
    table=TAIFEX_FUTURES,
    folder="DailydownloadCSV",
    suffix="",
    header=(
        "成交日期",
        "商品代號",
        "到期月份(週別)",
        "成交時間",
        "成交價格",
        "成交數量(B+S)",
        "近月價格",
        "遠月價格",
        "開盤集合競價",
    ),
)
_TOTALS: Final = _Layout(
    table=TAIFEX_VOLUME_TOTALS,
    folder="DailydownloadCSV_B",
    suffix="_B",
    header=(
        "交易日期",
        "商品代號",
        "價差委託成交量(B+S)",
        "市場總成交量(B+S)",
        "價差委託成交比率(%)",
    ),
    title="期貨價差委託成交概況表",
)


def verify_futures(body: bytes, session: date) -> None:
    """Accept a session's complete file of futures ticks.

    A complete file has trades up to the session's own date, and some of them from the opening at
    08:45:00 on; the file of dawn has not. The rule told 58 of 58 complete files from 3 of 3 early
    ones.

    Raises:
        Refusal: missing for the page that says that there are no data and for a file without
            lines, partial for the file of dawn, refused for anything else.
    """
    document = _FUTURES.names(session)[0]
    lines = _read(_FUTURES, body, session, ("trade_date", "trade_time"))
    if not lines.num_rows:
        raise Refusal("missing", f"{document} has a header and no line of data")
    own = f"{session:%Y%m%d}"
    latest = _latest(lines.column("trade_date"), _is_date)
    if latest is None:
        raise Refusal("refused", f"{document}: no line begins with a date, as 成交日期 should")
    of_latest = pc.equal(lines.column("trade_date"), latest)
    if latest > own:
        line = lines.column("line").filter(of_latest)[0].as_py()
        raise Refusal(
            "refused", f"{document}: line {line} is dated {latest}, after the session ({own})"
        )
    last_time = _latest(lines.column("trade_time").filter(of_latest), _is_time)
    if latest < own or last_time is None or last_time < DAY_OPEN:
        raise Refusal(
            "partial",
            f"{document} ends with trades of {latest} {last_time}: the night part, as published "
            f"at dawn; a complete file has trades of {own} from {DAY_OPEN} on",
        )


def verify_totals(body: bytes, session: date) -> None:
    """Accept a session's complete table of volume totals.

    Raises:
        Refusal: missing for the page that says that there are no data, refused for anything else,
            such as rows of another date or a table that ends before its grand total.
    """
    document = _TOTALS.names(session)[0]
    lines = _read(_TOTALS, body, session)
    rows = lines.select(["line", "trade_date", "product"]).to_pylist()
    if not rows or (rows[-1]["trade_date"], rows[-1]["product"]) != (GRAND_TOTAL, ""):
        raise Refusal("refused", f"{document} does not end with its grand total ({GRAND_TOTAL})")
    if len(rows) == 1:
        raise Refusal("refused", f"{document} has a grand total of no product")
    own = f"{session:%Y%m%d}"
    for row in rows[:-1]:
        if row["trade_date"] not in (own, None):
            raise Refusal(
                "refused",
                f"{document}: line {row['line']} is dated {quote(row['trade_date'])}, "
                f"expected {own}",
            )


def decode_futures(body: bytes, session: date, document: str) -> pa.Table:
    """Decode futures ticks: a row of bronze per line that is not blank; the header is line 1.

    Raises:
        Refusal: If the bytes are not the session's zip of a file with the known header.
    """
    return bronze_rows(TAIFEX_FUTURES, _read(_FUTURES, body, session), session, document)


def decode_totals(body: bytes, session: date, document: str) -> pa.Table:
    """Decode volume totals: a row of bronze per line, the grand total's too; title is line 1.

    Raises:
        Refusal: If the bytes are not the session's zip of a file with the known header.
    """
    return bronze_rows(TAIFEX_VOLUME_TOTALS, _read(_TOTALS, body, session), session, document)


def _read(
    layout: _Layout, body: bytes, session: date, wanted: Sequence[str] | None = None
) -> pa.Table:
    """The lines of a session's zip, its form checked from the outside to the header."""
    document = layout.names(session)[0]
    _refuse_what_is_no_zip(body, document)
    text = read_only_entry(body, document, f"{layout.stem(session)}.csv")
    above = [layout.header] if layout.title is None else [(layout.title,), layout.header]
    start = 0
    for number, expected in enumerate(above, 1):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        _check_head(text[start:end], expected, f"{document}, line {number}")
        start = end + 1
    data = _as_utf8(text[start:], document, len(above) + 1)
    return split_lines(data, layout.cells, len(above) + 1, wanted)


def _refuse_what_is_no_zip(body: bytes, document: str) -> None:
    if not body:
        raise Refusal("missing", f"{document} is empty")
    if is_page(body):
        # The pages seen come with status 200 from a form of the site; a missing tick file is
        # answered alike.
        state: State = "missing" if NO_DATA in page_text(body) else "refused"
        raise Refusal(state, f"{document} is {quote_page(body)}, expected a zip")
    if not body.startswith(MAGIC):
        raise Refusal(
            "refused", f"{document} begins with the bytes {body[:8].hex(' ')}, expected a zip"
        )


def _check_head(line: bytes, expected: tuple[str, ...], place: str) -> None:
    """Compare a line above the data; a title is followed by empty cells."""
    try:
        cells = [cell.strip(BLANKS) for cell in line.decode("cp950").split(",")]
    except UnicodeDecodeError as error:
        raise Refusal(
            "refused", f"{place} is not in cp950 ({error.reason}); expected {','.join(expected)}"
        ) from error
    if len(expected) == 1:
        cells = cells[:1]
    for column, (found, known) in enumerate(zip(cells, expected, strict=False), 1):
        if found != known:
            raise Refusal(
                "refused",
                f"{place}: column {column} is named {quote(found)}, expected {known!r}",
            )
    if len(cells) != len(expected):
        raise Refusal("refused", f"{place} has {len(cells)} columns, expected {len(expected)}")


def _as_utf8(data: bytes, document: str, first: int) -> bytes:
    # Below the header a tick file is plain ASCII, which the check finds out in 1 ms of 30 MB;
    # decoding takes a hundred times as long.
    if data.isascii():
        return data
    try:
        return data.decode("cp950").encode("utf-8")
    except UnicodeDecodeError as error:
        line = first + data.count(b"\n", 0, error.start)
        raise Refusal(
            "refused", f"{document}: line {line} is not in cp950 ({error.reason})"
        ) from error


def _latest(cells: pa.ChunkedArray, is_form: Callable[[str], bool]) -> str | None:
    """The greatest of the cells that have the right form; lines that do not split have none."""
    found = pc.unique(cells).drop_null().to_pylist()
    return max(filter(is_form, found), default=None)


def _is_date(cell: str) -> bool:
    if not re.fullmatch("[0-9]{8}", cell):
        return False
    try:
        date.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _is_time(cell: str) -> bool:
    return re.fullmatch("[0-9]{6}", cell) is not None


FUTURES = Feed(
    name="taifex_futures",
    publisher=TAIFEX.name,
    exchange="XTAI",
    table=TAIFEX_FUTURES,
    zone="Asia/Taipei",
    due_at=time(18, 30),
    names=_FUTURES.names,
    request=_FUTURES.request,
    verify=verify_futures,
    decode=decode_futures,
)
VOLUME_TOTALS = Feed(
    name="taifex_volume_totals",
    publisher=TAIFEX.name,
    exchange="XTAI",
    table=TAIFEX_VOLUME_TOTALS,
    zone="Asia/Taipei",
    due_at=time(18, 30),
    names=_TOTALS.names,
    request=_TOTALS.request,
    verify=verify_totals,
    decode=decode_totals,
)
