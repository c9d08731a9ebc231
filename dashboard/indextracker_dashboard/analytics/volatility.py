"""The page Volatility: how much the index and its future moved, with jumps and forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker_catalogue.analytics import REALISED_VOLATILITY, VOLATILITY_FORECASTS
from indextracker_dashboard import controls, drawing, grids, links
from indextracker_dashboard.analytics import trades
from indextracker_dashboard.candles.state import CandlesState
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import State

SPANS = {"1m": 22, "3m": 64, "6m": 128, "1y": 252}
_ASSETS = {"TAIEX": "TAIEX", "TX": "TX, front contract"}
_MEASURES = {
    "subsampled": "5 minutes, subsampled",
    "kernel": "realised kernel",
    "bipower": "without jumps (bipower)",
}
# Of 250 sessions without a jump one or two are marked at 1 %, and at 5 % one each month.
_JUMP_P_VALUE = 0.01
_TABLE_HEIGHT = 420
_ONE = {
    "valueFormatter": {"function": "params.value == null ? '' : d3.format('.1f')(params.value)"}
}
_SMALL = {
    "valueFormatter": {"function": "params.value == null ? '' : d3.format('.3f')(params.value)"}
}


@dataclass(frozen=True)
class VolatilityState(State):
    """Whose volatility, of which sessions.

    Attributes:
        asset: The index, or its future's front contract.
        last: The last session; the newest by default.
        span: How many sessions.
    """

    asset: Literal["TAIEX", "TX"] = "TAIEX"
    last: date | None = None
    span: Literal["1m", "3m", "6m", "1y"] = "3m"


def newest(lakehouse: Lakehouse, path: str) -> date:
    """The newest session of a table.

    Raises:
        LookupError: There is none yet.
    """
    rows = lakehouse.table(path, columns=["session_date"]).rows
    found: date = rows["session_date"][0].as_py()
    return found


def measured(lakehouse: Lakehouse, asset: str, last: date, sessions: int) -> Frame:
    """Realised volatilities by session, in order, each with what was forecast of it before.

    Args:
        lakehouse: Where they are.
        asset: `TAIEX` or `TX`.
        last: The last session.
        sessions: How many.

    Returns:
        A frame with the columns of `gold/realised_volatility`, the parts of a session in their
        order; in rows of the day also `forecast`, the `next_session_volatility` of the session
        before, and the other columns of `gold/volatility_forecasts`.

    Raises:
        LookupError: The lake has none yet.
    """
    span: dict[str, Any] = {"last": last, "sessions": sessions, "where": {"asset": asset}}
    found = lakehouse.table(REALISED_VOLATILITY.path, **span)
    expected = lakehouse.table(VOLATILITY_FORECASTS.path, **span).polars().sort("session_date")
    before = expected.with_columns(forecast=pl.col("next_session_volatility").shift(1))
    rows = (
        found.polars()
        .join(
            before.with_columns(session_part=pl.lit("day")),
            on=["session_date", "asset", "session_part"],
            how="left",
        )
        .sort("session_date", "session_part", descending=[False, True])
    )
    return Frame(rows.to_arrow(), found.gaps)


def _measured(state: VolatilityState, data: Data) -> Frame:
    last = state.last or data.ask(newest, REALISED_VOLATILITY.path)
    return data.ask(measured, state.asset, last, SPANS[state.span])


def _controls(state: VolatilityState, data: Data) -> Component:
    del data
    return controls.row(
        controls.segments("asset", "Of", _ASSETS, state.asset),
        controls.day("last", "Last session", state.last),
        controls.segments("span", "Sessions", list(SPANS), state.span),
    )


def _body(state: VolatilityState, data: Data) -> Component:
    rows = _measured(state, data).polars()
    days = rows.filter(pl.col("session_part") == "day")
    jumps = days.filter(pl.col("jump_p_value") < _JUMP_P_VALUE).height
    return html.Div(
        [
            html.H2(f"{_ASSETS[state.asset]}: realised volatility by day"),
            drawing.chart(_measures(days), f"Realised volatility of {state.asset}", height=400),
            html.P(
                f"Yearly, of the hours of trading alone. {jumps:,} of {days.height:,} days have a "
                "jump at the level of 1 %, by returns of a minute.",
                className="chain-note",
            ),
            html.H2("What was expected"),
            drawing.chart(_expected(days), f"Expected volatility of {state.asset}", height=340),
            html.P(
                "Yearly, of whole days with their night. The forecast of a day was made at the end "
                "of the session before, from that and earlier ones; it needs 60 sessions to "
                "estimate from, of which the newest day has "
                f"{_or_none(days['next_session_sample'])}.",
                className="chain-note",
            ),
            html.H2("Sessions"),
            _table(rows, state.asset),
            *_behind(days, state.asset),
        ]
    )


def _behind(days: pl.DataFrame, asset: str) -> list[Component]:
    """What the figures of the newest day are made of."""
    if days.is_empty():
        return []
    newest = days.row(-1, named=True)
    return [trades.of_assets(newest["session_date"], {asset: newest["expiry"]})]


def _or_none(column: pl.Series) -> str:
    last = column[-1] if len(column) else None
    return "none" if last is None else f"{last:,}"


def _measures(days: pl.DataFrame) -> dict[str, Any]:
    sessions = days["session_date"].to_list()
    lines: list[dict[str, Any]] = [
        {
            "x": sessions,
            "y": days[f"{name}_volatility"].to_list(),
            "name": said,
            "mode": "lines+markers",
            "marker": {"size": 4},
            "line": {"color": colour},
        }
        for (name, said), colour in zip(_MEASURES.items(), drawing.SERIES, strict=False)
    ]
    jumped = days.filter(pl.col("jump_p_value") < _JUMP_P_VALUE)
    marker = {"symbol": "star", "size": 12, "color": drawing.ORANGE}
    lines.append(
        {
            "x": jumped["session_date"].to_list(),
            "y": jumped["subsampled_volatility"].to_list(),
            "text": [f"p = {value:.4f}" for value in jumped["jump_p_value"]],
            "name": "jump",
            "mode": "markers",
            "marker": marker,
        }
    )
    return {"data": lines, "layout": {"yaxis": _PER_YEAR}}


_PER_YEAR = {"title": {"text": "% a year"}, "rangemode": "tozero"}


def _expected(days: pl.DataFrame) -> dict[str, Any]:
    sessions = days["session_date"].to_list()
    series = (
        ("daily_volatility", "measured", drawing.GREY, "markers"),
        ("forecast", "forecast the session before (HAR)", drawing.BLUE, "lines"),
        ("next_month_volatility", "next 22 sessions (HAR)", drawing.GREEN, "lines"),
        ("implied_volatility", "next 30 days (options)", drawing.VERMILION, "lines"),
        ("yang_zhang_volatility", "last 22 sessions (Yang-Zhang)", drawing.ORANGE, "lines"),
    )
    data = [
        {
            "x": sessions,
            "y": days[name].to_list(),
            "name": said,
            "mode": mode,
            "line": {"color": colour},
            "marker": {"color": colour},
        }
        for name, said, colour, mode in series
        if days[name].null_count() < days.height
    ]
    return {"data": data, "layout": {"yaxis": _PER_YEAR}}


def _table(rows: pl.DataFrame, asset: str) -> Component:
    """The sessions, the newest first; each leads to the candles that it is measured from."""
    shown = rows.reverse().with_columns(
        pl.col("session_date").map_elements(lambda on: _candles(asset, on), pl.String)
    )
    volatilities = [name for name in shown.columns if name.endswith("_volatility")]
    columns: dict[str, dict[str, Any]] = {
        "session_date": {"headerName": "session", "cellRenderer": "markdown"},
        "session_part": {"headerName": "part"},
        "expiry": {},
        **{name: {"headerName": name.removesuffix("_volatility"), **_ONE} for name in volatilities},
        "variance_risk_premium": {"headerName": "variance premium", **_ONE},
        "overnight_return": {"headerName": "overnight", **_SMALL},
        "jump_p_value": {"headerName": "jump p", **_SMALL},
        "jump_share": {"headerName": "jump share", **_SMALL},
        "prints": {},
    }
    return grids.grid(
        shown.to_arrow(),
        f"Volatility of {asset} by session, % a year",
        columns={name: {"filter": False, **of} for name, of in columns.items()},
        height=_TABLE_HEIGHT,
        dashGridOptions={"rowHeight": 30},
    )


def _candles(asset: str, on: date) -> str:
    state = CandlesState(instrument=asset, scale="1", last=on, sessions=1)
    return links.markdown("/candles", state, on.isoformat())


VOLATILITY = Page(
    path="/volatility",
    title="Volatility",
    about=(
        "How much the index and its future moved by session, by several measures, with jumps, and "
        "what was expected."
    ),
    state=VolatilityState,
    body=_body,
    controls=_controls,
    tables={"volatility": _measured},
    order=34,
)
