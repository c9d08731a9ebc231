"""From a publisher's answer to bronze: ask, keep the bytes, decode, log.

The order of the three writes makes a kill harmless: the bytes land first, then the bronze slice is
replaced, and the log says `accepted` last. A rerun repeats what the log does not know of. How an
answer is judged stands with the feeds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa

from indextracker import closed_days
from indextracker.deliveries import Delivery, current, record
from indextracker.failpoints import failpoint
from indextracker.feeds import Feed, Refusal
from indextracker.feeds.sources import Source, judge
from indextracker.lake import Lake
from indextracker.locks import Locks
from indextracker_spark.tables.deliveries import DELIVERIES

# As many decoded sessions as memory holds with ease: half a million rows of text each.
SESSIONS_PER_COMMIT = 10
# Who keeps asking a publisher that blocks is banned for longer.
BLOCKS_BORNE = 3
# Inflating and parsing leave the interpreter's lock, so two threads use two cores.
THREADS = 2

_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def acquire(
    lake: Lake,
    feed: Feed,
    sessions: Sequence[date],
    source: Source,
    *,
    clock: Clock = lambda: datetime.now(UTC),
    progress: Callable[[Delivery], None] = lambda _: None,
    announce: Callable[[str], None] = _log.warning,
) -> dict[date, Delivery]:
    """Brings the documents of the sessions into landing and bronze.

    A session whose document was accepted before is asked for again only where the publisher lists
    a newer one. One process at a time asks a publisher: whoever comes second finds what the first
    has brought. A publisher that blocks a few questions in a row is asked no more of them. Sessions
    found to be none are logged as closed, for every feed.

    Args:
        lake: Where bytes, rows and the log go.
        feed: What to ask for.
        sessions: For which sessions; for which first of January, where the feed is yearly.
        source: Whom to ask.
        clock: The present, as an aware instant.
        progress: Told each answer as it comes.
        announce: Told whom this process waits for.

    Returns:
        The answer that counts for each session, accepted or not.
    """
    lake.ensure([DELIVERIES, feed.table])
    locks = Locks.beside(lake.root, announce)
    with locks.publisher(feed.publisher), locks.table(feed.table.path):
        states = _ask(lake, feed, sessions, source, clock, progress)
    if not feed.yearly:
        lacking = [s for s in states if states[s].state not in ("accepted", "closed")]
        passed = closed_days.passed_over(source, lacking)
        unknown = closed_days.undecided(lake, list(passed)) if passed else []
        if unknown and feed.name != closed_days.INDEX.name:
            acquire(lake, closed_days.INDEX, unknown, source, clock=clock, announce=announce)
        if passed:
            closed_days.close(lake, passed, clock())
            states |= _known(lake, feed, list(passed))
    return states


def _ask(
    lake: Lake,
    feed: Feed,
    sessions: Sequence[date],
    source: Source,
    clock: Clock,
    progress: Callable[[Delivery], None],
) -> dict[date, Delivery]:
    states = _known(lake, feed, sessions)
    accepted = {session: answer for session, answer in states.items() if answer.accepted}
    _restore(lake, feed, list(accepted.values()))
    newer = _published_again(source, feed, accepted)
    lines = lake.row_counts(feed.table, newer) if newer else {}
    wanted = [s for s in sessions if s not in accepted or s in lines]

    blocks: list[Delivery] = []  # in a row, until now

    def ask(session: date) -> tuple[Delivery, pa.Table | None]:
        if len(blocks) >= BLOCKS_BORNE and source.barred(feed) is None:
            return _not_asked(blocks[-1], session, clock()), None
        answer, rows = _answer(lake, feed, session, source, clock())
        if answer.state == "blocked":
            blocks.append(answer)
        else:
            blocks.clear()
        if rows is not None and session in lines:
            answer, rows = _compared(answer, rows, accepted[session], lines[session])
        progress(answer)
        return answer, rows

    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(wanted), SESSIONS_PER_COMMIT):
            answers = list(pool.map(ask, wanted[first : first + SESSIONS_PER_COMMIT]))
            decoded = {d.session_date: rows for d, rows in answers if rows is not None}
            failpoint("bronze-before")
            if decoded:
                lake.replace(feed.table, pa.concat_tables(decoded.values()), list(decoded))
            failpoint("bronze-after")
            record(lake, [answer for answer, _ in answers])
            failpoint("deliveries-after")
            # Arrow keeps what it freed, and the engine, in this process, allocates elsewhere.
            del answers, decoded
            pa.default_memory_pool().release_unused()
    return _known(lake, feed, sessions)


def _known(lake: Lake, feed: Feed, sessions: Sequence[date]) -> dict[date, Delivery]:
    """The answer that counts, of each session that was ever asked for, in their order."""
    found = current(lake, [feed.name], sessions)
    return {day: found[feed.name, day] for day in sessions if (feed.name, day) in found}


def _answer(
    lake: Lake, feed: Feed, session: date, source: Source, now: datetime
) -> tuple[Delivery, pa.Table | None]:
    """What a source has for a session, its bytes landed; the rows of an accepted document."""
    verdict = judge(feed, session, source, now)
    failpoint("landing-before")
    digest = lake.landing.put(verdict.body) if verdict.body is not None else None
    failpoint("landing-after")
    rows = None
    if verdict.state == "accepted" and verdict.body is not None and digest is not None:
        rows = feed.decode(verdict.body, session, digest)
    answer = Delivery(
        feed=feed.name,
        session_date=session,
        url=verdict.url,
        name=verdict.name,
        sha256=digest,
        bytes=len(verdict.body) if verdict.body is not None else None,
        published_at=verdict.published_at,
        fetched_at=now,
        state=verdict.state,
        reason=verdict.reason,
    )
    return answer, rows


def _not_asked(block: Delivery, session: date, now: datetime) -> Delivery:
    """What is logged in place of an answer after others were blocked."""
    reason = f"not asked, since {BLOCKS_BORNE} in a row were blocked: {block.reason}"
    nothing = replace(block, name=None, sha256=None, bytes=None, published_at=None)
    return replace(nothing, session_date=session, fetched_at=now, reason=reason)


def _published_again(source: Source, feed: Feed, accepted: Mapping[date, Delivery]) -> list[date]:
    """The sessions of which the publisher lists a newer document than the accepted one."""
    if not accepted:
        return []
    try:
        listed = source.listing(feed)
    except Refusal:
        return []
    return [
        session
        for session, answer in accepted.items()
        if session in listed and answer.precedes(listed[session].published_at)
    ]


def _compared(
    answer: Delivery, rows: pa.Table, before: Delivery, lines: int
) -> tuple[Delivery, pa.Table | None]:
    """A newer document beside the accepted one: a smaller never takes the place of a larger."""
    if answer.sha256 == before.sha256:
        return answer, None
    if rows.num_rows < lines:
        reason = (
            f"{answer.name} has {rows.num_rows} rows, fewer than the {lines} of the document "
            f"accepted before, which stays"
        )
        return replace(answer, state="refused", reason=reason), None
    return answer, rows


def _restore(lake: Lake, feed: Feed, accepted: Sequence[Delivery]) -> None:
    """Decodes again what was accepted but is no longer in bronze: the bytes are kept for that."""
    sessions = [delivery.session_date for delivery in accepted]
    rows = lake.row_counts(feed.table, sessions) if sessions else {}
    lost = [delivery for delivery in accepted if not rows[delivery.session_date]]
    for first in range(0, len(lost), SESSIONS_PER_COMMIT):
        batch = lost[first : first + SESSIONS_PER_COMMIT]
        decoded = {
            delivery.session_date: feed.decode(
                lake.landing.get(delivery.sha256), delivery.session_date, delivery.sha256
            )
            for delivery in batch
            if delivery.sha256
        }
        # A document may hold no line at all.
        decoded = {session: rows for session, rows in decoded.items() if rows.num_rows}
        if decoded:
            lake.replace(feed.table, pa.concat_tables(decoded.values()), list(decoded))
