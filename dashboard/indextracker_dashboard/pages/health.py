"""Health: how daemons, feeds, streams and disks are now, and which alerts are open.

The monitor of this machine tells it, and Alertmanager the alerts; the lakehouse is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from flask import Flask, current_app

from indextracker.monitoring import health
from indextracker.monitoring.asking import UnansweredError
from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard import grids, notices
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


def _body(state: HealthState, data: Data) -> Component:
    del state, data
    return html.Div(
        [
            dcc.Interval(id="health-look", interval=_LOOKS_EVERY_MS),
            html.Div(_now(), id="health-now"),
        ]
    )


def _now() -> list[Component]:
    settings: DashboardSettings = current_app.extensions[_SETTINGS]
    now = datetime.now(UTC)
    shown = []
    try:
        shown.append(_part(health.alerts(health.open_alerts(settings.alertmanager))))
    except UnansweredError as error:
        shown.append(_absent("Open alerts", "Alertmanager does not run", str(error)))
    try:
        shown += map(_part, health.parts(health.told(settings.monitor_port), now))
    except UnansweredError:
        what = "In a terminal run indextracker monitor, and this page shows what it finds."
        shown.append(_absent("Everything else", "The monitor does not run", what))
    return [*shown, html.P(f"As of {now:%Y-%m-%d %H:%M:%S} UTC.", className="of")]


def _part(part: health.Part) -> Component:
    if not part.rows:
        return html.Section([html.H2(part.title), html.P(part.otherwise)])
    rows = pa.table(
        {
            name: pa.array([row[place] for row in part.rows], pa.string())
            for place, name in enumerate(part.columns)
        }
    )
    columns = {name: {"flex": 2 if name.startswith("what") else 1} for name in part.columns}
    return html.Section([html.H2(part.title), grids.grid(rows, part.title, columns=columns)])


def _absent(title: str, what: str, why: str) -> Component:
    return html.Section([html.H2(title), notices.notice(what, why)])


def _register(app: Dash, data: Data) -> None:
    del data

    @app.callback(
        Output("health-now", "children"),
        Input("health-look", "n_intervals"),
        prevent_initial_call=True,
    )
    def look(times: int) -> list[Component]:
        del times
        return _now()


HEALTH = Page(
    path=PATH,
    title="Health",
    about="How Dagster, documents, streams and disks are now, and which alerts are open.",
    state=HealthState,
    body=_body,
    register=_register,
    order=60,
)
