"""Selects the outstanding documents that are to be requested now.

A document that was requested without success is requested again after a pause, which grows.
`windows` finds the outstanding documents; `acquisition` requests them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from indextracker.acquiring.deliveries import key_in_sql, timeline
from indextracker.acquiring.windows import Outstanding
from indextracker.lake import Lake
from indextracker_catalogue import Key
from indextracker_catalogue.shared.deliveries import DELIVERIES

ASKS_EVERY = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(days=1)
MOST_COUNTED = 20


def turns(
    lake: Lake, missing: Iterable[Outstanding], start: date, now: datetime
) -> tuple[dict[str, list[Key]], int]:
    """The documents to be requested now.

    Args:
        lake: Where the log of answers is.
        missing: Which documents are outstanding.
        start: The first day of interest; a document of a year counts with its year.
        now: The present, as an aware instant.

    Returns:
        Per feed the keys, and how many documents wait for their turn.
    """
    missing = list(missing)
    asked = _asked(lake, sorted({one.feed for one in missing}))
    due: dict[str, list[Key]] = {}
    waiting = 0
    for one in missing:
        times, last = asked.get((one.feed, one.key), (0, now))
        if one.key < timeline(one.feed).key_of(start):
            continue
        if times and now < last + pause(times, ASKS_EVERY):
            waiting += 1
            continue
        due.setdefault(one.feed, []).append(one.key)
    return due, waiting


def pause(tries: int, first: timedelta) -> timedelta:
    """How long to wait after so many tries: twice as long each time, a day at most."""
    return min(first * (1 << min(tries - 1, MOST_COUNTED)), LONGEST_PAUSE)


def _asked(lake: Lake, feeds: list[str]) -> dict[tuple[str, Key], tuple[int, datetime]]:
    """How often each document was asked for since the last that was accepted, and when last."""
    if not feeds:
        return {}
    names = ", ".join(f"'{feed}'" for feed in feeds)
    with lake.sql([DELIVERIES]) as connection:
        rows = connection.execute(
            f"""
            with answers as (
                select feed, {key_in_sql(feeds)} as of_key, state, fetched_at
                from deliveries where feed in ({names})
            ),
            last_accepted as (
                select feed, of_key, max(fetched_at) as at
                from answers where state = 'accepted' group by all
            )
            select d.feed, of_key, count(*), max(d.fetched_at)
            from answers as d left join last_accepted as a using (feed, of_key)
            where d.fetched_at >= coalesce(a.at, d.fetched_at) group by all
            """
        ).fetchall()
    return {(feed, key): (n, last) for feed, key, n, last in rows}
