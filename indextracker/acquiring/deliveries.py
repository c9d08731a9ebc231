"""The log of publishers' answers, and the state of each session and feed, which is derived from it.

No request is sent here, and no state is stored besides the log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from indextracker.feeds import FEEDS
from indextracker.feeds.closures import Said
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reference.closures import Closure
from indextracker_catalogue.shared.deliveries import DELIVERIES, STATES
from indextracker_catalogue.timeline import Key, Sessions, Timeline

NEVER_ASKED = "not asked for yet"


@dataclass(frozen=True)
class Delivery:
    """One answer: a row of bronze/deliveries.

    Or a row in place of one: for a closed day, or for a document that was not requested.

    Attributes:
        session_date: The session that was requested, or the day in which its key begins.
        key: Its key, of the feed's time line; None in rows of before keys were noted.
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
    key: Key | None = None

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"{self.feed} {self.session_date}: {self.state!r} is no known state")
        if self.state != "accepted" and not self.reason:
            raise ValueError(f"{self.feed} {self.session_date}: {self.state} without a reason")

    @property
    def session(self) -> date:
        """What was asked for: the day of a session, or the instant at which an hour begins."""
        return self.session_date if self.key is None else timeline(self.feed).value_of(self.key)

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


def timeline(feed: str) -> Timeline:
    """The time line of a feed; what is known of no feed counts by days, as the log does."""
    return FEEDS[feed].timeline if feed in FEEDS else DELIVERIES.timeline


def day_of(session: date) -> date:
    """The day in which a key begins, by which the log files it."""
    return session.date() if isinstance(session, datetime) else session


def key_in_sql(feeds: Collection[str]) -> str:
    """SQL for the key of a row of the log, which old rows have in their session_date.

    Args:
        feeds: Names of the feeds of the rows; at least one.
    """
    of_old = " ".join(
        f"when '{feed}' then strftime(session_date, '{timeline(feed).form}')" for feed in feeds
    )
    return f"coalesce(key, case feed {of_old} end)"


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
        sessions: Sessions of interest, hours by their beginning, years by their first day; null for
            all.
    """
    feeds = list(feeds)
    if not feeds:
        return {}
    names = ", ".join(f"'{feed}'" for feed in feeds)
    limits: dict[Timeline, list[Key]] = {}
    if sessions is not None:
        # The log files a key by its day.
        days = {DELIVERIES.timeline.key_of(day_of(session)) for session in sessions}
        limits[DELIVERIES.timeline] = sorted(days)
    with lake.sql([DELIVERIES], limits) as connection:
        rows = connection.execute(
            f"""
            select {", ".join(DELIVERIES.column_names)} from deliveries where feed in ({names})
            qualify row_number() over (
                partition by feed, {key_in_sql(feeds)}
                order by state = 'accepted' desc, state = 'closed' desc, fetched_at desc,
                    published_at desc nulls last
            ) = 1
            """
        ).fetchall()
    found = (Delivery(**dict(zip(DELIVERIES.column_names, row, strict=True))) for row in rows)
    wanted = None if sessions is None else {*sessions}
    return {
        (delivery.feed, delivery.session): delivery
        for delivery in found
        if wanted is None or delivery.session in wanted
    }


def took_place(lake: Lake, answers: Mapping[tuple[str, date], Said]) -> set[date]:
    """The sessions of which a document that holds anything was accepted.

    A vendor's list of trades may be empty, on a closed day as on a quiet one.
    """
    accepted: dict[str, list[Key]] = {}
    for (feed, day), answer in answers.items():
        if answer.state == "accepted":
            accepted.setdefault(feed, []).append(timeline(feed).key_of(day))
    return {
        timeline(feed).value_of(key)
        for feed, keys in accepted.items()
        for key, rows in lake.row_counts(FEEDS[feed].table, keys).items()
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
        line = timeline(feed)
        if answer.state == "closed" and day in closed and isinstance(line, Sessions):
            found[day, line.exchange] = Closure(
                exchange=line.exchange,
                day=day,
                announced_on=day,
                scheduled=False,
                reason=answer.reason or "",
                source=answer.url or "",
            )
    return [found[key] for key in sorted(found)]
