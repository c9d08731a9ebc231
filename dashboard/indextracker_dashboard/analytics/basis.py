"""The page Term structure and basis: futures against their index, at an instant and through a day.

What the figures are is told in `basis_figures`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal
from urllib.parse import urlencode

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_catalogue.analytics.subject import SUBJECT
from indextracker_dashboard import controls, drawing, grids, notices
from indextracker_dashboard.analytics import basis_figures as figures
from indextracker_dashboard.analytics import trades
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Offers, Page
from indextracker_dashboard.state import State

RULES = {"calendar": "calendar", "volume": "volume", "open_interest": "open interest"}
_EVERY_MINUTES = 15
_DENSE = {"rowHeight": 30}


@dataclass(frozen=True)
class BasisState(State):
    """Which futures, at which instant.

    Attributes:
        futures: Product of futures.
        on: The session; the newest by default.
        at: Clock of the exchange, by day; that of the last basis by default.
        expiry: The contract through the day; the nearest by default.
        rule: By what contracts give way in the table of rolls.
    """

    futures: str = "TX"
    on: date | None = None
    at: time | None = None
    expiry: str = ""
    rule: Literal["calendar", "volume", "open_interest"] = "calendar"


def _on(state: BasisState, data: Data) -> date:
    return state.on or data.ask(figures.newest)


def _structure(state: BasisState, data: Data) -> Frame:
    return data.ask(figures.term_structure, state.futures, _on(state, data), state.at)


def _expiry(state: BasisState, data: Data) -> str:
    named = data.ask(figures.expiries, state.futures, _on(state, data))
    return state.expiry or next(iter(named), "")


def _minutes(state: BasisState, data: Data) -> Frame:
    on, expiry = _on(state, data), _expiry(state, data)
    return data.ask(figures.through_the_day, state.futures, on, expiry)


def _rolls(state: BasisState, data: Data) -> Frame:
    return data.ask(figures.rolls, state.futures, state.rule, _on(state, data))


def _controls(state: BasisState, data: Data) -> Component:
    clocks = [
        f"{minutes // 60:02}:{minutes % 60:02}:00"
        for minutes in range(9 * 60, 13 * 60 + 31, _EVERY_MINUTES)
    ]
    chosen = "" if state.at is None else state.at.isoformat()
    return controls.row(
        controls.day("on", "Session", state.on, last=data.ask(figures.newest)),
        controls.choice("at", "At", clocks, chosen, otherwise="the last basis"),
        controls.choice("futures", "Futures", data.ask(figures.products), state.futures),
        controls.choice(
            "expiry", "Contract through the day", [], state.expiry, otherwise="the nearest"
        ),
        controls.segments("rule", "Rolls by", RULES, state.rule),
    )


def _body(state: BasisState, data: Data) -> Component:
    on, expiry = _on(state, data), _expiry(state, data)
    when = f" at {state.at:%H:%M:%S}" if state.at else ""
    return html.Div(
        [
            *_tried(
                f"{state.futures}: term structure, session {on}{when}",
                lambda: _structure(state, data),
                lambda frame: _drawn_structure(frame, state.futures, on),
            ),
            *_tried(
                f"{state.futures} {expiry}: basis through the day, session {on}",
                lambda: _minutes(state, data),
                lambda frame: _drawn_minutes(frame, state.futures, on, expiry),
            ),
            *_tried(
                f"{state.futures}: rolls by {RULES[state.rule]} in the year before {on}",
                lambda: _rolls(state, data),
                lambda frame: _drawn_rolls(frame, state.futures),
            ),
        ]
    )


def _tried(
    title: str, read: Callable[[], Frame], draw: Callable[[Frame], list[Component]]
) -> list[Component]:
    """A section of a page whose other sections are shown whatever is missing of this one."""
    try:
        frame = read()
    except (LookupError, ValueError, OSError) as error:
        return [html.H2(title), notices.of(error, TERM_STRUCTURE.path)]
    if not len(frame):
        return [html.H2(title), html.P("There is none.")]
    return [html.H2(title), *draw(frame)]


def _format(pattern: str) -> dict[str, Any]:
    said = f"params.value == null ? '' : d3.format('{pattern}')(params.value)"
    return {"filter": False, "valueFormatter": {"function": said}}


_WHOLE, _SIGNED, _SHARE = map(_format, (",d", "+,.2f", "+.2%"))
_PRICE = _format(",.2f") | {"minWidth": 110}
_PLAIN: Mapping[str, Any] = {"filter": False}
_LINK: Mapping[str, Any] = {"filter": False, "cellRenderer": "markdown"}


def _drawn_structure(frame: Frame, product: str, on: date) -> list[Component]:
    """The basis by days to the settlement, beside that of the fair value, and all figures."""
    rows = frame.polars().with_columns(
        (pl.col("fair_value") - pl.col("index_level")).alias("fair_basis")
    )
    days = rows["days_to_settlement"].to_list()
    line = {"mode": "lines+markers", "text": rows["expiry"].to_list()}
    fair = {"dash": "dash", "color": drawing.GREY}
    data = [
        {"x": days, "y": rows["basis"].to_list(), "name": "basis", "line": {"color": drawing.BLUE}}
        | line,
        {"x": days, "y": rows["fair_basis"].to_list(), "name": "at the stated rate", "line": fair}
        | line,
    ]
    layout = {
        "xaxis": {"title": {"text": "days to the settlement"}},
        "yaxis": {"title": {"text": "points above the index"}, "tickformat": "+,d"},
    }
    said = f"Futures of {product} above their index by days to the settlement, {on}"
    columns: Mapping[str, Mapping[str, Any]] = {
        "expiry": _LINK,
        "days_to_settlement": {"headerName": "days", **_format(",.1f")},
        "future_price": {"headerName": "price", **_PRICE},
        "traded": {"minWidth": 105, **_PLAIN},
        "price_age_seconds": {"headerName": "s ago", **_WHOLE},
        "index_level": {"headerName": "index", **_PRICE},
        "index_age_seconds": {"headerName": "s older", **_format(",.0f")},
        "basis": _SIGNED,
        "basis_percent": {"headerName": "basis %", **_SIGNED},
        "annualised_carry": {"headerName": "carry a year", **_SHARE},
        "fair_value": _PRICE,
        "mispricing": {"headerName": "less fair value", **_SIGNED},
    }
    rest = urlencode({"instrument": product, "last": on.isoformat(), "sessions": 1})
    link = pl.format("[{}](/candles?{}&contract={})", "expiry", pl.lit(rest), "expiry")
    clock = pl.col("priced_at").dt.convert_time_zone(SUBJECT.zone).dt.strftime("%H:%M:%S")
    shown = rows.with_columns(link.alias("expiry"), clock.alias("traded"))
    return [
        drawing.chart({"data": data, "layout": layout}, said, height=340),
        html.P(
            "Each contract by its last trade until then, against the index at that trade. Where the"
            " index was not published within 15 s there is no basis. Expected dividends are left"
            " out of the fair value."
        ),
        grids.grid(shown.to_arrow(), said, columns=columns, fits=True, dashGridOptions=_DENSE),
    ]


def _drawn_minutes(frame: Frame, product: str, on: date, expiry: str) -> list[Component]:
    """The basis by the minute, and a link to the trades that it is of."""
    rows = frame.polars()
    at = (
        rows["priced_at"]
        .dt.convert_time_zone(SUBJECT.zone)
        .dt.strftime("%Y-%m-%d %H:%M:%S")
        .to_list()
    )
    fair = (rows["fair_value"] - rows["index_level"]).to_list()
    data = [
        {"x": at, "y": rows["basis"].to_list(), "name": "basis", "mode": "lines"}
        | {"line": {"color": drawing.BLUE}},
        {"x": at, "y": fair, "name": "at the stated rate", "mode": "lines"}
        | {"line": {"dash": "dash", "color": drawing.GREY}},
    ]
    layout = {
        "xaxis": {"title": {"text": f"time in {SUBJECT.zone}"}},
        "yaxis": {"title": {"text": "points above the index"}, "tickformat": "+,d"},
    }
    said = f"Basis of {product} {expiry} by the minute, {on}"
    return [
        drawing.chart({"data": data, "layout": layout}, said, height=320),
        html.P(trades.of_futures(product, on, expiry, "The trades behind it")),
    ]


def _drawn_rolls(frame: Frame, product: str) -> list[Component]:
    columns: Mapping[str, Mapping[str, Any]] = {
        **dict.fromkeys(("session_date", "position", "from_expiry", "to_expiry"), _PLAIN),
        "gap": _SIGNED,
        "ratio": _format(".6f"),
        "common_minutes": {"headerName": "minutes of both", **_WHOLE},
        "measured_on": _PLAIN,
        "gap_reason": {"headerName": "why there is none", **_PLAIN},
    }
    said = f"Rolls of {product}"
    return [grids.grid(frame.rows, said, columns=columns, fits=True, dashGridOptions=_DENSE)]


def _offers(state: BasisState, data: Data) -> Offers:
    return {"expiry": data.ask(figures.expiries, state.futures, _on(state, data))}


TERM_STRUCTURE = Page(
    path="/term-structure",
    title="Term structure and basis",
    about=(
        "Futures against their index at the same instant, by expiry and by the minute, and rolls."
    ),
    state=BasisState,
    body=_body,
    controls=_controls,
    offers=_offers,
    tables={"term_structure": _structure, "basis": _minutes, "rolls": _rolls},
    order=22,
)
