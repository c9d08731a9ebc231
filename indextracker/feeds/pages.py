"""Web pages that publishers send in place of a document.

The meaning of a page differs between publishers and is decided in their modules.
"""

from __future__ import annotations

import re

from indextracker.feeds.model import Refusal, quote
from indextracker_catalogue.shared.deliveries import State

BEFORE_MARKUP = b"\xef\xbb\xbf \t\r\n"  # a byte order mark and blanks
FIREWALL = "SECURITY REASONS"  # in the page of about 800 bytes that a firewall sends, status 200
SAYS = re.compile(r"alert\(\s*[\"']([^\"']+)[\"']|<title[^>]*>\s*([^<]+)", re.IGNORECASE)


def is_page(body: bytes) -> bool:
    """Whether the bytes are markup: neither a zip, nor JSON, nor a CSV here begins with `<`."""
    return body[:1000].lstrip(BEFORE_MARKUP).startswith(b"<")


def page_text(body: bytes) -> str:
    """The page as text, in UTF-8 or else cp950; what neither can read is replaced."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp950", errors="replace")


def is_firewall(body: bytes) -> bool:
    """Whether the page says that a firewall keeps the client out."""
    return FIREWALL in page_text(body).upper()


def quote_page(body: bytes) -> str:
    """A few words that tell a person which page it is: its alert, or its title, or its start."""
    text = page_text(body)
    found = SAYS.search(text)
    words = next(filter(None, found.groups())) if found else text
    return f"an HTML page ({quote(' '.join(words.split()))})"


def refuse_page(body: bytes, document: str, *, expected: str, no_data: str) -> None:
    """Refuse a body that is a web page.

    Args:
        body: What came.
        document: Name of what was asked for.
        expected: What it should be.
        no_data: Words by which the publisher's page says that there is nothing.

    Raises:
        Refusal: missing for the page that says that there is nothing, blocked for a firewall's,
            refused for any other.
    """
    if not is_page(body):
        return
    state: State = "refused"
    if no_data in page_text(body):
        state = "missing"
    elif is_firewall(body):
        state = "blocked"
    raise Refusal(state, f"{document} is {quote_page(body)}, expected {expected}")
