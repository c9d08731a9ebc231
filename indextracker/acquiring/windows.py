"""Missing documents that publishers still keep, and for how long they keep them.

Derived from the log of answers, the calendar and the publishers' lists. Nothing is written here,
and no document is requested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from indextracker.acquiring.deliveries import NEVER_ASKED, Delivery, current, found_closures
from indextracker.calendars import TradingDays
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Source
from indextracker.lake import Lake
from indextracker_catalogue.timeline import Years

# How many of the last sessions are looked after where publishers keep documents for long.
SESSIONS_WATCHED = 30
# When a list gets its next row and loses its oldest: with the early file of the session to come,
# on the morning after each session. Early files are of 05:11 to 05:15.
NEXT_ROW_AT = time(5, 10)


@dataclass(frozen=True)
class Outstanding:
    """A document that is to be requested, or requested again.

    Attributes:
        feed: Name of the feed.
        session: Its session; of a feed of years the first of January.
        state: State of the answer that counts; `accepted` where a newer document is listed.
        reason: Why it is outstanding, in a sentence.
        days_left: The result of `days_left`.
        listed_at: When the document listed now was published; None where no time is given.
    """

    feed: str
    session: date
    state: str
    reason: str
    days_left: int | None
    listed_at: datetime | None


def newest_row(calendar: TradingDays, now: datetime) -> date:
    """The session of the newest row of a list, whose last day is the last of the oldest row too.

    A row is a row, whatever day it is: on a Saturday the one of Monday is there, since its early
    file came out in the morning after Friday's session.

    Args:
        calendar: Sessions of the exchange.
        now: The present, as an aware instant.
    """
    local = now.astimezone(calendar.timezone)
    day = local.date()
    if local.time() < NEXT_ROW_AT:
        day -= timedelta(days=1)
    return day if calendar.is_session(day) else calendar.next(day)


def days_left(feed: Feed, session: date, calendar: TradingDays, now: datetime) -> int | None:
    """Rows that the publisher's list still gets until it loses a session's.

    Args:
        feed: The feed.
        session: The session.
        calendar: Sessions of the feed's exchange.
        now: The present, as an aware instant.

    Returns:
        1 where the next row that comes takes its place, 0 once it is deleted; None where documents
        are kept for long, and for a session that has no row yet.
    """
    newest = newest_row(calendar, now)
    if feed.window_sessions is None or session > newest:
        return None
    return max(feed.window_sessions + 1 - len(calendar.sessions(session, newest)), 0)


def watched(feed: Feed, calendar: TradingDays, now: datetime) -> list[date]:
    """The sessions of a feed that can be had, those of years by year.

    Where the publisher lists and deletes, those with a row: on a free day the next to come is among
    them. Elsewhere the last ones, today's among them.

    Args:
        feed: The feed.
        calendar: Sessions of the feed's exchange.
        now: The present, as an aware instant.
    """
    if feed.window_sessions is not None:
        return calendar.sessions(calendar.start, newest_row(calendar, now))[-feed.window_sessions :]
    today = now.astimezone(calendar.timezone).date()
    sessions = calendar.sessions(calendar.start, today)[-SESSIONS_WATCHED:]
    if feed.timeline == Years():
        return sorted({date(session.year, 1, 1) for session in sessions})
    return sessions


def outstanding(
    lake: Lake, source: Source, calendar: TradingDays, feeds: Iterable[Feed], now: datetime
) -> list[Outstanding]:
    """The missing documents that publishers still keep, the oldest session first.

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
    # A day found to be closed has no row.
    calendar = calendar.without(closure.day for closure in found_closures(lake))
    days = {feed: watched(feed, calendar, now) for feed in feeds if source.barred(feed) is None}
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
                left = days_left(feed, session, calendar, now)
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
    """Why a document is to be requested; None where it is not."""
    if answer is not None and answer.state == "closed":
        return None
    if answer is not None and answer.precedes(listed_at):
        return f"published again at {listed_at:%Y-%m-%d %H:%M} UTC"
    if now < feed.due(session):
        return None
    if answer is None:
        return NEVER_ASKED
    return None if answer.accepted else answer.reason
