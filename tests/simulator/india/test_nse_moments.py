"""What the publishers tell at a moment: prices as a vendor sells them, and announcements."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from indextracker_simulator.answers import Question
from indextracker_simulator.india.announcements import announced_until, announcements_xml
from indextracker_simulator.india.calendar import INDIA, trading_calendar
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.snapshots import frozen_json, newer_json

if TYPE_CHECKING:
    from pathlib import Path

KEY = {"x-rapidapi-key": "simulated"}
AGENT = {"user-agent": "Mozilla/5.0"}
AFTERNOON = datetime(2024, 4, 26, 18, tzinfo=INDIA)
EVENING = datetime(2024, 4, 26, 21, tzinfo=INDIA)


def snapshot(
    exchange: Exchange, now: datetime, index: str | None = None
) -> dict[str, dict[str, Any]]:
    entries = json.loads(frozen_json(exchange.instruments, exchange.seed, now, index))
    assert len({entry["identifier"] for entry in entries}) == len(entries)
    return {entry["identifier"]: entry for entry in entries}


# Snapshots


def test_a_snapshot_has_the_published_form(exchange: Exchange, samples: Path) -> None:
    published = json.loads((samples / "nse/latest-stock-price_2024-04-26.json").read_bytes())
    ours = snapshot(exchange, AFTERNOON).values()
    for entry in ours:
        assert list(entry) == list(published[0])
        assert list(entry["meta"]) == list(published[0]["meta"])
    for name in published[0]:
        theirs = {type(entry[name]) for entry in published}
        assert {type(entry[name]) for entry in ours} <= theirs
    times = re.compile(r"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d")
    for entry in (*ours, *published):
        assert times.fullmatch(entry["lastUpdateTime"])


def test_after_the_close_a_snapshot_tells_the_end_of_the_day(exchange: Exchange) -> None:
    found = snapshot(exchange, AFTERNOON)
    for row in exchange.rows(AFTERNOON.date()):
        if row.series not in ("EQ", "BE") or not row.isin.startswith("INE"):
            continue
        entry = found[f"{row.symbol}{row.series}N"]
        assert entry["symbol"] == row.symbol
        assert (entry["lastPrice"], entry["open"]) == (row.close / 100, row.open / 100)
        assert (entry["dayHigh"], entry["dayLow"]) == (row.high / 100, row.low / 100)
        assert entry["totalTradedVolume"] == row.shares
        assert entry["totalTradedValue"] == row.turnover / 100
        assert entry["yearHigh"] >= entry["dayHigh"] >= entry["dayLow"] >= entry["yearLow"]
        assert entry["lastUpdateTime"].startswith("26-Apr-2024 15:5") or entry[
            "lastUpdateTime"
        ].startswith("26-Apr-2024 16:00")


def test_indices_stand_among_the_shares_without_a_company(exchange: Exchange) -> None:
    found = snapshot(exchange, AFTERNOON)
    indices = [entry for entry in found.values() if entry["identifier"] == entry["symbol"]]
    assert [entry["symbol"] for entry in indices] == ["NIFTY 50", "NIFTY NEXT 50", "NIFTY 500"]
    assert all(set(entry["meta"].values()) == {None} for entry in indices)


def test_a_share_that_changed_its_series_stands_there_twice(exchange: Exchange) -> None:
    one, moved = next(
        (one, start)
        for one in exchange.instruments
        for start, series in zip(one.series.starts, one.series.values, strict=True)
        if one.form == "share" and series == "BE" and start > date(2015, 1, 1)
    )
    symbol = one.identities.at(moved).symbol
    found = snapshot(exchange, datetime.combine(moved, AFTERNOON.timetz()))
    old, new = found[f"{symbol}EQN"], found[f"{symbol}BEN"]
    assert set(old["meta"].values()) == {None}
    assert new["meta"]["isin"] == one.isins.at(moved)
    days = [
        datetime.strptime(entry["lastUpdateTime"][:11], "%d-%b-%Y").date()  # noqa: DTZ007
        for entry in (old, new)
    ]
    assert days == [trading_calendar().previous(moved), moved]
    later = trading_calendar().sessions[trading_calendar().position[moved] + 10]
    assert f"{symbol}EQN" not in snapshot(exchange, datetime.combine(later, AFTERNOON.timetz()))


def test_what_nobody_traded_today_is_days_old(exchange: Exchange) -> None:
    sessions = trading_calendar().between(date(2024, 4, 1), date(2024, 4, 26))
    stale = 0
    for session in sessions:
        for entry in snapshot(exchange, datetime.combine(session, AFTERNOON.timetz())).values():
            fresh = entry["lastUpdateTime"].startswith(f"{session:%d-}")
            stale += not fresh and entry["meta"]["companyName"] is not None
    assert stale > 10


def test_a_change_over_a_time_before_the_listing_is_a_dash(exchange: Exchange) -> None:
    one = next(
        one
        for one in exchange.instruments
        if one.form == "share" and one.listed_on in trading_calendar().position
    )
    calendar = trading_calendar()
    for sessions, month, year in ((5, True, True), (60, False, True), (300, False, False)):
        session = calendar.sessions[calendar.position[one.listed_on] + sessions]
        while not one.traded[calendar.position[session]]:
            session = calendar.sessions[calendar.position[session] + 1]
        found = snapshot(exchange, datetime.combine(session, AFTERNOON.timetz()))
        symbol, series = one.identities.at(session).symbol, one.series.at(session)
        entry = found[f"{symbol}{series}N"]
        assert (entry["perChange30d"] == "-", entry["perChange365d"] == "-") == (month, year)


def test_prices_move_within_the_day(exchange: Exchange) -> None:
    noon = datetime(2024, 4, 26, 12, tzinfo=INDIA)
    before = snapshot(exchange, datetime(2024, 4, 26, 9, tzinfo=INDIA))
    early, late = snapshot(exchange, noon), snapshot(exchange, AFTERNOON)
    symbol = "NIFTY 50"
    assert before[symbol]["lastUpdateTime"] == "25-Apr-2024 16:00:00"
    assert early[symbol]["previousClose"] == before[symbol]["lastPrice"]
    moved = [name for name, entry in early.items() if entry["lastPrice"] != late[name]["lastPrice"]]
    assert len(moved) > 30
    for name in moved:
        assert early[name]["totalTradedVolume"] <= late[name]["totalTradedVolume"]
        assert early[name]["dayHigh"] <= late[name]["dayHigh"]
        assert early[name]["dayLow"] <= early[name]["lastPrice"] <= early[name]["dayHigh"]


def test_the_members_of_an_index_can_be_asked_for(exchange: Exchange) -> None:
    found = snapshot(exchange, AFTERNOON, "NIFTY 50")
    assert len(found) == 11
    assert "NIFTY 50" in found
    assert snapshot(exchange, AFTERNOON, "NIFTY NOBODY") == {}


def test_the_newer_form_has_capitalised_names(exchange: Exchange) -> None:
    found = json.loads(newer_json(exchange.instruments, exchange.seed, AFTERNOON))
    assert len(found) > 30
    assert all(name[0].isupper() for entry in found for name in entry)
    by_symbol = {entry["Symbol"]: entry for entry in found}
    row = exchange.rows(AFTERNOON.date())[0]
    assert by_symbol[f"{row.symbol}.NS"]["LTP"] == row.close / 100


def test_snapshots_are_for_those_with_a_key_and_a_request_left() -> None:
    exchange = Exchange(clock=lambda: AFTERNOON, snapshot_requests=2)

    def status(headers: dict[str, str]) -> int | None:
        answer = exchange.answer(Question("GET", "/any", headers))
        return answer and answer.status

    asked = [status({}), *(status(KEY) for _ in range(3))]
    assert asked == [401, 200, 200, 429]


# Announcements


def items(exchange: Exchange, now: datetime) -> list[dict[str, str]]:
    root = ET.fromstring(announcements_xml(exchange.instruments, exchange.seed, now))
    return [{element.tag: element.text or "" for element in item} for item in root.iter("item")]


def test_the_feed_has_the_announcements_of_the_day_newest_first(exchange: Exchange) -> None:
    found = items(exchange, EVENING)
    times = [
        datetime.strptime(item["pubDate"], "%d-%b-%Y %H:%M:%S").replace(tzinfo=INDIA)
        for item in found
    ]
    assert times == sorted(times, reverse=True)
    assert {moment.date() for moment in times} == {EVENING.date()}
    assert max(times) <= EVENING
    told = announced_until(exchange.instruments, exchange.seed, EVENING)
    filed = [item for item in found if item["link"]]
    assert [item["title"] for item in filed] == [one.name for one in told]
    assert len(told) > 3
    for item, one in zip(filed, told, strict=True):
        text, _, subject = item["description"].partition("|SUBJECT: ")
        assert (text, subject) == (one.text, one.subject)


def test_a_fund_tells_its_value_without_a_document(exchange: Exchange) -> None:
    found = items(exchange, EVENING)
    assert [item["title"] for item in found if not item["link"]] == ["Sarita Mutual Fund"]
    assert {item["link"][-4:] for item in found} == {"", ".pdf"}


def test_what_was_announced_at_night_stands_in_the_feed_of_its_own_day(exchange: Exchange) -> None:
    midnight = datetime(2024, 4, 27, tzinfo=INDIA)
    late = items(exchange, midnight - timedelta(seconds=1))
    morning = items(exchange, midnight + timedelta(hours=8))
    assert len(late) > len(items(exchange, EVENING))
    assert not {item["link"] for item in late if item["link"]} & {item["link"] for item in morning}
    assert items(exchange, midnight) == []


@pytest.mark.parametrize(("agent", "status"), [("", 403), ("Mozilla/5.0", 200)])
def test_the_feed_lies_at_its_path(exchange: Exchange, agent: str, status: int) -> None:
    path = "/content/RSS/Online_announcements.xml"
    answer = exchange.answer(Question("GET", path, {"user-agent": agent}))
    assert answer is not None
    assert answer.status == status
    assert answer.content_type.startswith("text/xml" if status == 200 else "text/html")
