"""Finds and logs closed days: those that the calendar has as sessions, but without trading.

A step of its own after acquisition, so that each publisher is asked in its own pool: `questions`
names the documents that are needed as evidence, which `acquire` requests as any others; then
`record` logs the days that were closed. What proves a closure is a rule of the subject
(`feeds/<subject>/closures.py`) and does not belong here.
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
from indextracker_catalogue.shared.deliveries import COMPLETE


def questions(
    lake: Lake, asked: Collection[Feed], sessions: Sequence[date], source: Source, now: datetime
) -> dict[Feed, list[date]]:
    """The documents still to be requested to decide which sessions without one were closed days.

    Args:
        lake: Where the answers are.
        asked: The feeds that were just asked for.
        sessions: The sessions that they were asked for.
        source: The source that was asked.
        now: The present, as an aware instant.

    Returns:
        Sessions by feed; none of the feeds that were asked, and no feed without sessions.
    """
    names = {feed.name for feed in asked}
    return {
        feed: list(days)
        for finder, evidence, missing in _undecided(lake, asked, sessions, source, now)
        for feed, days in finder.questions(evidence, missing).items()
        if days and feed.name not in names
    }


def record(
    lake: Lake, asked: Collection[Feed], sessions: Sequence[date], source: Source, now: datetime
) -> list[Delivery]:
    """Logs as closed, for every feed of the time line, the sessions that are found to be none.

    Args:
        lake: Where the answers are, those to `questions` among them.
        asked: The feeds that were asked for.
        sessions: The sessions that they were asked for.
        source: The source that was asked.
        now: When this is found out, as an aware instant.

    Returns:
        What was logged. A second time nothing is.
    """
    logged = [
        closed
        for finder, evidence, missing in _undecided(lake, asked, sessions, source, now)
        for closed in _closed(lake, finder, evidence, missing)
    ]
    deliveries.record(lake, logged)
    return logged


def _undecided(
    lake: Lake, asked: Collection[Feed], sessions: Sequence[date], source: Source, now: datetime
) -> Iterator[tuple[ClosureFinder, Evidence, list[date]]]:
    """The finders of the feeds asked, each with what is known and the sessions in question."""
    for finder in CLOSURE_FINDERS:
        names = {feed.name for feed in asked} & set(_feeds(finder))
        if not names:
            continue
        answers = current(lake, _feeds(finder), sessions)
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
    found = finder.closed(evidence, days)
    answers = {key: answer for key, answer in evidence.answers.items() if key[1] in found}
    open_days = took_place(lake, answers)
    for day in sorted(found.keys() - open_days):
        for feed in _feeds(finder):
            answer = answers.get((feed, day))
            if answer is not None and answer.state in COMPLETE:
                continue
            yield Delivery(
                feed=feed,
                session_date=day,
                key=finder.timeline.key_of(day),
                state="closed",
                fetched_at=evidence.now,
                reason=found[day].reason,
                url=found[day].url,
            )


def _feeds(finder: ClosureFinder) -> list[str]:
    """The feeds that have no document of a closed day."""
    return [f.name for f in FEEDS.values() if f.timeline == finder.timeline]
