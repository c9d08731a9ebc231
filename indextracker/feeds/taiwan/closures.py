"""The rule for closed days in Taiwan: typhoons, which are in no calendar.

A day is closed where the index publisher has no data for it, and the futures exchange has none
either: it lists documents of a later session and none of the day, or, for a day of any age, it
sends a daily report without a line. The absence of an answer proves nothing: a file that is not in
an archive, a page that is not found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker.calendars import trading_days
from indextracker.feeds.closures import ClosureFinder, Evidence, Finding, Said
from indextracker.feeds.model import Feed, Refusal
from indextracker.feeds.taiwan import taifex, twse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from indextracker.feeds.sources import Source
    from indextracker.system.documents import Document

INDEX = twse.INDEX
LISTED = taifex.FUTURES
REPORTS = taifex.DAILY_FUTURES, taifex.DAILY_OPTIONS

# A header alone has 197 bytes, a page that says so under a thousand; documents have thousands more.
STATEMENT_BYTES = 10_000
DECIDED = ("accepted", "closed", "missing")


def questions(evidence: Evidence, days: Sequence[date]) -> dict[Feed, list[date]]:
    """What else has to be known of some days.

    Where one of the two says that it has nothing, the other is asked, if it has not said so yet.
    """
    index, report = _says_nothing(evidence, days, [INDEX]), _says_nothing(evidence, days, REPORTS)
    if not evidence.source.live:
        both = index.keys() & report.keys()
        return _held(evidence.source, [day for day in days if day not in both])
    passed = passed_over(evidence.source, days)
    undecided = [day for day in passed if _state(evidence, INDEX, day) not in DECIDED]
    there = {
        day
        for day in days
        if any(_state(evidence, feed, day) == "accepted" for feed in (INDEX, *REPORTS))
    }
    one_said = [
        day
        for day in index.keys() ^ report.keys()
        if day not in passed and day not in there and evidence.now >= _next_is_due(day)
    ]
    return {
        INDEX: sorted({*undecided, *(day for day in one_said if day in report)}),
        REPORTS[0]: sorted(day for day in one_said if day in index),
    }


def closed(evidence: Evidence, days: Sequence[date]) -> dict[date, Finding]:
    """The days of which neither has data."""
    passed = _without_report(evidence, days) | passed_over(evidence.source, days)
    found = {}
    for day, sentence in passed.items():
        index = evidence.answers.get((INDEX.name, day))
        if index is None or index.state not in ("missing", "closed"):
            continue
        reason = index.reason or ""
        if index.state == "missing":
            reason = f"the exchange was closed: {reason}, and {sentence}"
        found[day] = Finding(index.url, reason)
    return found


# The list of the futures exchange tells which questions the index publisher has to be asked.
TURNS = LISTED.publisher, INDEX.publisher
CLOSURES = ClosureFinder(INDEX.timeline, TURNS, questions, closed)


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


def _held(source: Source, days: Sequence[date]) -> dict[Feed, list[date]]:
    """The days of which an archive holds both statements, and the feeds that they are of.

    Only these days are requested of those feeds: other documents were not asked for.
    """
    reports = {
        report: [day for day in days if _is_statement(source, report, day)] for report in REPORTS
    }
    index = [
        day
        for day in days
        if any(day in held for held in reports.values()) and _is_statement(source, INDEX, day)
    ]
    return {
        INDEX: index,
        **{feed: [d for d in held if d in index] for feed, held in reports.items()},
    }


def _without_report(evidence: Evidence, days: Sequence[date]) -> dict[date, str]:
    """The days of which index and daily report say that there is nothing, each in a sentence.

    Both have to have said so when a later session was over, for they come late at times.
    """
    index, report = _says_nothing(evidence, days, [INDEX]), _says_nothing(evidence, days, REPORTS)
    return {
        day: report[day].reason or ""
        for day in index.keys() & report.keys()
        if min(index[day].fetched_at, report[day].fetched_at) >= _next_is_due(day)
    }


def _says_nothing(
    evidence: Evidence, days: Sequence[date], feeds: Sequence[Feed]
) -> Mapping[date, Said]:
    """The days of which a document of one of the feeds says that there is nothing.

    A statement has bytes, which are kept.
    """
    return {
        day: answer
        for feed in feeds
        for day in days
        if (answer := evidence.answers.get((feed.name, day))) is not None
        if answer.state == "missing" and answer.sha256 and answer.bytes
        if feed.name != INDEX.name or twse.says_no_data(evidence.document(answer.sha256).read())
    }


def _state(evidence: Evidence, feed: Feed, day: date) -> str | None:
    answer = evidence.answers.get((feed.name, day))
    return None if answer is None else answer.state


def _next_is_due(day: date) -> datetime:
    return INDEX.due(INDEX.timeline.key_of(trading_days("XTAI").next(day)))


def _is_statement(source: Source, feed: Feed, day: date) -> bool:
    """Whether all that a source has for a day says that there is nothing."""
    answers = list(source.answers(feed, day))
    return bool(answers) and all(
        answer.document is not None
        and 0 < answer.document.size <= STATEMENT_BYTES
        and _is_missing(feed, answer.document, day)
        and (feed.name != INDEX.name or twse.says_no_data(answer.document.read()))
        for answer in answers
    )


def _is_missing(feed: Feed, document: Document, day: date) -> bool:
    try:
        feed.read(document, day)
    except Refusal as refusal:
        return refusal.state == "missing"
    return False
