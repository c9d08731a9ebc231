"""Addresses of articles: without what tracks readers, so that one article has one address."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

from indextracker_catalogue.news.forms import ADDRESS

_TRACKS = "utm_"


def is_address(text: str) -> bool:
    """Whether a text is an address that can be taken apart."""
    if not re.fullmatch(ADDRESS, text):
        return False
    try:
        urlsplit(text)
    except ValueError:  # such as http://[
        return False
    return True


def plain(url: str) -> str:
    """An address without the parameters that track readers, and without a place in the page."""
    parts = urlsplit(url)
    kept = (term for term in parts.query.split("&") if not term.lower().startswith(_TRACKS))
    return urlunsplit(parts._replace(query="&".join(kept), fragment=""))


def article_id(url: str) -> str:
    """The number of the article at an address: the digest (sha256) of the plain address."""
    return hashlib.sha256(plain(url).encode()).hexdigest()
