"""Selects the outstanding documents that are to be requested now.

A document that was requested without success is requested again after a pause, which grows.
`windows` finds the outstanding documents; `acquisition` requests them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from indextracker.acquiring.windows import Outstanding
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_catalogue.timeline import Years

ASKS_EVERY = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(days=1)
MOST_COUNTED = 20


def turns(
    lake: Lake, missing: Iterable[Outstanding], start: date, now: datetime
) -> tuple[dict[str, list[date]], int]:
    """The documents to be requested now.

    Args:
        lake: Where the log of answers is.
        missing: Which documents are outstanding.
        start: The first session of interest; a document of a year counts with its year.
        now: The present, as an aware instant.

    Returns:
        Per feed the sessions, and how many documents wait for their turn.
    """
    asked = _asked(lake)
    due: dict[str, list[date]] = {}
    waiting = 0
    for one in missing:
        times, last = asked.get((one.feed, one.session), (0, now))
        if one.session < (date(start.year, 1, 1) if FEEDS[one.feed].timeline == Years() else start):
            continue
        if times and now < last + pause(times, ASKS_EVERY):
            waiting += 1
            continue
        due.setdefault(one.feed, []).append(one.session)
    return due, waiting


def pause(tries: int, first: timedelta) -> timedelta:
    """How long to wait after so many tries: twice as long each time, a day at most."""
    return min(first * (1 << min(tries - 1, MOST_COUNTED)), LONGEST_PAUSE)


def _asked(lake: Lake) -> dict[tuple[str, date], tuple[int, datetime]]:
    """How often each document was asked for since the last that was accepted, and when last."""
    with lake.sql([DELIVERIES]) as connection:
        rows = connection.execute(
            """
            with last_accepted as (
                select feed, session_date, max(fetched_at) as at
                from deliveries where state = 'accepted' group by all
            )
            select d.feed, d.session_date, count(*), max(d.fetched_at)
            from deliveries as d left join last_accepted as a using (feed, session_date)
            where d.fetched_at >= coalesce(a.at, d.fetched_at) group by all
            """
        ).fetchall()
    return {(feed, session): (times, last) for feed, session, times, last in rows}
