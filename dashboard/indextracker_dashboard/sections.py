"""A subject's part of the page Today, and the tiles that it is made of.

Each subject declares its own in `<subject>/today.py`; which ones are shown is told by the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from dash import html
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker_dashboard.data import Data


@dataclass(frozen=True, eq=False)
class Section:
    """What a subject shows of a session.

    Attributes:
        subject: Its name.
        title: Its title.
        draw: What it shows of a session, the newest by default; it may raise what the reader
            raises, and then its sentence stands in its place.
        tables: What of it can be downloaded, by name.
    """

    subject: str
    title: str
    draw: Callable[[date | None, Data], Component]
    tables: Mapping[str, Callable[[Lakehouse, date | None], Frame]]


def tiles(*shown: Component) -> Component:
    """Tiles side by side."""
    return html.Dl(list(shown), className="tiles")


def tile(name: str, value: str, beside: str = "", *, sign: float = 0) -> Component:
    """A figure with its name.

    Args:
        name: What it is.
        value: The figure.
        beside: What is said of it, such as its change.
        sign: Of that: above or below nought has a colour, and an arrow for who sees none.
    """
    arrow, kind = ("▲ ", "up") if sign > 0 else ("▼ ", "down") if sign < 0 else ("", "")
    return html.Div(
        [html.Dt(name), html.Dd(value), html.Dd(arrow + beside, className=f"beside {kind}")]
    )


def changed(now: float, before: float | None, digits: int = 2) -> tuple[str, float]:
    """How a figure changed, in words, and its sign.

    Args:
        now: The figure.
        before: What it was; None where that is not known.
        digits: How many digits of the difference are shown.
    """
    if not before:
        return "the session before is not there", 0
    difference = now - before
    return f"{difference:+,.{digits}f} ({difference / before:+.2%})", difference
