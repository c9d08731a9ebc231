"""The daily report: its figures against the tape, its lines against the real reports."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from indextracker_simulator.taiwan.expiries import listed
from indextracker_simulator.taiwan.products import PRODUCTS
from indextracker_simulator.taiwan.session import Session
from indextracker_simulator.taiwan.taifex import no_report_csv

if TYPE_CHECKING:
    from pathlib import Path

    from indextracker_simulator.taiwan.exchange import Exchange

DAY = date(2024, 12, 18)  # TX 202412 ends
TX = PRODUCTS[-1]

PRICE = r"(?:-?\d+(?:\.\d{1,4})?|-)"
FUTURES_LINE = re.compile(
    rf"\d{{4}}/\d\d/\d\d,[A-Z0-9]{{2,3}},(?:\d{{6}}(?:  |W\d)|(?=.{{17}},)[\dW]+/[\dW]+ *),"
    rf"(?:{PRICE},){{5}}(?:-?\d+\.\d\d%|-),\d+,{PRICE},(?:\d+|-),(?:{PRICE},){{4}},"
    r"(?:一般|盤後),\d*,"
)
OPTIONS_LINE = re.compile(
    rf"\d{{4}}/\d\d/\d\d,[A-Z]{{3}},\d{{6}}(?:  |[WF]\d),\d+\.\d{{4}},[買賣]權,(?:{PRICE},){{4}}"
    rf"\d+,{PRICE},(?:\d+|-),(?:{PRICE},){{4}},(?:一般|盤後),{PRICE},"
    r"(?:-?\d+(?:\.\d{1,2})?%|-),(?:\d{4}/\d\d/\d\d,)?"
)


def _rows(document: bytes) -> list[dict[str, str]]:
    text = document.decode("cp950")
    assert text.endswith("\r\n")
    header, *rows = list(csv.reader(text.removesuffix("\r\n").split("\r\n")))
    full = [row for row in rows if len(row) == len(header) + 1]
    assert len(full) == len(rows) - 1  # the unreadable line
    assert all(row[-1] == "" for row in full)
    return [
        {name: cell.strip() for name, cell in zip(header, row[:-1], strict=True)} for row in full
    ]


@pytest.fixture(scope="module")
def futures(exchange: Exchange) -> list[dict[str, str]]:
    return _rows(exchange.session(DAY).document("daily_futures"))


@pytest.fixture(scope="module")
def options(exchange: Exchange) -> list[dict[str, str]]:
    return _rows(exchange.session(DAY).document("daily_options"))


def _number(cell: str) -> float | None:
    return None if cell == "-" else float(cell)


def _part(row: dict[str, str]) -> str:
    return {"一般": "day", "盤後": "night"}[row["交易時段"]]


def _figures(row: dict[str, str], names: str) -> list[float | None]:
    return [_number(row[name]) for name in names.split()]


OFFICIAL = "開盤價 最高價 最低價 收盤價"


def test_the_document_says_what_the_truth_does(
    whole: dict[str, Any], futures: list[dict[str, str]], options: list[dict[str, str]]
) -> None:
    true = {
        (
            row["product"],
            row["expiry"],
            row["strike"] and float(row["strike"]),
            row["option_type"],
            row["session_part"],
        ): row
        for row in whole["daily_report"].to_pylist()
    }
    for row in (*futures, *options):
        kind = {"買權": "C", "賣權": "P", None: None}[row.get("買賣權")]
        strike = float(row["履約價"]) if kind else None
        figures = true.pop((row["契約"], row["到期月份(週別)"], strike, kind, _part(row)))
        assert row["交易日期"] == "2024/12/18"
        assert _figures(row, OFFICIAL) == [figures[n] for n in ("open", "high", "low", "close")]
        assert int(row["成交量"]) == figures["contracts"]
        assert _number(row["結算價"]) == figures["settlement_price"]
        assert _number(row["未沖銷契約數"]) == figures["open_interest"]
    assert not true


def test_outright_figures_are_those_of_the_tape(
    exchange: Exchange, futures: list[dict[str, str]]
) -> None:
    tape = exchange.session(DAY).tape
    prices = defaultdict(list)
    volume: Counter[tuple[str, str, str]] = Counter()
    columns = (tape.product, tape.near, tape.far, tape.night, tape.price, tape.contracts)
    for product, near, far, night, price, contracts in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        part = "night" if night else "day"
        if far:
            volume[product, far, part] += contracts
            prices[product, f"{near}/{far}", part].append(price / 100)
            volume[product, f"{near}/{far}", part] += contracts
        else:
            prices[product, near, part].append(price / 100)
        volume[product, near, part] += contracts
    blocks = 0
    for row in futures:
        key = (row["契約"], row["到期月份(週別)"], _part(row))
        traded = prices.get(key)
        if traded:
            expected = [traded[0], max(traded), min(traded), traded[-1]]
            assert _figures(row, OFFICIAL) == expected
        else:
            assert (row["最高價"], row["最低價"]) == ("-", "-")
            assert (row["開盤價"] == "-") == (volume[key] == 0)
        assert int(row["成交量"]) >= volume[key]
        blocks += int(row["成交量"]) > volume[key]
    assert 1 < blocks < 15


def test_every_listed_contract_has_its_rows(
    futures: list[dict[str, str]], options: list[dict[str, str]]
) -> None:
    rows = Counter((row["契約"], row["到期月份(週別)"]) for row in futures)
    for expiry in listed(TX, DAY):
        assert rows["TX", expiry] == 2
    assert rows["OJF", "202412"] == 1
    untraded = [row for row in options if row["成交量"] == "0"]
    assert len(untraded) > 500
    assert all(_figures(row, OFFICIAL) == [None] * 4 for row in untraded)
    assert {row["契約"] for row in options} == {"TFO", "TXO"}
    assert {row["交易時段"] for row in options if row["契約"] == "TFO"} == {"一般"}


def test_settlement_stands_in_day_rows_and_is_zero_on_the_last_day(
    futures: list[dict[str, str]], options: list[dict[str, str]]
) -> None:
    for row in (*futures, *options):
        spread = "/" in row["到期月份(週別)"]
        settled = _number(row["結算價"])
        assert (settled is None) == (spread or _part(row) == "night")
        assert (row["未沖銷契約數"] == "-") == (settled is None)
        ending = row["到期月份(週別)"] == "202412" and not spread
        if settled is not None:
            assert (settled == 0) == ending
    ended = [row for row in futures if row["結算價"] == "0" and int(row["成交量"])]
    assert {"TX", "MTX", "CDF"} <= {row["契約"] for row in ended}


def test_the_settlement_is_the_reference_of_the_next_session(exchange: Exchange) -> None:
    eve = _rows(exchange.session(date(2024, 12, 17)).document("daily_futures"))
    settled = {
        (row["契約"], row["到期月份(週別)"]): float(row["結算價"])
        for row in eve
        if row["結算價"] not in {"-", "0"}
    }
    compared = 0
    for row in _rows(exchange.session(DAY).document("daily_futures")):
        key = (row["契約"], row["到期月份(週別)"])
        if row["漲跌價"] != "-" and row["最高價"] != "-":
            reference = float(row["收盤價"]) - float(row["漲跌價"])
            assert reference == pytest.approx(settled[key], abs=0.005)
            compared += 1
    assert compared > 20


def test_spreads_stand_last_with_those_that_met_outrights(
    exchange: Exchange, futures: list[dict[str, str]]
) -> None:
    pairs = ["/" in row["到期月份(週別)"] for row in futures]
    assert pairs == sorted(pairs)
    spreads = [row for row in futures if "/" in row["到期月份(週別)"]]
    met = exchange.session(DAY).futures.against_outrights.contracts.sum()
    assert sum(int(row["價差對單式委託成交量"]) for row in spreads) == met
    assert any(row["成交量"] == "0" and row["開盤價"] == "-" for row in spreads)
    outright = [row for row in futures if "/" not in row["到期月份(週別)"]]
    assert {row["價差對單式委託成交量"] for row in outright} == {""}


def test_layout_of_the_real_reports(samples: Path, exchange: Exchange) -> None:
    session = exchange.session(DAY)
    reports = samples / "taifex" / "daily-report"
    real = [(reports / f"futures_{day}.csv").read_bytes() for day in ("2023_01_30", "2024_07_29")]
    for document, unreadable in (*((r, 0) for r in real), (session.document("daily_futures"), 1)):
        header, *lines, end = document.decode("cp950").split("\r\n")
        assert header == real[0].decode("cp950").split("\r\n")[0]
        assert sum(FUTURES_LINE.fullmatch(line) is None for line in lines) == unreadable
        assert end == ""
    plain = (reports / "options_2023_01_30.csv").read_bytes()
    for document, unreadable in ((plain, 0), (session.document("daily_options"), 1)):
        header, *lines, end = document.decode("cp950").split("\r\n")
        assert header == plain.decode("cp950").split("\r\n")[0]
        main = [line for line in lines if line[10:15] in {",TXO,", ",TFO,"} or len(line) < 40]
        assert sum(OPTIONS_LINE.fullmatch(line) is None for line in main) == unreadable
        assert end == ""
    assert no_report_csv("futures", DAY) == (reports / "futures_no_data.csv").read_bytes()


def test_options_are_dated_since_december_2025() -> None:
    """A comma ended the lines before, and ends the header since."""
    before, after = (
        Session(1, day, "demo").document("daily_options").decode("cp950")
        for day in (date(2025, 12, 5), date(2025, 12, 8))
    )
    assert "契約到期日" not in before
    header, *lines, end = after.split("\r\n")
    assert header.endswith(",漲跌%,契約到期日,")
    assert end == ""
    complete = [line for line in lines if len(line) > 40]
    assert {line.count(",") for line in complete} == {header.count(",") - 1}
    december = [line for line in complete if ",202512 " in line]
    assert {line.rpartition(",")[2] for line in december} == {"20251217"}
    assert no_report_csv("options", date(2025, 12, 8)).decode("cp950") == header + "\r\n"
