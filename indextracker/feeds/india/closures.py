"""The rule for closed days in India: elections and mournings, which no list had when it was made.

A day is closed where NSE sends the full bhavcopy of the session before in place of the day's, still
after the next session's is due, and has no file of prices of that day in the format of its time.
One of the two is not enough: of the evening of 2021-11-04 the full bhavcopy was filed under the
next day, and files of prices come late. What an archive is without proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker.calendars import trading_days
from indextracker.feeds.closures import ClosureFinder, Evidence, Finding, Said
from indextracker.feeds.india import bhavcopies
from indextracker.feeds.pages import is_page
from indextracker_catalogue.india.columns import XNSE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from indextracker.feeds.model import Feed

FULL = bhavcopies.FULL_BHAVCOPY
PRICES = bhavcopies.UDIFF_BHAVCOPY, bhavcopies.LEGACY_BHAVCOPY


def questions(evidence: Evidence, days: Sequence[date]) -> Mapping[Feed, Sequence[date]]:
    """What else has to be known of some days: where one of the files is missing, the others."""
    if not evidence.source.live:
        return {}
    files = (FULL, *PRICES)
    one_said = [
        day
        for day in days
        if evidence.now >= _next_is_due(day)
        and any(_is_missing(evidence, feed, day) for feed in files)
    ]
    return {
        feed: [
            day
            for day in one_said
            if feed.is_published(XNSE.key_of(day)) and _said(evidence, feed, day) is None
        ]
        for feed in files
    }


def closed(evidence: Evidence, days: Sequence[date]) -> Mapping[date, Finding]:
    """The days of which NSE sends the session before, and has no prices."""
    if not evidence.source.live:
        return {}
    found = {}
    for day in days:
        full = _said(evidence, FULL, day)
        if full and _sends_another(evidence, full, day) and _are_prices_missing(evidence, day):
            reason = f"the exchange was closed: {full.reason}, and it has no prices of that day"
            found[day] = Finding(full.url, reason)
    return found


CLOSURES = ClosureFinder(XNSE, (FULL.publisher,), questions, closed)


def _sends_another(evidence: Evidence, full: Said, day: date) -> bool:
    """Whether a file came that is of another session, when the next one was over."""
    if full.state != "missing" or not full.sha256 or full.fetched_at < _next_is_due(day):
        return False
    body = evidence.document(full.sha256).read()
    return bool(body.strip()) and not is_page(body)


def _are_prices_missing(evidence: Evidence, day: date) -> bool:
    """Whether files of prices should be there in some format, and are missing in each."""
    feeds = _prices(day)
    return bool(feeds) and all(_is_missing(evidence, feed, day) for feed in feeds)


def _is_missing(evidence: Evidence, feed: Feed, day: date) -> bool:
    answer = _said(evidence, feed, day)
    return (
        answer is not None and answer.state == "missing" and answer.fetched_at >= _next_is_due(day)
    )


def _prices(day: date) -> list[Feed]:
    """The files of prices that NSE publishes of a day."""
    return [feed for feed in PRICES if feed.is_published(XNSE.key_of(day))]


def _said(evidence: Evidence, feed: Feed, day: date) -> Said | None:
    return evidence.answers.get((feed.name, day))


def _next_is_due(day: date) -> datetime:
    return FULL.due(XNSE.key_of(trading_days(XNSE.exchange).next(day)))
