"""What a publisher, a feed and a refusal are.

The feeds themselves are declared in the modules of their publishers; asking for documents is done
in `sources`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indextracker_catalogue import Table

LONGEST_QUOTE = 80
# The calendar begins here, and no layout of an earlier year has been seen.
FIRST_DAY = date(2015, 1, 1)

State = Literal["accepted", "closed", "not_yet", "partial", "blocked", "refused", "missing", "gone"]


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
class Publisher:
    """A site that publishes documents.

    Attributes:
        name: Short name, such as taifex.
        base_url: Scheme and host; a request's path follows it.
        min_interval_seconds: Least time between the starts of two requests.
        explain: Tells what an answer's status and body mean where the publisher has rules of its
            own; None where the common reading of the status holds.
        access: How to get access where a token is needed, in a sentence; None where it is not.
    """

    name: str
    base_url: str
    min_interval_seconds: float
    explain: Callable[[int, bytes], Refusal | None] | None = None
    access: str | None = None


@dataclass(frozen=True)
class Request:
    """What to ask a publisher for: a path with its query, and a form where it has to be posted."""

    path: str
    form: Mapping[str, str] | None = None


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
    """The document that a publisher offers for each session.

    Attributes:
        name: Name of the feed, of its bronze table and of its asset.
        publisher: Name of its publisher.
        exchange: Exchange whose sessions it has, by ISO 10383 code.
        table: Its bronze table.
        zone: Time zone of the exchange.
        due_at: Local time on the session's day by which the document is published.
        names: The publisher's file names of a session's document, as kept in an archive; the
            first is the form that `request` asks for.
        request: What to ask the publisher for; where there is a listing, the link comes from it.
        verify: Accepts the bytes as the session's complete document or raises Refusal.
        decode: Turns the bytes of an accepted document, its session and its digest into an Arrow
            table with the columns of `table`, in their order. Raises Refusal for bytes that
            `verify` refuses.
        listing: The page that links to the document; None where the address follows from the date.
        window_sessions: For how many sessions the publisher keeps the document; None for long.
        yearly: Whether the document is of a year instead of a session; its date is then the first
            of January.
        tells_end: Whether the document itself tells that it is complete. One that does not is to
            be taken from a publisher only once it is due.
        readable_from: The first day whose document can be read; earlier ones are missing, and not
            asked for.
    """

    name: str
    publisher: str
    exchange: str
    table: Table
    zone: str
    due_at: time
    names: Callable[[date], tuple[str, ...]]
    request: Callable[[date], Request]
    verify: Callable[[bytes, date], None]
    decode: Callable[[bytes, date, str], pa.Table]
    listing: Listing | None = None
    window_sessions: int | None = None
    yearly: bool = False
    tells_end: bool = True
    readable_from: date = FIRST_DAY

    def due(self, session: date) -> datetime:
        """The instant from which a session's document is missing rather than not yet there."""
        return datetime.combine(session, self.due_at, ZoneInfo(self.zone))


def bronze_rows(table: Table, lines: pa.Table, session: date, document: str) -> pa.Table:
    """Add to decoded lines what is the same in each: the session and the document's digest.

    Args:
        table: The bronze table.
        lines: `line`, the cells and `text`.
        session: Session of the document.
        document: Digest of the document.

    Returns:
        The columns of `table`, in their order.
    """
    columns = dict(zip(lines.column_names, lines.columns, strict=True))
    columns["session_date"] = pa.repeat(pa.scalar(session, pa.date32()), lines.num_rows)
    columns["document"] = pa.repeat(pa.scalar(document, pa.string()), lines.num_rows)
    return pa.table({name: columns[name] for name in table.column_names})
