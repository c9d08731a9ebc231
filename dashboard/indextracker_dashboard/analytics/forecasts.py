"""The page Forecasts: whether TX can be forecast, session by session, and what it would have made.

What the figures are is told in `forecast_figures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import polars as pl
from dash import html
from dash.development.base_component import Component
from pydantic import Field

from indextracker import Frame
from indextracker_catalogue.analytics.forecasts import (
    BOOSTING,
    FORECAST_INDEX,
    FORECAST_PRODUCT,
    LAST_RETURN,
    LEAST_TRAINING_SESSIONS,
    RIDGE,
)
from indextracker_dashboard import controls, drawing, grids, links
from indextracker_dashboard.analytics import forecast_figures as figures
from indextracker_dashboard.analytics import trades
from indextracker_dashboard.candles.state import CandlesState
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import State
from indextracker_numerics.forecasting import LEAST_SESSIONS

MOST_SESSIONS = 250
NAMES = {RIDGE: "ridge", BOOSTING: "boosting", LAST_RETURN: "last return"}
HORIZONS = {"1": "1 minute", "5": "5 minutes"}
SPANS = {"20": "20", "60": "60", "120": "120", "250": "250"}
CANDLES_PATH = "/candles"
# Basis points: returns of a minute are some of them.
_BASIS_POINTS = 10_000


@dataclass(frozen=True)
class ForecastsState(State):
    """Which forecasts.

    Attributes:
        horizon: How many minutes ahead.
        model: Which model.
        last: Last session; the newest by default.
        sessions: How many sessions up to it.
    """

    horizon: Literal["1", "5"] = "1"
    model: Literal["ridge", "boosting", "last_return"] = "ridge"
    last: date | None = None
    sessions: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] = 60


def _last(state: ForecastsState, data: Data) -> date:
    return state.last or data.ask(figures.newest)


def _scores(state: ForecastsState, data: Data) -> Frame:
    return data.ask(figures.scores, _last(state, data), state.sessions)


def _minutes(state: ForecastsState, data: Data) -> Frame:
    return data.ask(figures.minutes, _last(state, data), state.sessions, horizon=int(state.horizon))


def _controls(state: ForecastsState, data: Data) -> Component:
    return controls.row(
        controls.segments("horizon", "Ahead", HORIZONS, state.horizon),
        controls.segments("model", "Model", NAMES, state.model),
        controls.day("last", "Last session", state.last, last=data.ask(figures.newest)),
        controls.choice("sessions", "Sessions", SPANS, state.sessions),
    )


def _body(state: ForecastsState, data: Data) -> Component:
    scores = _scores(state, data)
    every = scores.polars()
    chosen = every.filter(
        (pl.col("horizon_minutes") == int(state.horizon)) & (pl.col("model") == state.model)
    )
    summary = figures.over_sessions(every)
    told = chosen.filter(pl.col("missing").is_null())
    return html.Div(
        [
            html.H2("Is there an edge?"),
            html.P(_sentence(state, summary), id="forecasts-verdict", role="status"),
            html.P(
                "Each session was forecast by models that were trained on sessions before it. R2 "
                "is above zero where they were better than a forecast of zero. A position is taken "
                "where more is forecast than it costs, at the first price of the next minute.",
                className="about",
            ),
            _summary(summary),
            *_by_session(state, told),
            *_by_size(state, _minutes(state, data).polars()),
            html.H2("Sessions"),
            _missing(scores, state),
            _listed(state, chosen),
            *_behind(chosen),
        ]
    )


def _behind(chosen: pl.DataFrame) -> list[Component]:
    """The trades of the newest session, of which its bars of a minute are."""
    if chosen.is_empty():
        return []
    newest = chosen.sort("session_date").row(-1, named=True)
    product, on = newest["product"], newest["session_date"]
    shown = f"the trades of {product}"
    return [html.P([f"Behind {on}: ", trades.of_futures(product, on, None, shown), "."])]


def _missing(scores: Frame, state: ForecastsState) -> Component:
    """How many sessions have no forecasts, and why the first of them has none."""
    gone = scores.missing.rows.to_pylist()
    said = ""
    if gone:
        first = gone[0]
        said = (
            f"{len(gone)} of {state.sessions} sessions have no forecasts; of the first, "
            f"{first['key']}: {first['reason']}."
        )
    return html.P(said, id="forecasts-missing", hidden=not gone)


def _sentence(state: ForecastsState, summary: pl.DataFrame) -> str:
    """Whether the model that is chosen has an edge, plainly."""
    of_model = (pl.col("horizon_minutes") == int(state.horizon)) & (pl.col("model") == state.model)
    [row] = summary.filter(of_model).to_dicts()
    what = f"{FORECAST_PRODUCT}, {HORIZONS[state.horizon]} ahead, by {NAMES[state.model]}"
    if row["r2"] is None:
        said = (
            f"{what}: too few sessions to say. {row['sessions']} have figures, and "
            f"{LEAST_SESSIONS} are needed"
        )
        if state.model != LAST_RETURN:
            said += f"; a session has them once {LEAST_TRAINING_SESSIONS} lie before it"
        return f"{said}."
    return (
        f"{what}: {row['verdict']}. Over {row['sessions']} sessions R2 is {row['r2']:+.3%}, from "
        f"{row['r2_low']:+.3%} to {row['r2_high']:+.3%} (95 %). {row['trades']} trades made "
        f"{row['pnl_points']:+.2f} points a session after cost, from {row['pnl_points_low']:+.2f} "
        f"to {row['pnl_points_high']:+.2f}."
    )


def _summary(summary: pl.DataFrame) -> Component:
    named = summary.with_columns(pl.col("model").replace(NAMES))
    percent, points = _format("+.2%"), _format("+,.2f")
    columns: dict[str, dict[str, Any]] = {
        "horizon_minutes": {"headerName": "minutes ahead"},
        "model": {"minWidth": 115},
        "sessions": {},
        "r2": percent,
        "r2_low": percent,
        "r2_high": percent,
        "trades": {},
        "pnl_points": {"headerName": "points a session", **points},
        "pnl_points_low": {"headerName": "low", **points},
        "pnl_points_high": {"headerName": "high", **points},
        "verdict": {"minWidth": 270},
    }
    return grids.grid(
        named.to_arrow(),
        "Figures over all sessions, of every model",
        columns={name: {"filter": False, **of} for name, of in columns.items()},
        fits=True,
    )


def _by_session(state: ForecastsState, told: pl.DataFrame) -> list[Component]:
    """R2 with its interval, and what a contract made after cost, session by session."""
    if told.is_empty():
        return []
    days = told["session_date"].cast(pl.String).to_list()
    what = f"{NAMES[state.model]}, {HORIZONS[state.horizon]} ahead"
    return [
        html.H2("R2 by session"),
        drawing.chart(
            {
                "data": [_with_interval(told, days, "r2", 100)],
                "layout": {"yaxis": {"title": {"text": "R2, %"}}, "shapes": _nothing()},
            },
            f"Out-of-sample R2 by session with intervals of 95 %: {what}",
        ),
        html.H2("After cost"),
        drawing.chart(
            {
                "data": [
                    _with_interval(told, days, "pnl_points", 1),
                    {
                        "x": days,
                        "y": told["pnl_points"].cum_sum().to_list(),
                        "name": "all sessions so far",
                        "mode": "lines",
                        "line": {"color": drawing.ORANGE},
                    },
                ],
                "layout": {"yaxis": {"title": {"text": "points"}}, "shapes": _nothing()},
            },
            f"Points that a contract made after cost: {what}",
        ),
    ]


def _with_interval(rows: pl.DataFrame, days: list[str], name: str, unit: float) -> dict[str, Any]:
    value, low, high = (rows[column] * unit for column in (name, f"{name}_low", f"{name}_high"))
    return {
        "x": days,
        "y": value.to_list(),
        "name": "session",
        "mode": "markers",
        "marker": {"color": drawing.BLUE},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": (high - value).to_list(),
            "arrayminus": (value - low).to_list(),
            "thickness": 1,
            "color": drawing.SKY,
        },
    }


def _by_size(state: ForecastsState, values: pl.DataFrame) -> list[Component]:
    """Forecasts against what came: on the diagonal they were right."""
    groups = figures.by_size(values, state.model)
    if groups.is_empty():
        return []
    forecast, came, error = (
        (groups[name] * _BASIS_POINTS).to_list() for name in ("forecast", "came", "error")
    )
    ends = [min(forecast), max(forecast)]
    right = {"dash": "dash", "color": drawing.GREY}
    return [
        html.H2("Forecasts against what came"),
        drawing.chart(
            {
                "data": [
                    {"x": ends, "y": ends, "name": "right", "mode": "lines", "line": right},
                    {
                        "x": forecast,
                        "y": came,
                        "name": "mean return that came, with two standard errors",
                        "mode": "markers",
                        "marker": {"color": drawing.BLUE, "size": 8},
                        "error_y": {"type": "data", "array": [2 * one for one in error]},
                    },
                ],
                "layout": {
                    "xaxis": {"title": {"text": "mean forecast, basis points"}},
                    "yaxis": {"title": {"text": "mean return, basis points"}},
                    "hovermode": "closest",
                    "shapes": _nothing(),
                },
            },
            f"Forecasts in ten groups by size against what came: {NAMES[state.model]}, "
            f"{HORIZONS[state.horizon]} ahead",
            height=420,
        ),
        html.P(
            f"{groups['minutes'].sum():,} minutes of these sessions in ten groups by the size of "
            "the forecast.",
            className="about",
        ),
    ]


def _listed(state: ForecastsState, chosen: pl.DataFrame) -> Component:
    """The scores by session, each with a link to the bars of a minute that it follows from."""
    names = ("session", "R2", "hits", "trades", "points after cost", "trained on", "missing")
    lines = [
        html.Tr(
            [
                html.Th(
                    links.to(
                        CANDLES_PATH,
                        CandlesState(
                            instrument=row["product"],
                            scale="1",
                            last=row["session_date"],
                            sessions=1,
                            over=(FORECAST_INDEX,),
                        ),
                        str(row["session_date"]),
                        title="Its bars of a minute",
                    ),
                    scope="row",
                ),
                html.Td(_interval(row, "r2", "+.2%")),
                html.Td(_interval(row, "hit_rate", ".0%")),
                html.Td("" if row["trades"] is None else f"{row['trades']:,}"),
                html.Td(_interval(row, "pnl_points", "+,.1f")),
                html.Td(
                    ""
                    if row["training_sessions"] is None
                    else f"{row['training_sessions']} sessions, {row['training_rows']:,} minutes"
                ),
                html.Td(row["missing"] or ""),
            ]
        )
        for row in chosen.sort("session_date", descending=True).to_dicts()
    ]
    head = html.Tr([html.Th(name, scope="col") for name in names])
    name = f"Scores by session: {NAMES[state.model]}, {HORIZONS[state.horizon]} ahead"
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(lines)], className="figures"),
        className="scrolled low",
        tabIndex="0",
        role="region",
        **controls.aria(name),
    )


def _interval(row: dict[str, Any], name: str, form: str) -> str:
    value, low, high = (row[column] for column in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return ""
    return f"{value:{form}}" if low is None else f"{value:{form}} ({low:{form}} to {high:{form}})"


def _nothing() -> list[dict[str, Any]]:
    """A line at zero."""
    line = {"color": drawing.GREY, "width": 1}
    return [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": line}]


def _format(pattern: str) -> dict[str, Any]:
    said = f"params.value == null ? '' : d3.format('{pattern}')(params.value)"
    return {"valueFormatter": {"function": said}}


FORECASTS = Page(
    path="/forecasts",
    title="Forecasts",
    about="Whether TX can be forecast minutes ahead from what is known: scores out of sample.",
    state=ForecastsState,
    body=_body,
    controls=_controls,
    tables={"scores": _scores, "minutes": _minutes},
    order=36,
)
