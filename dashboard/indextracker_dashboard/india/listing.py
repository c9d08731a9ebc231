"""Lists of news: titles that lead to their articles, with their sentiment where there is one."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import links
from indextracker_dashboard.india.state import ZONE, MarketState, link
from indextracker_dashboard.india.told import OF_NSE

MOST = 100


def stories(state: MarketState, found: Frame, none: str) -> Component:
    """News, the newest first.

    Args:
        state: The state of the page.
        found: Rows with published_at, title, url, source, score and label, and perhaps place,
            topics and tickers.
        none: What is said where there is none, without the full stop.
    """
    rows: list[dict[str, Any]] = found.arrow().slice(0, MOST).to_pylist()
    if not rows:
        return html.P(f"{none}: indextracker backfill news brings what publishers still have.")
    shown: list[Component] = [html.Ul([_story(state, row) for row in rows], className="stories")]
    if len(found) > MOST:
        shown.append(html.P(f"{len(found) - MOST:,} older ones are not shown."))
    return html.Div(shown)


def sentiment(row: dict[str, Any]) -> str:
    """The sentiment of an article in words, with a sign that needs no colour."""
    score = row["score"]
    if score is None:
        return "no score"
    sign = "▲" if score > 0 else "▼" if score < 0 else "●"
    return f"{sign} {score:+.2f} {row['label'] or ''}".strip()


def _story(state: MarketState, row: dict[str, Any]) -> Component:
    at = row["published_at"].astimezone(ZONE)
    about: list[Any] = [row.get("source") or str(row.get("place") or "").removesuffix("s")]
    for ticker in filter(None, (row.get("tickers") or "").split(", ")):
        about += [" · ", _ticker(state, ticker)]
    if topics := row.get("topics"):
        about += [" · ", topics]
    return html.Li(
        [
            html.Time(f"{at:%Y-%m-%d %H:%M}", dateTime=at.isoformat()),
            html.Div(
                [
                    links.outside(row["url"], row["title"] or "(no title)"),
                    html.Small(about),
                ]
            ),
            html.Span(sentiment(row), className="score"),
        ]
    )


def _ticker(state: MarketState, ticker: str) -> Any:
    """A ticker; one of NSE leads to its share."""
    symbol = ticker.removeprefix(OF_NSE)
    return ticker if symbol == ticker else link(state, ticker, view="share", symbol=symbol)
