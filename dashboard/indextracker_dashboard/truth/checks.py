"""What the checks find in the rows of a session, with rows that break them."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard.data import Data
from indextracker_dashboard.truth import asked
from indextracker_dashboard.truth.keys import around, key_of
from indextracker_dashboard.truth.state import TruthState, link

_WORDS = {"error": "⛔ error", "warn": "⚠ warning"}


def table(state: TruthState, data: Data) -> Frame:
    """The findings of the session, for the download."""
    return data.ask(asked.findings, state.of.name, key_of(state, data))


def body(state: TruthState, data: Data) -> Component:
    """The part of the page."""
    key = key_of(state, data)
    rows: list[dict[str, Any]] = data.ask(asked.findings, state.of.name, key).arrow().to_pylist()
    broken = [row for row in rows if row["bad_rows"]]
    tables = len({row["table"] for row in rows})
    if not rows:
        said = f"No table has rows of {key}, so that there is nothing to check."
    else:
        held = len(rows) - len(broken)
        said = f"{held} of {len(rows)} rules on the rows of {tables} tables hold. "
        said += f"{len(broken)} do not:" if broken else "Nothing breaks a rule."
    return html.Div(
        [around(state, data, key), html.P(said), *(_finding(state, key, row) for row in broken)]
    )


def _finding(state: TruthState, key: str, row: dict[str, Any]) -> Component:
    number = row["bad_rows"]
    examples = row["examples"].split("\n")
    return html.Section(
        [
            html.H2(
                [
                    html.Span(_WORDS[row["severity"]], className=f"severity {row['severity']}"),
                    f" {row['table']}: {row['rule'].replace('_', ' ')}",
                ]
            ),
            html.P(row["meaning"]),
            html.P(
                [
                    f"{number:,} row{' does' if number == 1 else 's do'} not. ",
                    link(
                        state,
                        "The documents that they were made of",
                        view="origin",
                        table=row["table"],
                        key=key,
                        feed="",
                    ),
                ]
            ),
            html.H3("The first of them" if number > len(examples) else "Namely"),
            html.Ul([html.Li(html.Code(example)) for example in examples], className="examples"),
        ],
        className="finding",
    )
