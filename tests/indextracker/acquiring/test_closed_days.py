"""Closed days of any age, by the statements of two publishers, live and from archives.

Days that are not on the exchange's list are tested in test_asking_again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from support.calendars import taiwan
from support.closing import acquire_and_close
from support.small_source import one_line

from indextracker.acquiring.deliveries import Delivery, current, found_closures, record
from indextracker.building.taiwan import sessions
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker.feeds.sources.simulated import SimulatedSource
from indextracker.feeds.taiwan.taifex_reports import NEEDED, NEEDED_OF_OPTIONS
from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_catalogue.timeline import Years
from indextracker_simulator.server import ExchangeServer
from indextracker_simulator.taiwan.exchange import Exchange

ZONE = taiwan().timezone
# A Tuesday, half a year before: the list of 30 sessions has long forgotten it.
TYPHOON, AFTER = date(2024, 6, 18), date(2024, 6, 19)
NOW = datetime(2024, 12, 17, 19, tzinfo=ZONE)
SESSION_FEEDS = {
    name for name, feed in feeds_of(SUBJECTS["taiwan"]).items() if feed.timeline != Years()
}

NO_INDEX = json.dumps({"stat": "很抱歉，沒有符合條件的資料!", "total": 0}).encode()
INDEX_FILE = f"MI_5MINS_INDEX_{TYPHOON:%Y%m%d}.json"
HEADER = (",".join(NEEDED.values()) + "\r\n").encode("cp950")
OPTIONS_HEADER = (",".join((NEEDED | NEEDED_OF_OPTIONS).values()) + "\r\n").encode("cp950")
PAGE = '<html><script>alert("查無資料");</script></html>'.encode()
FUTURES_FILE = f"futures_{TYPHOON:%Y_%m_%d}.csv"
OPTIONS_FILE = f"options_{TYPHOON:%Y_%m_%d}.csv"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "real")


@pytest.fixture(scope="module")
def exchange() -> Iterator[SimulatedSource]:
    """The simulated exchange half a year after a typhoon of which no calendar knows."""
    simulated = Exchange(clock=lambda: NOW, window=30, typhoons=[TYPHOON])
    server = ExchangeServer(simulated)
    with server.in_background(), SimulatedSource(server.url) as source:
        yield source


def archive(folder: Path, **files: bytes) -> ArchiveSource:
    """An archive that keeps what publishers answered, in folders of its own."""
    for number, (name, body) in enumerate(files.items()):
        place = folder / "archive" / str(number)
        place.mkdir(parents=True)
        (place / name).write_bytes(body)
    (folder / "archive").mkdir(exist_ok=True)
    return ArchiveSource(folder / "archive")


def states(lake: Lake, day: date = TYPHOON) -> dict[str, str]:
    return {feed: answer.state for (feed, _), answer in current(lake, FEEDS, [str(day)]).items()}


@pytest.mark.parametrize("feed", ["twse_index", "taifex_daily_futures", "taifex_daily_options"])
def test_a_day_older_than_the_exchanges_list_is_found_closed(
    lake: Lake, exchange: SimulatedSource, feed: str
) -> None:
    """Whichever of the two is asked, the other is asked for that day and no other."""
    found = acquire_and_close(lake, FEEDS[feed], [TYPHOON, AFTER], exchange, clock=lambda: NOW)
    assert {day: answer.state for day, answer in found.items()} == {
        TYPHOON: "closed",
        AFTER: "accepted",
    }
    assert states(lake) == dict.fromkeys(SESSION_FEEDS, "closed")
    assert states(lake, AFTER) == {feed: "accepted"}
    reason = str(found[TYPHOON].reason)
    assert reason.startswith(f"the exchange was closed: {INDEX_FILE} has no data")
    assert "has a header and no line" in reason


def test_the_calendars_tables_follow(lake: Lake, exchange: SimulatedSource) -> None:
    acquire_and_close(lake, FEEDS["twse_index"], [TYPHOON], exchange, clock=lambda: NOW)
    closures = found_closures(lake)
    assert [closure.day for closure in closures] == [TYPHOON]
    days = [row["session_date"] for row in sessions(taiwan(NOW.date()), closures)]
    assert TYPHOON not in days
    assert AFTER in days


def test_a_session_of_which_the_exchange_only_forgot_its_ticks_is_gone(
    lake: Lake, exchange: SimulatedSource
) -> None:
    ticks = FEEDS["taifex_futures"]
    found = acquire_and_close(lake, ticks, [TYPHOON, AFTER], exchange, clock=lambda: NOW)
    assert {answer.state for answer in found.values()} == {"gone"}
    # Nobody else was asked for them: there may be hundreds.
    assert states(lake) == states(lake, AFTER) == {ticks.name: "gone"}


def test_before_a_later_session_is_over_nothing_is_closed(
    lake: Lake, exchange: SimulatedSource
) -> None:
    """Both may be late on the evening itself, and are asked again on the next."""
    evening = datetime(2024, 6, 19, 18, 29, tzinfo=ZONE)
    for feed in ("twse_index", "taifex_daily_futures"):
        found = acquire_and_close(lake, FEEDS[feed], [TYPHOON], exchange, clock=lambda: evening)
        assert found[TYPHOON].state == "missing"
    assert set(states(lake)) == {"twse_index", "taifex_daily_futures"}
    later = datetime(2024, 6, 19, 18, 30, tzinfo=ZONE)
    acquire_and_close(lake, FEEDS["twse_index"], [TYPHOON], exchange, clock=lambda: later)
    # What the report said before counts no more than what nobody said.
    acquire_and_close(lake, FEEDS["taifex_daily_futures"], [TYPHOON], exchange, clock=lambda: later)
    assert set(states(lake).values()) == {"closed"}


@pytest.mark.parametrize("feed", ["twse_index", "taifex_daily_futures", "taifex_options"])
@pytest.mark.parametrize(
    "report",
    [
        {FUTURES_FILE: HEADER},
        {FUTURES_FILE: PAGE},
        {OPTIONS_FILE: OPTIONS_HEADER},
    ],
    ids=["header", "page", "options"],
)
def test_an_archive_of_both_statements_closes_a_day_whatever_is_asked_for(
    lake: Lake, tmp_path: Path, feed: str, report: dict[str, bytes]
) -> None:
    source = archive(tmp_path, **{INDEX_FILE: NO_INDEX}, **report)
    found = acquire_and_close(lake, FEEDS[feed], [TYPHOON, AFTER], source, clock=lambda: NOW)
    assert {day: answer.state for day, answer in found.items()} == {
        TYPHOON: "closed",
        AFTER: "missing",
    }
    assert states(lake) == dict.fromkeys(SESSION_FEEDS, "closed")
    assert states(lake, AFTER) == {feed: "missing"}


@pytest.mark.parametrize(
    "files",
    [
        {INDEX_FILE: NO_INDEX},
        {FUTURES_FILE: HEADER, OPTIONS_FILE: OPTIONS_HEADER},
        {INDEX_FILE: NO_INDEX, FUTURES_FILE: b""},
        {INDEX_FILE: b"", FUTURES_FILE: HEADER},
        # Another trouble than no data, in the words of the same answer.
        {INDEX_FILE: '{"stat":"查詢日期大於今日"}'.encode(), FUTURES_FILE: HEADER},
        {INDEX_FILE: NO_INDEX, FUTURES_FILE: b"<html>SECURITY REASONS</html>"},
        {},
    ],
    ids=["index", "reports", "empty-report", "empty-index", "tomorrow", "firewall", "silence"],
)
def test_one_statement_or_silence_closes_nothing(
    lake: Lake, tmp_path: Path, files: dict[str, bytes]
) -> None:
    source = archive(tmp_path, **files)
    for feed in ("taifex_options", "twse_index", "taifex_daily_futures", "taifex_daily_options"):
        acquire_and_close(lake, FEEDS[feed], [TYPHOON], source, clock=lambda: NOW)
    assert "closed" not in states(lake).values()
    assert found_closures(lake) == []


def test_of_an_archive_nothing_is_taken_that_was_not_asked_for(lake: Lake, tmp_path: Path) -> None:
    """One statement alone of a feed that is not asked for is not even logged."""
    source = archive(tmp_path, **{FUTURES_FILE: HEADER})
    acquire_and_close(lake, FEEDS["taifex_options"], [TYPHOON], source, clock=lambda: NOW)
    assert states(lake) == {"taifex_options": "missing"}


def test_a_day_of_which_a_document_holds_lines_took_place(lake: Lake, tmp_path: Path) -> None:
    ticks = FEEDS["taifex_futures"]
    lake.ensure([DELIVERIES, ticks.table])
    lake.replace(ticks.table, one_line(ticks, TYPHOON), [str(TYPHOON)])
    accepted = Delivery(
        feed=ticks.name,
        key=str(TYPHOON),
        url=None,
        name=None,
        sha256="0" * 64,
        bytes=1,
        published_at=None,
        fetched_at=NOW,
        state="accepted",
        reason=None,
    )
    record(lake, [accepted])
    source = archive(tmp_path, **{INDEX_FILE: NO_INDEX, FUTURES_FILE: HEADER})
    found = acquire_and_close(lake, FEEDS["twse_index"], [TYPHOON], source, clock=lambda: NOW)
    assert found[TYPHOON].state == "missing"
    assert "closed" not in states(lake).values()
