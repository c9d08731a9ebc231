"""The log of publishers' answers, and the state of each key and feed, which is derived from it.

No request is sent here, and no state is stored besides the log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from indextracker.calendars import begins
from indextracker.feeds import FEEDS
from indextracker.feeds.closures import Said
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reference.closures import Closure
from indextracker_catalogue.shared.deliveries import DELIVERIES, STATES
from indextracker_catalogue.timeline import Key, Sessions, Timeline

NEVER_ASKED = "not asked for yet"
# The columns of the log but for the one that follows from the key.
COLUMNS = tuple(name for name in DELIVERIES.column_names if name != "session_date")
# The answer that counts of each feed and key, as `current` says.
_COUNTS = """
    qualify row_number() over (
        partition by feed, {key}
        order by state = 'accepted' desc, state = 'closed' desc, fetched_at desc,
            published_at desc nulls last
    ) = 1
"""


@dataclass(frozen=True)
class Delivery:
    """One answer: a row of bronze/deliveries.

    Or a row in place of one: for a closed day, or for a document that was not requested.

    Attributes:
        key: What was requested, of the feed's time line.
    """

    feed: str
    key: Key
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
            raise ValueError(f"{self.feed} {self.key}: {self.state!r} is no known state")
        if self.state != "accepted" and not self.reason:
            raise ValueError(f"{self.feed} {self.key}: {self.state} without a reason")

    @property
    def session_date(self) -> date:
        """The session that was requested; of another key the day in which it begins."""
        return day_of(self.feed, self.key)

    @property
    def accepted(self) -> bool:
        """Whether the answer is the document of the key."""
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


def day_of(feed: str, key: Key) -> date:
    """The day in which a key begins, by which the log files it."""
    return timeline(feed).day_of(key)


def key_in_sql(feeds: Collection[str]) -> str:
    """SQL for the key of a row of the log, which old rows have in their session_date.

    Args:
        feeds: Names of the feeds of the rows; at least one.
    """
    of_old = " ".join(
        f"when '{feed}' then strftime(session_date, '{timeline(feed).form}')" for feed in feeds
    )
    return f"coalesce(key, case feed {of_old} end)"


def unasked(feed: str, key: Key, now: datetime) -> Delivery:
    """The state of a key that was not requested yet."""
    if begins(timeline(feed), key) > now:
        return Delivery(feed, key, "not_yet", now, "the session is still to come")
    return Delivery(feed, key, "missing", now, NEVER_ASKED)


def record(lake: Lake, deliveries: Sequence[Delivery]) -> None:
    """Appends answers to the log, in one commit."""
    if deliveries:
        rows = [asdict(one) | {"session_date": one.session_date} for one in deliveries]
        lake.append(DELIVERIES, pa.Table.from_pylist(rows, arrow_schema(DELIVERIES)))


def current(
    lake: Lake, feeds: Iterable[str], keys: Collection[Key] | None = None
) -> dict[tuple[str, Key], Delivery]:
    """The answer that counts of each feed and key that was ever asked for.

    The last accepted one; else one that found the exchange closed, which outranks whatever a
    publisher says of a day without a session; else the last.

    Args:
        lake: Where the log lies.
        feeds: Names of feeds.
        keys: Keys of interest; null for all. A feed has none of another time line's.
    """
    found = _read(lake, list(feeds), keys, _COUNTS)
    wanted = None if keys is None else {*keys}
    return {(one.feed, one.key): one for one in found if wanted is None or one.key in wanted}


def logged(lake: Lake, asked: Mapping[str, Collection[Key]]) -> list[Delivery]:
    """All answers of some feeds and keys, those that do not count too, in no order.

    Args:
        lake: Where the log lies.
        asked: The keys of interest, by the name of their feed.
    """
    return [
        one
        for one in _read(lake, list(asked), {key for keys in asked.values() for key in keys})
        if one.key in asked[one.feed]
    ]


def filed(timelines: Iterable[Timeline], keys: Collection[Key]) -> list[Key]:
    """The days by which a log files keys of any of some time lines, in order."""
    found: set[Key] = set()
    for line in timelines:
        for key in keys:
            try:
                found.add(line.day_of(key).isoformat())
            except ValueError:  # it is of another time line
                continue
    return sorted(found)


def _read(
    lake: Lake, feeds: Sequence[str], keys: Collection[Key] | None, qualify: str = ""
) -> list[Delivery]:
    """The log's rows of some feeds; of other keys too that are filed under the same days."""
    if not feeds:
        return []
    # Each step of a run asks which days were closed, and the log changes while documents come.
    question = (*feeds, qualify), None if keys is None else frozenset(keys)
    return lake.answer(DELIVERIES, question, lambda: _selected(lake, feeds, keys, qualify))


def _selected(
    lake: Lake, feeds: Sequence[str], keys: Collection[Key] | None, qualify: str
) -> list[Delivery]:
    names = ", ".join(f"'{feed}'" for feed in feeds)
    limits: dict[Timeline, list[Key]] = {}
    if keys is not None:
        limits[DELIVERIES.timeline] = filed({timeline(feed) for feed in feeds}, keys)
    key = key_in_sql(feeds)
    columns = ", ".join(name for name in COLUMNS if name != "key")
    with lake.sql([DELIVERIES], limits) as connection:
        rows = connection.execute(
            f"select {key} as key, {columns} from deliveries where feed in ({names}) "
            + qualify.format(key=key)
        )
        found = [column[0] for column in rows.description]
        return [Delivery(**dict(zip(found, row, strict=True))) for row in rows.fetchall()]


def took_place(lake: Lake, answers: Mapping[tuple[str, Key], Said]) -> set[Key]:
    """The keys of one time line of which a document that holds anything was accepted.

    A vendor's list of trades may be empty, on a closed day as on a quiet one.
    """
    accepted: dict[str, list[Key]] = {}
    for (feed, key), answer in answers.items():
        if answer.state == "accepted":
            accepted.setdefault(feed, []).append(key)
    return {
        key
        for feed, keys in accepted.items()
        for key, rows in lake.row_counts(FEEDS[feed].table, keys).items()
        if rows
    }


def closed(lake: Lake, line: Timeline) -> dict[Key, Delivery]:
    """The keys of a time line that its calendar has and that were found to be closed, in order.

    Returns:
        By key an answer that says why.
    """
    answers = current(lake, [name for name, feed in FEEDS.items() if feed.timeline == line])
    found = {key: answer for (_, key), answer in answers.items() if answer.state == "closed"}
    open_after_all = took_place(lake, {of: a for of, a in answers.items() if of[1] in found})
    return {key: found[key] for key in sorted(found.keys() - open_after_all)}


def found_closures(lake: Lake) -> list[Closure]:
    """The closed days of exchanges that were found, in order.

    When the exchange gave notice is not known: the evening before at the earliest, the day itself
    at the latest.
    """
    lines = dict.fromkeys(feed.timeline for feed in FEEDS.values())
    found = [
        Closure(
            exchange=line.exchange,
            day=answer.session_date,
            announced_on=answer.session_date,
            scheduled=False,
            reason=answer.reason or "",
            source=answer.url or "",
        )
        for line in lines
        if isinstance(line, Sessions)
        for answer in closed(lake, line).values()
    ]
    return sorted(found, key=lambda closure: (closure.day, closure.exchange))
