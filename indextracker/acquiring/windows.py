"""Missing documents that publishers still keep, and for how long they keep them.

Derived from the log of answers, the calendars and the publishers' lists. Nothing is written here,
and no document is requested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from indextracker.acquiring.deliveries import NEVER_ASKED, Delivery, current
from indextracker.calendars import Calendar
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Source
from indextracker.lake import Lake
from indextracker_catalogue import Key, Timeline
from indextracker_catalogue.shared.deliveries import COMPLETE

# How many of the last keys are looked after where publishers keep documents for long; of what is
# requested all at once, those that as many sessions touch.
KEYS_WATCHED = 30
DAYS_WATCHED = timedelta(days=44)


@dataclass(frozen=True)
class Outstanding:
    """A document that is to be requested, or requested again.

    Attributes:
        feed: Name of the feed.
        key: Its key.
        state: State of the answer that counts; `accepted` where a newer document is listed.
        reason: Why it is outstanding, in a sentence.
        days_left: The result of `days_left`.
        listed_at: When the document listed now was published; None where no time is given.
    """

    feed: str
    key: Key
    state: str
    reason: str
    days_left: int | None
    listed_at: datetime | None


def newest_row(feed: Feed, calendar: Calendar, now: datetime) -> Key:
    """The key of the newest row of a list, whose last day is the last of the oldest row too.

    A row is a row, whatever day it is: on a Saturday the one of Monday is there, since its early
    file came out in the morning after Friday's session.

    Args:
        feed: The feed, of whose documents there is a list.
        calendar: Keys of its time line.
        now: The present, as an aware instant.
    """
    moves_at = feed.window_moves_at
    local = now.astimezone(calendar.zone)
    key = calendar.key_at(local - timedelta(hours=moves_at.hour, minutes=moves_at.minute))
    return key if calendar.is_key(key) else calendar.next(key)


def days_left(feed: Feed, key: Key, calendar: Calendar, now: datetime) -> int | None:
    """Rows that the publisher's list still gets until it loses that of a key.

    Args:
        feed: The feed.
        key: The key.
        calendar: Keys of the feed's time line.
        now: The present, as an aware instant.

    Returns:
        1 where the next row that comes takes its place, 0 once it is deleted; None where documents
        are kept for long, and for a key that has no row yet.
    """
    newest = newest_row(feed, calendar, now)
    if feed.window_sessions is None or key > newest:
        return None
    return max(feed.window_sessions + 1 - len(calendar.keys(key, newest)), 0)


def watched(feed: Feed, calendar: Calendar, now: datetime) -> list[Key]:
    """The keys of a feed whose documents can be had.

    Where the publisher lists and deletes, those with a row: on a free day the next to come is among
    them. Elsewhere the last ones, today's among them; today's alone where there is no other.

    Args:
        feed: The feed.
        calendar: Keys of the feed's time line.
        now: The present, as an aware instant.
    """
    if feed.window_sessions is not None:
        return calendar.last(newest_row(feed, calendar, now), feed.window_sessions)
    if feed.timeline.at_once:
        today = now.astimezone(calendar.zone).date()
        return calendar.within(today - DAYS_WATCHED, today)
    last = calendar.last(calendar.key_at(now), KEYS_WATCHED)
    return [key for key in last if not feed.is_past(key, now)]


def outstanding(
    lake: Lake,
    source: Source,
    calendar_of: Callable[[Timeline], Calendar],
    feeds: Iterable[Feed],
    now: datetime,
) -> list[Outstanding]:
    """The missing documents that publishers still keep, the oldest key first.

    A document is outstanding from the hour by which it is due until it is accepted or its day is
    found closed; and at any hour when the publisher lists a newer one than it answered with. A
    feed that the source cannot be asked for has none, nor has an archive, where nothing comes of
    itself.

    Args:
        lake: Where the log is.
        source: Whose lists are read.
        calendar_of: Gives the calendar of a time line, without what was found to be closed: a
            closed day has no row in a list.
        feeds: Which documents.
        now: The present, as an aware instant.
    """
    if not source.live:
        return []
    asked = [feed for feed in feeds if source.barred(feed) is None]
    keys = {feed: watched(feed, calendar_of(feed.timeline), now) for feed in asked}
    every = set[Key]().union(*keys.values())
    answers = current(lake, [feed.name for feed in asked], every)
    found = []
    for feed in asked:
        listed = _listing(source, feed)
        for key in keys[feed]:
            entry = listed.get(feed.timeline.value_of(key))
            listed_at = entry.published_at if entry else None
            answer = answers.get((feed.name, key))
            reason = _why(feed, key, answer, listed_at, now)
            if reason:
                state = answer.state if answer else "missing"
                left = days_left(feed, key, calendar_of(feed.timeline), now)
                found.append(Outstanding(feed.name, key, state, reason, left, listed_at))
    return sorted(found, key=lambda one: one.key)


def _listing(source: Source, feed: Feed) -> Mapping[date, Listed]:
    try:
        return source.listing(feed)
    except Refusal:
        return {}


def _why(
    feed: Feed, key: Key, answer: Delivery | None, listed_at: datetime | None, now: datetime
) -> str | None:
    """Why a document is to be requested; None where it is not."""
    if answer is not None and not answer.accepted and answer.state in COMPLETE:
        return None
    if answer is not None and answer.precedes(listed_at):
        return f"published again at {listed_at:%Y-%m-%d %H:%M} UTC"
    if now < feed.due(key):
        return None
    if answer is None:
        return NEVER_ASKED
    return None if answer.accepted else answer.reason
