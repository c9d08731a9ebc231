"""The web pages among the publishers' answers: lists, forms, and pages in place of data.

Their layout only; the contents of a list come from publication.py.
"""

# ruff: noqa: RUF001 -- the punctuation is the publishers'

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.taifex import NO_DATA_PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from indextracker_simulator.taiwan.publication import Row
    from indextracker_simulator.taiwan.session import Document

FILES = "/file/taifex/Dailydownload/"

TICK_FILES: dict[Document, str] = {
    "futures": FILES + "DailydownloadCSV/Daily_%Y_%m_%d.zip",
    "combination": FILES + "DailydownloadCSV_C/Daily_%Y_%m_%d_C.zip",
    "totals": FILES + "DailydownloadCSV_B/Daily_%Y_%m_%d_B.zip",
    "options": FILES + "OptionsDailydownloadCSV/OptionsDaily_%Y_%m_%d.zip",
}
"""The path of each tick file."""

_LISTS: dict[Document, tuple[str, bool]] = {
    "futures": ("期貨每筆成交資料", True),
    "combination": ("期貨價差每筆成交資料", False),
    "totals": ("期貨價差委託成交概況表", False),
    "options": ("選擇權每筆成交資料", True),
}
"""The title of each file's list, and whether the early file of a session stands on it."""

_SITE = "https://www.taifex.com.tw"


def list_page(document: Document, rows: Iterable[Row]) -> bytes:
    """Return the page that lists a tick file of the last sessions."""
    title, _ = _LISTS[document]
    body = "".join(_table_row(document, row) for row in rows)
    table = (
        f'<h3>前30個交易日{title}</h3>\n<table class="table_c" width="100%">\n'
        f"<tr><th>時間</th><th>日期</th><th>下載(CSV)</th></tr>\n{body}</table>"
    )
    return _page(title, table)


@cache
def _table_row(document: Document, row: Row) -> str:
    # Kept, since a list of everything has some 2,900 and is asked for with each new file.
    _, early = _LISTS[document]
    published, button = "", ""
    if row.complete or early:
        published = _twelve_hour_text(row.published_at)
        button = _button(row.session_date.strftime(TICK_FILES[document]))
    cells = (published, f"{row.session_date:%Y/%m/%d}", button)
    return "<tr>" + "".join(f'<td align="center">{cell}</td>' for cell in cells) + "</tr>\n"


def _twelve_hour_text(moment: datetime) -> str:
    # Not %p, whose words are the locale's.
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment:%Y/%m/%d} {half} {moment:%I:%M:%S}"


def _button(path: str) -> str:
    click = f"javascript:window.open('{_SITE}{path}')"
    return f'<input type="button" class="btn" value="下載" onClick="{click}">'


def _page(title: str, body: str) -> bytes:
    return (
        '<!DOCTYPE html>\n<html lang="zh-TW">\n<head><meta charset="UTF-8">'
        f"<title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode()


DATE_ERROR_PAGE = NO_DATA_PAGE.replace("查無資料".encode(), "日期時間錯誤 DateTime error".encode())
"""A form's answer, with status 200, to an invalid date."""

FORM_PAGE = _page(
    "每日交易行情下載",
    '<form method="post"><input name="down_type"><input name="commodity_id">'
    '<input name="queryStartDate"><input name="queryEndDate"></form>',
)
"""The form that asks for a daily report."""

# Some 800 bytes, of which the comment is the padding that browsers wanted for their error pages.
FIREWALL_PAGE = _page(
    "SECURITY",
    "因為安全性考量，您所執行的頁面無法呈現。<br>\n"
    "FOR SECURITY REASONS, THIS PAGE CAN NOT BE ACCESSED.<br>\n"
    f"<!-- {'security ' * 60}-->",
)
"""What the index publisher's firewall answers, with status 200, to a client that asks too fast."""
