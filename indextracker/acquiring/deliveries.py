"""The log of publishers' answers, and the state of each session and feed, which is derived from it.

No request is sent here, and no state is stored besides the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from indextracker.feeds import FEEDS
from indextracker.feeds.closures import Said
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reference.closures import Closure
from indextracker_catalogue.shared.deliveries import DELIVERIES, STATES
from indextracker_catalogue.timeline import Sessions

NEVER_ASKED = "not asked for yet"


@dataclass(frozen=True)
class Delivery:
    """One answer: a row of bronze/deliveries.

    Or a row in place of one: for a closed day, or for a document that was not requested.
    """

    feed: str
    session_date: date
    state: str
    fetched_at: datetime
    reason: str | None = None
    url: str | None = None
    name: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    published_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"{self.feed} {self.session_date}: {self.state!r} is no known state")
        if self.state != "accepted" and not self.reason:
            raise ValueError(f"{self.feed} {self.session_date}: {self.state} without a reason")

    @property
    def accepted(self) -> bool:
        """Whether the answer is the session's document."""
        return self.state == "accepted"

    def precedes(self, published_at: datetime | None) -> bool:
        """Whether the publisher has published the document again after this answer."""
        return (
            published_at is not None
            and self.published_at is not None
            and published_at > self.published_at
        )


def unasked(feed: str, session: date, today: date, now: datetime) -> Delivery:
    """The state of a session that was not requested yet."""
    if session > today:
        return Delivery(feed, session, "not_yet", now, "the session is still to come")
    return Delivery(feed, session, "missing", now, NEVER_ASKED)


def record(lake: Lake, deliveries: Sequence[Delivery]) -> None:
    """Appends answers to the log, in one commit."""
    if deliveries:
        rows = pa.Table.from_pylist([asdict(d) for d in deliveries], arrow_schema(DELIVERIES))
        lake.append(DELIVERIES, rows)


def current(
    lake: Lake, feeds: Iterable[str], sessions: Sequence[date] | None = None
) -> dict[tuple[str, date], Delivery]:
    """The answer that counts of each feed and session that was ever asked for.

    The last accepted one; else one that found the exchange closed, which outranks whatever a
    publisher says of a day without a session; else the last.

    Args:
        lake: Where the log lies.
        feeds: Names of feeds.
        sessions: Sessions of interest; null for all.
    """
    names = ", ".join(f"'{feed}'" for feed in feeds) or "''"
    with lake.sql([DELIVERIES], sessions) as connection:
        rows = connection.execute(
            f"""
            select {", ".join(DELIVERIES.column_names)} from deliveries where feed in ({names})
            qualify row_number() over (
                partition by feed, session_date
                order by state = 'accepted' desc, state = 'closed' desc, fetched_at desc,
                    published_at desc nulls last
            ) = 1
            """
        ).fetchall()
    found = (Delivery(**dict(zip(DELIVERIES.column_names, row, strict=True))) for row in rows)
    return {(delivery.feed, delivery.session_date): delivery for delivery in found}


def took_place(lake: Lake, answers: Mapping[tuple[str, date], Said]) -> set[date]:
    """The sessions of which a document that holds anything was accepted.

    A vendor's list of trades may be empty, on a closed day as on a quiet one.
    """
    accepted: dict[str, list[date]] = {}
    for (feed, day), answer in answers.items():
        if answer.state == "accepted":
            accepted.setdefault(feed, []).append(day)
    return {
        day
        for feed, days in accepted.items()
        for day, rows in lake.row_counts(FEEDS[feed].table, days).items()
        if rows
    }


def found_closures(lake: Lake) -> list[Closure]:
    """The days that the calendar takes for sessions and that were found to have none, in order.

    When the exchange gave notice is not known: the evening before at the earliest, the day itself
    at the latest.
    """
    answers = current(lake, FEEDS)
    closed = {day for (_, day), answer in answers.items() if answer.state == "closed"}
    closed -= took_place(lake, {key: a for key, a in answers.items() if key[1] in closed})
    found: dict[tuple[date, str], Closure] = {}
    for (feed, day), answer in answers.items():
        timeline = FEEDS[feed].timeline
        if answer.state == "closed" and day in closed and isinstance(timeline, Sessions):
            found[day, timeline.exchange] = Closure(
                exchange=timeline.exchange,
                day=day,
                announced_on=day,
                scheduled=False,
                reason=answer.reason or "",
                source=answer.url or "",
            )
    return [found[key] for key in sorted(found)]
