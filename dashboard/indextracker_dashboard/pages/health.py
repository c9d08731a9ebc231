"""Health: how daemons, feeds, streams and disks are now, and which alerts are open.

The monitor of this machine tells it, and Alertmanager the alerts; the lakehouse is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from flask import Flask, current_app

from indextracker.monitoring import health
from indextracker.monitoring.asking import UnansweredError
from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard import notices
from indextracker_dashboard.controls import aria
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import State

PATH = "/health"
_LOOKS_EVERY_MS = 10_000
_SETTINGS = "health"


@dataclass(frozen=True)
class HealthState(State):
    """Nothing is chosen: it shows the present."""


def serve(server: Flask, settings: DashboardSettings) -> None:
    """Tells the page whom to ask."""
    server.extensions[_SETTINGS] = settings


def _controls(state: HealthState, data: Data) -> Component:
    """What is told is put here: beside the body it may change without being dimmed."""
    del state, data
    return html.Div(
        [
            dcc.Interval(id="health-look", interval=_LOOKS_EVERY_MS),
            html.Div(id="health-now"),
        ]
    )


def _body(state: HealthState, data: Data) -> Component:
    del state, data
    return html.P("It looks again every ten seconds.", className="of")


def _now() -> list[Component]:
    settings: DashboardSettings = current_app.extensions[_SETTINGS]
    now = datetime.now(UTC)
    shown: list[Component] = []
    try:
        shown.append(_part(health.alerts(health.open_alerts(settings.alertmanager))))
    except UnansweredError as error:
        shown.append(_absent("Open alerts", "Alertmanager does not run", str(error)))
    try:
        shown += map(_part, health.parts(health.told(settings.monitor_port), now))
    except UnansweredError:
        what = "In a terminal run indextracker monitor, and this page shows what it finds."
        shown.append(_absent("Everything else", "The monitor does not run", what))
    first, *others = shown
    return [
        html.P(f"As of {now:%Y-%m-%d %H:%M:%S} UTC.", className="of"),
        first,
        html.Div(others, className="two"),
    ]


def _part(part: health.Part) -> Component:
    if not part.rows:
        return html.Section([html.H2(part.title), html.P(part.otherwise)])
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(name, scope="col") for name in part.columns])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in part.rows]),
        ],
        className="health",
    )
    scrolled = html.Div(table, className="scrolled", tabIndex="0", **aria(part.title))
    return html.Section([html.H2(part.title), scrolled])


def _absent(title: str, what: str, why: str) -> Component:
    return html.Section([html.H2(title), notices.notice(what, why)])


def _register(app: Dash, data: Data) -> None:
    del data

    @app.callback(Output("health-now", "children"), Input("health-look", "n_intervals"))
    def look(times: int | None) -> list[Component]:
        del times
        return _now()


HEALTH = Page(
    path=PATH,
    title="Health",
    about="How Dagster, documents, streams and disks are now, and which alerts are open.",
    state=HealthState,
    body=_body,
    controls=_controls,
    register=_register,
    order=60,
)
