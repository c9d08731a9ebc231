"""Where the rows of a table come from: the documents they were made of, by the log of builds."""

from __future__ import annotations

import re
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker_catalogue import TABLES
from indextracker_dashboard import controls
from indextracker_dashboard.data import Data
from indextracker_dashboard.truth import asked
from indextracker_dashboard.truth.documents import answer
from indextracker_dashboard.truth.keys import around, key_of
from indextracker_dashboard.truth.state import TruthState, link

_LOOKS_BACK = re.compile(r"(.+)-(\d+)")


def body(state: TruthState, data: Data) -> Component:
    """The part of the page."""
    paths = asked.tables_to_choose(state.of)
    path = state.table if state.table in paths else paths[0]
    table = TABLES[path]
    key = "" if table.is_whole else key_of(state, data)
    try:
        rows: list[dict[str, Any]] = data.ask(asked.documents, path, key).arrow().to_pylist()
    except ValueError as error:
        rows, said = [], f"{error}."
    else:
        of = "the whole table" if table.is_whole else f"{table.timeline.label(key)}"
        said = f"{path}, {of}: {table.meaning}"
    own = [row for row in rows if row["state"]]
    rest = [row for row in rows if not row["state"]]
    return html.Div(
        [
            controls.row(
                controls.choice(
                    "table",
                    "Table",
                    paths,
                    state.table if state.table in paths else None,
                    otherwise=path,
                )
            ),
            None if table.is_whole else around(state, data, key),
            html.P(said),
            *(_document(row) for row in own),
            _rest(state, rest) if rest else None,
            None if rows else html.P("The lake has not made these rows of any document yet."),
        ]
    )


def _document(row: dict[str, Any]) -> Component:
    return html.Section([html.H2(f"{row['feed']} of {row['key']}"), answer(row)])


def _rest(state: TruthState, rows: list[dict[str, Any]]) -> Component:
    """What else the rows rest on: earlier sessions, and tables that no feed fills."""
    listed = []
    for row in rows:
        name, digest = row["made_of"], html.Code(row["sha256"])
        found = _LOOKS_BACK.fullmatch(name)
        if found:
            of, count = found.groups()
            listed.append(html.Li([f"{of} of the {count} sessions before, together ", digest]))
        elif name in TABLES:
            shown = link(state, name, table=name)
            listed.append(html.Li(["the table ", shown, ", whose rows are ", digest]))
        else:
            listed.append(html.Li([f"{name} ", digest]))
    return html.Section([html.H2("And what else they rest on"), html.Ul(listed, className="plain")])
