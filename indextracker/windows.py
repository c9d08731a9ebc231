"""What is still to be had: how long publishers keep documents, and which are worth asking for.

Derived from the log of answers, the calendar and the publishers' lists. Nothing is written here,
and no document asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from indextracker.calendars import Calendar
from indextracker.deliveries import NEVER_ASKED, Delivery, current
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Source
from indextracker.lake import Lake

# How many of the last sessions are looked after where publishers keep documents for long.
SESSIONS_WATCHED = 30


@dataclass(frozen=True)
class Outstanding:
    """A document that a publisher is to be asked for, or asked for again.

    Attributes:
        feed: Name of the feed.
        session: Its session; of a yearly feed the first of January.
        state: State of the answer that counts; `accepted` where a newer document is listed.
        reason: What is the matter, in a sentence.
        days_left: As `days_left` tells.
        listed_at: When the publisher published what it lists now; None where it does not tell.
    """

    feed: str
    session: date
    state: str
    reason: str
    days_left: int | None
    listed_at: datetime | None


def days_left(feed: Feed, session: date, calendar: Calendar, today: date) -> int | None:
    """Trading days until the publisher deletes a session's document.

    Args:
        feed: The feed.
        session: The session.
        calendar: Sessions of the feed's exchange.
        today: The present day at the exchange.

    Returns:
        1 on the last day on which it is there, 0 once it is deleted; None where documents are kept
        for long, and for a session still to come.
    """
    if feed.window_sessions is None or session > today:
        return None
    # The session of today takes a place from the dawn on.
    return max(feed.window_sessions + 1 - len(calendar.sessions(session, today)), 0)


def watched(feed: Feed, calendar: Calendar, today: date) -> list[date]:
    """The sessions of a feed that can still be had, today's among them; those of years by year."""
    number = feed.window_sessions or SESSIONS_WATCHED
    sessions = calendar.sessions(calendar.start, today)[-number:]
    if feed.yearly:
        return sorted({date(session.year, 1, 1) for session in sessions})
    return sessions


def outstanding(
    lake: Lake, source: Source, calendar: Calendar, feeds: Iterable[Feed], now: datetime
) -> list[Outstanding]:
    """What lacks of the sessions that publishers still keep, the oldest first.

    A document is outstanding from the hour by which it is due until it is accepted or its day is
    found closed; and at any hour when the publisher lists a newer one than it answered with. A
    feed that the source cannot be asked for has none, nor has an archive, where nothing comes of
    itself.

    Args:
        lake: Where the log is.
        source: Whose lists are read.
        calendar: Sessions of the feeds' exchange.
        feeds: Which documents.
        now: The present, as an aware instant.
    """
    if not source.live:
        return []
    today = now.astimezone(calendar.timezone).date()
    days = {feed: watched(feed, calendar, today) for feed in feeds if source.barred(feed) is None}
    asked_for = sorted({day for sessions in days.values() for day in sessions})
    answers = current(lake, [feed.name for feed in days], asked_for)
    found = []
    for feed, sessions in days.items():
        listed = _listing(source, feed)
        for session in sessions:
            listed_at = listed[session].published_at if session in listed else None
            answer = answers.get((feed.name, session))
            reason = _why(feed, session, answer, listed_at, now)
            if reason:
                state = answer.state if answer else "missing"
                left = days_left(feed, session, calendar, today)
                found.append(Outstanding(feed.name, session, state, reason, left, listed_at))
    return sorted(found, key=lambda one: one.session)


def _listing(source: Source, feed: Feed) -> Mapping[date, Listed]:
    try:
        return source.listing(feed)
    except Refusal:
        return {}


def _why(
    feed: Feed, session: date, answer: Delivery | None, listed_at: datetime | None, now: datetime
) -> str | None:
    """Why a document is to be asked for; None where it is not."""
    if answer is not None and answer.state == "closed":
        return None
    if answer is not None and answer.precedes(listed_at):
        return f"published again at {listed_at:%Y-%m-%d %H:%M} UTC"
    if now < feed.due(session):
        return None
    if answer is None:
        return NEVER_ASKED
    return None if answer.accepted else answer.reason
