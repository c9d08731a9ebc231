"""Trades of a run, as the page Compare shows them: on candles, and in a table to their lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker.reader import QuestionError
from indextracker_dashboard import controls, drawing, links
from indextracker_dashboard.data import Data
from indextracker_dashboard.files.compared import PATH, CompareState, called
from indextracker_dashboard.files.layouts import table

# So many rows are read by nobody, and a page of more is slow.
MOST_TRADES, MOST_BARS = 200, 3_000
# `at` is a word of DuckDB's grammar.
_CANDLES = """select p."at" as bar_at, any_value(open) as open, any_value(high) as high,
    any_value(low) as low, any_value(close) as close
from silver.file_prices p
where collection = $collection and ticker = $ticker
    and year(p."at") between $first::int and $last::int
group by 1 order by 1 desc limit """


def trades(state: CompareState, run: Mapping[str, Any], data: Data) -> Frame:
    """The trades of a run, in the years and of the ticker of a state."""
    first, last = state.span
    values = {"run": str(run["run_id"]), "first": str(first), "last": str(last)}
    only = ""
    if state.ticker:
        only, values = " and ticker = $ticker", values | {"ticker": state.ticker}
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
    of = f" of {state.ticker}" if state.ticker else ""
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


def _candles(
    state: CompareState, run: Mapping[str, Any], found: list[dict[str, Any]], data: Data
) -> Component:
    first, last = state.span
    asked = {"collection": str(run["universe"]), "ticker": state.ticker}
    asked |= {"first": str(first), "last": str(last)}
    try:
        bars = data.lakehouse.sql(f"{_CANDLES}{MOST_BARS}", asked).polars()
    except (LookupError, QuestionError):
        bars = None
    if bars is None or not bars.height:
        return html.P(
            f"{run['universe']} is no collection with bars of {state.ticker}: no candles."
        )
    bars = bars.sort("bar_at")
    begins = bars["bar_at"][0]
    shown = [row for row in found if row["filled_at"] >= begins]
    title = f"Trades of {state.ticker} on its candles"
    traces: list[dict[str, Any]] = [
        {
            "type": "candlestick",
            "name": state.ticker,
            "x": [f"{at:%Y-%m-%d %H:%M}" for at in bars["bar_at"]],
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
