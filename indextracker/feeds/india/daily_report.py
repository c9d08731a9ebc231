"""NSE's daily report, a zip of parts: the corporate actions to come, and market capitalisations.

Each part that is kept is a feed of its own; the zip is kept once, by its digest. The parts carry
their session in their names, and archives may hold them by themselves. How actions are read and
what they do to prices is decided in silver and gold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from indextracker.feeds.india.layouts import Layout
from indextracker.feeds.india.nse import ARCHIVES, DUE_AT, refuse_page
from indextracker.feeds.model import Feed, Refusal, Request, quote
from indextracker.feeds.zipped import MAGIC, read_part
from indextracker_catalogue.india import bronze as t

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from indextracker.system.documents import Document
    from indextracker_catalogue import Table


def report(session: date) -> str:
    """The name of a session's report."""
    return f"PR{session:%d%m%y}.zip"


def request(session: date) -> Request:
    """What to ask for to get a session's report."""
    return Request(f"/archives/equities/bhavcopy/pr/{report(session)}")


@dataclass(frozen=True)
class Part:
    """A part of the report.

    Attributes:
        table: The bronze table of its lines.
        prefix: How its name begins; the session and `.csv` follow.
        layout: Its columns.
        reads_well: As of a feed.
    """

    table: Table
    prefix: str
    layout: Layout
    reads_well: Callable[[pa.Table, date], pa.Array] | None = None

    def entry(self, session: date) -> str:
        """Its own name, in the report of a session and outside."""
        return f"{self.prefix}{session:%d%m%Y}.csv"

    def names(self, session: date) -> tuple[str, ...]:
        """The names of what holds it."""
        return (report(session), self.entry(session))

    def read(self, published: Document, session: date) -> pa.Table:
        """Read the part, of a session's report or by itself: a row per line that is not blank.

        Raises:
            Refusal: missing for a page that says so, and for a report without the part, as one of
                another session is; blocked for the page that keeps clients out; refused for what
                is damaged or has other columns.
        """
        document, entry = self.names(session)
        body = published.read()
        refuse_page(body, document, expected="a zip of reports")
        if body.startswith(MAGIC):
            return self.layout.lines(read_part(body, document, entry), f"{entry} of {document}")
        if body.split(b"\n")[0].count(b",") + 1 < len(self.layout.columns):
            raise Refusal("refused", f"{document} is no zip: it begins with {quote(body[:20])}")
        return self.layout.lines(body, entry)

    def feed(self) -> Feed:
        """The feed of the part."""
        return Feed(
            name=self.table.name,
            publisher=ARCHIVES.name,
            table=self.table,
            due_at=DUE_AT,
            names=self.names,
            request=request,
            read=self.read,
            reads_well=self.reads_well,
        )


CORPORATE_ACTIONS = Part(
    t.NSE_CORPORATE_ACTIONS,
    "bc",
    Layout(
        {
            "series": "SERIES",
            "symbol": "SYMBOL",
            "security_name": "SECURITY",
            "record_date": "RECORD_DT",
            "book_closure_start": "BC_STRT_DT",
            "book_closure_end": "BC_END_DT",
            "ex_date": "EX_DT",
            "no_delivery_start": "ND_STRT_DT",
            "no_delivery_end": "ND_END_DT",
            "purpose": "PURPOSE",
        }
    ),
).feed()

MARKET_CAPS = Part(
    t.NSE_MARKET_CAPS,
    "mcap",
    Layout(
        {
            "trade_date": "Trade Date",
            "symbol": "Symbol",
            "series": "Series",
            "security_name": "Security Name",
            "category": "Category",
            "last_trade_date": "Last Trade Date",
            "face_value": "Face Value(Rs.)",
            "issue_size": "Issue Size",
            "close": "Close Price/Paid up value(Rs.)",
            "market_cap": "Market Cap(Rs.)",
        }
    ),
).feed()
