"""The futures exchange's zipped files of a session: ticks, combination trades, volume totals.

Each is a zip of one cp950 text, as .csv or, from the publisher's other folder, as .rpt; the text
is the same. The file of a session appears twice: at about 05:10 with the night part alone, and
complete from about 16:35 under the same name. How cells are typed and what they mean is decided in
silver.

Seen in files of 2015 to May 2017: the first column under the name 交易日期, and the byte 0x1A at
the end. Times of eight digits, with hundredths of a second, were printed until 2011 or 2012.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.feeds.lines import BLANKS, split_lines
from indextracker.feeds.model import Refusal, Request, quote
from indextracker.feeds.pages import refuse_page
from indextracker.feeds.readable import refuse_unsplit
from indextracker.feeds.texts import decoded, without_end_mark
from indextracker.feeds.zipped import MAGIC, read_only_entry
from indextracker.readings import READINGS
from indextracker_catalogue.taiwan import (
    TAIFEX_COMBINATION_TRADES,
    TAIFEX_FUTURES,
    TAIFEX_OPTIONS,
    TAIFEX_VOLUME_TOTALS,
    forms,
)

if TYPE_CHECKING:
    from indextracker.system.documents import Document
    from indextracker_catalogue import Table

NO_DATA = "查無資料"
GRAND_TOTAL = "合計"
DAY_OPEN = "084500"
LINE = re.compile(rb"([^\n]*)\n?")
RULE = re.compile(rb"-[- ]*\r?(?:\n|$)")
ENDINGS = ("csv", "rpt")
FIRST_BEYOND_ASCII = 0x80
# Names of columns in files up to May 2017.
FORMER_NAMES: Final = {"成交日期": "交易日期"}
# The first session with a night part, which began on the evening before.
FIRST_NIGHT: Final = date(2017, 5, 16)


@dataclass(frozen=True)
class Layout:
    """One kind of file: its name, and the lines above its data.

    Attributes:
        table: The bronze table of its lines.
        folder: The publisher's folder.
        prefix: How its name begins.
        suffix: How its name ends.
        header: The names of its columns.
        title: The line above the header; None where there is none.
    """

    table: Table
    folder: str
    prefix: str
    suffix: str
    header: tuple[str, ...]
    title: str | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The bronze columns of the cells, in the order of the header."""
        return READINGS[self.table].cells

    def stem(self, session: date) -> str:
        """The name of a session's file without its ending."""
        return f"{self.prefix}{session:%Y_%m_%d}{self.suffix}"

    def names(self, session: date) -> tuple[str, ...]:
        """The name of a session's zip."""
        return (f"{self.stem(session)}.zip",)

    def request(self, session: date) -> Request:
        """The request for a session's zip without a list page."""
        return Request(f"/file/taifex/Dailydownload/{self.folder}/{self.stem(session)}.zip")


FUTURES: Final = Layout(
    table=TAIFEX_FUTURES,
    folder="DailydownloadCSV",
    prefix="Daily_",
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
COMBINATIONS: Final = Layout(
    table=TAIFEX_COMBINATION_TRADES,
    folder="DailydownloadCSV_C",
    prefix="Daily_",
    suffix="_C",
    header=(*FUTURES.header[:-1], "屬價差對價差成交者"),
)
TOTALS: Final = Layout(
    table=TAIFEX_VOLUME_TOTALS,
    folder="DailydownloadCSV_B",
    prefix="Daily_",
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
OPTIONS: Final = Layout(
    table=TAIFEX_OPTIONS,
    folder="OptionsDailydownloadCSV",
    prefix="OptionsDaily_",
    suffix="",
    header=(
        "成交日期",
        "商品代號",
        "履約價格",
        "到期月份(週別)",
        "買賣權別",
        "成交時間",
        "成交價格",
        "成交數量(B or S)",
        "開盤集合競價",
    ),
)


def read_trades(layout: Layout, published: Document, session: date) -> pa.Table:
    """Read a complete file of trades: a row per line that is not blank; the header is line 1.

    A complete file has trades up to the session's own date, and some of them from the opening at
    08:45:00 on; the file of dawn has not. The rule told 58 of 58 complete files of futures from 3
    of 3 early ones.

    Raises:
        Refusal: missing for the page that says that there are no data and for a file without
            lines, blocked for a firewall's page, partial for the file of dawn, refused for anything
            else.
    """
    document = layout.names(session)[0]
    lines = _lines(layout, published.read(), session)
    if not lines.num_rows:
        raise Refusal("missing", f"{document} has a header and no line of data")
    own = f"{session:%Y%m%d}"
    latest = _latest(lines.column("trade_date"), forms.DATE)
    if latest is None:
        raise Refusal("refused", f"{document}: no line begins with a date, as 成交日期 should")
    when = lines.select(["line", "trade_date", "trade_time"])
    of_latest = when.filter(pc.equal(when.column("trade_date"), latest))
    if latest > own:
        line = of_latest.column("line")[0].as_py()
        raise Refusal(
            "refused", f"{document}: line {line} is dated {latest}, after the session ({own})"
        )
    last_time = _latest(of_latest.column("trade_time"), forms.TIME)
    if latest < own or last_time is None or last_time < DAY_OPEN:
        _refuse_unknown_times(of_latest, document)
        night = "the night part, as published at dawn; " if session >= FIRST_NIGHT else ""
        raise Refusal(
            "partial" if night else "refused",
            f"{document} ends with trades of {latest} {last_time}: {night}a complete file has "
            f"trades of {own} from {DAY_OPEN} on",
        )
    return lines


def _refuse_unknown_times(lines: pa.Table, document: str) -> None:
    """Refuse a document for times that cannot be read: they do not tell what is complete."""
    for time in pc.unique(lines.column("trade_time")).to_pylist():
        if not re.fullmatch(forms.TIME, time):
            line = lines.filter(pc.equal(lines.column("trade_time"), time)).column("line")[0]
            raise Refusal(
                "refused",
                f"{document}: line {line} has the time {quote(time)}, expected HHMMSS, with or "
                "without hundredths of a second",
            )


def read_totals(layout: Layout, published: Document, session: date) -> pa.Table:
    """Read a complete table of volume totals: a row per line, the grand total's too.

    Raises:
        Refusal: missing for the page that says that there are no data, blocked for a firewall's
            page, refused for anything else, such as rows of another date or a table that ends
            before its grand total.
    """
    document = layout.names(session)[0]
    lines = _lines(layout, published.read(), session)
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
    return lines


def _lines(layout: Layout, body: bytes, session: date) -> pa.Table:
    """The lines of a session's zip, its form checked from the outside to the header."""
    document = layout.names(session)[0]
    if not body:
        raise Refusal("missing", f"{document} is empty")
    refuse_page(body, document, expected="a zip", no_data=NO_DATA)
    if not body.startswith(MAGIC):
        raise Refusal(
            "refused", f"{document} begins with the bytes {body[:8].hex(' ')}, expected a zip"
        )
    stem = layout.stem(session)
    text = without_end_mark(
        read_only_entry(body, document, tuple(f"{stem}.{ending}" for ending in ENDINGS))
    )
    begin, head = 0, []
    for _ in range(1 + (layout.title is not None)):
        if line := LINE.match(text, begin):
            head.append(line[1])
            begin = line.end()
    _check_head(layout, head, document)
    first = 1 + len(head)
    if rule := RULE.match(text, begin):
        begin, first = rule.end(), first + 1
    text, begin = _as_utf8(text, begin, document, first)
    lines = split_lines(text, layout.cells, first, begin=begin)
    refuse_unsplit(lines, document, len(layout.header))
    return lines


def _check_head(layout: Layout, head: list[bytes], document: str) -> None:
    """Compare the lines above the data with the known ones."""
    if layout.title is not None:
        _check_cells(head[0].partition(b",")[0], (layout.title,), f"{document}, line 1")
    _check_cells(head[-1], layout.header, f"{document}, line {len(head)}")


def _check_cells(line: bytes, expected: tuple[str, ...], place: str) -> None:
    try:
        cells = [cell.strip(BLANKS) for cell in line.decode("cp950").split(",")]
    except UnicodeDecodeError as error:
        raise Refusal(
            "refused", f"{place} is not in cp950 ({error.reason}); expected {','.join(expected)}"
        ) from error
    for column, (found, known) in enumerate(zip(cells, expected, strict=False), 1):
        if found not in (known, FORMER_NAMES.get(known)):
            raise Refusal(
                "refused",
                f"{place}: column {column} is named {quote(found)}, expected {known!r}",
            )
    if len(cells) != len(expected):
        raise Refusal("refused", f"{place} has {len(cells)} columns, expected {len(expected)}")


def _as_utf8(text: bytes, begin: int, document: str, first: int) -> tuple[bytes, int]:
    """A text from `begin` on in UTF-8, and where it begins."""
    # Below the header a tick file is plain ASCII, which is found out in 1 ms of 30 MB, without a
    # copy; decoding takes a hundred times as long.
    if np.frombuffer(text, np.uint8, offset=begin).max(initial=0) < FIRST_BEYOND_ASCII:
        return text, begin
    return decoded(text[begin:], document, first).encode(), 0


def _latest(cells: pa.ChunkedArray, form: str) -> str | None:
    """The greatest of the cells that have the right form; lines that do not split have none."""
    found = pc.unique(cells).cast(pa.string())
    right = pc.match_substring_regex(found, f"^({form})$")
    latest: str | None = pc.max(found.filter(right)).as_py()
    return latest
