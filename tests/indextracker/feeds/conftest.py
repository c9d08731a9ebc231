"""Small documents in the publishers' layouts, to be damaged by tests."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date

import pytest

FUTURES_HEADER = (
    "成交日期,商品代號,到期月份(週別),成交時間,成交價格,"
    "成交數量(B+S),近月價格,遠月價格,開盤集合競價 "
)
NIGHT_LINE = "20241213,TX     ,202412     ,150000,23000,2,-,-,*"
DAY_LINE = "20241216,TX     ,202412     ,084500,23010,4,-,-, "

Zip = Callable[..., bytes]


@pytest.fixture
def session() -> date:
    return date(2024, 12, 16)


@pytest.fixture
def futures_zip() -> Zip:
    """Makes a tick file; by default a night and a day trade of 2024-12-16."""

    def make(
        lines: tuple[str, ...] = (NIGHT_LINE, DAY_LINE),
        *,
        header: str = FUTURES_HEADER,
        entries: tuple[str, ...] = ("Daily_2024_12_16.csv",),
        encoding: str = "cp950",
        packing: int = zipfile.ZIP_DEFLATED,
        end: bytes = b"",
    ) -> bytes:
        text = "".join(f"{line}\r\n" for line in (header, *lines)).encode(encoding) + end
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as writer:
            for entry in entries:
                # One time for all: the same arguments make the same bytes.
                info = zipfile.ZipInfo(entry, date_time=(2024, 12, 16, 16, 45, 0))
                writer.writestr(info, text, packing)
        return archive.getvalue()

    return make


@pytest.fixture
def index_json() -> Callable[..., bytes]:
    """Makes a report of 2023-01-30 with two indices, some of its keys replaced."""

    def make(**replaced: object) -> bytes:
        report = {
            "stat": "OK",
            "date": "20230130",
            "fields": ["時間", "發行量加權股價指數", "水泥類指數"],
            "data": [
                ["09:00:00", "14,932.93", "162.08"],
                ["09:00:05", "15,400.10", "163.00"],
                ["13:30:00", "15,493.82", "164.95"],
            ],
        }
        return json.dumps(report | replaced, ensure_ascii=False).encode()

    return make


INDEX_CSV = (
    '"112年01月30日 每5秒指數統計"',
    '"時間","發行量加權股價指數","水泥類指數",',
    '="09:00:00","14,932.93","162.08",',
    '="09:00:05","15,400.10","163.00",',
    '"13:30:00","15,493.82","164.95",',
    '"說明:"',
    '"民國103年12月29日以後，資料為每5秒方式提供。"',
    "",
)


@pytest.fixture
def index_csv() -> Callable[..., bytes]:
    """Makes the same report as CSV, some of its lines, from 1, replaced."""

    def make(replaced: dict[int, str] | None = None, *, encoding: str = "cp950") -> bytes:
        lines = list(INDEX_CSV)
        for number, line in (replaced or {}).items():
            lines[number - 1] = line
        return "".join(f"{line}\r\n" for line in lines).encode(encoding)

    return make


@pytest.fixture
def list_page() -> Callable[..., bytes]:
    """Makes a list page of the futures exchange: a row per (time, date, links)."""

    def make(
        *rows: tuple[str, str, tuple[str, ...]], head: str = "", encoding: str = "utf-8"
    ) -> bytes:
        lines = "".join(
            f"<tr class='color'><td align='center'>1</td><td> {published}\n</td><td>{day}</td>"
            + "".join(
                f"<td><input type='button' onClick=\"javascript:window.open('{link}')\"></td>"
                for link in links
            )
            + "</tr>\n"
            for published, day, links in rows
        )
        page = (
            f"<!DOCTYPE html><html><head><title>期交所</title>{head}</head><body>\n"
            "<table><tr><td>選單</td></tr></table>\n"
            f"<table><tr><th>時間</th><th>日期</th></tr>\n{lines}</table>\n"
            "<p>2026/10/09</p></body></html>"
        )
        return page.encode(encoding)

    return make
