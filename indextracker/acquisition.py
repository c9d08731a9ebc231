"""From a publisher's answer to bronze: ask, keep the bytes, decode, log.

The order of the three writes makes a kill harmless: the bytes land first, then the bronze slice is
replaced, and the log says `accepted` last. A rerun repeats what the log does not know of. How an
answer is judged stands with the feeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pyarrow as pa

from indextracker.deliveries import Delivery, current, record
from indextracker.feeds import Feed
from indextracker.feeds.sources import Source, judge
from indextracker.lake import Lake
from indextracker_spark.tables.deliveries import DELIVERIES

# As many decoded sessions as memory holds with ease: half a million rows of text each.
SESSIONS_PER_COMMIT = 10
# Inflating and parsing leave the interpreter's lock, so two threads use two cores.
THREADS = 2


def acquire(
    lake: Lake,
    feed: Feed,
    sessions: Sequence[date],
    source: Source,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[Delivery], None] = lambda _: None,
) -> dict[date, Delivery]:
    """Brings the documents of the sessions into landing and bronze.

    A session whose document was accepted before is not asked for again: documents are kept
    forever and never change.

    Args:
        lake: Where bytes, rows and the log go.
        feed: What to ask for.
        sessions: For which sessions.
        source: Whom to ask.
        clock: The present, as an aware instant.
        progress: Told each answer as it comes.

    Returns:
        The answer that counts for each session, accepted or not.
    """
    lake.ensure([DELIVERIES, feed.table])
    known = current(lake, [feed.name], sessions)
    states = {s: known[feed.name, s] for s in sessions if (feed.name, s) in known}
    _restore(lake, feed, [delivery for delivery in states.values() if delivery.accepted])
    wanted = [s for s in sessions if s not in states or not states[s].accepted]

    def ask(session: date) -> tuple[Delivery, pa.Table | None]:
        now = clock()
        verdict = judge(feed, session, source, now)
        digest = lake.landing.put(verdict.body) if verdict.body is not None else None
        rows = None
        if verdict.state == "accepted" and verdict.body is not None and digest is not None:
            rows = feed.decode(verdict.body, session, digest)
        delivery = Delivery(
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
        progress(delivery)
        return delivery, rows

    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(wanted), SESSIONS_PER_COMMIT):
            answers = list(pool.map(ask, wanted[first : first + SESSIONS_PER_COMMIT]))
            accepted = [(d, rows) for d, rows in answers if rows is not None]
            if accepted:
                lake.replace(
                    feed.table,
                    pa.concat_tables(rows for _, rows in accepted),
                    [d.session_date for d, _ in accepted],
                )
            record(lake, [d for d, _ in answers])
            for delivery, _ in answers:
                before = states.get(delivery.session_date)
                if delivery.accepted or before is None or before.state != "closed":
                    states[delivery.session_date] = delivery
    return states


def _restore(lake: Lake, feed: Feed, accepted: Sequence[Delivery]) -> None:
    """Decodes again what was accepted but is no longer in bronze: the bytes are kept for that."""
    sessions = [delivery.session_date for delivery in accepted]
    rows = lake.row_counts(feed.table, sessions) if sessions else {}
    lost = [delivery for delivery in accepted if not rows[delivery.session_date]]
    for first in range(0, len(lost), SESSIONS_PER_COMMIT):
        batch = lost[first : first + SESSIONS_PER_COMMIT]
        decoded = [
            feed.decode(lake.landing.get(delivery.sha256), delivery.session_date, delivery.sha256)
            for delivery in batch
            if delivery.sha256
        ]
        lake.replace(
            feed.table, pa.concat_tables(decoded), [delivery.session_date for delivery in batch]
        )
