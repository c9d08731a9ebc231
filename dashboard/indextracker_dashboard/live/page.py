"""The page Live: its controls, and where the browser puts what it is told.

What moves is put there by `assets/live.js`, as events come; it is drawn once a visit, and stays
while the address changes.
"""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash_tvlwc import Tvlwc

from indextracker_dashboard import controls
from indextracker_dashboard.controls import STATE
from indextracker_dashboard.data import Data
from indextracker_dashboard.live import tables
from indextracker_dashboard.live.state import MOST_WATCHED, PATH, SCALES, LiveState
from indextracker_dashboard.page import Page

_CHART = "live-chart"
_HELP = (
    "The last 24 hours of each symbol, up to its newest quote. A minute that has passed has the "
    "figures of gold; late quotes change it. Left and right arrow keys go through the watch-list. "
    "Charts by "
)


def _controls(state: LiveState, data: Data) -> Component:
    del data
    return html.Div(
        [
            html.Div(
                controls.row(
                    dmc.TagsInput(
                        id=controls.of("watch"),
                        label="Watch-list",
                        data=list(state.watch),
                        value=list(state.watch),
                        maxTags=MOST_WATCHED,
                        placeholder="those with most quotes",
                        className="live-watch",
                    ),
                    controls.choice(
                        "symbol", "Candles of", [], state.symbol, otherwise="the first one"
                    ),
                    controls.segments("scale", "Bars of", SCALES, state.scale),
                    controls.segments(
                        "zone", "Clock", {"viewer": "yours", "utc": "UTC"}, state.zone
                    ),
                ),
                className="live-controls",
            ),
            html.Div(id="live-connection", className="live-connection", role="status"),
            html.Div(id="live-missing", role="status"),
            html.Div(
                [
                    html.Section(
                        [html.H2("Watch-list"), html.Div(id="live-quotes")],
                        className="live-list",
                    ),
                    html.Section([html.H2("Candles", id="live-title"), *_drawn()]),
                ],
                className="live-halves",
            ),
            html.Section([html.H2("Alerts of today"), html.Div(id="live-alerts")]),
            dcc.Store(id="live-listening"),
        ]
    )


def _drawn() -> list[Component]:
    """The chart with the line above it."""
    return [
        html.Div(id="live-legend", className="candles-legend"),
        html.Div(
            Tvlwc(
                id=_CHART,
                height="max(300px, calc(100vh - 430px))",
                subscribeCrosshair=True,
                reportThrottle=60,
                paneOptions=[{"stretchFactor": 4}, {"stretchFactor": 1}],
                chartOptions={
                    "layout": {
                        "attributionLogo": False,
                        "background": {"type": "solid", "color": "transparent"},
                    }
                },
            ),
            id="live-drawn",
            role="img",
            **controls.aria("Candles of the symbol"),
        ),
        html.Div(
            [
                dmc.ButtonGroup(
                    [
                        _button("live-previous", "←", "Previous symbol (left arrow key)", "Left"),
                        _button("live-next", "→", "Next symbol (right arrow key)", "Right"),
                    ]
                ),
            ],
            className="candles-range",
        ),
    ]


def _button(name: str, sign: str, label: str, key: str) -> Component:
    return dmc.Button(
        sign,
        id=name,
        variant="default",
        size="compact-sm",
        n_clicks=0,
        **{"aria-label": label, "data-key": f"Arrow{key}"},
    )


def _body(state: LiveState, data: Data) -> Component:
    del state
    # Without a lakehouse the page says what to run, once.
    data.edition()
    return html.P(
        [
            _HELP,
            html.A("TradingView", href="https://www.tradingview.com/", rel="noreferrer"),
            ".",
        ],
        className="candles-help",
    )


def _register(app: Dash, data: Data) -> None:
    """What happens in the browser, in assets/live.js."""
    del data

    def in_browser(function: str, *about: Output | Input | State) -> None:
        app.clientside_callback(ClientsideFunction("live", function), *about)

    in_browser(
        "follow", Output("live-listening", "data"), Input(STATE, "data"), Input("scheme", "data")
    )
    in_browser("point", Input(_CHART, "crosshair"))
    in_browser(
        "step",
        Input("live-previous", "n_clicks"),
        Input("live-next", "n_clicks"),
    )


LIVE = Page(
    path=PATH,
    title="Live",
    about="Quotes as they come, the candle of the running minute, and the alerts of today.",
    state=LiveState,
    body=_body,
    controls=_controls,
    tables={"quotes": tables.quotes, "bars": tables.bars, "alerts": tables.alerts},
    register=_register,
    order=5,
)
