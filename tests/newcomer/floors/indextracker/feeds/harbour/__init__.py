"""What the harbour publishes: auctions of each session, and readings of each hour."""

from datetime import date, time

import pyarrow as pa
from indextracker_catalogue.harbour import HARBOUR_AUCTIONS, HARBOUR_GAUGES

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


def gauge_names(hour: date) -> tuple[str, ...]:
    """The file of an hour."""
    return (f"gauges_{hour:%Y%m%dT%H}.csv",)


def read_gauges(document: Document, hour: date) -> pa.Table:
    """The readings of an hour, lines of gauge and height."""
    return split_lines(document.read(), ("gauge", "height"), 1)


AUCTIONS = Feed(
    name="harbour_auctions",
    publisher="harbour",
    table=HARBOUR_AUCTIONS,
    due_at=time(18, 0),
    names=names,
    request=lambda session: Request(f"/auctions/{session}"),
    read=read,
)

GAUGES = Feed(
    name="harbour_gauges",
    publisher="harbour",
    table=HARBOUR_GAUGES,
    due_at=time(1, 5),
    names=gauge_names,
    request=lambda hour: Request(f"/gauges/{hour:%Y%m%dT%H}"),
    read=read_gauges,
)
