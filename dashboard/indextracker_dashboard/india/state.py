"""The state of the market day, and links to the page in other states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from indextracker_dashboard import links
from indextracker_dashboard.state import State

PATH = "/india"
ZONE = ZoneInfo("Asia/Kolkata")
VIEWS = {"market": "Market", "share": "One share", "news": "News"}
SIZES = {"turnover": "Turnover", "cap": "Market capitalisation"}
LEAST = {"0": "any", "1": "₹ 1 crore", "10": "₹ 10 crore", "100": "₹ 100 crore"}
PRICES = {"adjusted": "Adjusted", "published": "As published"}
UNKNOWN = "—"
SPANS = {"1m": "1 month", "3m": "3 months", "6m": "6 months", "1y": "1 year"}


@dataclass(frozen=True)
class MarketState(State):
    """What is looked at.

    Attributes:
        view: Which part of the page.
        on: The session; by default the newest with prices.
        size: What the areas of the heat map are.
        least: The least turnover of a mover, in crore.
        symbol: The share; by default the one with the largest turnover.
        span: How far back it is shown.
        prices: Whether its prices are adjusted for corporate actions.
        topic: The topic of the articles; by default all.
        ticker: The ticker in them; by default all.
    """

    view: Literal["market", "share", "news"] = "market"
    on: date | None = None
    size: Literal["turnover", "cap"] = "turnover"
    least: Literal["0", "1", "10", "100"] = "1"
    symbol: str = ""
    span: Literal["1m", "3m", "6m", "1y"] = "3m"
    prices: Literal["adjusted", "published"] = "adjusted"
    topic: str = ""
    ticker: str = ""


def link(state: MarketState, shown: Any, **changes: Any) -> Component:
    """A link to the page in another state.

    Args:
        state: The present one.
        shown: The text of the link.
        **changes: The fields that differ.
    """
    return links.to(PATH, replace(state, **changes), shown)


def percent(fraction: float | None, digits: int = 2, sign: bool = True) -> str:
    """A fraction in per cent, with its sign; a dash where that is not known."""
    if fraction is None:
        return UNKNOWN
    return f"{fraction * 100:{'+' if sign else ''}.{digits}f} %"


def crore(inr: float | None) -> str:
    """Rupees in crore, as India counts them; a dash where they are not known."""
    return UNKNOWN if inr is None else f"₹ {inr / 10_000_000:,.1f} cr"
