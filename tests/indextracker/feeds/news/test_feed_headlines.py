"""Headlines of Yahoo: lists that are read, refused or empty, and lists that somebody kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from support.documents import accepted
from support.market import source
from support.small_publisher import Exchange, reply, serving

from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import FEEDS, Refusal
from indextracker.feeds.news.yahoo import HEADLINES
from indextracker.feeds.sources.archive import ArchiveSource
from indextracker.feeds.zipped import Part, packed, read_parts
from indextracker.lake import Lake
from indextracker.lake.checks import examine
from indextracker.readings.news.addresses import article_id
from indextracker.readings.news.dates import instant
from indextracker.readings.news.headlines import LISTED, OF_HEADLINES, headlines
from indextracker.reference.news import INSTRUMENTS
from indextracker_catalogue.news import YAHOO_HEADLINES
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom

DAY = date(2024, 5, 3)
INDIA = ZoneInfo("Asia/Kolkata")
CAME = datetime(2024, 5, 3, 18, 10, 2, tzinfo=UTC)
MEANT = pa.Table.from_pylist(INSTRUMENTS.read())
TICKERS = [f"{symbol}.NS" for symbol in (
    *("DRREDDY", "HDFCBANK", "ICICIBANK", "INFY", "JIOFIN", "SBIN", "WIPRO"),
)]  # fmt: skip

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss version="2.0"><channel><item><title>&b;</title></item></channel></rss>"""
OUTSIDE = b"""<?xml version="1.0"?>
<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>"""
HARMLESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://x.test/rss.dtd">
<rss version="0.91"><channel><item><title>ok</title><link>https://x.test/1</link></item></channel>
</rss>"""
PAGE = b"<!doctype html><html><title>Yahoo - consent</title></html>"


def rss(*items: str) -> bytes:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{inside}</channel></rss>'.encode()


def item(title: str = "A", at: str = "Fri, 03 May 2024 09:30:00 +0530", link: str = "") -> str:
    return f"<title>{title}</title><link>{link}</link><pubDate>{at}</pubDate>"


def document(**parts: bytes) -> bytes:
    """A day's document; `INFY_NS` is the list of INFY.NS, other names are as they are."""
    return packed(Part(f"{name.replace('_', '.')}.xml", body, CAME) for name, body in parts.items())


def lines(body: bytes, day: date = DAY) -> pa.Table:
    return accepted(HEADLINES, body, day)


def read(body: bytes, day: date = DAY) -> list[dict[str, Any]]:
    """The headlines of a document that is accepted."""
    found = lines(body, day)
    return headlines(found.filter(OF_HEADLINES.judge(found, day)), day, MEANT).to_pylist()


def reasons(body: bytes) -> list[str]:
    return OF_HEADLINES.rejects(lines(body), DAY)["reason"].to_pylist()


# lists


def test_a_headline_has_its_company_its_address_and_its_instant() -> None:
    link = "https://x.test/a?utm_source=rss&amp;id=1"
    (row,) = read(document(INFY_NS=rss(item("Infosys  wins\n a deal", link=link))))
    assert row == {
        "line": 1,
        "ticker": "INFY.NS",
        "symbol": "INFY",
        "title": "Infosys wins a deal",
        "section": None,
        "url": "https://x.test/a?id=1",
        "article_id": article_id("https://x.test/a?id=1"),
        "published_at": datetime(2024, 5, 3, 4, tzinfo=UTC),
        "published_text": "Fri, 03 May 2024 09:30:00 +0530",
        "fetched_at": CAME,
    }


def test_lines_count_through_the_parts_of_a_document() -> None:
    found = read(document(INFY_NS=rss(item(), item()), SBIN_NS=rss(item())))
    assert [(row["line"], row["symbol"]) for row in found] == [
        (1, "INFY"),
        (2, "INFY"),
        (3, "SBIN"),
    ]


def test_equal_letters_mean_nothing() -> None:
    """INFY without a suffix is a ticker of New York, and ACE.NS is not in the map."""
    found = read(document(INFY=rss(item()), ACE_NS=rss(item())))
    assert [(row["ticker"], row["symbol"]) for row in found] == [("INFY", "INFY"), ("ACE.NS", None)]


def test_an_address_that_is_none_is_left_out() -> None:
    for link in ("", "/news/1", "http://["):
        (row,) = read(document(INFY_NS=rss(item(link=link))))
        assert (row["url"], row["article_id"]) == (None, None)


@pytest.mark.parametrize(("body", "word"), [(BOMB, "entity 'a'"), (OUTSIDE, "entity 'x'")])
def test_a_part_that_declares_an_entity_is_a_reject_and_the_others_are_read(
    body: bytes, word: str
) -> None:
    both = document(INFY_NS=body, SBIN_NS=HARMLESS)
    assert [row["title"] for row in read(both)] == ["ok"]
    (reason,) = reasons(both)
    assert "INFY.NS.xml cannot be read" in reason
    assert word in reason


def test_a_page_in_place_of_a_list_is_a_reject() -> None:
    (reason,) = reasons(document(INFY_NS=PAGE, SBIN_NS=rss()))
    assert "Yahoo - consent" in reason


def test_an_empty_list_is_no_reject_and_no_headline() -> None:
    quiet = document(INFY_NS=rss())
    assert (read(quiet), reasons(quiet)) == ([], [])
    assert lines(quiet)["problem"].to_pylist() == ["empty"]


@pytest.mark.parametrize(
    ("body", "state", "word"),
    [
        (b" \n", "missing", "is empty"),
        (PAGE, "refused", "expected a zip"),
        (document(INFY_NS=PAGE, SBIN_NS=BOMB), "refused", "no part that can be read"),
        (packed([]), "refused", "no part"),
        (packed([Part("notes.txt", b"x", CAME)]), "refused", "neither a list"),
        (packed([Part("a.xml", b" " * (70 << 20), CAME)]), "refused", "at most"),
    ],
)
def test_what_is_no_document_of_headlines_is_refused(body: bytes, state: str, word: str) -> None:
    with pytest.raises(Refusal) as caught:
        lines(body)
    assert caught.value.state == state
    assert "headlines_2024-05-03.zip" in caught.value.reason
    assert word in caught.value.reason


def test_parts_come_back_as_they_were_packed() -> None:
    parts = [Part("a.xml", b"one", CAME), Part("b.xml", b"", None)]
    found = read_parts(packed(parts), "a.zip", 10)
    assert [(part.name, part.body) for part in found] == [("a.xml", b"one"), ("b.xml", b"")]
    assert found[0].at == CAME
    assert packed(parts) == packed(parts)


# dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 29 Apr 2024 09:30:00 +0530", "2024-04-29T04:00:00"),
        ("Mon, 29 Apr 2024 09:30:00 IST", "2024-04-29T04:00:00"),
        ("Fri, 03 Mar 2023 13:13:53+5:30", "2023-03-03T07:43:53"),
        ("2016/6/29 15:07:41", "2016-06-29T09:37:41"),
        ("29-Apr-2024 09:30:00", "2024-04-29T04:00:00"),
        ("2024-04-29T09:30:00.123+05:30", "2024-04-29T04:00:00"),
        ("2024-04-29T04:00:00Z", "2024-04-29T04:00:00"),
        ("Mon, 29 Apr 2024 00:00 EDT", "2024-04-29T04:00:00"),
        ("", None),
        ("2 hours ago", None),
        ("Mon, 29 Apr 2024 09:30:00 WEST", None),
        ("31 Feb 2024 09:30:00 GMT", None),
        ("29 Foo 2024 09:30:00 GMT", None),
        ("29 Apr 2024 09:30:00 +99:00", None),
        ("1 Jan 0001 00:00:00 +0530", None),
    ],
)
def test_an_instant_is_told_in_any_form_or_not_at_all(text: str, expected: str | None) -> None:
    found = instant(text, INDIA, ("IST",))
    assert found == (datetime.fromisoformat(f"{expected}+00:00") if expected else None)


@pytest.mark.parametrize("text", ["", "2 hours ago", "Fri, 31 Dec 9999 00:00:00 GMT"])
def test_a_headline_whose_time_is_not_certain_keeps_its_text(text: str) -> None:
    """A time after the day on which it was listed is none."""
    (row,) = read(document(INFY_NS=rss(item(at=text))))
    assert (row["published_at"], row["published_text"]) == (None, text or None)
    assert row["fetched_at"] == CAME


# lists that somebody kept


@pytest.fixture(scope="module")
def kept(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with the samples as the document of the day on which they were kept."""
    folder = tmp_path_factory.mktemp("archive")
    parts = [
        Part(file.name, file.read_bytes(), None)
        for file in sorted((samples / "news").glob("headlines_*.csv"))
    ]
    (folder / HEADLINES.names(DAY)[0]).write_bytes(packed(parts))
    return folder


def test_kept_lists_come_in_through_an_archive(kept: Path, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "archive")
    with ArchiveSource(kept) as archive:
        (answer,) = acquire(lake, HEADLINES, [str(DAY)], archive).values()
    assert answer.state == "accepted"
    assert lake.total_rows(YAHOO_HEADLINES) == 176 + 29 + 54


def test_junk_of_kept_lists_is_a_reject_with_its_reason(kept: Path) -> None:
    body = (kept / HEADLINES.names(DAY)[0]).read_bytes()
    found = reasons(body)
    assert found.count("no title") == 9
    assert found.count("title of a section and no headline: Related News") == 2
    assert len(found) == 11


def test_kept_headlines_are_of_nse_and_say_under_which_section_they_stood(kept: Path) -> None:
    found = read((kept / HEADLINES.names(DAY)[0]).read_bytes())
    counts = {
        (symbol, section): sum(
            (row["symbol"], row["section"]) == (symbol, section) for row in found
        )
        for symbol in ("INFY", "JIOFIN", "SBIN")
        for section in (None, "Related News")
    }
    assert counts == {
        ("INFY", None): 173,
        ("INFY", "Related News"): 0,
        ("JIOFIN", None): 0,
        ("JIOFIN", "Related News"): 25,
        ("SBIN", None): 0,
        ("SBIN", "Related News"): 50,
    }
    assert {row["ticker"] for row in found} == {"INFY.NS", "JIOFIN.NS", "SBIN.NS"}
    assert {(row["published_at"], row["fetched_at"], row["url"]) for row in found} == {
        (None, None, None)
    }
    assert "April jobs data, Apple earnings, Block and bitcoin: 3 Things" in {
        row["title"] for row in found
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n", "has the header"),
        ("", "no readable CSV"),
        (',ticker,title\n8,INFY,"open', "no readable CSV"),
        (",ticker,title\n8,INFY,one,two\n", "does not split"),
    ],
)
def test_a_kept_list_that_cannot_be_read_is_a_reject(text: str, reason: str) -> None:
    body = packed(
        [Part("headlines_INFY.csv", text.encode(), None), Part("SBIN.NS.xml", rss(item()), CAME)]
    )
    (found,) = reasons(body)
    assert reason in found


# requests


def address(ticker: str) -> str:
    return f"/rss/2.0/headline?s={ticker}&region=US&lang=en-US"


def asked(exchange: Exchange) -> list[dict[str, Any]]:
    answer = exchange.ask(DAY, HEADLINES, now=CAME.timestamp)
    if answer.refusal:
        raise answer.refusal
    assert answer.document is not None
    assert answer.url.endswith("/rss/2.0/headline")
    return lines(answer.document.read()).to_pylist()


def test_each_ticker_of_the_map_is_asked_for_and_all_are_one_document() -> None:
    with serving() as exchange:
        exchange.replies = [reply(200, rss(item()))]
        found = asked(exchange)
        assert exchange.paths == [address(ticker) for ticker in TICKERS]
    assert [row["ticker"] for row in found] == TICKERS
    assert {row["fetched_at"] for row in found} == {"2024-05-03T18:10:02Z"}


def test_a_ticker_that_is_not_there_does_not_lose_the_others() -> None:
    with serving() as exchange:
        exchange.replies = [reply(200, rss(item()))]
        exchange.pages[address("SBIN.NS")] = [reply(404)]
        problems = {row["ticker"]: row["problem"] for row in asked(exchange)}
    assert problems.pop("SBIN.NS") == "SBIN.NS.xml: the publisher answers with status 404"
    assert set(problems.values()) == {""}


CONSENT = reply(200, b"<!DOCTYPE html><html><title>Your privacy</title></html>")


def test_a_page_in_place_of_a_list_is_asked_for_again_after_the_others() -> None:
    with serving() as exchange:
        exchange.replies = [reply(200, rss(item()))]
        exchange.pages[address("INFY.NS")] = [CONSENT, CONSENT, reply(200, rss(item()))]
        problems = {row["problem"] for row in asked(exchange)}
        assert exchange.paths == [*map(address, TICKERS), *[address("INFY.NS")] * 2]
    assert problems == {""}


def test_a_page_that_stays_is_given_up_and_does_not_lose_the_others() -> None:
    with serving() as exchange:
        exchange.replies = [reply(200, rss(item()))]
        exchange.pages[address("INFY.NS")] = [CONSENT]
        problems = {row["ticker"]: row["problem"] for row in asked(exchange)}
        assert exchange.paths == [*map(address, TICKERS), *[address("INFY.NS")] * 2]
    said = problems.pop("INFY.NS")
    assert said == "the answer is an HTML page ('Your privacy'), expected RSS"
    assert set(problems.values()) == {""}


def test_pages_in_place_of_all_lists_are_no_document_and_asked_for_once() -> None:
    with serving() as exchange:
        exchange.replies = [CONSENT]
        with pytest.raises(Refusal, match=r"^refused: the answer is an HTML page"):
            asked(exchange)
        assert exchange.paths == [*map(address, TICKERS)]


def test_a_publisher_that_blocks_is_asked_again_later() -> None:
    with serving() as exchange:
        exchange.replies = [reply(200, rss(item()))]
        exchange.pages[address("INFY.NS")] = [reply(429)]
        with pytest.raises(Refusal, match=r"^blocked: INFY\.NS\.xml: .*429"):
            asked(exchange)
        assert len(exchange.requests) == TICKERS.index("INFY.NS") + 1


def test_where_no_ticker_is_there_the_document_is_missing() -> None:
    with serving() as exchange:
        exchange.replies = [reply(404)]
        with pytest.raises(Refusal, match=r"^missing: DRREDDY\.NS\.xml"):
            asked(exchange)


def test_the_simulated_publisher_lists_a_channel_for_each_ticker(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    now = datetime(2024, 5, 3, 23, 45, tzinfo=INDIA)
    with source(Newsroom(exchange=Nse(clock=lambda: now))) as http:
        (answer,) = acquire(lake, HEADLINES, [str(DAY)], http, clock=lambda: now).values()
    assert (answer.state, answer.reason) == ("accepted", None)
    with lake.sql([YAHOO_HEADLINES], {YAHOO_HEADLINES.timeline: [str(DAY)]}) as connection:
        query = "select distinct ticker from yahoo_headlines where title <> '' order by ticker"
        assert [ticker for (ticker,) in connection.sql(query).fetchall()] == TICKERS


# lists that are silent


def test_a_list_that_is_empty_for_a_week_is_found(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "archive")
    days = [f"2024-05-{day:02}" for day in range(3, 11)]
    for day in days:
        spoken = rss(item()) if day == "2024-05-04" else rss()
        body = document(INFY_NS=rss(), SBIN_NS=PAGE, WIPRO_NS=spoken, HDFCBANK_NS=rss(item()))
        (tmp_path / HEADLINES.names(date.fromisoformat(day))[0]).write_bytes(body)
    with ArchiveSource(tmp_path) as archive:
        acquire(lake, HEADLINES, days, archive)
    (silent,) = (
        found
        for found in examine(lake, YAHOO_HEADLINES, days[5:7], days)
        if found.rule.name == "a_list_is_not_without_headlines_for_a_week"
    )
    assert silent.bad_rows == 2
    tickers = {"INFY.NS", "SBIN.NS"}
    assert {one for text in silent.examples for one in tickers if one in text} == tickers


def test_the_feed_is_found_and_fills_one_table() -> None:
    assert FEEDS["yahoo_headlines"] is HEADLINES
    assert LISTED.writes.path == "silver/headlines"
