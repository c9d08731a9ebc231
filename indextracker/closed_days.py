"""Days that the calendar takes for sessions and on which the exchange was closed: typhoons.

No schedule tells of them. A day is closed where the index publisher has no data for it and the
futures exchange lists documents of a later session but none of it. Nothing is asked for here but
lists; what follows for the calendar's tables is `deliveries.found_closures`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from indextracker.deliveries import Delivery, current, record, took_place
from indextracker.feeds import FEEDS, Refusal
from indextracker.feeds.sources import Source
from indextracker.lake import Lake

INDEX = FEEDS["twse_index"]
LISTED = FEEDS["taifex_futures"]


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


def undecided(lake: Lake, sessions: Sequence[date]) -> list[date]:
    """The sessions of which the index publisher has not said whether it has data."""
    known = current(lake, [INDEX.name], sessions)
    decided = ("accepted", "closed", "missing")
    return [
        session
        for session in sessions
        if (INDEX.name, session) not in known or known[INDEX.name, session].state not in decided
    ]


def close(lake: Lake, passed: dict[date, str], now: datetime) -> list[Delivery]:
    """Log as closed, for every feed, the sessions passed over for which there is no index.

    A session of which any document holds something took place.

    Args:
        lake: Where the log is.
        passed: What `passed_over` found.
        now: When this was found out.

    Returns:
        What was logged.
    """
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
    return closed
