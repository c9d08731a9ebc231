"""What people import: spreadsheets of daily prices, and the exchange's list of past actions."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support import nse_files as files
from support.workbooks import Cell, workbook

from indextracker.feeds.imports import kind_of, lines_of
from indextracker.feeds.model import Refusal
from indextracker.lake.arrow import arrow_schema
from indextracker.readings.india.bhavcopies import EQUITIES_DAILY
from indextracker.readings.india.corporate_actions import ANNOUNCED, FILED_ACTIONS
from indextracker.readings.india.sheets import SHEETS
from indextracker.system.documents import Document
from indextracker_catalogue.india import bronze as t
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.notices import actions_json

HEADER = ("Date", "Symbol", "Series", "Prev Close", "Open", "High", "Low", "Last", "Close")
MORE = ("VWAP", "Volume", "Trades", "Deliverable Volume", "%Deliverble")
# A Thursday, the Friday after it, and a Monday; the weekend decides which number is the month.
DAYS = (date(2020, 1, 9), date(2020, 1, 10), date(2020, 1, 13))


def line(day: object, symbol: str = "INFY", close: object = 106) -> tuple[Any, ...]:
    prices = (101.5, 102, 107, 101, 105.5, close)
    return (day, symbol, "EQ", *prices, 104.25, 1_000, 12, 600, 60.0)


def csv(*lines: Sequence[object], end: str = "\n") -> bytes:
    rows = [",".join(map(str, cells)) for cells in ((*HEADER, *MORE), *lines)]
    return "".join(f"{row}{end}" for row in rows).encode()


def rows(body: bytes, name: str = "prices.csv") -> pa.Table:
    document = Document.of(name, body)
    found = lines_of(kind_of(document), document)
    assert set(found["document"].to_pylist()) == {document.sha256}
    return found


def refusal(body: bytes, name: str = "prices.csv") -> str:
    with pytest.raises(Refusal) as caught:
        rows(body, name)
    assert caught.value.state == "refused"
    return caught.value.reason


def prices(lines: pa.Table, session: date) -> list[dict[str, Any]]:
    """The rows of silver of a session that has spreadsheets alone."""
    nothing = [arrow_schema(reading.table).empty_table() for reading in EQUITIES_DAILY.readings[:3]]
    own = lines.filter(pa.array([day == session for day in lines["session_date"].to_pylist()]))
    found: list[dict[str, Any]] = EQUITIES_DAILY.of([*nothing, own], session).to_pylist()
    return found


# spreadsheets


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%d-%b-%Y", "%d-%B-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y%m%d", "%d.%m.%y"],
)
def test_days_are_read_in_each_way_of_writing_them(form: str) -> None:
    found = rows(csv(*(line(day.strftime(form)) for day in DAYS)))
    assert found["session_date"].to_pylist() == list(DAYS)
    assert found["trade_date"].to_pylist() == [day.strftime(form) for day in DAYS]
    for day in DAYS:
        assert len(prices(found, day)) == 1


def test_days_that_a_spreadsheet_saved_anew_are_read() -> None:
    found = rows(csv(*(line(f"{day.month}/{day.day}/{day.year}") for day in DAYS), end="\r\n"))
    assert found["session_date"].to_pylist() == list(DAYS)


def test_what_a_row_says() -> None:
    [row] = prices(rows(csv(line("2020-01-09", "M&M"))), DAYS[0])
    assert row == {
        "session_date": DAYS[0],
        "symbol": "M&M",
        "series": "EQ",
        "isin": None,
        "previous_close": 101.5,
        "open": 102.0,
        "high": 107.0,
        "low": 101.0,
        "close": 106.0,
        "last": 105.5,
        "vwap": 104.25,
        "shares": 1_000,
        "turnover_inr": None,
        "trades": 12,
        "deliverable_shares": 600,
        "source_formats": "sheet",
    }


def test_numbers_may_be_grouped_and_have_decimals_of_floats() -> None:
    body = (
        '"Symbol","Series","Date","Open Price","High Price","Low Price","Close Price",'
        '"Total Traded Quantity","TOTTRDVAL"\r\n'
        '"INFY","EQ","09-Jan-2020","1,02,345.50","1,07,000.00","1,01,000.00","14.57999992",'
        '"12,34,567.00","1,234.50"\r\n'
    )
    [row] = prices(rows(body.encode()), DAYS[0])
    assert (row["open"], row["close"], row["shares"]) == (102_345.5, 14.57999992, 1_234_567)
    assert row["turnover_inr"] == Decimal("1234.50")


def test_a_workbook_is_read_as_its_cells_are() -> None:
    cells: list[Sequence[Cell]] = [(*HEADER, *MORE), *(line(day) for day in DAYS)]
    found = rows(workbook({"prices": cells, "notes": []}), "prices.xlsx")
    assert found["session_date"].to_pylist() == list(DAYS)
    assert found["line"].to_pylist() == [2, 3, 4]
    assert found["trade_date"].to_pylist() == [day.isoformat() for day in DAYS]
    assert found["open"].to_pylist() == ["102"] * 3
    assert prices(found, DAYS[1])[0]["close"] == 106.0


def test_a_workbook_of_two_sheets_is_refused() -> None:
    cells: list[Sequence[Cell]] = [(*HEADER, *MORE), line(DAYS[0])]
    assert "'a', 'b', expected exactly one" in refusal(workbook({"a": cells, "b": cells}), "p.xlsx")


@pytest.mark.parametrize("kept_bytes", [40, -30, -1])
def test_a_workbook_that_was_cut_off_is_none_that_can_be_imported(kept_bytes: int) -> None:
    body = workbook({"prices": [(*HEADER, *MORE), line(DAYS[0])]})
    assert "p.xlsx is none of what can be imported" in refusal(body[:kept_bytes], "p.xlsx")


def test_days_that_can_be_read_in_two_ways_are_not_guessed() -> None:
    """The 9th of January and the 1st of September are both sessions."""
    said = refusal(csv(line("09/01/2020"), line("10/01/2020")))
    assert "09/01/2020 can be 2020-01-09 or 2020-09-01" in said
    assert "write them as YYYY-MM-DD" in said


def test_days_of_which_many_are_no_session_cannot_be_right() -> None:
    weekend = [line(f"2020-{month:02}-{day:02}") for month in (1, 2) for day in range(1, 29)]
    said = refusal(csv(*weekend))
    assert "of 56 days are no session of the exchange" in said
    assert "2020-01-04" in said


def test_a_few_lines_that_cannot_be_read_are_rejects() -> None:
    good = [line(day) for day in DAYS]
    wrong = [line("soon"), line("2020-01-11"), line("2020-01-09", "TCS", close="n/a"), ("x",)]
    found = rows(csv(*good, *wrong, good[0], line(DAYS[0], close="105.5")))
    assert found.num_rows == 9
    first = found.filter(pa.array([d == DAYS[0] for d in found["session_date"].to_pylist()]))
    told = SHEETS.rejects(first, DAYS[0])
    assert list(zip(told["line"].to_pylist(), told["reason"].to_pylist(), strict=True)) == [
        (5, "no day of a session: soon"),
        (6, "no day of a session: 2020-01-11"),
        (7, "unreadable close: n/a"),
        (8, "the line does not split into its cells"),
        # The ninth says what the second does.
        (10, "a newer import, or a line before, has other figures of the same symbol and series"),
    ]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Date,Symbol,Open,High,Low,Close,Volume", "no column for series, called series"),
        ("Date,Series,Open,High,Low,Close,Volume", "no column for symbol, called symbol"),
        ("Date,Symbol,Series,Open,High,Low,Close,Volume,Shares", "either of which could be shares"),
    ],
)
def test_a_column_that_is_missing_or_twice_is_named(header: str, words: str) -> None:
    assert words in refusal(f"{header}\n2020-01-09,1,2,3,4,5,6,7,8\n".encode())


def test_what_is_neither_is_refused(samples: Path) -> None:
    for name in ("yahoo/chart-BTC-USD-2020-01-01-to-2020-01-03.json", "taifex/no-data.html"):
        body = (samples / name).read_bytes()
        assert Path(name).name in refusal(body, Path(name).name)
    assert "no column for series" in refusal(
        (samples / "stocks/historical_stock_prices_excel-resaved.csv").read_bytes()
    )


def test_the_exchange_itself_is_believed_before_a_spreadsheet() -> None:
    sheet = rows(csv(line("2020-01-09"), line("2020-01-09", "TCS")))
    schema = arrow_schema(t.NSE_LEGACY_BHAVCOPY)
    published = files.legacy_line("INFY", "EQ", DAYS[0], close="107").split(",")
    names = ("symbol", "series", "open", "high", "low", "close", "last", "previous_close")
    more = ("shares", "turnover", "trade_date", "trades", "isin")
    cells = dict(zip((*names, *more), published, strict=False))
    legacy = pa.Table.from_pylist([{**dict.fromkeys(schema.names), **cells, "line": 2}], schema)
    udiff, full = (
        arrow_schema(table).empty_table() for table in (t.NSE_UDIFF_BHAVCOPY, t.NSE_FULL_BHAVCOPY)
    )
    found = EQUITIES_DAILY.of([udiff, legacy, full, sheet], DAYS[0]).to_pylist()
    assert [(row["symbol"], row["close"], row["vwap"], row["source_formats"]) for row in found] == [
        ("INFY", 107.0, 104.25, "legacy+sheet"),
        ("TCS", 106.0, 104.25, "sheet"),
    ]


# corporate actions of the past


def action(subject: str, ex_date: str, symbol: str = "BESTAGRO") -> dict[str, str | None]:
    """An entry of the list, in the form of the exchange's site."""
    return {
        "symbol": symbol,
        "series": "EQ",
        "ind": "-",
        "faceVal": "1",
        "subject": subject,
        "exDate": ex_date,
        "recDate": ex_date,
        **dict.fromkeys(("bcStartDate", "bcEndDate", "ndStartDate", "ndEndDate"), "-"),
        "comp": "Best Agrolife Limited",
        "isin": "INE052T01013",
        "caBroadcastDate": None,
    }


def actions(*entries: object) -> pa.Table:
    return rows(json.dumps(entries).encode(), "actions.json")


def test_past_actions_stand_in_the_last_session_up_to_their_ex_date() -> None:
    found = actions(
        action("Bonus 1:2", "10-Jan-2020"),
        action("Dividend - Rs 7.50 Per Share", "11-Jan-2020"),  # a Saturday
        action("Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 2/- Per Share", "-"),
    )
    assert found["session_date"].to_pylist() == [DAYS[1]] * 3
    report = arrow_schema(t.NSE_CORPORATE_ACTIONS).empty_table()
    told = [
        (row["kind"], row["ex_date"], row["ratio"], row["amount_inr"])
        for row in ANNOUNCED.of([report, found], DAYS[1]).to_pylist()
    ]
    assert told == [
        ("bonus", date(2020, 1, 10), 0.5, None),
        ("dividend", date(2020, 1, 11), None, 7.5),
    ]
    rejects = FILED_ACTIONS.rejects(found, DAYS[1])
    assert rejects["reason"].to_pylist() == ["unreadable ex date: -"]


def test_an_entry_that_is_no_action_is_kept_whole() -> None:
    found = actions(action("Bonus 1:1", "10-Jan-2020"), {"note": "end"})
    assert found["text"].to_pylist() == [None, '{"note": "end"}']


@pytest.mark.parametrize("body", [b"[]", b"{}", b'[{"a": 1}]', b'["a"]'])
def test_json_that_is_no_list_of_actions_is_refused(body: bytes) -> None:
    assert "actions.json" in refusal(body, "actions.json")


def test_actions_without_a_day_at_all_are_refused() -> None:
    body = json.dumps([action("Bonus 1:1", "-")]).encode()
    assert "has no ex-date" in refusal(body, "actions.json")


def test_the_simulated_exchanges_list_gives_the_actions_that_there_were() -> None:
    """Each split, bonus and rights issue of five years, with its ratio, on its ex-date."""
    nse = Exchange(size=40)
    first, last = date(2019, 1, 1), date(2023, 12, 31)
    found = rows(actions_json(nse.instruments, first, last), "corporate-actions.json")
    report = arrow_schema(t.NSE_CORPORATE_ACTIONS).empty_table()
    told = set()
    for session in dict.fromkeys(found["session_date"].to_pylist()):
        own = found.filter(pa.array([day == session for day in found["session_date"].to_pylist()]))
        assert FILED_ACTIONS.rejects(own, session).num_rows == 0
        told |= {
            (row["symbol"], row["ex_date"], row["kind"], row["ratio"])
            for row in ANNOUNCED.of([report, own], session).to_pylist()
            if row["kind"] in ("split", "bonus", "rights")
        }
    happened = {
        (
            one.identities.at(action.ex_date).symbol,
            action.ex_date,
            action.kind,
            action.held / action.new if action.kind == "split" else action.new / action.held,
        )
        for one in nse.instruments
        for action in one.actions
        if first <= action.ex_date <= last and action.kind in ("split", "bonus", "rights")
    }
    assert len(happened) > 15
    assert told == happened
