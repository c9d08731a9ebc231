"""The lines of NSE's lists: what they are worth, and why some are not read."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from support.documents import accepted

from indextracker.feeds import Feed
from indextracker.feeds.india import lists as feeds
from indextracker.lake.arrow import arrow_schema
from indextracker.readings.india import lists
from indextracker.readings.model import Reading, Records
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.lists import listed_csv, members_csv, symbol_changes_csv

SESSION = date(2024, 4, 30)
ISIN = "INE000A01010"
ALL = (
    (feeds.SYMBOL_CHANGES, lists.SYMBOL_CHANGES, lists.RENAMED),
    (feeds.LISTED, lists.LISTED, lists.LISTINGS),
    (feeds.INDEX_MEMBERS, lists.INDEX_MEMBERS, lists.MEMBERS),
)


def bronze(reading: Reading, **cells: str) -> pa.Table:
    row = dict.fromkeys(reading.cells, "") | {"text": None, "line": 1, "session_date": SESSION}
    return pa.Table.from_pylist([row | cells], arrow_schema(reading.table))


@pytest.mark.parametrize(("feed", "reading", "records"), ALL, ids=[of[0].name for of in ALL])
def test_every_line_of_a_real_list_is_read(
    samples: Path, feed: Feed, reading: Reading, records: Records
) -> None:
    name = feed.request(SESSION).path.rpartition("/")[2]
    lines = accepted(feed, (samples / "nse" / name).read_bytes(), SESSION)
    assert reading.rejects(lines, SESSION).num_rows == 0
    rows = records.of([lines], SESSION)
    assert rows.num_rows == lines.num_rows
    kinds = {column.name: column.type for column in arrow_schema(records.writes)}
    assert {column.name: column.type for column in rows.schema} == kinds


def test_renamings_are_typed_with_all_that_is_odd_about_them() -> None:
    nse = Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata")))
    body = symbol_changes_csv(nse.instruments, date(2026, 8, 20))
    rows = lists.RENAMED.of([accepted(feeds.SYMBOL_CHANGES, body, SESSION)], SESSION).to_pylist()
    assert len(rows) == body.count(b"\n")
    by_symbol = {row["new_symbol"]: row for row in rows}
    assert by_symbol["NSARE"]["name"] == "SARITA MF - SARITA Dual Fund  Sr. x Plan E -  GO"
    assert by_symbol["NSARE"]["changed_on"] == date(2019, 10, 30)
    assert by_symbol["799LAHA30"]["name"] is None
    assert by_symbol["IAMRB"]["name"] == "Amrit MF \N{EN DASH} Amrit AIF - Sr 1 - Pl B"


def test_securities_are_those_of_the_simulated_exchange() -> None:
    nse = Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata")))
    body = listed_csv(nse.instruments, SESSION)
    shares = lists.LISTINGS.of([accepted(feeds.LISTED, body, SESSION)], SESSION).to_pylist()
    true = {
        one.isins.at(SESSION): (one.identities.at(SESSION).symbol, one.listed_on)
        for one in nse.instruments
        if one.form == "share" and one.is_listed(SESSION)
    }
    assert {row["isin"]: (row["symbol"], row["listed_on"]) for row in shares} == true
    body = members_csv(nse.instruments, SESSION)
    members = lists.MEMBERS.of([accepted(feeds.INDEX_MEMBERS, body, SESSION)], SESSION).to_pylist()
    industries = {one.isins.at(SESSION): one.industry for one in nse.instruments}
    assert members
    assert all(row["industry"] == industries[row["isin"]] for row in members)


RENAMING = {"old_symbol": "ALFA", "new_symbol": "BETA", "changed_on": "06-JAN-2020"}
SHARE = {"symbol": "ALFA", "series": "EQ", "security_name": "Alfa Limited", "isin": ISIN}


@pytest.mark.parametrize(
    ("reading", "cells", "reason"),
    [
        (lists.SYMBOL_CHANGES, RENAMING | {"old_symbol": ""}, "unreadable old symbol: "),
        (
            lists.SYMBOL_CHANGES,
            RENAMING | {"changed_on": "31-FEB-2020"},
            "unreadable changed on: 31-FEB-2020",
        ),
        (lists.LISTED, SHARE | {"listed_on": "2020"}, "unreadable listed on: 2020"),
        (
            lists.LISTED,
            SHARE | {"listed_on": "06-OCT-2008", "isin": "DUMMY"},
            "unreadable isin: DUMMY",
        ),
        (lists.INDEX_MEMBERS, SHARE, "unreadable industry: "),
    ],
)
def test_a_line_that_is_not_read_says_why(
    reading: Reading, cells: dict[str, str], reason: str
) -> None:
    assert reading.rejects(bronze(reading, **cells), SESSION)["reason"].to_pylist() == [reason]


def test_a_line_that_comes_twice_is_read_once() -> None:
    line = bronze(lists.SYMBOL_CHANGES, **RENAMING)
    rejects = lists.SYMBOL_CHANGES.rejects(pa.concat_tables([line, line]), SESSION)
    assert rejects["reason"].to_pylist() == [
        "a line before has the same old symbol and new symbol and changed on"
    ]
