"""The page Lead and lag: which of the index and its futures moves first, and finds the price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker_catalogue.analytics import LEAD_LAG, LEAD_LAG_CORRELATIONS
from indextracker_dashboard import controls, drawing, grids, links
from indextracker_dashboard.analytics import trades
from indextracker_dashboard.analytics.volatility import SPANS, newest
from indextracker_dashboard.candles.state import CandlesState
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import State

_ORDER = ("TX", "MTX", "TMF", "TAIEX")
PAIRS = tuple(
    f"{first}-{second}" for place, first in enumerate(_ORDER) for second in _ORDER[place + 1 :]
)
_BAND = "rgba(0, 114, 178, 0.2)"


@dataclass(frozen=True)
class LeadLagState(State):
    """Which pair, of which sessions.

    Attributes:
        pair: The first and the second, joined by a hyphen.
        last: The session whose correlations are shown, and the last of the others; the newest by
            default.
        span: How many sessions.
    """

    pair: Literal["TX-TAIEX", "MTX-TAIEX", "TMF-TAIEX", "TX-MTX", "TX-TMF", "MTX-TMF"] = "TX-TAIEX"
    last: date | None = None
    span: Literal["1m", "3m", "6m", "1y"] = "3m"


def leads(lakehouse: Lakehouse, last: date, sessions: int) -> Frame:
    """All pairs by session, in order, as `gold/lead_lag` has them.

    Args:
        lakehouse: Where they are.
        last: The last session.
        sessions: How many.

    Raises:
        LookupError: The lake has none yet.
    """
    found = lakehouse.table(LEAD_LAG.path, last=last, sessions=sessions)
    rows = found.polars().sort("session_date", "asset", "other")
    return Frame(rows.to_arrow(), found.gaps)


def correlations(lakehouse: Lakehouse, pair: str, on: date) -> Frame:
    """Correlations of a pair by lag in a session, as `gold/lead_lag_correlations` has them."""
    first, second = pair.split("-")
    found = lakehouse.table(
        LEAD_LAG_CORRELATIONS.path, sessions=[on], where={"asset": first, "other": second}
    )
    return Frame(found.polars().sort("lag_seconds").to_arrow(), found.gaps)


def _on(state: LeadLagState, data: Data) -> date:
    """The session whose correlations are shown."""
    return state.last or data.ask(newest, LEAD_LAG.path)


def _leads(state: LeadLagState, data: Data) -> Frame:
    return data.ask(leads, _on(state, data), SPANS[state.span])


def _correlations(state: LeadLagState, data: Data) -> Frame:
    return data.ask(correlations, state.pair, _on(state, data))


def _controls(state: LeadLagState, data: Data) -> Component:
    del data
    return controls.row(
        controls.choice("pair", "Pair", PAIRS, state.pair),
        controls.day("last", "Last session", state.last),
        controls.segments("span", "Sessions", list(SPANS), state.span),
    )


def _body(state: LeadLagState, data: Data) -> Component:
    first, second = state.pair.split("-")
    every = _leads(state, data).polars()
    rows = every.filter(pl.col("asset") == first, pl.col("other") == second)
    if rows.is_empty():
        return html.P(f"No session of these has prices of both {first} and {second}.")
    on = _on(state, data)
    of_session = every.filter(pl.col("session_date") == on)
    by_lag = _correlations(state, data).polars()
    return html.Div(
        [
            html.H2(f"{first} and {second}: correlation by lag, session {on}"),
            drawing.chart(_by_lag(by_lag), f"Correlation of {state.pair} by lag", height=360),
            html.P(_said(first, second, rows.row(-1, named=True)), className="chain-note"),
            trades.of_assets(on, _expiries(rows.row(-1, named=True))),
            html.H2("The lead by session"),
            drawing.chart(_lead_by_session(rows), f"Lead of {first} over {second}", height=300),
            html.H2(f"Part of {first} in finding the price"),
            drawing.chart(_shares(rows), f"Shares of {first} against {second}", height=300),
            html.H2(f"All pairs, session {on}"),
            _table(of_session),
        ]
    )


def _expiries(row: dict[str, Any]) -> dict[str, str | None]:
    return {row["asset"]: row["expiry"], row["other"]: row["other_expiry"]}


def _said(first: str, second: str, row: dict[str, Any]) -> str:
    on = row["session_date"]
    if row["lead_seconds"] is None:
        return f"{on}: {row['prices']:,} and {row['other_prices']:,} prices are too few to tell."
    interval = f"{row['lead_low_seconds']:+.0f} to {row['lead_high_seconds']:+.0f} s"
    if row["leader"] is None:
        return f"{on}: no lead is told, its interval of 95 % holds zero ({interval})."
    behind = second if row["leader"] == first else first
    lead = abs(row["lead_seconds"])
    return (
        f"{on}: {row['leader']} is {lead} s ahead of {behind}. Interval of 95 % of the lag: "
        f"{interval}; above zero {first} is ahead."
    )


def _by_lag(rows: pl.DataFrame) -> dict[str, Any]:
    lags = rows["lag_seconds"].to_list()
    edge = {"width": 0, "color": drawing.BLUE}
    data: list[dict[str, Any]] = [
        {"y": rows["correlation_low"].to_list(), "line": edge, "showlegend": False}
        | {"name": "lower end"},
        {"y": rows["correlation_high"].to_list(), "line": edge, "name": "interval of 95 %"}
        | {"fill": "tonexty", "fillcolor": _BAND},
        {
            "y": rows["correlation"].to_list(),
            "name": "correlation",
            "line": {"color": drawing.BLUE},
        },
    ]
    layout = {
        "xaxis": {"title": {"text": "seconds by which the first is ahead"}},
        "yaxis": {"title": {"text": "correlation"}},
        "shapes": drawing.upright(0),
    }
    return {"data": [{"x": lags, "mode": "lines"} | one for one in data], "layout": layout}


def _lead_by_session(rows: pl.DataFrame) -> dict[str, Any]:
    lead = pl.col("lead_seconds")
    known = rows.drop_nulls("lead_seconds").with_columns(
        above=pl.col("lead_high_seconds") - lead, below=lead - pl.col("lead_low_seconds")
    )
    bars = {
        "type": "data",
        "symmetric": False,
        "array": known["above"].to_list(),
        "arrayminus": known["below"].to_list(),
    }
    data: list[dict[str, Any]] = [
        {
            "x": known["session_date"].to_list(),
            "y": known["lead_seconds"].to_list(),
            "name": "lead",
            "mode": "markers",
            "marker": {"color": drawing.BLUE},
            "error_y": bars,
        }
    ]
    return {"data": data, "layout": {"yaxis": {"title": {"text": "seconds"}, "zeroline": True}}}


def _shares(rows: pl.DataFrame) -> dict[str, Any]:
    sessions = rows["session_date"].to_list()
    edge = {"width": 0, "color": drawing.BLUE}
    data: list[dict[str, Any]] = [
        {"y": rows["information_share_low"].to_list(), "line": edge, "showlegend": False}
        | {"name": "lower bound"},
        {"y": rows["information_share_high"].to_list(), "line": edge}
        | {"name": "information share", "fill": "tonexty", "fillcolor": _BAND},
        {"y": rows["component_share"].to_list(), "name": "component share"}
        | {"line": {"color": drawing.VERMILION}},
    ]
    layout = {"yaxis": {"tickformat": ".0%"}}
    return {
        "data": [{"x": sessions, "mode": "lines+markers"} | one for one in data],
        "layout": layout,
    }


def _table(rows: pl.DataFrame) -> Component:
    """The pairs of a session, each of whose two leads to its candles."""
    shown = rows.with_columns(
        pl.struct("asset", "session_date")
        .map_elements(lambda row: _candles(row["asset"], row["session_date"]), pl.String)
        .alias("asset"),
        pl.struct("other", "session_date")
        .map_elements(lambda row: _candles(row["other"], row["session_date"]), pl.String)
        .alias("other"),
    )
    columns: dict[str, dict[str, Any]] = {
        "asset": {"headerName": "first", **_LINK},
        "other": {"headerName": "second", **_LINK},
        "lead_seconds": {"headerName": "lead (s)"},
        "lead_low_seconds": {"headerName": "from (s)", **_digits(0)},
        "lead_high_seconds": {"headerName": "to (s)", **_digits(0)},
        "leader": {},
        "correlation": _digits(2),
        "lead_lag_ratio": {"headerName": "lead/lag ratio", **_digits(2)},
        "information_share_low": {"headerName": "information from", **_digits(2)},
        "information_share_high": {"headerName": "information to", **_digits(2)},
        "component_share": _digits(2),
        "cointegration_p_value": {"headerName": "cointegration p", **_digits(3)},
        "basis_half_life_seconds": {"headerName": "half-life (s)", **_digits(1)},
        "prices": {},
        "other_prices": {},
    }
    return grids.grid(
        shown.to_arrow(),
        "Lead and lag of all pairs",
        columns={name: {"filter": False, **of} for name, of in columns.items()},
        dashGridOptions={"rowHeight": 30},
    )


_LINK = {"cellRenderer": "markdown"}


def _digits(number: int) -> dict[str, Any]:
    said = f"params.value == null ? '' : d3.format('.{number}f')(params.value)"
    return {"valueFormatter": {"function": said}}


def _candles(asset: str, on: date) -> str:
    return links.markdown(
        "/candles", CandlesState(instrument=asset, scale="1", last=on, sessions=1), asset
    )


LEAD_AND_LAG = Page(
    path="/lead-lag",
    title="Lead and lag",
    about="Which of the index and its futures moves first, and which of them finds the price.",
    state=LeadLagState,
    body=_body,
    controls=_controls,
    tables={"leads": _leads, "correlations": _correlations},
    order=35,
)
