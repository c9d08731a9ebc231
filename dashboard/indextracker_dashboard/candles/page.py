"""The page Candles: its controls, the chart, and what the browser asks of the server for it.

The chart is among what is drawn once a visit: it stays while the address changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash_tvlwc import Tvlwc

from indextracker_dashboard import controls, notices
from indextracker_dashboard.candles import choices
from indextracker_dashboard.candles.answers import Asked, loaded, shown
from indextracker_dashboard.candles.bars import SCALES
from indextracker_dashboard.candles.instruments import offered
from indextracker_dashboard.candles.state import (
    MOST_OVERLAYS,
    MOST_SESSIONS,
    CandlesState,
    beside,
    days_of,
    meant,
)
from indextracker_dashboard.controls import STATE
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Offers, Page
from indextracker_dashboard.state import query_of

_CHART, _DRAWN, _WRONG = "candles-chart", "candles-drawn", "candles-wrong"
_ASKED, _LOADED, _OFFERED = "candles-asked", "candles-loaded", "candles-offered"
_PREVIOUS, _NEXT, _PICTURE = "candles-previous", "candles-next", "candles-picture"
_HEIGHT = "max(340px, calc(100vh - 330px))"
_HELP = (
    "Drag to move, scroll to zoom; earlier sessions follow as you come near them. Left and right "
    "arrow keys go to the previous and the next session. Charts by "
)
_UNSEEN = {"visibility": "hidden"}
_KEYS = {_PREVIOUS: "ArrowLeft", _NEXT: "ArrowRight"}


def _controls(state: CandlesState, data: Data) -> Component:
    return html.Div(
        [
            html.Div(
                controls.row(
                    *_of_instrument(state, data.ask(offered)),
                    *_of_sessions(state),
                    dmc.TagsInput(
                        id=controls.of("over"),
                        label="Drawn over it",
                        data=[],
                        value=list(state.over),
                        maxTags=MOST_OVERLAYS,
                        placeholder="TX M+1",
                        className="candles-over",
                    ),
                    controls.segments(
                        "zone",
                        "Clock",
                        {"exchange": "exchange", "utc": "UTC", "viewer": "yours"},
                        state.zone,
                    ),
                    html.Div(
                        controls.segments(
                            "prices",
                            "Prices",
                            {"adjusted": "adjusted", "published": "as published"},
                            state.prices,
                        ),
                        id="candles-of-shares",
                        hidden=True,
                    ),
                ),
                className="candles-controls",
            ),
            *_drawn(),
        ]
    )


def _of_instrument(state: CandlesState, names: Mapping[str, str]) -> list[Component]:
    """What is drawn: which of its controls are seen is told by `_choices`."""
    shown = {name: name if name == said else f"{name} · {said}" for name, said in names.items()}
    types = {"C": "call", "P": "put"}
    contract = controls.choice("contract", "Contract", [], state.contract, otherwise="front month")
    options = [
        controls.choice("strike", "Strike", [], state.strike, otherwise="traded most"),
        controls.choice("type", "Type", types, state.type, otherwise="either"),
    ]
    return [
        controls.choice("instrument", "Instrument", shown, state.instrument),
        html.Div(contract, id="candles-of-contracts"),
        html.Div(options, id="candles-of-options", hidden=True),
    ]


def _of_sessions(state: CandlesState) -> list[Component]:
    """The scale, and which sessions."""
    scales = SCALES if state.scale in SCALES else SCALES | {state.scale: f"{state.scale} minutes"}
    return [
        controls.choice("scale", "Bars of", scales, state.scale),
        dmc.NumberInput(
            id=controls.of("sessions"),
            label="Sessions",
            value="" if state.sessions is None else state.sessions,
            min=1,
            max=MOST_SESSIONS,
            allowDecimal=False,
            debounce=400,
            placeholder="as fit",
            className="candles-short",
        ),
        controls.day("last", "Last session", state.last),
        dmc.ButtonGroup(
            [
                _button(_PREVIOUS, "←", "Previous session (left arrow key)"),
                _button(_NEXT, "→", "Next session (right arrow key)"),
            ]
        ),
    ]


def _drawn() -> list[Component]:
    """The chart, what is said around it, and what is between it and the server."""
    return [
        html.Div(id=_WRONG, role="alert"),
        html.Div(id="candles-missing", className="candles-missing", hidden=True, role="status"),
        html.Div(id="candles-legend", className="candles-legend"),
        html.Div(
            Tvlwc(
                id=_CHART,
                height=_HEIGHT,
                subscribeCrosshair=True,
                subscribeVisibleRange=True,
                reportThrottle=60,
                chartOptions={
                    "layout": {
                        "attributionLogo": False,
                        "background": {"type": "solid", "color": "transparent"},
                    }
                },
            ),
            id=_DRAWN,
            role="img",
            style=_UNSEEN,
            **controls.aria("Candles"),
        ),
        html.Div(
            [
                html.Span(id="candles-range"),
                dmc.Button(
                    "Save as PNG", id=_PICTURE, variant="default", size="compact-sm", n_clicks=0
                ),
            ],
            className="candles-range",
        ),
        dcc.Store(id=_ASKED),
        dcc.Store(id=_LOADED),
        dcc.Store(id=_OFFERED),
    ]


def _button(name: str, sign: str, label: str) -> Component:
    return dmc.Button(
        sign,
        id=name,
        variant="default",
        n_clicks=0,
        **{"aria-label": label, "data-key": _KEYS[name]},
    )


def _body(state: CandlesState, data: Data) -> Component:
    # What is not there is said here; the bars themselves come to the chart above.
    days_of(state, meant(state, data), data)
    return html.P(
        [
            _HELP,
            html.A("TradingView", href="https://www.tradingview.com/", rel="noreferrer"),
            ".",
        ],
        className="candles-help",
    )


def _register(app: Dash, data: Data) -> None:
    _register_browser(app)

    @app.callback(
        Output(_LOADED, "data"),
        Output(_WRONG, "children"),
        Output(_DRAWN, "style"),
        Input(_ASKED, "data"),
        prevent_initial_call=True,
    )
    def load(asked: dict[str, Any]) -> tuple[Any, Any, Any]:
        return _answer(asked, data)

    @app.callback(
        Output(_OFFERED, "data"),
        Output("candles-of-contracts", "hidden"),
        Output("candles-of-options", "hidden"),
        Output("candles-of-shares", "hidden"),
        Input(STATE, "data"),
    )
    def show(query: str) -> tuple[Any, ...]:
        return _shown(query, data)

    @app.callback(
        Output("url", "search", allow_duplicate=True),
        Input(_PREVIOUS, "n_clicks"),
        Input(_NEXT, "n_clicks"),
        State(STATE, "data"),
        prevent_initial_call=True,
    )
    def step(back: int, forth: int, query: str) -> Any:
        if not (back or forth):
            return no_update
        return _beside(query, -1 if ctx.triggered_id == _PREVIOUS else 1, data)


def _answer(asked: dict[str, Any], data: Data) -> tuple[Any, Any, Any]:
    """What was loaded, what is wrong, and how the chart is shown."""
    try:
        question = Asked.model_validate(asked)
        state = CANDLES.read(question.query)
        of = meant(state, data)
    except Exception:  # noqa: BLE001 - the body says it
        return no_update, [], _UNSEEN
    try:
        answer, wrong = loaded(question, state, of, data)
    except Exception as error:  # noqa: BLE001 - the last net: people get a sentence
        return no_update, notices.of(error, CANDLES.path), _UNSEEN
    if question.side != "all":
        return answer, no_update, no_update
    said = [notices.notice("Not all can be drawn", " ".join(wrong))] if wrong else []
    return answer, said, {}


def _offers(state: CandlesState, data: Data) -> Offers:
    of = meant(state, data)
    on = days_of(state, of, data)[-1]
    name, kind = of.instrument.name, of.kind
    is_product, is_option = kind in ("futures", "options"), kind == "options"
    named: dict[str, str] = data.ask(choices.contracts, name, kind, on) if is_product else {}
    strikes = data.ask(choices.strikes, name, of.instrument.contract, on) if is_option else []
    return {"contract": named, "strike": strikes}


def _shown(query: str, data: Data) -> tuple[Any, ...]:
    """What may be drawn over it; and which controls are hidden."""
    try:
        state = CANDLES.read(query)
        of = meant(state, data)
        on = days_of(state, of, data)[-1]
    except Exception:  # noqa: BLE001 - the body says it
        return (no_update,) * 4
    kind = of.kind
    over = [] if of.instrument.daily else data.ask(choices.over, of.instrument.name, kind, on)
    is_share = of.instrument.daily is not None and kind != "index"
    return over, kind not in ("futures", "options"), kind != "options", not is_share


def _beside(query: str, step: int, data: Data) -> Any:
    """The address of the same number of sessions, one session earlier or later."""
    try:
        state = CANDLES.read(query)
        of = meant(state, data)
        found = data.ask(beside, of.exchange, days_of(state, of, data)[-1], step)
    except Exception:  # noqa: BLE001 - the body says it
        return no_update
    if not found or found[0] > of.newest:
        return no_update
    return f"?{query_of(replace(state, last=found[0], begin=None, end=None))}"


def _register_browser(app: Dash) -> None:
    """What happens in the browser, in assets/candles.js."""

    def in_browser(function: str, *about: Output | Input | State) -> None:
        app.clientside_callback(ClientsideFunction("candles", function), *about)

    over = controls.of("over")
    in_browser("offer", Output(over, "data"), Input(_OFFERED, "data"), State(over, "value"))
    in_browser("follow", Output(_ASKED, "data"), Input(STATE, "data"), State(_LOADED, "data"))
    in_browser(
        "draw",
        Output(_CHART, "series"),
        Output(_CHART, "paneOptions"),
        Output(_CHART, "chartOptions"),
        Output(_CHART, "visibleLogicalRange"),
        Input(_LOADED, "data"),
        Input("scheme", "data"),
        State(_CHART, "visibleLogicalRange"),
    )
    in_browser("look", Input(_CHART, "visibleLogicalRange"))
    in_browser("point", Output("candles-legend", "children"), Input(_CHART, "crosshair"))
    in_browser("picture", Input(_CHART, "screenshot"))
    in_browser("press", Output(_CHART, "screenshotRequest"), Input(_PICTURE, "n_clicks"))


CANDLES = Page(
    path="/candles",
    title="Candles",
    about="Bars of any index, contract or share, at any scale.",
    state=CandlesState,
    body=_body,
    controls=_controls,
    tables={"bars": shown},
    offers=_offers,
    register=_register,
    order=10,
)
