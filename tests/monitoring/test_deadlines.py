"""Deadlines by what feeds and schedules declare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from indextracker.feeds import feeds_of
from indextracker.monitoring.deadlines import deadline
from indextracker_catalogue import SUBJECTS


@pytest.mark.parametrize(
    ("subject", "feed", "key", "by"),
    [
        # Due and asked for at 18:30 in Taipei.
        ("taiwan", "taifex_futures", "2024-12-16", datetime(2024, 12, 16, 10, 30, tzinfo=UTC)),
        # Due an hour and a half after it began, and asked for at five past each hour of India.
        ("news", "alphavantage_news", "2024-12-16T07", datetime(2024, 12, 16, 8, 35, tzinfo=UTC)),
        # Due at 22:40 in India, and asked for at 22:45.
        ("news", "yahoo_headlines", "2024-12-16", datetime(2024, 12, 16, 17, 15, tzinfo=UTC)),
    ],
)
def test_a_deadline_is_the_first_tick_at_or_after_the_hour_by_which_a_document_is_due(
    subject: str, feed: str, key: str, by: datetime
) -> None:
    of = SUBJECTS[subject]
    assert deadline(of, feeds_of(of)[feed], key) == by


def test_every_feed_is_asked_for_within_a_day_of_being_due() -> None:
    for subject in SUBJECTS.values():
        for feed in feeds_of(subject).values():
            if feed.timeline.at_once:
                continue
            key = "2024-12-16T07" if feed.timeline.type == "timestamp" else "2024-12-16"
            late = deadline(subject, feed, key) - feed.due(key)
            assert timedelta(0) <= late < timedelta(days=1), feed.name
