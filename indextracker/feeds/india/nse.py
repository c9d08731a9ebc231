"""NSE as a publisher: its archives, its interface for pages, and the pages that it sends instead.

What its documents look like belongs to the modules of the documents.
"""

from __future__ import annotations

from datetime import time
from typing import Final

from indextracker.feeds.model import Publisher, Refusal
from indextracker.feeds.pages import is_page, page_text, quote_page
from indextracker_catalogue.shared.deliveries import State

# At most three requests a second are borne, and more than a day's documents only after hours.
ARCHIVES = Publisher(
    "nse_archives",
    "https://nsearchives.nseindia.com",
    min_interval_seconds=0.5,
    headers={"Accept": "*/*"},
)
# Without the page that its own pages come from, the interface refuses.
PAGES = Publisher(
    "nse",
    "https://www.nseindia.com",
    min_interval_seconds=0.5,
    headers={"Accept": "application/json", "Referer": "https://www.nseindia.com/"},
)

# Documents are out by half past six in the evening.
DUE_AT: Final = time(18, 30)
# The words of the pages in place of a document, and what they mean.
_SAYS: Final[tuple[tuple[str, State], ...]] = (
    ("ACCESS DENIED", "blocked"),
    ("SECURITY REASONS", "blocked"),
    ("404", "missing"),
    ("NOT FOUND", "missing"),
)


def refuse_page(body: bytes, document: str, expected: str) -> None:
    """Refuse what is no document: nothing at all, or a web page.

    Args:
        body: What came.
        document: Name of what was asked for.
        expected: What it should be.

    Raises:
        Refusal: missing for nothing and for a page that says that there is none; blocked for one
            that keeps the client out, by its address or its User-Agent; refused for any other.
    """
    if not body.strip():
        raise Refusal("missing", f"{document} is empty")
    if not is_page(body):
        return
    text = page_text(body).upper()
    meant = (state for words, state in _SAYS if words in text)
    state: State = next(meant, "refused")
    why = ": NSE keeps this address or User-Agent out" if state == "blocked" else ""
    raise Refusal(state, f"{document} is {quote_page(body)}, expected {expected}{why}")
