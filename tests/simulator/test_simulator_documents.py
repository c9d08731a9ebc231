"""The documents, read by the smallest reader that will do, against truth and real layouts."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from indextracker_simulator.exchange import Exchange
from indextracker_simulator.taifex import number_text

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

DAY = date(2024, 12, 18)
ROW = re.compile(
    rb"\d{8},[A-Z0-9]{2,3} {4,5},"
    rb"(?:\d{6}(?:W\d)? {5},\d{6},-?\d*\.?\d+,\d+,-,-,[ *]"
    rb"|\d{6}(?:W\d)?/\d{6}(?:W\d)?,\d{6},-?\d*\.?\d+,\d+,\d*\.?\d+,\d*\.?\d+, )"
)


def _entry(document: bytes | None) -> tuple[str, bytes]:
    assert document is not None
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        assert archive.testzip() is None
        (name,) = archive.namelist()
        return name, archive.read(name)


def _lines(content: bytes) -> list[list[str]]:
    text = content.decode("cp950")
    assert text.endswith("\r\n")
    return [line.split(",") for line in text.removesuffix("\r\n").split("\r\n")]


@pytest.fixture(scope="module")
def futures(exchange: Exchange) -> bytes:
    name, content = _entry(exchange.futures_zip(DAY))
    assert name == "Daily_2024_12_18.csv"
    return content


@pytest.fixture(scope="module")
def totals(exchange: Exchange) -> bytes:
    name, content = _entry(exchange.totals_zip(DAY))
    assert name == "Daily_2024_12_18_B.csv"
    return content


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [
        (2_298_500, "22985"),
        (274_150, "2741.5"),
        (62, ".62"),
        (-9, "-.09"),
        (0, "0"),
        (-22_200, "-222"),
        (60, ".6"),
        (101, "1.01"),
    ],
)
def test_numbers_are_written_as_the_exchange_does(hundredths: int, text: str) -> None:
    assert number_text(hundredths) == text


def test_truth_stands_on_its_lines(whole: dict[str, pa.Table], futures: bytes) -> None:
    lines = _lines(futures)
    seen = {1}
    for row in whole["futures_trades"].to_pylist():
        cells = lines[row["line"] - 1]
        local = row["traded_at"] + timedelta(hours=8)
        assert cells[:4] == [
            f"{local:%Y%m%d}",
            f"{row['product']:<7}",
            f"{row['expiry']}     ",
            f"{local:%H%M%S}",
        ]
        assert (float(cells[4]), int(cells[5])) == (row["price"], 2 * row["contracts"])
        assert cells[6:] == ["-", "-", "*" if row["opening_auction"] else " "]
        seen.add(row["line"])
    for row in whole["futures_spreads"].to_pylist():
        cells = lines[row["line"] - 1]
        assert cells[2] == f"{row['near_expiry']}/{row['far_expiry']}"
        assert [float(cells[i]) for i in (4, 6, 7)] == [
            row["price"],
            row["near_price"],
            row["far_price"],
        ]
        assert round(row["far_price"] - row["near_price"], 2) == row["price"]
        assert int(cells[5]) == 4 * row["contracts"]
        seen.add(row["line"])
    for row in whole["rejects"].to_pylist():
        assert lines[row["line"] - 1] == row["text"].split(",")
        seen.add(row["line"])
    assert seen == set(range(1, len(lines) + 1))


def test_totals_equal_the_rows(whole: dict[str, pa.Table], futures: bytes, totals: bytes) -> None:
    rejected = set(whole["rejects"]["line"].to_pylist())
    spreads: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    for number, cells in enumerate(_lines(futures)[1:], start=2):
        if number not in rejected:
            everything[cells[1]] += int(cells[5])
            spreads[cells[1]] += int(cells[5]) if "/" in cells[2] else 0
    _, _, *rows, grand = _lines(totals)
    assert {row[1]: [int(row[2]), int(row[3])] for row in rows} == {
        product: [spreads[product], everything[product]] for product in everything
    }
    assert {row[0] for row in rows} == {"20241218"}
    assert grand[:4] == ["合計", "", str(spreads.total()), str(everything.total())]
    assert float(grand[4]) == pytest.approx(100 * spreads.total() / everything.total(), abs=0.005)


def test_lines_have_the_real_form(whole: dict[str, pa.Table], futures: bytes) -> None:
    rejected = set(whole["rejects"]["line"].to_pylist())
    for number, line in enumerate(futures.split(b"\r\n")[1:-1], start=2):
        assert ROW.fullmatch(line) or number in rejected


def test_unreadable_lines_can_be_left_out() -> None:
    exchange = Exchange(unreadable=False)
    assert exchange.session(DAY).unreadable == ()
    _, content = _entry(exchange.futures_zip(DAY))
    assert len(_lines(content)) == 1 + len(exchange.session(DAY).tape)


def test_index_forms_agree(exchange: Exchange) -> None:
    report = json.loads(exchange.index_json(DAY) or b"")
    content = exchange.index_csv(DAY) or b""
    title, header, *rest = content.decode("cp950").split("\r\n")
    assert title == f'"{report["title"]}"'
    assert next(csv.reader([header])) == [*report["fields"], ""]
    rows = rest[: report["total"]]
    assert [line.startswith("=") for line in rows] == [row[0] < "10" for row in report["data"]]
    cells = list(csv.reader(line.removeprefix("=") for line in rows))
    assert cells == [[*row, ""] for row in report["data"]]
    assert rest[report["total"] :] == ['"說明:"', *(f'"{n}"' for n in report["notes"]), "", ""]
    assert (report["stat"], report["date"], report["total"]) == ("OK", "20241218", 3241)


def test_index_truth_stands_on_its_lines(exchange: Exchange, whole: dict[str, pa.Table]) -> None:
    report = json.loads(exchange.index_json(DAY) or b"")
    levels = whole["index_levels"]
    assert levels.num_rows == 3241 * (len(report["fields"]) - 1)
    column = {name: place for place, name in enumerate(report["fields"])}
    for row in levels.take(list(range(0, levels.num_rows, 11))).to_pylist():
        cells = report["data"][row["line"] - 1]
        assert cells[0] == f"{row['observed_at'] + timedelta(hours=8):%H:%M:%S}"
        assert float(cells[column[row["index_name"]]].replace(",", "")) == row["level"]
        assert row["is_previous_close"] == (cells[0] == "09:00:00")


@pytest.mark.parametrize(
    ("day", "now", "futures_there", "index_there"),
    [
        (date(2024, 12, 18), datetime(2024, 12, 18, 8, 49, tzinfo=UTC), False, True),
        (date(2024, 12, 18), datetime(2024, 12, 18, 8, 50, tzinfo=UTC), True, True),
        (date(2024, 12, 18), datetime(2024, 12, 18, 5, 59, tzinfo=UTC), False, False),
        (date(2024, 12, 19), datetime(2024, 12, 18, 23, 0, tzinfo=UTC), False, False),
        (date(2015, 1, 5), datetime(2024, 12, 18, 23, 0, tzinfo=UTC), True, True),
        (date(2024, 10, 31), datetime(2024, 12, 18, 23, 0, tzinfo=UTC), False, False),
        (date(2024, 12, 15), datetime(2024, 12, 18, 23, 0, tzinfo=UTC), False, False),
    ],
)
def test_what_is_published(
    day: date, now: datetime, futures_there: bool, index_there: bool
) -> None:
    exchange = Exchange(clock=lambda: now)
    assert (exchange.futures_zip(day) is not None) == futures_there
    assert (exchange.totals_zip(day) is not None) == futures_there
    assert (exchange.index_json(day) is not None) == index_there
    assert (exchange.index_csv(day) is not None) == index_there


def test_layout_of_the_real_tick_file(samples: Path, futures: bytes, totals: bytes) -> None:
    taifex = samples / "taifex"
    for name in ("Daily_2021_07_26.zip", "Daily_2024_12_16.zip"):
        _, real = _entry((taifex / name).read_bytes())
        header, *rows = real.split(b"\r\n")[:20_000]
        assert futures.split(b"\r\n")[0] == header
        assert all(ROW.fullmatch(row) for row in rows)
    _, real = _entry((taifex / "Daily_2021_07_26_B.zip").read_bytes())
    assert totals.split(b"\r\n")[:2] == real.split(b"\r\n")[:2]
    form = re.compile(rb"\d{8},[A-Z0-9]{2,3} {4,5},\d+,\d+,\d*\.?\d+")
    for document in (totals, real):
        _, _, *rows, grand, end = document.split(b"\r\n")
        assert all(form.fullmatch(row) for row in rows)
        assert grand.startswith("合計,,".encode("cp950"))
        assert end == b""


def test_layout_of_the_real_index_report(samples: Path, exchange: Exchange) -> None:
    twse = samples / "twse"
    real = (twse / "MI_5MINS_INDEX_20230721.csv").read_bytes().split(b"\r\n")
    ours = (exchange.index_csv(date(2023, 7, 21)) or b"").split(b"\r\n")
    assert ours[:2] == real[:2]
    assert len(ours) == len(real)
    assert ours[3243:] == real[3243:]
    blank = re.compile(rb"[\d,.]+\"")
    for place in (2, 722, 723, 3242):
        assert blank.sub(b'#"', ours[place]) == blank.sub(b'#"', real[place])
    document = json.loads((twse / "MI_5MINS_INDEX_20230130.json").read_bytes())
    report = json.loads(exchange.index_json(date(2023, 1, 30)) or b"")
    assert list(report) == list(document)
    for key in ("stat", "date", "title", "fields", "notes", "total"):
        assert report[key] == document[key]
