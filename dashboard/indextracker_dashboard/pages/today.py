"""Today: the last session of each market on one screen, and what is missing of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dash import html
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.shared.deliveries import COMPLETE
from indextracker_catalogue.subjects import declared
from indextracker_dashboard import controls, grids, notices
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.sections import Section
from indextracker_dashboard.state import State

FLOOR = "indextracker_dashboard"
PATH = "/today"
# Of these nothing is missing: nothing more is to be had, or nothing yet.
_FINE = [*COMPLETE, "not_yet"]


@dataclass(frozen=True)
class TodayState(State):
    """A session.

    Attributes:
        on: Which one; the newest of each market by default.
    """

    on: date | None = None


def sections() -> Iterator[Section]:
    """What the subjects show, in their order."""
    for subject in SUBJECTS:
        yield from declared(FLOOR, subject, Section)


def missing(lakehouse: Lakehouse, on: date | None) -> Frame:
    """The documents that are missing of a session of all subjects, with their reasons."""
    found = [
        lakehouse.states(subject, first=on, last=on).arrow()
        if on
        else lakehouse.states(subject, sessions=1).arrow()
        for subject in SUBJECTS
    ]
    rows = pa.concat_tables(found)
    wanted = ["timeline", "key", "feed", "state", "reason"]
    return Frame(rows.filter(~pc.field("state").isin(_FINE)).select(wanted))


def _body(state: TodayState, data: Data) -> Component:
    # Without a lakehouse the page says what to run, once.
    data.edition()
    return html.Div(
        [
            *(_section(section, state.on, data) for section in sections()),
            html.Section([html.H2("Missing"), _missing(state.on, data)]),
        ]
    )


def _section(section: Section, on: date | None, data: Data) -> Component:
    try:
        drawn = section.draw(on, data)
    except Exception as error:  # noqa: BLE001 - the other markets are shown
        drawn = notices.of(error, PATH)
    return html.Section([html.H2(section.title), drawn])


def _missing(on: date | None, data: Data) -> Component:
    try:
        rows = data.ask(missing, on).arrow()
    except LookupError as error:
        return notices.of(error, PATH)
    if not rows.num_rows:
        return html.P("Every document that is due is there.")
    columns: dict[str, dict[str, Any]] = {
        "key": {"headerName": "session", "flex": 1},
        "feed": {"flex": 1},
        "state": {"flex": 1},
        "reason": {"flex": 3, "tooltipField": "reason"},
    }
    return grids.grid(rows, "Missing documents", columns=columns)


def _controls(state: TodayState, data: Data) -> Component:
    del data
    return controls.row(controls.day("on", "Session", state.on))


TODAY = Page(
    path=PATH,
    title="Today",
    about="The newest session of each market, and what is missing of it.",
    state=TodayState,
    body=_body,
    controls=_controls,
    tables={
        name: lambda state, data, question=question: data.ask(question, state.on)
        for section in sections()
        for name, question in section.tables.items()
    }
    | {"missing": lambda state, data: data.ask(missing, state.on)},
)
