"""Links: to a page in some state, and to addresses that others wrote.

What an address holds is `state`'s; downloads have links of their own.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dash import dcc, html
from dash.development.base_component import Component

from indextracker_dashboard.state import State, query_of

_SCHEMES = ("http", "https")


def to(path: str, state: State, shown: Any, *, title: str = "", classes: str = "") -> Component:
    """A link to a page in a state.

    Args:
        path: Of the page.
        state: Its state.
        shown: The text, or components.
        title: What it says beside its text; nothing by default.
        classes: Of its style.
    """
    return dcc.Link(shown, href=_address(path, state), className=classes, title=title or None)


def markdown(path: str, state: State, shown: str) -> str:
    """A link to a page in a state, for a cell of a table that reads markdown.

    Args:
        path: Of the page.
        state: Its state.
        shown: The text, of letters, digits and hyphens alone.
    """
    return f"[{shown}]({_address(path, state)})"


def outside(url: str | None, text: str) -> Component:
    """A link to an address of the web; of any other, and of none, the text alone."""
    try:
        parts = urlsplit(url or "")
        usable = parts.scheme in _SCHEMES and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        return html.Span(text)
    return html.A(text, href=url, target="_blank", rel="noopener noreferrer")


def _address(path: str, state: State) -> str:
    query = query_of(state)
    return f"{path}?{query}" if query else path
