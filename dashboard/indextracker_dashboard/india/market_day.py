"""The page of the market day of NSE."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import controls
from indextracker_dashboard.data import Data
from indextracker_dashboard.india import asked, market, news, share, told
from indextracker_dashboard.india.state import PATH, VIEWS, MarketState
from indextracker_dashboard.page import Page

_SHOWN = {"market": market.body, "share": share.body, "news": news.body}


def _controls(state: MarketState, data: Data) -> Component:
    del data
    return controls.row(
        controls.day("on", "Session", state.on),
        controls.segments("view", "Part of the page", VIEWS, state.view),
    )


def _body(state: MarketState, data: Data) -> Component:
    return html.Div(_SHOWN[state.view](state, data))


def _shares(state: MarketState, data: Data) -> Frame:
    return data.ask(asked.shares, data.ask(asked.session, state.on))


def _news(state: MarketState, data: Data) -> Frame:
    found = data.ask(told.news, data.ask(asked.session, state.on))
    return news.chosen(found.articles, state.topic, state.ticker)


MARKET_DAY = Page(
    path=PATH,
    title="Market day",
    about=(
        "A session of India's National Stock Exchange: breadth, movers, industries, delivery and "
        "turnover; one share with its news; the news with its sentiment."
    ),
    state=MarketState,
    body=_body,
    controls=_controls,
    tables={"shares": _shares, "news": _news},
    order=40,
)
