"""The index publisher's documents, byte for byte in its layout.

It only writes: the levels come from indices.py.
"""

# ruff: noqa: RUF001 -- the punctuation is the publisher's

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.walk import CASH_OPEN, CASH_STEP, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from indextracker_simulator.taiwan.indices import IndexReport

NO_DATA_JSON = '{"stat":"很抱歉，沒有符合條件的資料!","total":0}'.encode()
NO_DATA_CSV = b""
"""What is answered, with status 200, where a report is missing."""

_NOTES = (
    "民國100年1月16日以前，資料為每一分鐘方式提供。",
    "民國103年2月23日以前，資料為每15秒方式提供。",
    "民國103年2月24日以後，資料為每10秒方式提供。",
    "民國103年12月29日以後，資料為每5秒方式提供。",
)


def index_json(session_date: date, report: IndexReport) -> bytes:
    """Return the report of one session as JSON."""
    rows = list(_rows(report))
    document = {
        "stat": "OK",
        "date": f"{session_date:%Y%m%d}",
        "title": _title(session_date),
        "fields": ["時間", *report.names],
        "data": rows,
        "notes": _NOTES,
        "total": len(rows),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def index_csv(session_date: date, report: IndexReport) -> bytes:
    """Return the report of one session as CSV."""
    lines = [f'"{_title(session_date)}"', _csv_row(["時間", *report.names])]
    for row in _rows(report):
        # Keeps a spreadsheet from eating the leading zero of the hour.
        guard = "=" if row[0].startswith("0") else ""
        lines.append(guard + _csv_row(row))
    lines += ['"說明:"', *(f'"{note}"' for note in _NOTES), ""]
    return "".join(f"{line}\r\n" for line in lines).encode("cp950")


def _title(session_date: date) -> str:
    year = session_date.year - 1911
    return f"{year}年{session_date:%m}月{session_date:%d}日 每5秒指數統計"


def _rows(report: IndexReport) -> Iterator[list[str]]:
    for step, levels in enumerate(report.levels.tolist()):
        second = CASH_OPEN + step * CASH_STEP
        time = f"{second // HOUR:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        yield [time, *(f"{level / 100:,.2f}" for level in levels)]


def _csv_row(cells: list[str]) -> str:
    return "".join(f'"{cell}",' for cell in cells)
