"""What no feed takes for data, whichever it is; and every refusal names its document."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import accepted, decoded

from indextracker.feeds import FEEDS, PUBLISHERS, Feed, Refusal
from indextracker_catalogue.timeline import Years

FIREWALL = (
    b"<html><head><title>Request Rejected</title></head><body>"
    b"FOR SECURITY REASONS, THIS PAGE CAN NOT BE ACCESSED!</body></html>"
)
FEED = pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)


def day_of(feed: Feed) -> date:
    return date(2024, 1, 1) if feed.timeline == Years() else date(2024, 12, 16)


def refusal_of(feed: Feed, body: bytes) -> Refusal:
    """The refusal, which decoding repeats: nothing that is refused comes to bronze."""
    day = day_of(feed)
    with pytest.raises(Refusal) as caught:
        accepted(feed, body, day)
    with pytest.raises(Refusal) as again:
        decoded(feed, body, day)
    assert str(again.value) == str(caught.value)
    assert any(name in caught.value.reason for name in feed.names(day)), caught.value
    return caught.value


@FEED
def test_a_firewalls_page_is_blocked(feed: Feed) -> None:
    refusal = refusal_of(feed, FIREWALL)
    assert refusal.state == "blocked"
    assert "HTML page" in refusal.reason


@FEED
@pytest.mark.parametrize(
    "body", [b"", b"\n", b"{}", b"[]", b"null", b"PK\x03\x04", b"\xef\xbb\xbf", b'{"data": [1]}']
)
def test_scraps_are_refused(feed: Feed, body: bytes) -> None:
    assert refusal_of(feed, body).state in ("missing", "blocked", "refused")


@FEED
def test_deep_nesting_breaks_nothing(feed: Feed) -> None:
    assert refusal_of(feed, b"{" * 100_000).reason
    assert refusal_of(feed, b'{"data":' + b"[" * 100_000).reason


@given(feed=st.sampled_from(sorted(FEEDS)), body=st.binary(max_size=300))
def test_any_bytes_are_refused(feed: str, body: bytes) -> None:
    assert refusal_of(FEEDS[feed], body).reason


@FEED
def test_a_feed_is_declared_whole(feed: Feed) -> None:
    day = day_of(feed)
    assert feed.publisher in PUBLISHERS
    assert feed.table.name == feed.name
    assert feed.table.layer == "bronze"
    assert feed.request(day).path.startswith("/")
    assert len({name for year in (2023, 2024) for name in feed.names(date(year, 1, 2))}) == 2 * len(
        feed.names(day)
    )
    assert (feed.listing is None) == (feed.window_sessions is None)
    assert feed.due(feed.timeline.key_of(day)).utcoffset() is not None
