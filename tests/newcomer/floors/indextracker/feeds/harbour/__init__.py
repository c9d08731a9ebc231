"""What the harbour publishes: the auctions of each session, as lines of berth and price."""

from datetime import date, time

import pyarrow as pa
from indextracker_catalogue.harbour import HARBOUR_AUCTIONS

from indextracker.feeds.lines import split_lines
from indextracker.feeds.model import Feed, Publisher, Refusal, Request
from indextracker.system.documents import Document

HARBOUR = Publisher("harbour", "https://harbour.example", min_interval_seconds=1.0)


def names(session: date) -> tuple[str, ...]:
    """The file of a session."""
    return (f"auctions_{session:%Y%m%d}.csv",)


def read(document: Document, session: date) -> pa.Table:
    """The lines of a session's auctions, below a heading with its date.

    Raises:
        Refusal: The heading has another date.
    """
    heading, _, lines = document.read().partition(b"\n")
    if heading != f"auctions of {session}".encode():
        raise Refusal("refused", f"{document.name} does not begin with its date, {session}")
    return split_lines(lines, ("berth", "price"), 2)


AUCTIONS = Feed(
    name="harbour_auctions",
    publisher="harbour",
    table=HARBOUR_AUCTIONS,
    due_at=time(18, 0),
    names=names,
    request=lambda session: Request(f"/auctions/{session}"),
    read=read,
)
