"""What feeds and readings make of the simulated exchange's documents is what happened there."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from support.documents import accepted

from indextracker import calendars
from indextracker.calendars.exchanges import find_exchanges
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.india import bhavcopies as feeds
from indextracker.feeds.india.daily_report import CORPORATE_ACTIONS, MARKET_CAPS
from indextracker.feeds.india.holidays import HOLIDAYS
from indextracker.feeds.india.index_closes import INDEX_CLOSES
from indextracker.lake.arrow import arrow_schema
from indextracker.readings.india import (
    bhavcopies,
    corporate_actions,
    index_closes,
    market_caps,
)
from indextracker.readings.india.sheets import SHEETS
from indextracker.readings.model import Reading
from indextracker_simulator.answers import CSV, JSON, ZIP, Question
from indextracker_simulator.faults import FaultKind, Faults
from indextracker_simulator.india.exchange import DocumentKind, Exchange
from indextracker_simulator.india.notices import holidays_json
from indextracker_simulator.india.truth import truth

# Without ISINs; resaved; with the full bhavcopy; with wrong shares of delivery; with wrong shares;
# a Muhurat evening, filed a day late; without a full bhavcopy; a Saturday with all three; the last
# of legacy; the first without it.
SESSIONS = (
    *(date(2011, 6, 21), date(2017, 7, 10), date(2019, 10, 1), date(2020, 4, 13)),
    *(date(2020, 7, 13), date(2021, 11, 4), date(2022, 8, 8), date(2024, 1, 20)),
    *(date(2024, 7, 5), date(2024, 7, 8)),
)
FILES: dict[DocumentKind, tuple[feeds.Bhavcopy, Feed]] = {
    "udiff": (feeds.UDIFF, feeds.UDIFF_BHAVCOPY),
    "legacy": (feeds.LEGACY, feeds.LEGACY_BHAVCOPY),
    "full": (feeds.FULL, feeds.FULL_BHAVCOPY),
}


@pytest.fixture(autouse=True)
def _nse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(calendars.EXCHANGES, "XNSE", find_exchanges(["india"])["XNSE"])


@pytest.fixture(scope="module")
def nse() -> Exchange:
    return Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata")))


def read(
    nse: Exchange, kind: DocumentKind, feed: Feed, reading: Reading, session: date
) -> pa.Table:
    """The lines of a session's document that are read, all of them; none where there is none."""
    filed_late = (kind, session) == ("full", date(2021, 11, 4))
    published = nse.published(kind, date(2021, 11, 5) if filed_late else session)
    if published is None:
        return arrow_schema(reading.table).empty_table()
    lines = accepted(feed, published.body, session)
    rejects = reading.rejects(lines, session)
    spoilt = truth(nse, session)["rejects"].to_pylist()
    assert rejects["line"].to_pylist() == [
        row["line"] for row in spoilt if row["feed"] == feed.name
    ]
    return lines.filter(reading.judge(lines, session))


def happened(nse: Exchange, table: str, session: date) -> list[dict[str, Any]]:
    """The rows of a true table of a session, in the order of their texts, without the session."""
    return in_order(truth(nse, session)[table].drop_columns("session_date"))


def in_order(rows: pa.Table) -> list[dict[str, Any]]:
    return sorted(rows.to_pylist(), key=lambda row: str(sorted(row.items())))


def reported_actions(lines: pa.Table, session: date) -> pa.Table:
    """The actions of a report alone, without their documents and what only lists have."""
    filed = arrow_schema(corporate_actions.FILED_ACTIONS.table).empty_table()
    found = corporate_actions.announced(lines, filed, session)
    return found.drop_columns(["document", "face_value_inr"])


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_three_files_tell_what_was_traded_and_where_they_differ(
    nse: Exchange, session: date
) -> None:
    found = [read(nse, kind, feed, file.reading, session) for kind, (file, feed) in FILES.items()]
    sheets = arrow_schema(SHEETS.table).empty_table()
    equities = bhavcopies.equities(*found, sheets, session)
    assert in_order(equities) == happened(nse, "equities_daily", session)
    differing = bhavcopies.disagreements(*found, sheets, session)
    assert in_order(differing) == happened(nse, "equity_disagreements", session)


@pytest.mark.parametrize(
    ("kind", "feed", "reading", "facts", "table"),
    [
        (
            "report",
            CORPORATE_ACTIONS,
            corporate_actions.CORPORATE_ACTIONS,
            reported_actions,
            "corporate_actions",
        ),
        (
            "index_closes",
            INDEX_CLOSES,
            index_closes.INDEX_CLOSES,
            index_closes.levels,
            "index_closes",
        ),
    ],
)
def test_other_documents_tell_what_happened(
    nse: Exchange,
    kind: DocumentKind,
    feed: Feed,
    reading: Reading,
    facts: Callable[[pa.Table, date], pa.Table],
    table: str,
) -> None:
    for session in nse.calendar.between(date(2024, 1, 1), date(2024, 6, 30)):
        found = facts(read(nse, kind, feed, reading, session), session)
        assert in_order(found) == happened(nse, table, session)


BROWSER = {"user-agent": "Mozilla/5.0", "referer": "https://www.nseindia.com/"}
DAMAGES: dict[str, tuple[FaultKind, ...]] = {
    ZIP: ("html", "truncate", "corrupt", "rename", "second", "huge", "stale"),
    CSV: ("html", "truncate", "stale"),
    JSON: ("html", "truncate"),
}


@pytest.mark.parametrize(
    ("feed", "key"),
    [
        (feeds.UDIFF_BHAVCOPY, date(2024, 7, 8)),
        (feeds.LEGACY_BHAVCOPY, date(2021, 11, 8)),
        (feeds.FULL_BHAVCOPY, date(2024, 7, 8)),
        (CORPORATE_ACTIONS, date(2024, 7, 8)),
        (MARKET_CAPS, date(2024, 7, 8)),
        (INDEX_CLOSES, date(2024, 7, 8)),
        (HOLIDAYS, date(2024, 1, 1)),
    ],
)
def test_no_damaged_document_is_accepted(nse: Exchange, feed: Feed, key: date) -> None:
    path = feed.request(key).path
    right = nse.answer(Question("GET", path, BROWSER))
    assert right is not None
    accepted(feed, right.body, key)
    for kind in DAMAGES[right.content_type]:
        for seed in range(6):
            fault = Faults(seed, {kind: 1}).draw(path, right)
            assert fault is not None
            with pytest.raises(Refusal):
                accepted(feed, fault.alter(right).body, key)
                pytest.fail(f"{feed.name} accepted a document with {kind}, seed {seed}")


def test_every_company_has_a_market_cap_and_sums_are_none(nse: Exchange) -> None:
    session = date(2025, 12, 16)
    lines = read(nse, "report", MARKET_CAPS, market_caps.MARKET_CAPS, session)
    caps = market_caps.CAPITALS.of([lines], session)
    assert caps.num_rows == lines.num_rows - 3
    companies = {row.symbol for row in nse.rows(session) if row.isin.startswith("INE")}
    bonds = {row.symbol for row in nse.rows(session) if row.series in ("N1", "NA")}
    assert companies - bonds <= set(caps["symbol"].to_pylist())
    faces = {one.identities.at(session).symbol: one.faces.at(session) for one in nse.instruments}
    for row in caps.to_pylist():
        assert row["face_value_inr"] == faces[row["symbol"]]
        assert row["market_cap_inr"] >= row["issued_shares"] * Decimal("0.05")  # the least price


def test_the_list_of_holidays_of_every_year_is_read(nse: Exchange) -> None:
    for year in range(2011, 2027):
        holidays = accepted(HOLIDAYS, holidays_json(year, nse.today), date(year, 1, 1))
        assert 9 < holidays.num_rows < 20
