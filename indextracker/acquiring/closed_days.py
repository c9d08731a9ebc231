"""Days that the calendar takes for sessions and on which the exchange was closed: typhoons.

No schedule tells of them. A day is closed where the index publisher has no data for it, and the
futures exchange has none either: it lists documents of a later session and none of the day, or,
of a day of any age, it sends a daily report without a line. Silence proves nothing: an archive
without a file, a page that is not there. What follows for the calendar's tables is
`deliveries.found_closures`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from indextracker.acquiring.deliveries import Delivery, current, record, took_place
from indextracker.calendars import calendar
from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.sources import Source
from indextracker.feeds.taiwan import twse
from indextracker.lake import Lake

INDEX = FEEDS["twse_index"]
LISTED = FEEDS["taifex_futures"]
REPORTS = FEEDS["taifex_daily_futures"], FEEDS["taifex_daily_options"]

# A header alone has 197 bytes, a page that says so under a thousand; documents have thousands more.
STATEMENT_BYTES = 10_000
DECIDED = ("accepted", "closed", "missing")

Ask = Callable[[Feed, Sequence[date]], object]


def find(
    lake: Lake, feed: Feed, missing: Sequence[date], source: Source, ask: Ask, now: datetime
) -> None:
    """Look for closed days among the sessions of which a feed has no document, and log them.

    Where one of the two says that it has nothing, the other is asked, if it has not said so yet.

    Args:
        lake: Where the log is.
        feed: The feed that was asked for.
        missing: Its sessions without a document, not known to be closed.
        source: Whom it was asked of.
        ask: Asks for the documents of another feed.
        now: When this is found out.
    """
    passed = passed_over(source, missing)
    for other, days in _to_ask(lake, missing, passed, source, now):
        if days and other.name != feed.name:
            ask(other, days)
    close(lake, _without_report(lake, missing) | passed, now)


def _to_ask(
    lake: Lake, missing: Sequence[date], passed: Mapping[date, str], source: Source, now: datetime
) -> list[tuple[Feed, list[date]]]:
    """What else has to be known of the sessions: feeds, and the days of which to ask them."""
    known = current(lake, [INDEX.name, *(report.name for report in REPORTS)], missing)
    index = _says_nothing(lake, known, [INDEX])
    report = _says_nothing(lake, known, REPORTS)
    if not source.live:
        return _held(source, [day for day in missing if day not in index.keys() & report.keys()])
    undecided = [
        day
        for day in passed
        if (INDEX.name, day) not in known or known[INDEX.name, day].state not in DECIDED
    ]
    there = {day for (_, day), answer in known.items() if answer.accepted}
    one_said = [
        day
        for day in index.keys() ^ report.keys()
        if day not in passed and day not in there and now >= _next_is_due(day)
    ]
    return [
        (INDEX, sorted({*undecided, *(day for day in one_said if day in report)})),
        (REPORTS[0], sorted(day for day in one_said if day in index)),
    ]


def _held(source: Source, days: Sequence[date]) -> list[tuple[Feed, list[date]]]:
    """The days of which an archive holds both statements, and the feeds that they are of.

    Nothing else is taken of those feeds: documents that nobody asked for would come with it.
    """
    reports = [
        (report, [day for day in days if _is_statement(source, report, day)]) for report in REPORTS
    ]
    index = [
        day
        for day in days
        if any(day in held for _, held in reports) and _is_statement(source, INDEX, day)
    ]
    return [(INDEX, index), *((feed, [d for d in held if d in index]) for feed, held in reports)]


def passed_over(source: Source, sessions: Iterable[date]) -> dict[date, str]:
    """The sessions that the futures exchange passes over in its list, each in a sentence.

    One that is older than all that is listed is not passed over: its document is deleted.
    """
    try:
        listed = source.listing(LISTED)
    except Refusal:
        return {}
    out = sorted(day for day, entry in listed.items() if entry.links)
    return {
        session: f"{LISTED.publisher} lists documents of {min(d for d in out if d > session)} "
        f"and none of {session}"
        for session in sessions
        if out and min(listed) < session < out[-1] and session not in out
    }


def close(lake: Lake, passed: Mapping[date, str], now: datetime) -> None:
    """Log as closed, for every feed, the days of which neither has data.

    A session of which any document holds something took place.

    Args:
        lake: Where the log is.
        passed: The days for which the futures exchange has nothing, each in a sentence.
        now: When this was found out.
    """
    if not passed:
        return
    feeds = [f.name for f in FEEDS.values() if f.exchange == INDEX.exchange and not f.yearly]
    known = current(lake, feeds, list(passed))
    open_days = took_place(lake, known.values())
    closed = []
    for session, sentence in passed.items():
        index = known.get((INDEX.name, session))
        answers = {feed: known.get((feed, session)) for feed in feeds}
        if index is None or index.state not in ("missing", "closed"):
            continue
        if session in open_days:
            continue
        reason = index.reason
        if index.state == "missing":
            reason = f"the exchange was closed: {index.reason}, and {sentence}"
        closed += [
            Delivery(
                feed=feed,
                session_date=session,
                url=index.url,
                name=None,
                sha256=None,
                bytes=None,
                published_at=None,
                fetched_at=now,
                state="closed",
                reason=reason,
            )
            for feed, answer in answers.items()
            if answer is None or answer.state not in ("accepted", "closed")
        ]
    record(lake, closed)


def _without_report(lake: Lake, days: Sequence[date]) -> dict[date, str]:
    """The days of which index and daily report say that there is nothing, each in a sentence.

    Both have to have said so when a later session was over, for they come late at times.
    """
    if not days:
        return {}
    known = current(lake, [INDEX.name, *(report.name for report in REPORTS)], days)
    index, report = _says_nothing(lake, known, [INDEX]), _says_nothing(lake, known, REPORTS)
    return {
        day: report[day].reason or ""
        for day in index.keys() & report.keys()
        if min(index[day].fetched_at, report[day].fetched_at) >= _next_is_due(day)
    }


def _says_nothing(
    lake: Lake, known: Mapping[tuple[str, date], Delivery], feeds: Sequence[Feed]
) -> dict[date, Delivery]:
    """The days of which a document of one of the feeds says that there is nothing.

    A statement has bytes, which are kept.
    """
    names = {feed.name for feed in feeds}
    return {
        day: answer
        for (feed, day), answer in known.items()
        if feed in names and answer.state == "missing" and answer.sha256 and answer.bytes
        if feed != INDEX.name or twse.says_no_data(lake.landing.get(answer.sha256))
    }


def _next_is_due(day: date) -> datetime:
    return INDEX.due(calendar(INDEX.exchange).next(day))


def _is_statement(source: Source, feed: Feed, day: date) -> bool:
    """Whether all that a source has for a day says that there is nothing."""
    answers = list(source.answers(feed, day))
    return bool(answers) and all(
        answer.body is not None
        and 0 < len(answer.body) <= STATEMENT_BYTES
        and _is_missing(feed, answer.body, day)
        and (feed.name != INDEX.name or twse.says_no_data(answer.body))
        for answer in answers
    )


def _is_missing(feed: Feed, body: bytes, day: date) -> bool:
    try:
        feed.verify(body, day)
    except Refusal as refusal:
        return refusal.state == "missing"
    return False
