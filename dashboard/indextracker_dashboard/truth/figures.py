"""Figures beside those that publishers state: how each came out, down to the single row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import controls, grids
from indextracker_dashboard.comparisons import Comparison, comparisons_of
from indextracker_dashboard.data import Data
from indextracker_dashboard.truth import asked
from indextracker_dashboard.truth.keys import around, key_of
from indextracker_dashboard.truth.state import TruthState, link

_HEIGHT = 460
# More of them make a page slow, and nobody reads them there.
MOST_ROWS = 1_000


def table(state: TruthState, data: Data) -> Frame:
    """The rows that are shown, for the download."""
    comparison = _chosen(state)
    return data.ask(asked.rows, comparison, key_of(state, data), state.group, state.outcome)


def body(state: TruthState, data: Data) -> Component:
    """The part of the page."""
    comparison = _chosen(state)
    key = key_of(state, data)
    found = data.ask(asked.summary, comparison, key)
    names = {name: one.title for name, one in comparisons_of(state.of).items()}
    return html.Div(
        [
            around(state, data, key),
            controls.row(
                controls.choice(
                    "comparison",
                    "What is compared",
                    names,
                    state.comparison if state.comparison in names else None,
                    otherwise=comparison.title,
                )
            )
            if len(names) > 1
            else None,
            html.P(comparison.about),
            _summary(state, comparison, key, found),
            _rows(state, comparison, key, data) if len(found) else None,
        ]
    )


def _chosen(state: TruthState) -> Comparison:
    """The comparison that is looked at.

    Raises:
        LookupError: The subject has none.
    """
    every = comparisons_of(state.of)
    if not every:
        raise LookupError(f"no publisher of {state.of.title} states figures twice")
    return every.get(state.comparison) or next(iter(every.values()))


def _summary(state: TruthState, comparison: Comparison, key: str, found: Frame) -> Component:
    rows: list[dict[str, Any]] = found.arrow().to_pylist()
    if not rows:
        why = [
            row["reason"] for row in found.missing.arrow().to_pylist() if row["state"] != "empty"
        ]
        said = f": {why[0]}" if why else ": there is nothing that differs"
        return html.P(f"{comparison.table.path} has no row of {key}{said}.")
    outcomes = _ordered(comparison, rows)
    total: dict[str, int] = dict.fromkeys(outcomes, 0)
    groups: dict[str, dict[str, Any]] = {}
    for row in rows:
        total[row[comparison.outcome]] += row[asked.COUNTED]
        of_group = groups.setdefault(
            row[comparison.group], {"sums": dict.fromkeys(comparison.sums, 0)}
        )
        of_group[row[comparison.outcome]] = row[asked.COUNTED]
        for name in comparison.sums:
            of_group["sums"][name] += row[name] or 0
    cards = [
        html.Li(
            [
                link(state, [html.Strong(f"{total[name]:,}"), f" {name}"], outcome=name, key=key),
                html.Span(comparison.outcomes.get(name, "")),
            ]
        )
        for name in outcomes
    ]
    return html.Div(
        [
            html.Ul(cards, className="outcomes"),
            html.P(
                link(
                    state,
                    f"The documents behind these {sum(total.values()):,} rows",
                    view="origin",
                    table=comparison.table.path,
                    key=key,
                    feed="",
                )
            ),
            _groups(state, comparison, key, outcomes, groups),
        ]
    )


def _ordered(comparison: Comparison, rows: list[dict[str, Any]]) -> list[str]:
    there = {row[comparison.outcome] for row in rows}
    return [*comparison.outcomes, *sorted(there - comparison.outcomes.keys())]


def _groups(
    state: TruthState,
    comparison: Comparison,
    key: str,
    outcomes: list[str],
    groups: Mapping[str, dict[str, Any]],
) -> Component:
    names = [comparison.group, *outcomes, *(name.replace("_", " ") for name in comparison.sums)]
    head = html.Tr([html.Th(name, scope="col") for name in names])
    # Groups with the worst outcomes first.
    order = sorted(groups, key=lambda one: ([-groups[one].get(o, 0) for o in outcomes[:-1]], one))
    lines = []
    for group in order:
        found = groups[group]
        cells: list[Component] = [
            html.Th(link(state, group, group=group, outcome="", key=key), scope="row")
        ]
        for outcome in outcomes:
            number = found.get(outcome)
            text: Any = "0"
            if number:
                text = link(state, f"{number:,}", group=group, outcome=outcome, key=key)
            cells.append(html.Td(text))
        cells += [html.Td(f"{found['sums'][name]:,}") for name in comparison.sums]
        lines.append(html.Tr(cells, className="here" if group == state.group else ""))
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(lines)], className="figures"),
        className="scrolled low",
        tabIndex="0",
        role="region",
        **controls.aria(f"{comparison.title} by {comparison.group}"),
    )


def _rows(state: TruthState, comparison: Comparison, key: str, data: Data) -> Component:
    if not (state.group or state.outcome):
        return html.P("Each number leads to the rows that it counts.")
    found = data.ask(asked.rows, comparison, key, state.group, state.outcome)
    of = ", ".join(filter(None, (state.group, state.outcome)))
    title = f"{of}: {len(found):,} row{'' if len(found) == 1 else 's'}"
    shown: list[Component] = [html.H2(title)]
    if len(found) > MOST_ROWS:
        shown.append(html.P(f"The first {MOST_ROWS:,} are shown; the download has all."))
    if len(found):
        shown.append(grids.grid(found.arrow().slice(0, MOST_ROWS), title, height=_HEIGHT))
    else:
        shown.append(html.P("There is no such row in this session."))
    return html.Section(shown)
