"""The documents of a session, in the exchange's layout, and what a plain reader makes of them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from simulator.india.layouts import foreign_shapes

from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.notices import holidays_json
from indextracker_simulator.india.truth import truth

if TYPE_CHECKING:
    from pathlib import Path

    from indextracker_simulator.india.exchange import DocumentKind

# A session of each time: without ISINs; legacy alone; with the full bhavcopy; the resaved one; a
# Muhurat evening; without a full bhavcopy; a Saturday with all three; UDiFF and full.
SESSIONS = (
    *(date(2011, 6, 21), date(2017, 7, 10), date(2019, 10, 1), date(2020, 7, 13)),
    *(date(2021, 11, 4), date(2022, 8, 8), date(2024, 1, 20), date(2025, 8, 29)),
)


class Layout(NamedTuple):
    """Where a figure stands in each document: column by name of the document."""

    legacy: str
    udiff: str
    full: str


FIGURES = {
    "isin": Layout("ISIN", "ISIN", ""),
    "previous_close": Layout("PREVCLOSE", "PrvsClsgPric", "PREV_CLOSE"),
    "open": Layout("OPEN", "OpnPric", "OPEN_PRICE"),
    "high": Layout("HIGH", "HghPric", "HIGH_PRICE"),
    "low": Layout("LOW", "LwPric", "LOW_PRICE"),
    "close": Layout("CLOSE", "ClsPric", "CLOSE_PRICE"),
    "last": Layout("LAST", "LastPric", "LAST_PRICE"),
    "shares": Layout("TOTTRDQTY", "TtlTradgVol", "TTL_TRD_QNTY"),
    "turnover_inr": Layout("TOTTRDVAL", "TtlTrfVal", "TURNOVER_LACS"),
    "trades": Layout("TOTALTRADES", "TtlNbOfTxsExctd", "NO_OF_TRADES"),
}
KEYS = {
    "legacy": ("SYMBOL", "SERIES"),
    "udiff": ("TckrSymb", "SctySrs"),
    "full": ("SYMBOL", "SERIES"),
}


def document(exchange: Exchange, kind: DocumentKind, session: date) -> bytes | None:
    """The text of a document, out of its zip; None where there is none."""
    day = date(2021, 11, 5) if (kind, session) == ("full", date(2021, 11, 4)) else session
    published = exchange.published(kind, day)
    if published is None or kind == "full":
        return published and published.body
    with zipfile.ZipFile(io.BytesIO(published.body)) as archive:
        assert archive.testzip() is None
        (name,) = archive.namelist()
        return archive.read(name)


def cells(content: bytes) -> list[dict[str, str]]:
    """The lines of a document by the names in its header, cells trimmed."""
    header, *lines = csv.reader(io.StringIO(content.decode()))
    names = [name.strip() for name in header]
    assert {len(line) for line in lines} == {len(names)}
    return [dict(zip(names, (cell.strip() for cell in line), strict=True)) for line in lines]


def read(exchange: Exchange, session: date) -> dict[tuple[str, str], dict[str, Any]]:
    """The end of day of a session: of each row the first document that has it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    formats: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind in ("udiff", "legacy", "full"):
        content = document(exchange, kind, session)
        for line in cells(content) if content else ():
            symbol, series = KEYS[kind]
            key = (line[symbol], line[series])
            formats[key].append(kind)
            row = found.setdefault(key, _figures(kind, line))
            row.update(vwap=None, deliverable_shares=None, source_formats="+".join(formats[key]))
            if kind == "full":
                row["vwap"] = float(line["AVG_PRICE"]) or None
                delivered = line["DELIV_QTY"]
                row["deliverable_shares"] = None if delivered == "-" else int(delivered)
    return found


def _figures(kind: str, line: dict[str, str]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for figure, layout in FIGURES.items():
        text = line.get(getattr(layout, kind), "") or None
        if figure == "isin" or text is None:
            figures[figure] = text
        elif figure in ("shares", "trades"):
            figures[figure] = int(text)
        elif figure == "turnover_inr":
            lakhs = 100_000 if kind == "full" else 1
            figures[figure] = (Decimal(text) * lakhs).quantize(Decimal("0.01"))
        else:
            figures[figure] = float(text) or None
    return figures


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_the_documents_of_a_session_together_tell_what_happened(
    exchange: Exchange, session: date
) -> None:
    happened = truth(exchange, session)["equities_daily"].to_pylist()
    expected = {
        (row.pop("symbol"), row.pop("series")): row
        for row in happened
        if row.pop("session_date") == session
    }
    assert read(exchange, session) == expected
    assert len(expected) > 45


def test_each_time_has_its_documents(exchange: Exchange) -> None:
    formats = {
        session: set(truth(exchange, session)["equities_daily"]["source_formats"].to_pylist())
        for session in SESSIONS
    }
    assert list(formats.values()) == [
        {"legacy"},
        {"legacy"},
        {"legacy+full", "legacy"},
        {"legacy+full", "legacy"},
        {"legacy+full", "legacy"},
        {"legacy"},
        {"udiff+legacy+full", "udiff+legacy"},
        {"udiff+full", "udiff"},
    ]


def test_the_full_bhavcopy_once_gave_wrong_shares(exchange: Exchange) -> None:
    (row,) = truth(exchange, date(2020, 7, 13))["equity_disagreements"].to_pylist()
    content = document(exchange, "full", date(2020, 7, 13))
    assert content is not None
    printed = {line["SYMBOL"]: line for line in cells(content)}[row["symbol"]]
    assert int(printed["TTL_TRD_QNTY"]) == row["value"] > 6 * 10**9
    assert printed["AVG_PRICE"] == "0.00"
    assert (row["figure"], row["source_format"], row["kept_format"]) == ("shares", "full", "legacy")
    assert truth(exchange, date(2020, 7, 14))["equity_disagreements"].num_rows == 0


def test_delivery_is_a_dash_under_surveillance_and_above_a_billion_shares(
    exchange: Exchange,
) -> None:
    dashed: dict[str, list[int]] = defaultdict(list)
    told: dict[str, list[int]] = defaultdict(list)
    for session in exchange.calendar.between(date(2019, 10, 1), date(2024, 12, 31))[::25]:
        content = document(exchange, "full", session)
        for line in cells(content) if content else ():
            kept = dashed if line["DELIV_QTY"] == "-" else told
            kept[line["SERIES"]].append(int(line["TTL_TRD_QNTY"]))
            assert (line["DELIV_PER"] == "-") == (line["DELIV_QTY"] == "-")
    assert {"BE", "BZ"} <= set(dashed)
    assert not {"BE", "BZ"} & set(told)
    assert min(dashed["EQ"]) > 10**9 > max(told["EQ"])
    assert set(told) >= {"EQ", "SM", "GB", "GS"}
    assert not {"N1", "NA", "BL"} & {*told, *dashed}


@pytest.mark.parametrize(
    ("day", "ending", "last_cell", "timestamp"),
    [
        ("2011-06-21", "\n", "", "21-JUN-2011"),
        ("2017-07-07", "\n", "", "07-JUL-2017"),
        ("2017-07-10", "\r\n", "ISIN", "10-JUL-2017"),
        ("2020-07-13", "\r\n", "ISIN", "13-Jul-20"),
    ],
)
def test_the_legacy_document_of_odd_days(
    exchange: Exchange, day: str, ending: str, last_cell: str, timestamp: str
) -> None:
    content = document(exchange, "legacy", date.fromisoformat(day))
    assert content is not None
    text = content.decode()
    assert text.endswith(ending)
    assert ("\r" in text) == (ending == "\r\n")
    header = text.split(ending)[0].split(",")
    assert header[-1] == last_cell
    assert ("ISIN" in header) == ("TOTALTRADES" in header) == (day > "2011-06-21")
    assert {line["TIMESTAMP"] for line in cells(content)} == {timestamp}


def test_lines_that_cannot_be_read_stand_among_the_others(exchange: Exchange) -> None:
    spoilt = Exchange(clock=exchange.clock)
    reasons: Counter[tuple[str, str]] = Counter()
    for session in exchange.calendar.between(date(2024, 6, 20), date(2024, 7, 20)):
        told: dict[str, dict[int, str]] = {}
        for row in truth(spoilt, session)["rejects"].to_pylist():
            told.setdefault(row["feed"], {})[row["line"]] = row["text"]
            reasons[row["feed"], row["reason"]] += 1
        for kind in ("udiff", "legacy", "full"):
            whole, right = document(spoilt, kind, session), document(exchange, kind, session)
            if whole is None or right is None:
                continue
            lines = dict(enumerate(whole.decode().splitlines(), 1))
            slips = told.pop(f"nse_{kind}_bhavcopy", {})
            assert {number: lines.pop(number) for number in slips} == slips
            assert list(lines.values()) == right.decode().splitlines()
            assert max(slips, default=0) <= len(lines) + len(slips) - 1
        assert told == {}
    assert len(reasons) == 9
    assert min(reasons.values()) > 1


# Layout, against what the exchange published


@pytest.mark.parametrize(
    ("kind", "session", "sample", "words"),
    [
        ("udiff", "2025-08-29", "BhavCopy_NSE_CM_0_0_0_20250829_F_0000.csv", {6, 7, 13}),
        ("legacy", "2021-11-04", "cm04NOV2021bhav.csv", {0, 12}),
        ("legacy", "2021-02-17", "cm17FEB2021bhav.csv", {0, 12}),
        ("full", "2025-08-29", "sec_bhavdata_full_29082025.csv", {0}),
        ("full", "2025-12-17", "sec_bhavdata_full_17122025.csv", {0}),
    ],
)
def test_a_document_is_laid_out_as_the_published_one(
    exchange: Exchange,
    samples: Path,
    kind: DocumentKind,
    session: str,
    sample: str,
    words: set[int],
) -> None:
    """Header and endings to the byte; figures in forms that the published ones have too."""
    content = document(exchange, kind, date.fromisoformat(session))
    assert content is not None
    published = (samples / "nse" / sample).read_bytes()
    assert content.split(b"\n")[0] == published.split(b"\n")[0]
    assert (b"\r" in content) == (b"\r" in published)
    assert content[-1:] == published[-1:] == b"\n"
    made, real = (text.decode().splitlines()[1:] for text in (content, published))
    assert foreign_shapes(made, real, words) == {}


def test_rows_follow_each_other_as_in_the_published_documents(exchange: Exchange) -> None:
    session = date(2024, 1, 20)
    for kind, columns in (
        ("udiff", ("ISIN", "TckrSymb", "SctySrs")),
        ("legacy", ("SYMBOL", "SERIES")),
        ("full", ("SYMBOL", "SERIES")),
    ):
        content = document(exchange, kind, session)
        assert content is not None
        keys = [tuple(line[name] for name in columns) for line in cells(content)]
        assert keys == sorted(keys)
        assert len(set(keys)) == len(keys)


# Holidays


def test_the_list_of_holidays_has_the_published_form(exchange: Exchange, samples: Path) -> None:
    published = json.loads((samples / "nse" / "holiday-master.json").read_bytes())
    made = json.loads(holidays_json(2023, exchange.today))
    assert list(made) == list(published)
    first = made["CM"][0]
    assert first == published["CM"][0] | {"Sr_no": 1}
    assert list(first) == list(published["CM"][0])


def test_a_star_marks_the_holiday_with_an_evening_session(exchange: Exchange) -> None:
    starred = [
        entry["tradingDate"]
        for year in range(2020, 2027)
        for entry in json.loads(holidays_json(year, exchange.today))["CM"]
        if entry["description"].endswith("*")
    ]
    assert starred == ["04-Nov-2021", "24-Oct-2022", "01-Nov-2024", "21-Oct-2025"]


@pytest.mark.parametrize(
    ("now", "year", "listed", "unlisted"),
    [
        ("2024-04-07", 2024, set(), {"20-May-2024", "20-Nov-2024"}),
        ("2024-04-08", 2024, {"20-May-2024"}, {"20-Nov-2024"}),
        ("2024-11-08", 2024, {"20-May-2024", "20-Nov-2024"}, set()),
        ("2023-06-26", 2023, {"28-Jun-2023"}, {"29-Jun-2023"}),
        ("2023-06-27", 2023, {"29-Jun-2023"}, {"28-Jun-2023"}),
    ],
)
def test_a_closure_is_listed_once_it_is_announced(
    now: str, year: int, listed: set[str], unlisted: set[str]
) -> None:
    entries = json.loads(holidays_json(year, date.fromisoformat(now)))["CM"]
    days = {entry["tradingDate"] for entry in entries}
    assert listed <= days
    assert not unlisted & days


def test_a_year_without_a_list_is_answered_with_empty_ones() -> None:
    for year, today in ((2010, date(2026, 1, 1)), (2027, date(2026, 12, 11))):
        assert set(map(len, json.loads(holidays_json(year, today)).values())) == {0}
    assert json.loads(holidays_json(2027, date(2026, 12, 12)))["CM"]
