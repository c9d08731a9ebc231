"""List pages over HTTP: links and times are taken from them, and never guessed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from support.small_publisher import INDEX, Exchange, reply, serving

from indextracker.feeds import FEEDS, Refusal, State
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Answer, judge
from indextracker.system.documents import Document

FUTURES = FEEDS["taifex_futures"]
LISTS = "/cht/3/dlFutPrevious30DaysSalesData"
FILES = "/file/taifex/Dailydownload/DailydownloadCSV"
LATER = datetime(2025, 1, 1, tzinfo=UTC)

ListPage = Callable[..., bytes]


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with serving() as one:
        yield one


def row(day: str, published: str, *links: str) -> tuple[str, str, tuple[str, ...]]:
    return published, day.replace("-", "/"), links


def link(day: str, suffix: str = "") -> str:
    stem = f"Daily_{day.replace('-', '_')}{suffix}"
    return f"https://www.taifex.com.tw{FILES}{suffix}/{stem}.zip"


@pytest.fixture
def listed(exchange: Exchange, list_page: ListPage) -> Exchange:
    """Lists 12-12, 12-16 and 12-17 with their files, and 12-18 without: not out yet."""
    page = list_page(
        row("2024-12-18", "2024/12/18 AM 05:11:42"),
        row("2024-12-17", "2024/12/17 AM 05:10:00", link("2024-12-17")),
        row("2024-12-16", "2024/12/16 PM 04:41:42", link("2024-12-16"), link("2024-12-16", "_B")),
        row("2024-12-12", "2024/12/12 PM 04:40:00", link("2024-12-12")),
    )
    exchange.pages[LISTS] = [reply(200, page)]
    exchange.replies = [reply(200, b"PK", Last_Modified="Mon, 16 Dec 2024 08:48:00 GMT")]
    return exchange


def test_link_and_time_are_those_of_the_list(listed: Exchange, session: date) -> None:
    answer = listed.ask(session, FUTURES)
    assert listed.paths == [LISTS, f"{FILES}/Daily_2024_12_16.zip"]
    assert answer == Answer(
        url=f"http://127.0.0.1:{listed.server_port}{FILES}/Daily_2024_12_16.zip",
        name="Daily_2024_12_16.zip",
        document=Document.of("Daily_2024_12_16.zip", b"PK"),
        published_at=datetime(2024, 12, 16, 8, 41, 42, tzinfo=UTC),
    )


def test_a_link_is_not_guessed(exchange: Exchange, list_page: ListPage, session: date) -> None:
    """Should the publisher move its files, they are found where it says."""
    moved = "/file/taifex/Dailydownload/DailydownloadCSV/Daily_2024_12_16.zip?version=2"
    entry = replace(
        FUTURES.listing.read(list_page(row("2024-12-16", "2024/12/16 PM 04:41:42")))[session],
        links={"Daily_2024_12_16.zip": moved},
    )
    feed = replace(FUTURES, listing=replace(FUTURES.listing, read=lambda _: {session: entry}))
    exchange.replies = [reply(200, b"PK")]
    exchange.ask(session, feed)
    assert exchange.paths[1] == moved


@pytest.mark.parametrize(
    ("day", "state", "said"),
    [
        (date(2024, 12, 11), "gone", "keeps documents from 2024-12-12 on; 2024-12-11 is deleted"),
        (date(2024, 12, 13), "missing", "lists 2024-12-16 but not 2024-12-13"),
        (date(2024, 12, 18), "missing", "lists 2024-12-18 without Daily_2024_12_18.zip"),
        (date(2024, 12, 19), "missing", "lists documents up to 2024-12-17"),
    ],
)
def test_what_is_not_listed_is_not_asked_for(
    listed: Exchange, day: date, state: State, said: str
) -> None:
    answer = listed.ask(day, FUTURES)
    assert answer.refusal is not None
    assert answer.refusal.state == state
    assert said in answer.refusal.reason
    assert answer.url.endswith(LISTS)
    assert listed.paths == [LISTS]


@pytest.mark.parametrize("day", [date(2024, 12, 18), date(2024, 12, 19)])
def test_what_is_not_out_before_its_hour_is_not_yet(listed: Exchange, day: date) -> None:
    source, _ = listed.source()
    with source:
        noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        assert judge(FUTURES, str(day), source, noon)[0].state == "not_yet"
        assert judge(FUTURES, str(day), source, LATER)[0].state == "missing"


def test_a_list_is_asked_for_once_in_some_minutes(listed: Exchange, session: date) -> None:
    now = [0.0]
    source, _ = listed.source(clock=lambda: now[0])
    with source:
        for seconds in (0, 100, 299):
            now[0] = seconds
            list(source.answers(FUTURES, session))
        assert listed.paths.count(LISTS) == 1
        now[0] = 300
        list(source.answers(FUTURES, session))
        assert listed.paths.count(LISTS) == 2
        now[0] = 200  # a clock that was put back
        list(source.answers(FUTURES, session))
        assert listed.paths.count(LISTS) == 3


def test_a_list_that_cannot_be_had_is_not_asked_for_by_each_session(
    exchange: Exchange, session: date
) -> None:
    exchange.replies = [reply(503)]
    now = [0.0]
    source, _ = exchange.source(clock=lambda: now[0])
    with source:
        for _ in range(2):
            (answer,) = source.answers(FUTURES, session)
            assert answer.refusal is not None
            assert answer.refusal.state == "blocked"
            assert "dlFutPrevious30DaysSalesData was asked for 3 times" in answer.refusal.reason
        assert exchange.paths == [LISTS] * 3
        with pytest.raises(Refusal):
            source.listing(FUTURES)
        now[0] = 60
        exchange.replies = [reply(404)]
        (answer,) = source.answers(FUTURES, session)
    assert len(exchange.requests) == 4


def test_half_a_list_tells_nothing(exchange: Exchange, list_page: ListPage, session: date) -> None:
    page = list_page(row("2024-12-17", "2024/12/17 PM 04:41:42", link("2024-12-17")))
    exchange.replies = [reply(200, page[: page.index(b"</table>\n<p>")])]
    answer = exchange.ask(session, FUTURES)
    assert answer.refusal is not None
    assert answer.refusal.state == "refused"  # and not gone
    assert "cut off" in answer.refusal.reason


def test_a_link_cannot_lead_to_another_host(exchange: Exchange, session: date) -> None:
    listing = FUTURES.listing
    assert listing is not None
    for given in ("@example.org/x.zip", "https://example.org/x.zip", "x.zip"):
        entry = Listed(LATER, {"Daily_2024_12_16.zip": given})
        feed = replace(FUTURES, listing=replace(listing, read=lambda _, e=entry: {session: e}))
        exchange.replies = [reply(200, b"PK")]
        answer = exchange.ask(session, feed)
        assert answer.refusal is not None
        assert "which is no path" in answer.refusal.reason
    assert exchange.paths == [LISTS] * 3


def test_a_feed_without_a_list_has_none(exchange: Exchange) -> None:
    source, _ = exchange.source()
    with source:
        assert source.listing(INDEX) == {}
    assert exchange.requests == []
