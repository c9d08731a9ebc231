"""The page of truth: which documents are there, what checks find, and where a number comes from."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_catalogue import SUBJECTS
from indextracker_dashboard import controls
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.truth import asked, checks, documents, figures, origin
from indextracker_dashboard.truth.state import COUNTS, PATH, VIEWS, TruthState

_SHOWN = {
    "documents": documents.body,
    "checks": checks.body,
    "figures": figures.body,
    "origin": origin.body,
}


def _controls(state: TruthState, data: Data) -> Component:
    del data
    subjects = {name: subject.title for name, subject in SUBJECTS.items()}
    return html.Div(
        [
            controls.row(
                controls.choice("subject", "Subject", subjects, state.of.name),
                controls.day("until", "Up to", state.until),
                controls.choice("count", "How many", COUNTS, state.count),
            ),
            controls.row(controls.segments("view", "Part of the page", VIEWS, state.view)),
        ]
    )


def _body(state: TruthState, data: Data) -> Component:
    return _SHOWN[state.view](state, data)


def _states(state: TruthState, data: Data) -> Frame:
    return data.ask(asked.states, state.of.name, state.until, state.count)


TRUTH = Page(
    path=PATH,
    title="Truth",
    about=(
        "Which documents are there and which are missing, what checks find in their rows, how "
        "figures compare with those of the exchange, and the document behind a number."
    ),
    state=TruthState,
    body=_body,
    controls=_controls,
    tables={"states": _states, "findings": checks.table, "figures": figures.table},
    order=50,
)
