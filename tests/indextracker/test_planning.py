"""Runs are spans of sessions without a gap, and no session is in two of them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker.building.needs import needs
from indextracker.building.planning import Span, spans
from indextracker.calendars import calendar
from indextracker.feeds import FEEDS
from indextracker_catalogue import Hours, Key, Sessions

XTAI = Sessions("XTAI")
CALENDAR = calendar(XTAI, date(2025, 6, 2))
# Lunar New Year is in the middle: 5 to 15 February are neighbours.
SESSIONS = CALENDAR.keys("2024-01-29", "2024-02-23")
# Tuesday to the Tuesday after.
DAYS = [f"2024-12-{day}" for day in (10, 11, 12, 13, 16, 17)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], []),
        ([DAYS[0]], [DAYS[:1]]),
        (DAYS, [DAYS]),  # a weekend breaks no span
        ([DAYS[0], DAYS[1], DAYS[3], DAYS[5]], [DAYS[:2], DAYS[3:4], DAYS[5:]]),
        ([DAYS[1], DAYS[0]], [DAYS[:2]]),
        ([DAYS[0], "2024-12-14"], [DAYS[:1]]),  # a Saturday is not the calendar's any more
    ],
)
def test_spans_are_broken_by_sessions_alone(days: list[Key], expected: list[list[Key]]) -> None:
    assert [list(span.keys) for span in spans({"a": days}, CALENDAR)] == expected


def test_hours_are_broken_by_hours() -> None:
    hours = [f"2024-12-14T{hour:02}" for hour in (21, 22, 23)] + ["2024-12-15T00", "2024-12-15T02"]
    found = spans({"a": hours}, calendar(Hours(), date(2024, 12, 16)))
    assert [(span.timeline, span.first, span.last) for span in found] == [
        (Hours(), "2024-12-14T21", "2024-12-15T00"),
        (Hours(), "2024-12-15T02", "2024-12-15T02"),
    ]


@given(st.dictionaries(st.sampled_from("abc"), st.sets(st.sampled_from(SESSIONS))))
def test_each_thing_is_done_once_for_its_sessions(wanted: dict[str, set[Key]]) -> None:
    found = spans(wanted, CALENDAR)
    done = [(name, day) for span in found for name in span.names for day in span.keys]
    assert sorted(done) == sorted((name, day) for name, days in wanted.items() for day in days)
    days = [day for span in found for day in span.keys]
    assert len(days) == len(set(days))
    for span in found:
        assert list(span.keys) == CALENDAR.keys(span.first, span.last)


def test_a_digest_tells_documents_sessions_and_tables_apart() -> None:
    documents = {"a": {DAYS[0]: "x", DAYS[1]: "y"}, "b": {DAYS[0]: "x", DAYS[1]: "z"}}
    made = [
        Span(XTAI, tuple(days), names).digest(documents)
        for days in (DAYS[:1], DAYS[1:2], DAYS[:2])
        for names in (("a",), ("b",), ("a", "b"))
    ]
    assert len(set(made)) == len(made)
    assert Span(XTAI, (DAYS[0],), ("a",)).digest({"a": {DAYS[0]: "x"}}) == made[0]


def test_needs_are_of_feeds_of_sessions_and_name_the_copies() -> None:
    found = needs()
    feeds = {feed for need in found.values() for way in need.ways for feed in way.feeds}
    assert feeds <= {name for name, feed in FEEDS.items() if not feed.timeline.at_once}
    assert found["raw/futures_bars"] == found["gold/futures_bars"]
    assert len(found["silver/rejects"].ways) > len(found["silver/futures_trades"].ways) == 1
    assert not any(path.startswith("raw/") for path in needs(["silver", "gold"]))
