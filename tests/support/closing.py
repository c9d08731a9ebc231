"""Acquires documents and then finds closed days, as a run does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from indextracker.acquiring import closures
from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.deliveries import Delivery, current
from indextracker.feeds import Feed
from indextracker.feeds.sources import Source
from indextracker.lake import Lake


def acquire_and_close(
    lake: Lake, feed: Feed, days: Sequence[date], source: Source, clock: Callable[[], datetime]
) -> dict[date, Delivery]:
    """The answer that counts of each day, once closed days are found."""
    keys = [str(day) for day in days]
    acquire(lake, feed, keys, source, clock=clock)
    for other, asked in closures.questions(lake, [feed], keys, source, clock()).items():
        acquire(lake, other, asked, source, clock=clock)
    closures.record(lake, [feed], keys, source, clock())
    answers = current(lake, [feed.name], keys).values()
    return {answer.session_date: answer for answer in answers}
