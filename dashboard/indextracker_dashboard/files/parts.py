"""The runs that a grid or a chain of years is made of, as the page Compare shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker_dashboard import links
from indextracker_dashboard.data import Data
from indextracker_dashboard.files.compared import PATH, CompareState, called, figure, values_of
from indextracker_dashboard.files.layouts import table

# A grid may have ten thousand.
MOST = 200
_PARTS = {
    # The best of a grid first; years as they follow each other.
    "grid": "order by p.sharpe desc nulls last, p.part",
    "walk_forward": "order by p.part",
}
_ROWS = """select p.*, of_part.profit, of_part.max_drawdown, of_part.sharpe as own_sharpe,
    whole.deflated_sharpe
from gold.strategy_parts p
left join gold.strategy_figures of_part
    on of_part.run_id = p.part_run_id and of_part.scope = 'run'
left join gold.strategy_figures whole on whole.run_id = p.run_id and whole.scope = 'run'
where p.run_id = $run """
_TITLES = {
    "grid": ("Parameters", "Sharpe ratio", "Won or lost", "Deepest fall"),
    "walk_forward": (
        *("Tested", "Parameters", "Sharpe ratio in training", "Sharpe ratio in the test"),
        *("Won or lost", "Deepest fall"),
    ),
}


def body(run: Mapping[str, Any], data: Data) -> Component | None:
    """The parts of a run; nothing of one that has none."""
    kind = str(run["kind"])
    if kind not in _PARTS:
        return None
    rows = data.lakehouse.sql(_ROWS + _PARTS[kind], {"run": run["run_id"]}).arrow().to_pylist()
    head = html.Tr([html.Th(title, scope="col") for title in _TITLES[kind]])
    return html.Section(
        [
            html.H3(called(run)),
            html.P(_said(kind, rows), className="about"),
            table(f"Parts of {called(run)}", head, [_line(kind, row) for row in rows[:MOST]]),
        ]
    )


def _said(kind: str, rows: list[dict[str, Any]]) -> str:
    deflated = rows[0]["deflated_sharpe"]
    chance = "" if deflated is None else f" Deflated Sharpe ratio: {deflated:.3f}."
    if kind == "walk_forward":
        return (
            f"{len(rows)} years, each tested with the parameters that had the highest Sharpe ratio "
            f"in the years before it.{chance}"
        )
    shown = f"; the best {MOST} are shown" if len(rows) > MOST else ""
    return f"{len(rows):,} runs{shown}.{chance} The best was chosen knowing all of the days."


def _line(kind: str, row: Mapping[str, Any]) -> Component:
    leads = links.to(PATH, CompareState(runs=(row["part_run_id"],)), values_of(row["parameters"]))
    of_run = [html.Td(figure(name, row[name])) for name in ("profit", "max_drawdown")]
    chosen_by = html.Td(figure("sharpe", row["sharpe"]))
    if kind == "grid":
        # Of a grid one is the best; of a chain all were, each in its training.
        classes = "here" if row["is_best"] else ""
        return html.Tr([html.Th(leads, scope="row"), chosen_by, *of_run], className=classes)
    days = f"{row['first_date']} to {row['last_date']}"
    own = html.Td(figure("sharpe", row["own_sharpe"]))
    return html.Tr([html.Th(days, scope="row"), html.Td(leads), chosen_by, own, *of_run])
