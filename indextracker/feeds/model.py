"""The classes of publishers, feeds and refusals.

The feeds are declared in the modules of their publishers; `sources` requests documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from indextracker import calendars
from indextracker_catalogue.shared.deliveries import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    import pyarrow as pa

    from indextracker.system.documents import Document
    from indextracker_catalogue import Secret, Table
    from indextracker_catalogue.timeline import Key, Timeline

LONGEST_QUOTE = 80


class Refusal(Exception):  # noqa: N818 - a verdict on a document, not an error of the program
    """A document or an answer that is not accepted.

    Attributes:
        state: What it is instead of accepted.
        reason: A sentence for people: what is wrong, in which document and line, what was expected.
    """

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(state, reason)
        self.state = state
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}"


def quote(value: object) -> str:
    """Something found in a document, for the reason of a refusal: cut to what people read."""
    return repr(value)[:LONGEST_QUOTE]


@dataclass(frozen=True)
class Bearer:
    """Access by a secret in the header `Authorization`, as `Bearer <secret>`.

    Attributes:
        secret: The secret, as the catalogue of the subject declares it.
    """

    secret: Secret


@dataclass(frozen=True)
class Header:
    """Access by a secret in a header of its own.

    Attributes:
        name: Name of the header.
        secret: The secret, as the catalogue of the subject declares it.
    """

    name: str
    secret: Secret


@dataclass(frozen=True)
class Query:
    """Access by a secret in the query of each address.

    Attributes:
        parameter: Name of the parameter.
        secret: The secret, as the catalogue of the subject declares it.
    """

    parameter: str
    secret: Secret


@dataclass(frozen=True)
class Quota:
    """How many requests a publisher answers in any hour or day."""

    requests: int
    per: Literal["hour", "day"]


@dataclass(frozen=True)
class Publisher:
    """A site that publishes documents.

    Attributes:
        name: Short name, such as taifex.
        base_url: Scheme and host; a request's path follows it.
        min_interval_seconds: Least time between the starts of two requests.
        quota: How many requests it answers; None for any number.
        headers: What each request carries beside the name of who asks.
        access: How a request shows that it may be made; None where anybody may ask.
        explain: Tells what an answer's status and the first 64 KiB of its body mean where the
            publisher has rules of its own; None where the common reading of the status holds.
    """

    name: str
    base_url: str
    min_interval_seconds: float
    quota: Quota | None = None
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    access: Bearer | Header | Query | None = None
    explain: Callable[[int, bytes], Refusal | None] | None = None


@dataclass(frozen=True)
class Request:
    """What to ask a publisher for.

    Attributes:
        path: Path with its query.
        form: What is posted; None where nothing is.
        parts: Where the publisher has no document that holds all, as of headlines, which it lists
            by ticker: what follows the path in each of several requests, by the name that its
            answer has in one zip of all. Empty where one request is made.
        follow: Where an answer may hold the beginning alone: from its bytes, what to ask for next,
            or None where it is all. The answers are kept in one zip. None where each is whole.
    """

    path: str
    form: Mapping[str, str] | None = None
    parts: Mapping[str, str] = field(default_factory=dict, hash=False)
    follow: Callable[[bytes], Request | None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Listed:
    """What a publisher's list page says of a session's documents.

    Attributes:
        published_at: When the documents were published; None where the page gives no time, as for
            a session without documents.
        links: Path of each document by its file name; empty where there is none yet.
    """

    published_at: datetime | None
    links: Mapping[str, str]


@dataclass(frozen=True)
class Listing:
    """A page on which a publisher lists the documents that it still keeps.

    Attributes:
        path: Path of the page.
        read: Turns its bytes into the listed sessions, or raises Refusal.
    """

    path: str
    read: Callable[[bytes], dict[date, Listed]]


@dataclass(frozen=True)
class Feed:
    """The document that a publisher offers for each key of a time line: each session, hour, year.

    Attributes:
        name: Name of the feed, of its bronze table and of its asset.
        publisher: Name of its publisher.
        table: Its bronze table, whose time line is the feed's.
        due_at: By when the document is published, from the beginning of its key on: of a session,
            the local time on its day.
        names: The publisher's file names of a session's document, as kept in an archive; the
            first is the form that `request` asks for.
        request: What to ask the publisher for; where there is a listing, the link comes from it.
        otherwise: What else to ask for, in turn, as long as no answer is the document: other
            addresses at which the publisher has it, perhaps in another form.
        read: Takes a session's complete document apart into its lines, `line`, the cells of `table`
            and `text`; raises Refusal for anything else. See `reading`.
        listing: The page that links to the document; None where the address follows from the date.
        window_sessions: For how many sessions the publisher keeps the document; None for long.
        window_moves_at: The local time, on the day after each session, from which the publisher
            keeps the next document in place of the oldest.
        whole_from: Like `due_at`: what is published before cannot be complete; None where the
            document alone tells.
        tells_end: Whether the document itself tells that it is complete. One that does not is to
            be taken from a publisher only once it is due.
        published_from: The first key of which there ever was a document.
        published_until: The last one; empty while it goes on.
        of_today: Whether the publisher has one document alone, as of the day on which it is asked:
            it is kept under the key of that day, and of a day that is past there is none any more.
        readable_from: The first key whose document can be read; earlier ones are missing, and not
            asked for.
        largest_bytes: How large the document may be.
        reads_well: Tells which of the lines that `read` gives silver can read, with null for those
            that are not counted: a document with too few of them is not accepted. None where any
            number is.
    """

    name: str
    publisher: str
    table: Table
    due_at: time
    names: Callable[[date], tuple[str, ...]]
    request: Callable[[date], Request]
    read: Callable[[Document, date], pa.Table]
    otherwise: tuple[Callable[[date], Request], ...] = ()
    listing: Listing | None = None
    window_sessions: int | None = None
    window_moves_at: time = time()
    whole_from: time | None = None
    tells_end: bool = True
    published_from: Key = ""
    published_until: Key = ""
    of_today: bool = False
    readable_from: Key = ""
    largest_bytes: int = 64 << 20
    reads_well: Callable[[pa.Table, date], pa.Array] | None = None

    @property
    def timeline(self) -> Timeline:
        """The time line of its documents."""
        return self.table.timeline

    @property
    def zone(self) -> ZoneInfo:
        """The zone in whose days its time line counts."""
        return calendars.zone(self.timeline)

    def is_published(self, key: Key) -> bool:
        """Whether there ever was, or will be, a document of a key."""
        return self.published_from <= key and (
            not self.published_until or key <= self.published_until
        )

    def is_past(self, key: Key, now: datetime) -> bool:
        """Whether the day of a key is over where it was to be asked for on that day."""
        return self.of_today and self.timeline.day_of(key) < now.astimezone(self.zone).date()

    def due(self, key: Key) -> datetime:
        """The instant from which the document of a key is missing rather than not yet there."""
        return self.instant(key, self.due_at)

    def instant(self, key: Key, clock: time) -> datetime:
        """The instant at which a clock that starts with a key shows a time."""
        begins = calendars.begins(self.timeline, key)
        return begins + timedelta(hours=clock.hour, minutes=clock.minute)
