"""NSE's lists of the day: renamings, listed shares, members of the Nifty 500.

The exchange keeps one copy of each, as of now, and no date stands in it: a list is kept under the
session in whose evening it was asked for. The days named in an archive's copies are the archive's.
How lines are typed is decided in silver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indextracker.feeds.india.layouts import Layout, checked_text, refuse_cut_off
from indextracker.feeds.india.nse import ARCHIVES, DUE_AT, refuse_page
from indextracker.feeds.lines import split_lines
from indextracker.feeds.model import Feed, Request
from indextracker.feeds.readable import refuse_unsplit
from indextracker.readings.india import lists as readings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pyarrow as pa

    from indextracker.readings.model import Reading
    from indextracker.system.documents import Document

# The list of renamings has no header.
_RENAMING: Final = ("security_name", "old_symbol", "new_symbol", "changed_on")
LISTED_LAYOUT: Final = Layout(
    {
        "symbol": "SYMBOL",
        "series": "SERIES",
        "security_name": "NAME OF COMPANY",
        "listed_on": "DATE OF LISTING",
        "paid_up_value": "PAID UP VALUE",
        "market_lot": "MARKET LOT",
        "isin": "ISIN NUMBER",
        "face_value": "FACE VALUE",
    }
)
MEMBERS_LAYOUT: Final = Layout(
    {
        "symbol": "Symbol",
        "series": "Series",
        "security_name": "Company Name",
        "industry": "Industry",
        "isin": "ISIN Code",
    }
)


def renamings(body: bytes, document: str) -> pa.Table:
    """Split the list of renamings: a row per line that is not blank.

    Raises:
        Refusal: refused for what is in another encoding or has other columns.
    """
    checked_text(body, document)
    lines = split_lines(body, _RENAMING, 1)
    refuse_unsplit(lines, document, len(_RENAMING))
    return lines


def _feed(
    reading: Reading, stem: str, folder: str, lines: Callable[[bytes, str], pa.Table]
) -> Feed:
    """The feed of a list."""

    def names(session: date) -> tuple[str, ...]:
        return (f"{stem}_{session:%d%m%Y}.csv",)

    def read(published: Document, session: date) -> pa.Table:
        document = names(session)[0]
        body = published.read()
        refuse_page(body, document, expected="a list of securities")
        refuse_cut_off(body, document)
        return lines(body, document)

    return Feed(
        name=reading.table.name,
        publisher=ARCHIVES.name,
        table=reading.table,
        due_at=DUE_AT,
        tells_end=False,
        of_today=True,
        names=names,
        request=lambda _: Request(f"{folder}/{stem}.csv"),
        read=read,
        reads_well=reading.judge,
    )


_EQUITIES, _INDICES = "/content/equities", "/content/indices"
SYMBOL_CHANGES = _feed(readings.SYMBOL_CHANGES, "symbolchange", _EQUITIES, renamings)
LISTED = _feed(readings.LISTED, "EQUITY_L", _EQUITIES, LISTED_LAYOUT.lines)
INDEX_MEMBERS = _feed(readings.INDEX_MEMBERS, "ind_nifty500list", _INDICES, MEMBERS_LAYOUT.lines)
