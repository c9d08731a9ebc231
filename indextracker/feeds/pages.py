"""Web pages that stand where a document was expected.

What a page means differs between publishers and is decided in their modules.
"""

from __future__ import annotations

import re

from indextracker.feeds.model import quote

BEFORE_MARKUP = b"\xef\xbb\xbf \t\r\n"  # a byte order mark and blanks
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


def quote_page(body: bytes) -> str:
    """A few words that tell a person which page it is: its alert, or its title, or its start."""
    text = page_text(body)
    found = SAYS.search(text)
    words = next(filter(None, found.groups())) if found else text
    return f"an HTML page ({quote(' '.join(words.split()))})"
