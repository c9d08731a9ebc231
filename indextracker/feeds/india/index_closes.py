"""NSE's daily levels of all its indices: a CSV a session, with P/E, P/B and dividend yield.

It is plain text without a mark of its end. How its cells are typed is decided in silver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indextracker.feeds.india.layouts import Layout, refuse_cut_off, refuse_other_dates
from indextracker.feeds.india.nse import ARCHIVES, DUE_AT, refuse_page
from indextracker.feeds.model import Feed, Request
from indextracker.readings.india import index_closes as readings
from indextracker.readings.india.values import is_of
from indextracker_catalogue.india.bronze import NSE_INDEX_CLOSES

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from indextracker.system.documents import Document

LAYOUT: Final = Layout(
    {
        "index_name": "Index Name",
        "index_date": "Index Date",
        "open": "Open Index Value",
        "high": "High Index Value",
        "low": "Low Index Value",
        "close": "Closing Index Value",
        "points_change": "Points Change",
        "percent_change": "Change(%)",
        "shares": "Volume",
        "turnover_crore": "Turnover (Rs. Cr.)",
        "price_to_earnings": "P/E",
        "price_to_book": "P/B",
        "dividend_yield": "Div Yield",
    }
)


def names(session: date) -> tuple[str, ...]:
    """The name of a session's levels."""
    return (f"ind_close_all_{session:%d%m%Y}.csv",)


def request(session: date) -> Request:
    """What to ask for to get a session's levels."""
    return Request(f"/content/indices/{names(session)[0]}")


def read(published: Document, session: date) -> pa.Table:
    """Read a session's levels: a row per line that is not blank; the header is line 1.

    Raises:
        Refusal: missing for a page that says so, for a file without lines and for one of another
            date; blocked for the page that keeps clients out; refused for what is cut off or has
            other columns.
    """
    document = names(session)[0]
    body = published.read()
    refuse_page(body, document, expected="levels of indices")
    refuse_cut_off(body, document)
    lines = LAYOUT.lines(body, document)
    refuse_other_dates(lines, "index_date", session, is_of, document)
    return lines


INDEX_CLOSES = Feed(
    name=NSE_INDEX_CLOSES.name,
    publisher=ARCHIVES.name,
    table=NSE_INDEX_CLOSES,
    due_at=DUE_AT,
    tells_end=False,
    names=names,
    request=request,
    read=read,
    reads_well=readings.INDEX_CLOSES.judge,
)
