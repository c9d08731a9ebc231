"""The documents, read by the smallest reader that will do, against truth and real layouts."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest

from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.session import Document
from indextracker_simulator.taiwan.taifex_ticks import number_text

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


def _rejects(whole: dict[str, pa.Table], feed: str) -> list[dict[str, Any]]:
    return [row for row in whole["rejects"].to_pylist() if row["feed"] == feed]


@pytest.fixture(scope="module")
def futures(exchange: Exchange) -> bytes:
    name, content = _entry(exchange.session(DAY).document("futures"))
    assert name == "Daily_2024_12_18.csv"
    return content


@pytest.fixture(scope="module")
def totals(exchange: Exchange) -> bytes:
    name, content = _entry(exchange.session(DAY).document("totals"))
    assert name == "Daily_2024_12_18_B.csv"
    return content


@pytest.fixture(scope="module")
def combination(exchange: Exchange) -> bytes:
    name, content = _entry(exchange.session(DAY).document("combination"))
    assert name == "Daily_2024_12_18_C.csv"
    return content


@pytest.fixture(scope="module")
def options(exchange: Exchange) -> bytes:
    name, content = _entry(exchange.session(DAY).document("options"))
    assert name == "OptionsDaily_2024_12_18.csv"
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
    for row in _rejects(whole, "taifex_futures"):
        assert lines[row["line"] - 1] == row["text"].split(",")
        seen.add(row["line"])
    assert seen == set(range(1, len(lines) + 1))


def _readable(whole: dict[str, pa.Table], combination: bytes) -> list[list[str]]:
    rejected = {row["line"] for row in _rejects(whole, "taifex_combination_trades")}
    rows = enumerate(_lines(combination)[1:], start=2)
    return [cells for number, cells in rows if number not in rejected]


def test_totals_equal_the_rows(
    whole: dict[str, pa.Table], futures: bytes, combination: bytes, totals: bytes
) -> None:
    rejected = {row["line"] for row in _rejects(whole, "taifex_futures")}
    spreads: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    for number, cells in enumerate(_lines(futures)[1:], start=2):
        if number not in rejected:
            everything[cells[1]] += int(cells[5])
    for cells in _readable(whole, combination):
        spreads[f"{cells[1]:<7}"] += int(cells[5]) // (1 if cells[8] == "*" else 2)
    _, _, *rows, grand = _lines(totals)
    assert {row[1]: [int(row[2]), int(row[3])] for row in rows} == {
        product: [spreads[product], everything[product]] for product in everything
    }
    assert {row[0] for row in rows} == {"20241218"}
    assert grand[:4] == ["合計", "", str(spreads.total()), str(everything.total())]
    assert float(grand[4]) == pytest.approx(100 * spreads.total() / everything.total(), abs=0.005)


def test_combinations_are_in_the_main_file(
    whole: dict[str, pa.Table], futures: bytes, combination: bytes
) -> None:
    rows = _readable(whole, combination)
    assert {cells[8] for cells in rows} == {"*", " "}
    main = Counter(tuple(cell.strip() for cell in cells[:8]) for cells in _lines(futures)[1:])
    spreads = Counter({row: number for row, number in main.items() if "/" in row[2]})
    for row in _rejects(whole, "taifex_futures"):
        spreads.pop(tuple(cell.strip() for cell in row["text"].split(",")[:8]), None)
    assert Counter(tuple(cells[:8]) for cells in rows if cells[8] == "*") == spreads
    legs: Counter[tuple[str, ...]] = Counter()
    for day, product, pair, at, price, volume, *prices, mark in rows:
        near, far = prices
        assert round(float(far) - float(near), 2) == float(price)
        assert int(volume) % 4 == 0
        if mark == " ":
            for expiry, leg in zip(pair.split("/"), prices, strict=True):
                legs[day, product, expiry, at, leg, str(int(volume) // 2), "-", "-"] += 1
    assert legs.total() > 500
    assert legs <= main


def test_option_truth_stands_on_its_lines(whole: dict[str, pa.Table], options: bytes) -> None:
    lines = _lines(options)
    seen = {1, 2}
    for row in whole["option_trades"].to_pylist():
        cells = [cell.strip() for cell in lines[row["line"] - 1]]
        local = row["traded_at"] + timedelta(hours=8)
        assert cells[:2] == [f"{local:%Y%m%d}", row["product"]]
        assert (int(cells[2]), cells[3], cells[4]) == (
            row["strike"],
            row["expiry"],
            row["option_type"],
        )
        assert (cells[5], float(cells[6])) == (f"{local:%H%M%S}", row["price"])
        assert (int(cells[7]), cells[8] == "*") == (row["sides"], row["opening_auction"])
        seen.add(row["line"])
    for row in _rejects(whole, "taifex_options"):
        assert lines[row["line"] - 1] == row["text"].split(",")
        seen.add(row["line"])
    assert seen == set(range(1, len(lines) + 1))


def test_etf_truth_stands_on_its_rows(exchange: Exchange, whole: dict[str, pa.Table]) -> None:
    answer = json.loads(exchange.session(DAY).document("etf"))
    rows = {row["line"]: row for row in whole["etf_trades"].to_pylist()}
    rejected = {row["line"]: row["text"] for row in _rejects(whole, "finmind_trades")}
    assert rows.keys() | rejected.keys() == set(range(1, len(answer["data"]) + 1))
    for line, trade in enumerate(answer["data"], start=1):
        if line in rejected:
            assert rejected[line] == ",".join(map(str, trade.values()))
            continue
        local = rows[line]["traded_at"] + timedelta(hours=8)
        assert trade["Time"] == f"{local:%H:%M:%S.%f}"[:-3]
        assert trade["date"] == f"{local:%Y-%m-%d}"
        assert (trade["deal_price"], 1_000 * trade["volume"]) == (
            rows[line]["price"],
            rows[line]["shares"],
        )
        assert rows[line]["side"] == [None, "buy", "sell"][trade["TickType"]]


@pytest.mark.parametrize("kind", ["futures", "options"])
def test_the_dawn_file_is_the_night_of_the_full_one(exchange: Exchange, kind: Document) -> None:
    session = exchange.session(DAY)
    early: Document = "dawn_futures" if kind == "futures" else "dawn_options"
    name, dawn = _entry(session.document(early))
    full_name, full = _entry(session.document(kind))
    assert name == full_name
    header, *rows = _lines(full)
    at = next(place for place, cell in enumerate(header) if cell.strip() == "成交時間")
    rule = rows[: kind == "options"]
    night = [row for row in rows[len(rule) :] if row[0] < "20241218" or row[at].strip() < "080000"]
    assert 1_000 < len(night) < len(rows)
    assert _lines(dawn) == [header, *rule, *night]


def test_lines_have_the_real_form(whole: dict[str, pa.Table], futures: bytes) -> None:
    rejected = {row["line"] for row in _rejects(whole, "taifex_futures")}
    for number, line in enumerate(futures.split(b"\r\n")[1:-1], start=2):
        assert ROW.fullmatch(line) or number in rejected


def test_unreadable_lines_can_be_left_out() -> None:
    exchange = Exchange(unreadable=False)
    for document in get_args(Document):
        assert exchange.session(DAY).slips(document) == ()
    _, content = _entry(exchange.session(DAY).document("futures"))
    assert len(_lines(content)) == 1 + len(exchange.session(DAY).tape)


def test_index_forms_agree(exchange: Exchange) -> None:
    report = json.loads(exchange.session(DAY).document("index_json"))
    content = exchange.session(DAY).document("index_csv")
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
    report = json.loads(exchange.session(DAY).document("index_json"))
    levels = whole["index_levels"]
    assert levels.num_rows == 3241 * (len(report["fields"]) - 1)
    column = {name: place for place, name in enumerate(report["fields"])}
    for row in levels.take(list(range(0, levels.num_rows, 11))).to_pylist():
        cells = report["data"][row["line"] - 1]
        assert cells[0] == f"{row['observed_at'] + timedelta(hours=8):%H:%M:%S}"
        assert float(cells[column[row["index_name"]]].replace(",", "")) == row["level"]
        assert row["is_previous_close"] == (cells[0] == "09:00:00")


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


OPTION_ROW = re.compile(
    rb"\d{8}   ,    [A-Z0-9]{3}     ,    (?=.{54},)\d+(?:\.\d+)? +,    \d{6}(?:[WF]\d)?  ,"
    rb"    [CP]     ,    \d{6}  ,    (?=.{9},)\d*(?:\.\d+)? +,    [1-9]\d*,    [ *]"
)
COMBINATION_ROW = re.compile(
    rb"\d{8},[A-Z0-9]{2,3},\d{6}(?:W\d)?/\d{6}(?:W\d)?,\d{6},-?\d*\.?\d+,\d+,"
    rb"\d*\.?\d+,\d*\.?\d+,[ *]"
)


def test_layout_of_the_real_combination_file(samples: Path, combination: bytes) -> None:
    _, real = _entry((samples / "taifex" / "Daily_2021_07_26_C.zip").read_bytes())
    for document, unreadable in ((real, 0), (combination, 3)):
        header, *rows, end = document.split(b"\r\n")
        assert header == real.split(b"\r\n")[0]
        assert sum(COMBINATION_ROW.fullmatch(row) is None for row in rows) == unreadable
        assert end == b""


def test_layout_of_the_real_options_file(samples: Path, options: bytes) -> None:
    _, real = _entry((samples / "taifex" / "OptionsDaily_2021_07_26.zip").read_bytes())
    for document, unreadable in ((real, 0), (options, 6)):
        header, rule, *rows = document.split(b"\r\n")
        assert [header, rule] == real.split(b"\r\n")[:2]
        assert rows.pop() == b""
        assert sum(OPTION_ROW.fullmatch(row) is None for row in rows) == unreadable


def test_layout_of_the_real_etf_trades(samples: Path, exchange: Exchange) -> None:
    (real,) = (samples / "finmind").glob("*.json")
    written = exchange.session(date(2021, 9, 22)).document("etf")
    form = re.compile(
        r'\{"msg":"success","status":200,"data":\[(?:\{"date":"2021-09-22",'
        r'"stock_id":"006204","deal_price":\d+\.\d{1,2},"volume":\d+,'
        r'"Time":"\d\d:\d\d:\d\d\.\d{3}","TickType":[0-3]\},?)+\]\}'
    )
    for document in (real.read_text(encoding="utf-8"), written.decode()):
        assert form.fullmatch(document)


def test_layout_of_the_real_index_report(samples: Path, exchange: Exchange) -> None:
    twse = samples / "twse"
    real = (twse / "MI_5MINS_INDEX_20230721.csv").read_bytes().split(b"\r\n")
    ours = exchange.session(date(2023, 7, 21)).document("index_csv").split(b"\r\n")
    assert ours[:2] == real[:2]
    assert len(ours) == len(real)
    assert ours[3243:] == real[3243:]
    blank = re.compile(rb"[\d,.]+\"")
    for place in (2, 722, 723, 3242):
        assert blank.sub(b'#"', ours[place]) == blank.sub(b'#"', real[place])
    document = json.loads((twse / "MI_5MINS_INDEX_20230130.json").read_bytes())
    report = json.loads(exchange.session(date(2023, 1, 30)).document("index_json"))
    assert list(report) == list(document)
    for key in ("stat", "date", "title", "fields", "notes", "total"):
        assert report[key] == document[key]
