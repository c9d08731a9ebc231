"""Trades of a run, as the page Compare shows them: on candles, and in a table to their lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker.strategies import universes
from indextracker_dashboard import controls, drawing, links
from indextracker_dashboard.data import Data
from indextracker_dashboard.files.compared import PATH, CompareState, called, of_tickers
from indextracker_dashboard.files.layouts import table

# So many rows are read by nobody, and a page of more is slow.
MOST_TRADES, MOST_BARS = 200, 3_000


def trades(state: CompareState, run: Mapping[str, Any], data: Data) -> Frame:
    """The trades of a run, in the years and of the tickers of a state."""
    first, last = state.span
    only, named = of_tickers(state)
    values = {"run": str(run["run_id"]), "first": str(first), "last": str(last)} | named
    return data.lakehouse.sql(
        "select * from gold.strategy_trades where run_id = $run "
        f"and year(filled_at) between $first::int and $last::int{only} "
        "order by filled_at, ticker, side",
        values,
    )


def body(
    state: CompareState, run: Mapping[str, Any], chosen: list[dict[str, Any]], data: Data
) -> Component:
    """The part of the page."""
    found: list[dict[str, Any]] = trades(state, run, data).arrow().to_pylist()
    names = {one["run_id"]: called(one) for one in chosen}
    of = f" of {state.parts}" if state.parts else ""
    return html.Section(
        [
            html.H2(f"Trades{of}"),
            controls.row(
                controls.choice("run", "Of the run", names, state.run, otherwise=called(run))
            )
            if len(chosen) > 1
            else None,
            _candles(state, run, found, data)
            if state.ticker
            else html.P("Of one ticker they are shown on its candles: choose it above, or below."),
            _table(state, found) if found else html.P("There is none."),
        ]
    )


def _table(state: CompareState, found: list[dict[str, Any]]) -> Component:
    titles = ("Ticker", "Filled", "Side", "Shares", "Price", "Cost", "Won or lost", "From line")
    head = html.Tr([html.Th(one, scope="col") for one in titles])
    lines = [_row(state, row) for row in found[:MOST_TRADES]]
    more = (
        f"The first {MOST_TRADES:,} of {len(found):,} are shown; the download has all."
        if len(found) > MOST_TRADES
        else f"{len(found):,} trade{'' if len(found) == 1 else 's'}."
    )
    return html.Div([html.P(more, id="compare-trades"), table("Trades", head, lines)])


def _row(state: CompareState, row: Mapping[str, Any]) -> Component:
    place: Any = ""
    if row["document"]:
        leads = replace(state, document=row["document"], line=row["line"])
        place = links.to(PATH, leads, f"{row['line']:,}")
    here = (state.document, state.line) == (row["document"], row["line"]) and state.document
    ticker = links.to(PATH, replace(state, ticker=row["ticker"]), row["ticker"])
    return html.Tr(
        [
            html.Th(ticker, scope="row"),
            html.Td(f"{row['filled_at']:%Y-%m-%d %H:%M}".removesuffix(" 00:00")),
            html.Td(f"{'▲' if row['side'] == 'buy' else '▼'} {row['side']}"),
            html.Td(f"{row['shares']:,.4g}"),
            html.Td(f"{row['price']:,.4f}"),
            html.Td(f"{row['cost'] + row['slippage']:,.2f}"),
            html.Td("" if row["pnl"] is None else f"{row['pnl']:+,.2f}"),
            html.Td(place),
        ],
        className="here" if here else "",
    )


def _bars(state: CompareState, run: Mapping[str, Any], data: Data) -> pl.DataFrame:
    """The last bars of the ticker in the years that are looked at, as the run had them."""
    first, last = state.span
    adjusted = json.loads(run["terms"]).get("adjusted", False)
    span = max(run["first_date"], date(first, 1, 1)), run["last_date"]
    try:
        rows = universes.of_name(run["universe"]).bars(
            data.lakehouse, run["universe"], state.ticker, span, adjusted=adjusted
        )
    except LookupError:
        return pl.DataFrame()
    bars = pl.DataFrame(rows)
    return bars.filter(pl.col("at").dt.year() <= last).tail(MOST_BARS)


def _candles(
    state: CompareState, run: Mapping[str, Any], found: list[dict[str, Any]], data: Data
) -> Component:
    bars = _bars(state, run, data)
    if not bars.height:
        return html.P(f"{run['universe']} has no bars of {state.ticker} any more: no candles.")
    begins = bars["at"][0]
    shown = [row for row in found if row["filled_at"] >= begins]
    title = f"Trades of {state.ticker} on its candles"
    traces: list[dict[str, Any]] = [
        {
            "type": "candlestick",
            "name": state.ticker,
            "x": [f"{at:%Y-%m-%d %H:%M}" for at in bars["at"]],
            **{name: bars[name].to_list() for name in ("open", "high", "low", "close")},
            "increasing": {"line": {"color": drawing.UP, "width": 1}},
            "decreasing": {"line": {"color": drawing.DOWN, "width": 1}},
        }
    ]
    for side, mark, colour in (
        ("buy", "triangle-up", drawing.GREEN),
        ("sell", "triangle-down", drawing.PURPLE),
    ):
        of = [row for row in shown if row["side"] == side]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": side,
                "x": [f"{row['filled_at']:%Y-%m-%d %H:%M}" for row in of],
                "y": [row["price"] for row in of],
                "marker": {"symbol": mark, "size": 11, "color": colour},
            }
        )
    layout = {"xaxis": {"type": "date", "rangeslider": {"visible": True, "thickness": 0.08}}}
    return html.Div(
        [
            html.P(f"The last {MOST_BARS:,} bars of the years are shown.")
            if bars.height == MOST_BARS
            else None,
            drawing.chart({"data": traces, "layout": layout}, title, height=440),
        ]
    )
