"""Finds and logs closed days: those that the calendar has as sessions, but without trading.

A step of its own after acquisition, so that each publisher is asked in its own pool: `questions`
names the documents that are needed as evidence, which `acquire` requests as any others; then
`record` logs the days that were closed. What proves a closure is a rule of the subject
(`feeds/<subject>/closures.py`), which is handed dates, and does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from indextracker.acquiring import deliveries
from indextracker.acquiring.deliveries import Delivery, current, took_place
from indextracker.feeds import CLOSURE_FINDERS, FEEDS, Feed
from indextracker.feeds.closures import ClosureFinder, Evidence
from indextracker.feeds.sources import Source
from indextracker.lake import Lake
from indextracker_catalogue import Key
from indextracker_catalogue.shared.deliveries import COMPLETE


def questions(
    lake: Lake, asked: Collection[Feed], keys: Sequence[Key], source: Source, now: datetime
) -> dict[Feed, list[Key]]:
    """The documents still to be requested to decide which sessions without one were closed days.

    Args:
        lake: Where the answers are.
        asked: The feeds that were just asked for.
        keys: The keys that they were asked for.
        source: The source that was asked.
        now: The present, as an aware instant.

    Returns:
        Keys by feed; none of the feeds that were asked, and no feed without keys.
    """
    names = {feed.name for feed in asked}
    return {
        feed: [finder.timeline.key_of(day) for day in days]
        for finder, evidence, missing in _undecided(lake, asked, keys, source, now)
        for feed, days in finder.questions(evidence, missing).items()
        if days and feed.name not in names
    }


def record(
    lake: Lake, asked: Collection[Feed], keys: Sequence[Key], source: Source, now: datetime
) -> list[Delivery]:
    """Logs as closed, for every feed of the time line, the sessions that are found to be none.

    Args:
        lake: Where the answers are, those to `questions` among them.
        asked: The feeds that were asked for.
        keys: The keys that they were asked for.
        source: The source that was asked.
        now: When this is found out, as an aware instant.

    Returns:
        What was logged. A second time nothing is.
    """
    logged = [
        closed
        for finder, evidence, missing in _undecided(lake, asked, keys, source, now)
        for closed in _closed(lake, finder, evidence, missing)
    ]
    deliveries.record(lake, logged)
    return logged


def _undecided(
    lake: Lake, asked: Collection[Feed], keys: Sequence[Key], source: Source, now: datetime
) -> Iterator[tuple[ClosureFinder, Evidence, list[date]]]:
    """The finders of the feeds asked, each with what is known and the days in question."""
    for finder in CLOSURE_FINDERS:
        names = {feed.name for feed in asked} & set(_feeds(finder))
        if not names:
            continue
        value_of = finder.timeline.value_of
        found = current(lake, _feeds(finder), keys)
        answers = {(feed, value_of(key)): answer for (feed, key), answer in found.items()}
        missing = {
            day for (feed, day), a in answers.items() if feed in names and a.state not in COMPLETE
        }
        if missing:
            evidence = Evidence(answers, lake.landing.get, source, now)
            yield finder, evidence, sorted(missing)


def _closed(
    lake: Lake, finder: ClosureFinder, evidence: Evidence, days: Sequence[date]
) -> Iterator[Delivery]:
    """The rows to be logged for the days that a finder finds closed."""
    key_of = finder.timeline.key_of
    found = {key_of(day): finding for day, finding in finder.closed(evidence, days).items()}
    answers = {(feed, key_of(day)): answer for (feed, day), answer in evidence.answers.items()}
    open_days = took_place(lake, {of: a for of, a in answers.items() if of[1] in found})
    for key in sorted(found.keys() - open_days):
        for feed in _feeds(finder):
            answer = answers.get((feed, key))
            if answer is not None and answer.state in COMPLETE:
                continue
            yield Delivery(
                feed=feed,
                key=key,
                state="closed",
                fetched_at=evidence.now,
                reason=found[key].reason,
                url=found[key].url,
            )


def _feeds(finder: ClosureFinder) -> list[str]:
    """The feeds that have no document of a closed day."""
    return [f.name for f in FEEDS.values() if f.timeline == finder.timeline]
