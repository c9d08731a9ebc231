"""TAIFEX's daily report: what is accepted, what is refused and why, and what a row says."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from support.documents import DIGEST, accepted, decoded

from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.model import Request, State
from indextracker_catalogue.model import ARROW

FUTURES = FEEDS["taifex_daily_futures"]
OPTIONS = FEEDS["taifex_daily_options"]
SESSION = date(2024, 7, 29)

FUTURES_NAMES = [
    *("交易日期", "契約", "到期月份(週別)", "開盤價", "最高價", "最低價", "收盤價", "漲跌價"),
    *("漲跌%", "成交量", "結算價", "未沖銷契約數", "最後最佳買價", "最後最佳賣價", "歷史最高價"),
    *("歷史最低價", "是否因訊息面暫停交易", "交易時段", "價差對單式委託成交量"),
]
OPTIONS_NAMES = [
    *("交易日期", "契約", "到期月份(週別)", "履約價", "買賣權", "開盤價", "最高價", "最低價"),
    *("收盤價", "成交量", "結算價", "未沖銷契約數", "最後最佳買價", "最後最佳賣價", "歷史最高價"),
    *("歷史最低價", "是否因訊息面暫停交易", "交易時段", "漲跌價", "漲跌%"),
]

TX = {
    "交易日期": "2024/07/29",
    "契約": "TX",
    "到期月份(週別)": "202408  ",
    "開盤價": "22430",
    "最高價": "22519",
    "最低價": "22146",
    "收盤價": "22261",
    "成交量": "99245",
    "結算價": "22256",
    "未沖銷契約數": "80737",
    "交易時段": "一般",
}
TX_NIGHT = TX | {"交易時段": "盤後", "結算價": "-", "未沖銷契約數": "-"}
SPREAD = TX_NIGHT | {"到期月份(週別)": "202408/202409", "交易時段": "一般"}
TXO = TX | {"契約": "TXO", "履約價": "22000.0000", "買賣權": "買權"}


def report(
    *rows: dict[str, str],
    names: list[str] = FUTURES_NAMES,
    comma: str = ",",
    encoding: str = "cp950",
) -> bytes:
    """A report as the exchange prints it: a comma ends each line of data, not the header."""
    lines = [",".join(names)]
    lines += [",".join(row.get(name, "-") for name in names) + comma for row in rows]
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)


def assert_refused(
    body: bytes, state: State, *words: str, feed: Feed = FUTURES, session: date = SESSION
) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(feed, body, session)
    refusal = caught.value
    assert refusal.state == state, refusal
    assert [word for word in (feed.names(session)[0], *words) if word not in refusal.reason] == []


# real documents


@pytest.mark.parametrize(
    ("feed", "session", "rows", "day", "night"),
    [
        (FUTURES, date(2023, 1, 30), 1_854, 1_750, 104),
        (FUTURES, date(2024, 7, 29), 2_135, 1_976, 159),
        (OPTIONS, date(2023, 1, 30), 5_922, 5_236, 686),
    ],
)
def test_real_reports_are_accepted_whole(
    samples: Path, feed: Feed, session: date, rows: int, day: int, night: int
) -> None:
    body = (samples / "taifex/daily-report" / feed.names(session)[0]).read_bytes()
    read = accepted(feed, body, session)
    assert read.schema == pa.schema(
        [(column.name, pa.type_for_alias(ARROW[column.type])) for column in feed.table.columns]
    )
    assert read.column("line").to_pylist() == list(range(2, rows + 2))
    assert read.column("text").null_count == rows
    parts = pc.value_counts(read.column("trading_session")).to_pylist()
    assert {part["values"]: part["counts"] for part in parts} == {"一般": day, "盤後": night}
    assert set(read.column("report_date").to_pylist()) == {f"{session:%Y/%m/%d}"}


def test_a_real_line_is_read_under_its_names(samples: Path) -> None:
    body = (samples / "taifex/daily-report/futures_2024_07_29.csv").read_bytes()
    rows = decoded(FUTURES, body, SESSION)
    front = rows.filter(
        pc.and_(pc.equal(rows.column("product"), "TX"), pc.equal(rows.column("expiry"), "202408"))
    ).to_pylist()
    assert [row["trading_session"] for row in front] == ["一般", "盤後"]
    assert front[0] == {
        "session_date": SESSION,
        "line": 76,
        "report_date": "2024/07/29",
        "product": "TX",
        "expiry": "202408",
        "open": "22430",
        "high": "22519",
        "low": "22146",
        "close": "22261",
        "volume": "99245",
        "settlement_price": "22256",
        "open_interest": "80737",
        "best_bid": "22261",
        "best_ask": "22262",
        "historical_high": "24442",
        "historical_low": "20959",
        "halted": "",
        "trading_session": "一般",
        "change": "165",
        "change_percent": "0.75%",
        "spread_order_volume": "",
        "text": None,
        "document": DIGEST,
    }


def test_options_have_a_strike_a_type_and_no_date_of_expiry_before_2025(samples: Path) -> None:
    session = date(2023, 1, 30)
    body = (samples / "taifex/daily-report/options_2023_01_30.csv").read_bytes()
    rows = decoded(OPTIONS, body, session)
    assert rows.slice(0, 2).select(["product", "strike", "option_type", "open"]).to_pylist() == [
        {"product": "CAO", "strike": "57.5000", "option_type": "買權", "open": "-"},
        {"product": "CAO", "strike": "57.5000", "option_type": "賣權", "open": "-"},
    ]
    assert rows.column("expiry_date").null_count == rows.num_rows


def test_a_real_header_alone_is_missing(samples: Path) -> None:
    body = (samples / "taifex/daily-report/futures_no_data.csv").read_bytes()
    assert_refused(body, "missing", "no session on that day")


def test_pages_are_told_apart(samples: Path) -> None:
    no_data = (samples / "taifex/no-data.html").read_bytes()
    assert_refused(no_data, "missing", "查無資料")
    error = (samples / "taifex/datetime-error.html").read_bytes()
    assert_refused(error, "refused", "日期時間錯誤 DateTime error")
    firewall = b"<html><body>FOR SECURITY REASONS, THIS PAGE CAN NOT BE ACCESSED!</body></html>"
    assert_refused(firewall, "blocked", "SECURITY REASONS")


def test_a_real_report_of_another_session_names_its_first_line(samples: Path) -> None:
    body = (samples / "taifex/daily-report/futures_2023_01_30.csv").read_bytes()
    assert_refused(body, "refused", "line 2", "'2023/01/30'", "expected 2024/07/29")


# columns


def test_columns_are_read_by_name_and_unknown_ones_let_be() -> None:
    names = ["契約到期日", *reversed(OPTIONS_NAMES), "備註"]
    body = report(TXO | {"契約到期日": "2024/08/21", "備註": "x"}, names=names)
    accepted(OPTIONS, body, SESSION)
    (row,) = decoded(OPTIONS, body, SESSION).to_pylist()
    assert row["expiry_date"] == "2024/08/21"
    known = ("product", "expiry", "strike", "option_type", "open", "settlement_price")
    assert [row[name] for name in known] == [
        "TXO",
        "202408",
        "22000.0000",
        "買權",
        "22430",
        "22256",
    ]


@pytest.mark.parametrize("header", ["", ","])
@pytest.mark.parametrize("commas", [("", ""), (",", ","), ("", ","), (",", "")])
def test_a_comma_may_end_header_and_lines(header: str, commas: tuple[str, str]) -> None:
    """Until 2025-12-05 one ended the lines, and since then of options the header."""
    names, *lines = report(TX, SPREAD, comma="").decode("cp950").split("\r\n")[:3]
    text = [names + header, *(line + comma for line, comma in zip(lines, commas, strict=True))]
    body = "".join(f"{line}\r\n" for line in text).encode("cp950")
    accepted(FUTURES, body, SESSION)
    assert decoded(FUTURES, body, SESSION).equals(decoded(FUTURES, report(TX, SPREAD), SESSION))


@pytest.mark.parametrize("form", ["%Y/%m/%d", "%Y%m%d", "%Y-%m-%d"])
def test_the_date_may_take_any_form(form: str) -> None:
    rows = [row | {"交易日期": SESSION.strftime(form)} for row in (TX, SPREAD)]
    dates = decoded(FUTURES, report(*rows), SESSION).column("report_date")
    assert dates.to_pylist() == [SESSION.strftime(form)] * 2
    other = report(TX, SPREAD | {"交易日期": date(2024, 7, 26).strftime(form)})
    assert_refused(other, "refused", "line 3", "expected 2024/07/29")


def test_a_report_of_which_no_line_splits_is_refused_in_these_words() -> None:
    body = report(TX, SPREAD, comma=",,")
    assert_refused(body, "refused", "no line splits", "which has 19", "line 2, the first, has 21")


@pytest.mark.parametrize(
    "name", ["交易日期", "契約", "收盤價", "結算價", "未沖銷契約數", "交易時段"]
)
def test_a_needed_column_that_is_not_there_is_named(name: str) -> None:
    names = [known for known in FUTURES_NAMES if known != name]
    assert_refused(report(TX, SPREAD, names=names), "refused", f"column {name} is not", "line 1")


@pytest.mark.parametrize("name", ["履約價", "買賣權"])
def test_a_report_of_futures_is_none_of_options(name: str) -> None:
    names = [known for known in OPTIONS_NAMES if known != name]
    assert_refused(report(TXO, names=names), "refused", f"column {name} is not", feed=OPTIONS)


def test_a_needed_column_that_is_there_twice_is_refused() -> None:
    names = [*FUTURES_NAMES, "收盤價"]
    assert_refused(report(TX, SPREAD, names=names), "refused", "column 收盤價 is twice")


def test_a_column_that_silver_can_do_without_may_be_missing() -> None:
    names = [name for name in FUTURES_NAMES if name != "漲跌%"]
    rows = decoded(FUTURES, report(TX, SPREAD, names=names), SESSION)
    assert rows.column("change_percent").null_count == 2
    assert rows.column("change").to_pylist() == ["-", "-"]


def test_a_column_of_another_name_is_no_unknown_one() -> None:
    names = ["漲跌率" if name == "漲跌%" else name for name in FUTURES_NAMES]
    assert_refused(report(TX, SPREAD, names=names), "refused", "'漲跌%'", "'漲跌率'", "renamed")


def test_a_line_of_too_many_cells_is_kept_whole_for_silver_to_reject() -> None:
    body = report(TX, TX | {"開盤價": "22,430"}, SPREAD)
    accepted(FUTURES, body, SESSION)
    rows = decoded(FUTURES, body, SESSION).to_pylist()
    assert [row["line"] for row in rows] == [2, 3, 4]
    assert [row["text"] is None for row in rows] == [True, False, True]
    assert "22,430" in rows[1]["text"]
    assert rows[1]["product"] is None


def test_a_line_with_a_cell_beyond_the_last_name_is_kept_whole() -> None:
    body = report(TX, SPREAD, SPREAD | {"價差對單式委託成交量": "8"})
    rows = decoded(FUTURES, body.replace(b"8,\r\n", b"8,9\r\n"), SESSION).to_pylist()
    assert [row["text"] is None for row in rows] == [True, True, False]


# completeness


@pytest.mark.parametrize(
    ("rows", "state", "words"),
    [
        ((), "missing", ("no line",)),
        ((TX_NIGHT,), "partial", ("night part alone",)),
        ((TX_NIGHT, SPREAD | {"交易時段": "盤後"}), "partial", ("night part alone",)),
        ((TX | {"結算價": "-"}, TX_NIGHT, SPREAD), "partial", ("no settlement price of TX yet",)),
        ((TX, TX_NIGHT), "refused", ("line 3", "before the calendar spreads")),
        ((TX | {"契約": "MTX"}, SPREAD | {"契約": "MTX"}), "refused", ("2 lines and none of TX",)),
        ((TX, SPREAD | {"交易日期": "2024/07/26"}), "refused", ("line 3", "'2024/07/26'")),
        ((TX, SPREAD | {"交易日期": ""}), "refused", ("line 3", "''")),
    ],
)
def test_what_a_complete_report_has(
    rows: tuple[dict[str, str], ...], state: State, words: tuple[str, ...]
) -> None:
    assert_refused(report(*rows), state, *words)


def test_a_settlement_price_of_zero_is_the_final_settlement() -> None:
    accepted(FUTURES, report(TX | {"結算價": "0"}, TX_NIGHT, SPREAD), SESSION)


def test_options_and_old_reports_have_no_spreads() -> None:
    accepted(OPTIONS, report(TXO, names=OPTIONS_NAMES), SESSION)
    old = TX | {"交易日期": "2021/07/26"}
    accepted(FUTURES, report(old), date(2021, 7, 26))


def test_a_report_without_the_options_of_the_index_is_refused() -> None:
    body = report(TXO | {"契約": "CAO"}, names=OPTIONS_NAMES)
    assert_refused(body, "refused", "1 lines and none of TXO", "cut off", feed=OPTIONS)


def test_a_last_line_that_does_not_end_is_cut_off() -> None:
    body = report(TX, SPREAD)
    assert_refused(body[:-1], "refused", "cut off", "line 3")
    assert_refused(report()[:-2], "refused", "cut off", "line 1")
    assert_refused(b"", "missing", "empty")


def test_the_end_of_file_of_ms_dos_is_no_line() -> None:
    body = report(TX, SPREAD)
    for ended in (body + b"\x1a", body[:-2] + b"\x1a", body + b"\x1a\r\n"):
        assert decoded(FUTURES, ended, SESSION).equals(decoded(FUTURES, body, SESSION))
    assert_refused(report() + b"\x1a", "missing", "no line")


def test_a_report_saved_by_a_spreadsheet_in_utf_8_is_read() -> None:
    saved = report(TX, SPREAD, encoding="utf-8-sig")
    assert decoded(FUTURES, saved, SESSION).equals(decoded(FUTURES, report(TX, SPREAD), SESSION))


def test_another_encoding_is_refused() -> None:
    assert_refused(report(TX, SPREAD, encoding="utf-8"), "refused", "line 1")
    damaged = report(TX, SPREAD).replace(b"202408/", b"\xff\xff2408/")
    assert_refused(damaged, "refused", "line 3", "cp950")


# asking


@pytest.mark.parametrize(
    ("feed", "path", "name"),
    [
        (FUTURES, "/cht/3/futDataDown", "futures_2024_07_29.csv"),
        (OPTIONS, "/cht/3/optDataDown", "options_2024_07_29.csv"),
    ],
)
def test_a_report_is_asked_for_by_a_form(feed: Feed, path: str, name: str) -> None:
    form = {
        "down_type": "1",
        "commodity_id": "all",
        "queryStartDate": "2024/07/29",
        "queryEndDate": "2024/07/29",
    }
    assert feed.request(SESSION) == Request(path, form)
    assert feed.names(SESSION) == (name,)
    assert feed.listing is None
    assert feed.window_sessions is None
