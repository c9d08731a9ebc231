"""The page Across markets: what Taiwan's nights, opens, days and the news say about each other.

What the figures are is told in `across_figures`, and how they are drawn in `across_drawing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import controls, links, notices
from indextracker_dashboard.analytics import across_drawing as drawing
from indextracker_dashboard.analytics import across_figures as figures
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.sql_state import SqlState
from indextracker_dashboard.state import State, StateError

_EVENTS = """select n.session_date, n.symbol, n.stories, n.sentiment_before_open, r.return_1
from gold.news_sentiment_daily as n
join gold.equity_returns as r using (session_date, instrument_id)
where n.sentiment_before_open is not null and r.return_1 is not null
order by n.session_date desc, n.symbol"""


@dataclass(frozen=True)
class AcrossState(State):
    """Which two series.

    Attributes:
        pair: The one that is known first and the other, joined by a hyphen.
    """

    pair: str = "tx_night-nifty_open"


def _pair(state: AcrossState) -> tuple[str, str]:
    if state.pair not in figures.pairs():
        raise StateError(f"there is no pair {state.pair}: there are {', '.join(figures.pairs())}")
    first, _, second = state.pair.partition("-")
    return first, second


def _correlations(state: AcrossState, data: Data) -> Frame:
    del state
    return data.ask(figures.correlations)


def _days(state: AcrossState, data: Data) -> Frame:
    return data.ask(figures.days, *_pair(state))


def _after_news(state: AcrossState, data: Data) -> Frame:
    del state
    return data.ask(figures.after_news)


def _controls(state: AcrossState, data: Data) -> Component:
    del data
    return controls.row(controls.choice("pair", "Pair", figures.pairs(), state.pair))


def _body(state: AcrossState, data: Data) -> Component:
    first, second = _pair(state)
    every = _correlations(state, data)
    row: dict[str, Any] = (
        every.polars().filter(first_series=first, second_series=second).row(0, named=True)
    )
    days = _days(state, data)
    return html.Div(
        [
            *notices.drawn(
                f"{figures.CALLED[first]} and {figures.CALLED[second]}",
                days,
                lambda frame: drawing.of_pair(frame, row),
            ),
            *([] if len(days) else [html.P("No day has both.")]),
            html.H2("All pairs"),
            *drawing.every_pair(every, ACROSS.path),
            *notices.section(
                "Sentiment against returns",
                ACROSS.path,
                lambda: _after_news(state, data),
                drawing.after_news,
            ),
            html.P(links.to("/sql", SqlState(sql=_EVENTS), "The companies and sessions behind it")),
        ]
    )


ACROSS = Page(
    path="/across-markets",
    title="Across markets",
    about=(
        "What Taiwan's nights, the opens and days of both markets and the news say about each "
        "other, with an allowance for looking at many pairs."
    ),
    state=AcrossState,
    body=_body,
    controls=_controls,
    tables={"correlations": _correlations, "days": _days, "after_news": _after_news},
    order=38,
)
