"""NSE's feed of announcements: what is accepted and refused, and what becomes of its items."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from support.documents import accepted

from indextracker.feeds import Refusal
from indextracker.feeds.news.announcements import ANNOUNCEMENTS
from indextracker.feeds.news.rss import items
from indextracker.feeds.sources import judge
from indextracker.feeds.sources.archive import ArchiveSource
from indextracker.feeds.sources.http import HttpSource
from indextracker.readings.news.announcements import OF_NSE, announcements
from indextracker_catalogue.shared.deliveries import State
from indextracker_simulator.india.announcements import announced_until, announcements_xml
from indextracker_simulator.india.exchange import Exchange

DAY = date(2024, 4, 29)
INDIA = ZoneInfo("Asia/Kolkata")
LINK = "https://nsearchives.nseindia.com/corporate/M_M_29042024093000_news.pdf"


def item(**replaced: str) -> str:
    cells = {
        "title": "Alfa &amp; Sons Limited",
        "link": LINK,
        "description": "Alfa has informed the Exchange regarding a fire.|SUBJECT: Fire",
        "pubDate": "29-Apr-2024 09:30:00",
        **replaced,
    }
    return "".join(f"<{name}>{text}</{name}>" for name, text in cells.items())


def feed(*found: str, head: str = "") -> bytes:
    inside = "".join(f"<item>{one}</item>" for one in found)
    return f'<?xml version="1.0"?>{head}<rss><channel>{inside}</channel></rss>'.encode()


def read(body: bytes, day: date = DAY) -> pa.Table:
    """The lines of an accepted feed that are read."""
    lines = accepted(ANNOUNCEMENTS, body, day)
    return lines.filter(OF_NSE.judge(lines, day))


# the feed


@pytest.mark.parametrize(
    ("body", "state", "word"),
    [
        (b" \n", "missing", "is empty"),
        (b"<html><title>Access Denied</title></html>", "blocked", "User-Agent"),
        (b"<html><title>Consent</title></html>", "refused", "expected RSS"),
        (feed(item()).replace(b"rss>", b"feed>"), "refused", "expected RSS"),
        (feed(item())[:-9], "refused", "no readable XML"),
        (feed(item(pubDate="28-Apr-2024 09:30:00")), "refused", "expected some of 2024-04-29"),
    ],
)
def test_what_is_not_the_feed_of_the_day_is_refused(body: bytes, state: State, word: str) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(ANNOUNCEMENTS, body, DAY)
    assert caught.value.state == state
    assert "Online_announcements_2024-04-29.xml" in caught.value.reason
    assert word in caught.value.reason


def test_a_day_without_announcements_is_accepted() -> None:
    assert read(feed()).num_rows == 0


def test_a_past_day_is_not_asked_for(tmp_path: Path) -> None:
    after = datetime(2024, 4, 30, tzinfo=INDIA)
    with HttpSource([], user_agent="tests") as http:
        [answer] = judge(ANNOUNCEMENTS, str(DAY), http, after)
    assert answer.state == "never"
    assert "of today alone" in str(answer.reason)
    (tmp_path / ANNOUNCEMENTS.names(DAY)[0]).write_bytes(feed(item()))
    [kept] = judge(ANNOUNCEMENTS, str(DAY), ArchiveSource(tmp_path), after)
    assert kept.state == "accepted"


# entities


def test_a_declared_entity_is_refused_before_it_is_put_in_place() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(Refusal, match="declares the entity 'a'"):
        items(feed("<title>&b;</title>", head=bomb), "bomb.xml")


def test_a_file_of_this_machine_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    outside = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    with pytest.raises(Refusal, match="declares the entity 'x'"):
        items(feed("<title>&x;</title>", head=outside), "outside.xml")


def test_a_doctype_alone_is_harmless() -> None:
    head = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x.invalid/rss-0.91.dtd">'
    found = items(feed("<title>one&nbsp;&amp; <![CDATA[two]]></title>", head=head), "rss.xml")
    assert found == [{"title": "one & two"}]


# what becomes of items


def test_an_announcement_has_its_symbol_subject_and_instant() -> None:
    (row,) = announcements(read(feed(item())), DAY).to_pylist()
    assert row == {
        "line": 1,
        "published_at": datetime(2024, 4, 29, 4, tzinfo=UTC),
        "symbol": "M&M",
        "name": "Alfa & Sons Limited",
        "subject": "Fire",
        "announcement": "Alfa has informed the Exchange regarding a fire.",
        "url": LINK,
    }


def test_an_item_without_a_filing_has_no_symbol() -> None:
    (row,) = announcements(read(feed(item(link=""))), DAY).to_pylist()
    assert (row["symbol"], row["url"]) == (None, None)


def test_items_of_another_day_are_left_out() -> None:
    late = item(pubDate="28-Apr-2024 23:59:59")
    assert announcements(read(feed(item(), late)), DAY)["line"].to_pylist() == [1]


@pytest.mark.parametrize(
    ("replaced", "reason"),
    [
        ({"title": ""}, "unreadable title: "),
        ({"pubDate": "2 hours ago"}, "unreadable pub date: 2 hours ago"),
        ({"pubDate": "31-Feb-2024 09:30:00"}, "unreadable pub date: 31-Feb-2024 09:30:00"),
    ],
)
def test_an_item_that_cannot_be_read_is_a_reject(replaced: dict[str, str], reason: str) -> None:
    lines = accepted(ANNOUNCEMENTS, feed(item(), item(), item(**replaced)), DAY)
    rejects = OF_NSE.rejects(lines, DAY).to_pylist()
    assert [(row["line"], row["reason"]) for row in rejects] == [(3, reason)]


@pytest.mark.parametrize("day", range(22, 30))
def test_the_simulated_announcements_are_what_was_filed(day: int) -> None:
    now = datetime(2024, 4, day, 23, 45, tzinfo=INDIA)
    nse = Exchange(clock=lambda: now)
    told = announced_until(nse.instruments, nse.seed, now)
    lines = read(announcements_xml(nse.instruments, nse.seed, now), now.date())
    found = announcements(lines, now.date()).to_pylist()
    assert [
        (row["symbol"], row["name"], row["subject"], row["announcement"], row["published_at"])
        for row in found
        if row["symbol"]
    ] == [(one.symbol, one.name, one.subject, one.text, one.at) for one in told]
    assert [row["subject"] for row in found if not row["symbol"]] == ["Declaration of NAV"]
