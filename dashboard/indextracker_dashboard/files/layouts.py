"""A layout of people's files, as the page shows it: first rows, columns, questions, evidence.

The layout is the YAML that `indextracker files detect` wrote; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
import yaml
from dash import html
from dash.development.base_component import Component

from indextracker_dashboard import controls
from indextracker_dashboard.files.previewing import preview
from indextracker_dashboard.files.state import FilesState, link

# At this confidence and above the data decide, and nothing is asked.
SURE = 0.9
YES = "yes"
ROLES = ("open", "high", "low", "close", "adj_close", "volume")


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The layouts in a folder, those that need a person first; what is none is left out."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yml")) if folder.is_dir() else ():
        try:
            one = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(one, dict) and {"layout", "columns"} <= one.keys():
            found[path.stem] = one
    return dict(sorted(found.items(), key=lambda one: one[1].get("confirmed") is True))


def open_questions(layout: dict[str, Any]) -> list[dict[str, Any]]:
    """The questions of a layout that nobody has answered."""
    if layout.get("confirmed") is True:
        return []
    return [one for one in layout.get("questions") or [] if one.get("answer") in (None, "")]


def listed(state: FilesState, layouts: dict[str, dict[str, Any]], chosen: str) -> Component:
    """The layouts of a collection, each leading to itself."""
    head = html.Tr([html.Th(one, scope="col") for one in ("Layout", "Files", "Such as", "State")])
    lines = [
        html.Tr(
            [
                html.Th(link(state, name, layout=name, answers=""), scope="row"),
                html.Td(f"{layout['files']['count']:,}"),
                html.Td(_first_file(layout)),
                html.Td(_standing(layout)),
            ],
            className="here" if name == chosen else "",
        )
        for name, layout in layouts.items()
    ]
    return table("Layouts", head, lines)


def body(state: FilesState, folder: Path, layout: dict[str, Any]) -> Component:
    """A layout."""
    name = _first_file(layout)
    found = preview(folder, name, layout["layout"], state.answered, state.zone)
    asked = open_questions(layout)
    return html.Section(
        [
            html.H2(f"Layout {layout['layout']}"),
            html.P(_described(layout), className="about"),
            _questions(state, str(layout["layout"]), asked) if asked else None,
            _confirming(state, asked) if layout.get("confirmed") is not True else None,
            html.H3(f"The first rows of {name}, as they would be read"),
            _rows(found),
            html.Details(
                [
                    html.Summary("The same lines as they stand in the file"),
                    html.Pre("\n".join(found.get("lines", [])), className="lines", tabIndex="0"),
                ]
            ),
            html.Div([_columns(layout), _evidence(layout)], className="two"),
        ],
        className="selected",
        **controls.aria(f"Layout {layout['layout']}"),
    )


def _standing(layout: dict[str, Any]) -> str:
    if layout.get("confirmed") is True:
        return "confirmed"
    number = len(open_questions(layout))
    return f"{number} question{'' if number == 1 else 's'}" if number else "to be confirmed"


def _first_file(layout: dict[str, Any]) -> str:
    return str(layout["files"]["first"][0]["file"])


def _described(layout: dict[str, Any]) -> str:
    said = [str(layout["kind"])]
    for name, words in (
        ("encoding", "encoding {}"),
        ("delimiter", "cells parted by {!r}"),
        ("decimal", "decimals after {!r}"),
        ("thousands", "thousands parted by {!r}"),
        ("date_format", "days as {}"),
        ("time_format", "times as {}"),
        ("zone", "zone {}"),
    ):
        if layout.get(name):
            said.append(words.format(layout[name]))
    ticker = layout.get("ticker") or {}
    said.append(f"ticker from: {str(ticker.get('where')).replace('_', ' ')}")
    return "; ".join(said) + "."


def _questions(state: FilesState, layout: str, asked: list[dict[str, Any]]) -> Component:
    return html.Div(
        [
            html.H3("What the data cannot decide"),
            html.Ul(
                [html.Li(_question(state, layout, one)) for one in asked],
                className="plain questions",
            ),
        ]
    )


def _confirming(state: FilesState, asked: list[dict[str, Any]]) -> Component:
    left = sum(str(one["about"]) not in state.answered for one in asked)
    return controls.row(
        dmc.Button("Confirm", id="files-confirm", color="blue.9", disabled=bool(left)),
        html.Span(
            f"{left} question{' is' if left == 1 else 's are'} open"
            if left
            else "the files of this layout are then read so"
        ),
    )


def _question(state: FilesState, layout: str, one: dict[str, Any]) -> Component:
    about, answered = str(one["about"]), state.answered.get(str(one["about"]))
    possible = [str(answer) for answer in one.get("possible") or []]
    options = {YES: "as it is proposed"} | {answer: answer for answer in possible}
    id_ = {"answer": about, "of": layout}
    if about == "ticker":
        return dmc.TextInput(
            id=id_,
            label=str(one["question"]),
            description="its name, or yes for that below",
            value=answered or "",
            debounce=True,
        )
    return dmc.Select(
        id=id_,
        label=str(one["question"]),
        data=controls.offered(options, answered),
        value=answered,
        placeholder="not answered yet",
        clearable=True,
        clearButtonProps={"aria-label": f"No answer about {about}"},
    )


def _rows(found: dict[str, Any]) -> Component:
    rows = found.get("rows") or []
    if not rows:
        return html.P(f"There are none: {found.get('reason', 'no row has a time and a price')}.")
    roles = [role for role in ROLES if any(row.get(role) is not None for row in rows)]
    names = ("line", "ticker", f"at, {found['zone']}", *roles)
    head = html.Tr([html.Th(name.replace("_", " "), scope="col") for name in names])
    lines = [
        html.Tr(
            [html.Th(str(row["line"]), scope="row")]
            + [
                html.Td("" if row[name] is None else str(row[name]))
                for name in ("ticker", "at", *roles)
            ]
        )
        for row in rows
    ]
    return table("First rows", head, lines)


def _columns(layout: dict[str, Any]) -> Component:
    head = html.Tr([html.Th(name, scope="col") for name in ("Column", "Name in the file", "Role")])
    lines = [
        html.Tr(
            [
                html.Th(str(number), scope="row"),
                html.Td(str(one.get("header") or "")),
                html.Td(str(one["role"]).replace("_", " ")),
            ]
        )
        for number, one in enumerate(layout["columns"], 1)
    ]
    return html.Section([html.H3("Columns"), table("Columns", head, lines)])


def _evidence(layout: dict[str, Any]) -> Component:
    head = html.Tr([html.Th(one, scope="col") for one in ("Found", "Confidence", "Evidence")])
    found = sorted((layout.get("found") or {}).items(), key=lambda one: one[1]["confidence"])
    lines = [
        html.Tr(
            [
                html.Th(name.replace("_", " "), scope="row"),
                html.Td(f"{one['confidence']:.0%}" + ("" if one["confidence"] >= SURE else " ?")),
                html.Td(str(one["evidence"]), className="words"),
            ]
        )
        for name, one in found
    ]
    return html.Section([html.H3("Evidence"), table("Evidence", head, lines)])


def table(name: str, head: Component, lines: Sequence[Component]) -> Component:
    """A table that scrolls by itself where the screen is narrow."""
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(lines)], className="figures"),
        className="scrolled low",
        tabIndex="0",
        role="region",
        **controls.aria(name),
    )
