"""The news that counts for a session, with its sentiment by topic and by ticker."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import controls, drawing
from indextracker_dashboard.data import Data
from indextracker_dashboard.india import asked, listing, told
from indextracker_dashboard.india.state import ZONE, MarketState

MOST_BARS = 12


def body(state: MarketState, data: Data) -> Component:
    """The part of the page."""
    on = data.ask(asked.session, state.on)
    found = data.ask(told.news, on)
    begin, end = (one.astimezone(ZONE) for one in data.ask(told.hours, on))
    topics, tickers = (frame.polars() for frame in (found.topics, found.tickers))
    shown = chosen(found.articles, state.topic, state.ticker)
    scored = len(shown) - shown.arrow()["score"].null_count
    return html.Div(
        [
            controls.row(
                controls.choice(
                    "topic",
                    "Topic",
                    sorted({*topics["topic"], *filter(None, [state.topic])}),
                    state.topic,
                    otherwise="all",
                ),
                controls.choice(
                    "ticker",
                    "Ticker",
                    sorted({*_names(found.articles), *filter(None, [state.ticker])}),
                    state.ticker,
                    otherwise="all",
                ),
            ),
            html.P(
                f"What was told from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} in India, from "
                f"the close of the session before to the close of {on}: {len(shown):,} articles, "
                f"headlines and announcements, {scored:,} of them with a sentiment. Only Alpha "
                "Vantage scores what it lists; headlines and announcements have no score."
            ),
            html.Div(
                [
                    _chart(topics, "topic", "Sentiment by topic"),
                    _chart(tickers, "ticker", "Sentiment by ticker"),
                ],
                className="two",
            )
            if topics.height or tickers.height
            else None,
            html.H2("Articles, headlines and announcements"),
            listing.stories(state, shown, f"No news of {on} is in the lake"),
        ]
    )


def chosen(articles: Frame, topic: str, ticker: str) -> Frame:
    """The articles of a topic and a ticker, where these are given."""
    rows = articles.polars()
    for column, name in (("topics", topic), ("tickers", ticker)):
        if name:
            rows = rows.filter(pl.col(column).str.split(", ").list.contains(name))
    return Frame(rows.to_arrow())


def _names(articles: Frame) -> list[str]:
    listed: list[str] = (
        articles.polars()["tickers"].drop_nulls().str.split(", ").explode().unique().to_list()
    )
    return listed


def _chart(rows: pl.DataFrame, column: str, title: str) -> Component:
    known = rows.filter(pl.col("sentiment").is_not_null()).head(MOST_BARS).reverse()
    if not known.height:
        return html.Section([html.H2(title), html.P("Nothing of it has a score.")])
    values: list[Any] = known["sentiment"].to_list()
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[f"{name} ({n})" for name, n in zip(known[column], known["articles"], strict=True)],
            orientation="h",
            marker_color=[drawing.UP if value >= 0 else drawing.DOWN for value in values],
            text=[f"{value:+.2f}" for value in values],
            textposition="auto",
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        ),
        layout={"xaxis": {"range": [-1, 1], "title": "bearish to bullish"}, "hovermode": "closest"},
    )
    more = rows.height - known.height
    said = f"{more} more have fewer articles, or no score." if more else ""
    name = f"{title}: mean weighted by relevance, with the number of articles"
    return html.Section(
        [
            html.H2(title),
            drawing.chart(figure, name, height=80 + 28 * known.height),
            html.P(said, className="about"),
        ]
    )
