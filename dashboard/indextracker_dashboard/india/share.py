"""One share with its news on the time axis: prices, corporate actions, sentiment, delivery."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import html
from dash.development.base_component import Component
from plotly.subplots import make_subplots

from indextracker import Frame
from indextracker.reader import UnknownNameError
from indextracker_dashboard import controls, drawing
from indextracker_dashboard.data import Data
from indextracker_dashboard.india import asked, listing, told
from indextracker_dashboard.india.state import PRICES, SPANS, MarketState, link, percent


def body(state: MarketState, data: Data) -> Component:
    """The part of the page."""
    on = data.ask(asked.session, state.on)
    names: list[str] = data.ask(told.symbols, on).arrow()["symbol"].to_pylist()
    symbol = state.symbol or names[0]
    found, why = _found(state, data, symbol, on)
    adjusted = state.prices == "adjusted" and not why
    symbols = tuple(sorted(set(found.prices.arrow()["symbol"].to_pylist())))
    stories = data.ask(told.stories, symbols, on)
    title = f"{symbol} up to {on}, prices {'adjusted' if adjusted else 'as published'}"
    return html.Div(
        [
            controls.row(
                controls.choice(
                    "symbol",
                    "Share",
                    sorted({*names, symbol}),
                    state.symbol,
                    otherwise=f"{symbol}, the largest turnover",
                ),
                controls.segments("span", "How far back", SPANS, state.span),
                controls.segments("prices", "Prices", PRICES, state.prices),
            ),
            html.H2(title),
            html.P(f"{why}{_said(found, adjusted)}"),
            drawing.chart(_figure(found), title, height=640),
            _actions(found),
            html.H2(f"News of the last {told.LISTED_DAYS} days"),
            listing.stories(state, stories, f"No news about {symbol} is in the lake"),
            html.P(link(state, "All news of the session", view="news")),
        ]
    )


def _found(state: MarketState, data: Data, symbol: str, on: date) -> tuple[told.Share, str]:
    """The share, and why its prices are not adjusted though that was asked for."""
    count = told.SPANS[state.span]
    if state.prices == "adjusted":
        try:
            return data.ask(told.share, symbol, on, count, adjusted=True), ""
        except UnknownNameError:
            raise
        except LookupError as error:
            # Without the actions of the session there are its prices all the same.
            why = f"Prices are as published: {error}. "
            return data.ask(told.share, symbol, on, count, adjusted=False), why
    return data.ask(told.share, symbol, on, count, adjusted=False), ""


def _said(found: told.Share, adjusted: bool) -> str:
    rows = found.prices.polars()
    first, last = rows["close"][0], rows["close"][-1]
    said = [f"{rows.height} sessions from {rows['session_date'][0]} to {rows['session_date'][-1]}."]
    if rows["symbol"].n_unique() > 1:
        said.append(f"It was called {' and '.join(sorted(set(rows['symbol'])))} in them.")
    if adjusted and first is not None and last is not None:
        said.append(f"The close changed by {percent(last / first - 1)}.")
    if adjusted and rows["close"].null_count():
        said.append(
            f"Of {rows['close'].null_count()} sessions no adjusted price is known: what an action "
            "after them leaves of a price is not."
        )
    missing = found.prices.missing.polars()
    missing = missing.filter(~pl.col("state").is_in(["empty", "closed"]))
    if missing.height:
        row = missing.row(0, named=True)
        said.append(
            f"{missing['key'].n_unique()} sessions are missing, such as {row['key']} "
            f"({row['reason']})."
        )
    return " ".join(said)


def _figure(found: told.Share) -> go.Figure:
    rows = found.prices.polars()
    days = [f"{day:%Y-%m-%d}" for day in rows["session_date"]]
    news = "" if len(found.sentiment) else ": none in these sessions"
    figure = make_subplots(
        rows=3,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.05,
        row_heights=[0.56, 0.22, 0.22],
        subplot_titles=("Price, ₹", f"Sentiment of the news{news}", "Shares traded, and delivered"),
    )
    figure.add_candlestick(
        x=days,
        open=rows["open"].to_list(),
        high=rows["high"].to_list(),
        low=rows["low"].to_list(),
        close=rows["close"].to_list(),
        name="price",
        increasing={"line_color": drawing.UP, "fillcolor": "rgba(0,0,0,0)"},
        decreasing={"line_color": drawing.DOWN, "fillcolor": drawing.DOWN},
        row=1,
        col=1,
    )
    _mark_actions(figure, found.actions, rows)
    _mark_news(figure, found.sentiment, set(days))
    figure.add_bar(
        x=days, y=rows["shares"].to_list(), name="traded", marker_color=drawing.GREY, row=3, col=1
    )
    figure.add_bar(
        x=days,
        y=rows["deliverable_shares"].to_list(),
        name="delivered",
        marker_color=drawing.PURPLE,
        row=3,
        col=1,
    )
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(type="category", nticks=8, rangeslider_visible=False)
    figure.update_yaxes(range=[-1.05, 1.05], row=2, col=1)
    return figure


def _mark_actions(figure: go.Figure, actions: Frame, rows: pl.DataFrame) -> None:
    marked = actions.polars().join(rows.select("session_date", "high"), on="session_date")
    if marked.height:
        figure.add_scatter(
            x=[f"{day:%Y-%m-%d}" for day in marked["session_date"]],
            y=marked["high"].to_list(),
            mode="markers+text",
            text=["A"] * marked.height,
            textposition="top center",
            marker={"symbol": "diamond", "size": 10, "color": drawing.ORANGE},
            customdata=marked.select("actions", pl.col("reason").fill_null("")).rows(),
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
            name="corporate action",
            row=1,
            col=1,
        )


def _mark_news(figure: go.Figure, sentiment: Frame, days: set[str]) -> None:
    """A mark per session with news: filled with a score, hollow and at nothing without."""
    for scored, symbol in ((True, "circle"), (False, "circle-open")):
        rows = sentiment.polars().filter(pl.col("sentiment").is_not_null() == scored)
        rows = rows.filter(pl.col("session_date").dt.strftime("%Y-%m-%d").is_in(list(days)))
        if not rows.height:
            continue
        figure.add_scatter(
            x=[f"{day:%Y-%m-%d}" for day in rows["session_date"]],
            y=rows["sentiment"].fill_null(0.0).to_list(),
            mode="markers",
            marker={
                "symbol": symbol,
                "size": [min(8 + 2 * stories, 24) for stories in rows["stories"]],
                "color": [
                    drawing.UP
                    if (one or 0) > 0
                    else drawing.DOWN
                    if (one or 0) < 0
                    else drawing.GREY
                    for one in rows["sentiment"]
                ],
            },
            customdata=rows.select("stories", "scored_stories").rows(),
            hovertemplate=(
                "%{customdata[0]} stories, %{customdata[1]} with a score"
                + ("<br>sentiment %{y:.2f}" if scored else "<br>no score")
                + "<extra></extra>"
            ),
            name="news",
            row=2,
            col=1,
        )
    figure.add_hline(y=0, line_width=1, line_color=drawing.GREY, row=2, col=1)


def _actions(found: told.Share) -> Component:
    rows: list[dict[str, Any]] = found.actions.arrow().to_pylist()
    if not rows:
        return html.P(
            "No corporate action took effect in these sessions, as far as the lake knows."
        )
    return html.Ul(
        [
            html.Li(
                [
                    html.Strong(f"{row['session_date']} {row['actions'].replace('+', ' and ')}"),
                    f": {row['reason'] or 'no text'}; ",
                    "what it leaves of a price is not known"
                    if row["factor"] is None
                    else f"earlier prices times {row['factor']:.6g}",
                ]
            )
            for row in rows
        ],
        className="plain",
    )
