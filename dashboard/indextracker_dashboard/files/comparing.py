"""The page Compare: runs of strategies side by side, down to a trade and the line it is from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_mantine_components as dmc
import polars as pl
from dash import ALL, Dash, Input, Output, dcc, html, no_update
from dash import State as Held
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker.reader import QuestionError
from indextracker_dashboard import controls, drawing, grids
from indextracker_dashboard.data import Data
from indextracker_dashboard.files import origin, parts, trading
from indextracker_dashboard.files.compared import (
    MOST,
    PATH,
    CompareState,
    called,
    figure,
    of_tickers,
)
from indextracker_dashboard.files.layouts import table
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import StateError

SCOPES = {"year": "By year", "sector": "By sector", "ticker": "By ticker"}
SCALES = {"linear": "Linear", "log": "Logarithmic"}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_FIGURES = {
    "profit": "Won or lost",
    "cagr": "Growth a year",
    "volatility": "Volatility a year",
    "sharpe": "Sharpe ratio",
    "sortino": "Sortino ratio",
    "max_drawdown": "Deepest fall",
    "max_drawdown_days": "Longest fall, days",
    "turnover": "Turnover a year",
    "hit_rate": "Closing fills that won",
    "exposure": "Mean exposure",
    "cost_paid": "Costs and slippage",
    "alpha": "Alpha a year",
    "beta": "Beta",
    "tracking_error": "Tracking error",
    "information_ratio": "Information ratio",
    "deflated_sharpe": "Deflated Sharpe ratio",
    "trades": "Trades",
}
_HEIGHT, _LOW, _PARTS = 380, 260, 400


def runs(lakehouse: Lakehouse) -> list[dict[str, Any]]:
    """All runs that are complete."""
    try:
        found = lakehouse.sql("select * from gold.strategy_runs order by strategy, run_id")
    except (LookupError, QuestionError):
        return []
    return list(found.arrow().to_pylist())


def _chosen(state: CompareState, data: Data) -> list[dict[str, Any]]:
    """The runs of a state.

    Raises:
        StateError: There is none of an id, or there are too many.
    """
    every = runs(data.lakehouse)
    if len(state.runs) > MOST:
        raise StateError(f"{len(state.runs)} runs are named: {MOST} can be compared")
    found = []
    for asked in state.runs:
        alike = [run for run in every if run["run_id"].startswith(asked)]
        if len(alike) != 1:
            raise StateError(f"there is no run {asked!r}, or there are several that begin so")
        found += alike
    return found


def _series(state: CompareState, run: Mapping[str, Any], data: Data) -> pl.DataFrame:
    """What an account was worth by bar, and how it grew since the first year that is shown."""
    first, last = state.span
    values = {"run": run["run_id"]}
    if state.ticker or state.sector:
        only, named = of_tickers(state)
        # An account without a bar is worth what it was, and one that ended goes on as it ended.
        question = f"""
            with changes as (
                select bar_at, paid_in,
                    equity - lag(equity, 1, 0) over (partition by ticker order by bar_at) as change
                from gold.strategy_accounts where run_id = $run{only}
            )
            select bar_at, sum(sum(change)) over (order by bar_at) as equity,
                sum(paid_in) as paid_in
            from changes group by bar_at order by bar_at
        """
        values |= named
    else:
        question = (
            "select bar_at, equity, paid_in from gold.strategy_equity where run_id = $run "
            "order by bar_at"
        )
    rows = data.lakehouse.sql(question, values).polars()
    if not rows.height:
        return rows.with_columns(growth=pl.lit(None), fall=pl.lit(None))
    before = pl.col("equity").shift(1).fill_null(0) + pl.col("paid_in")
    back = pl.when(before > 0).then(pl.col("equity") / before - 1).otherwise(0.0)
    rows = rows.with_columns(back=back.fill_nan(0.0)).filter(
        pl.col("bar_at").dt.year().is_between(first, last)
    )
    rows = rows.with_columns(growth=(1 + pl.col("back")).cum_prod())
    return rows.with_columns(fall=pl.col("growth") / pl.col("growth").cum_max().clip(1.0) - 1)


def _body(state: CompareState, data: Data) -> Component:
    # Without a lakehouse the page says what to run.
    data.edition()
    years = state.span
    chosen = _chosen(state, data)
    if not chosen:
        return html.P(
            "Choose runs above."
            if runs(data.lakehouse)
            else "There is none yet: the page Strategies runs one."
        )
    series = {run["run_id"]: _series(state, run, data) for run in chosen}
    figures = _figures_of(chosen, data)
    one = next((run for run in chosen if run["run_id"] == state.run), chosen[0])
    return html.Div(
        [
            _filters(state, years, chosen, figures),
            origin.body(state, data) if state.document else None,
            _curves(state, chosen, series),
            html.H2("Figures"),
            _figures(state, chosen, figures),
            *_made_of(chosen, data),
            html.H2("By month"),
            *(_monthly(run, series[run["run_id"]]) for run in chosen),
            html.H2("Parts"),
            controls.row(controls.segments("scope", "Figures of", SCOPES, state.scope)),
            _parts(state, chosen, figures),
            trading.body(state, one, chosen, data),
        ]
    )


def _made_of(chosen: list[dict[str, Any]], data: Data) -> list[Component]:
    found = [shown for run in chosen if (shown := parts.body(run, data))]
    return [html.H2("Grids and years"), *found] if found else []


def _figures_of(chosen: list[dict[str, Any]], data: Data) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for run in chosen:
        rows = data.lakehouse.sql(
            "select * from gold.strategy_figures where run_id = $run", {"run": run["run_id"]}
        )
        found += rows.arrow().to_pylist()
    return found


def _names(figures: list[dict[str, Any]], scope: str) -> list[str]:
    return sorted({row["name"] for row in figures if row["scope"] == scope})


def _filters(
    state: CompareState,
    years: tuple[int, int],
    chosen: list[dict[str, Any]],
    figures: list[dict[str, Any]],
) -> Component:
    first = min(run["first_date"] for run in chosen).year
    last = max(run["last_date"] for run in chosen).year
    low, high = years
    return controls.row(
        html.Div(
            [
                dmc.Text("Years", size="sm", fw=500),
                dmc.RangeSlider(
                    id={"slider": "years", "of": f"{first},{last}"},
                    min=first,
                    max=max(last, first + 1),
                    value=[max(low, first), min(high, last)],
                    minRange=0,
                    w=280,
                    updatemode="mouseup",
                    thumbFromLabel="First year",
                    thumbToLabel="Last year",
                    marks=[{"value": year, "label": f"{year}"} for year in (first, last)],
                    mb=18,
                ),
            ]
        ),
        controls.choice(
            "sector", "Sector", _names(figures, "sector"), state.sector, otherwise="all"
        ),
        controls.choice(
            "ticker",
            "Ticker",
            _names([row for row in figures if state.sector in ("", row["sector"])], "ticker"),
            state.ticker,
            otherwise="all",
        ),
        controls.segments("scale", "Equity", SCALES, state.scale),
    )


def _curves(
    state: CompareState, chosen: list[dict[str, Any]], series: Mapping[str, pl.DataFrame]
) -> Component:
    if all(not rows.height for rows in series.values()):
        return html.P(
            "Of these there is no equity: where tickers share an account, none is of one of them."
            if state.parts
            else "Of these runs and years there is no equity."
        )
    of = f" of {state.parts}" if state.parts else ""

    def drawn(name: str, title: str, axis: dict[str, Any], height: int) -> Component:
        traces = [
            {
                "type": "scatter",
                "mode": "lines",
                "name": called(run),
                "x": [f"{at:%Y-%m-%d %H:%M}" for at in series[run["run_id"]]["bar_at"]],
                "y": series[run["run_id"]][name].to_list(),
                "line": {"color": drawing.SERIES[number % len(drawing.SERIES)], "width": 1.5},
            }
            for number, run in enumerate(chosen)
        ]
        layout = {"xaxis": {"type": "date"}, "yaxis": axis, "showlegend": True}
        return drawing.chart({"data": traces, "layout": layout}, title, height=height)

    return html.Section(
        [
            html.H2(f"Equity{of}, as growth of 1"),
            drawn("growth", f"Equity{of}", {"type": state.scale}, _HEIGHT),
            html.H2(f"Fall from the highest before{of}"),
            drawn("fall", f"Drawdown{of}", {"tickformat": ".0%"}, _LOW),
        ]
    )


def _figures(
    state: CompareState, chosen: list[dict[str, Any]], figures: list[dict[str, Any]]
) -> Component:
    scope, name = ("ticker", state.ticker) if state.ticker else ("run", "all")
    if state.sector and not state.ticker:
        scope, name = "sector", state.sector
    of = {row["run_id"]: row for row in figures if (row["scope"], row["name"]) == (scope, name)}
    title = "Figures" if scope == "run" else f"Figures of {name}"
    head = html.Tr(
        [html.Th(title, scope="col"), *(html.Th(called(r), scope="col") for r in chosen)]
    )
    lines = []
    for column, words in _FIGURES.items():
        cells = [_with_interval(column, of.get(run["run_id"], {})) for run in chosen]
        if any(cells):
            lines.append(html.Tr([html.Th(words, scope="row"), *(html.Td(cell) for cell in cells)]))
    return html.Div(
        [
            table(title, head, lines),
            html.P(
                "In brackets: the interval that holds the ratio with 95 %, by a bootstrap of "
                "blocks of bars. Figures of years are those of whole years.",
                className="about",
            ),
        ]
    )


def _with_interval(name: str, row: Mapping[str, Any]) -> str:
    said = figure(name, row.get(name))
    low, high = row.get(f"{name}_low_95"), row.get(f"{name}_high_95")
    if said and low is not None and high is not None:
        said += f" ({figure(name, low)} to {figure(name, high)})"
    return said


def _monthly(run: Mapping[str, Any], rows: pl.DataFrame) -> Component:
    if not rows.height:
        return html.P(f"{called(run)}: there is nothing to show.")
    by_month = (
        rows.group_by(year=pl.col("bar_at").dt.year(), month=pl.col("bar_at").dt.month())
        .agg(back=(1 + pl.col("back")).product() - 1)
        .sort("year", "month")
    )
    found: dict[int, dict[int, float]] = {}
    for year, month, back in by_month.iter_rows():
        found.setdefault(year, {})[month] = back
    head = html.Tr([html.Th(one, scope="col") for one in ("Year", *MONTHS, "Year")])
    lines = []
    for year, months in found.items():
        whole = 1.0
        for back in months.values():
            whole *= 1 + back
        cells = [_percent(months.get(month)) for month in range(1, 13)]
        lines.append(html.Tr([html.Th(str(year), scope="row"), *cells, _percent(whole - 1)]))
    name = f"{called(run)}, % by month"
    return html.Section([html.H3(name), table(name, head, lines)])


def _percent(value: float | None) -> Component:
    if value is None:
        return html.Td("")
    shown = round(value * 100, 1) or 0.0
    kind = "up" if shown > 0 else "down" if shown else ""
    return html.Td(f"{shown:+.1f}" if shown else "0.0", className=kind)


def _parts(
    state: CompareState, chosen: list[dict[str, Any]], figures: list[dict[str, Any]]
) -> Component:
    first, last = state.span
    names = {run["run_id"]: called(run) for run in chosen}
    wanted: dict[str, Callable[[dict[str, Any]], bool]] = {
        "year": lambda row: first <= int(row["name"]) <= last,
        "sector": lambda row: state.sector in ("", row["name"]),
        "ticker": lambda row: (
            state.ticker in ("", row["name"]) and state.sector in ("", row["sector"])
        ),
    }
    rows = [
        {"run": names[row["run_id"]], state.scope: row["name"]}
        | {name: None if row[name] is None else round(row[name], 6) for name in _FIGURES}
        for row in figures
        if row["scope"] == state.scope and wanted[state.scope](row)
    ]
    if not rows:
        return html.P(f"These runs have no figures {SCOPES[state.scope].lower()}.")
    rows.sort(key=lambda row: (row[state.scope], row["run"]))
    shown = pl.DataFrame(rows, infer_schema_length=None).to_arrow()
    empty = [name for name in shown.column_names if shown[name].null_count == shown.num_rows]
    return grids.grid(
        shown.drop_columns(empty), f"Figures {SCOPES[state.scope].lower()}", height=_PARTS
    )


def _controls(state: CompareState, data: Data) -> Component:
    named = {run["run_id"]: f"{called(run)}, {run['universe']}" for run in runs(data.lakehouse)}
    return html.Div(
        [
            dmc.MultiSelect(
                id=controls.of("runs"),
                label="Runs",
                data=controls.offered(named | {one: one for one in state.runs if one not in named}),
                value=list(state.runs),
                maxValues=MOST,
                searchable=True,
                clearable=True,
                clearButtonProps={"aria-label": "No run"},
                mb=12,
            ),
            # What the slider of the body says: the address has it.
            dcc.Input(
                id=controls.of("years"), type="hidden", value=",".join(map(str, state.years))
            ),
        ]
    )


def _equity(state: CompareState, data: Data) -> Frame:
    curves = [
        _series(state, run, data).with_columns(run_id=pl.lit(run["run_id"]))
        for run in _chosen(state, data)
    ]
    if not curves:
        raise StateError("no run is chosen")
    return Frame(pl.concat(curves).to_arrow())


def _trades(state: CompareState, data: Data) -> Frame:
    chosen = _chosen(state, data)
    if not chosen:
        raise StateError("no run is chosen")
    one = next((run for run in chosen if run["run_id"] == state.run), chosen[0])
    return trading.trades(state, one, data)


def _register(app: Dash, data: Data) -> None:
    del data

    @app.callback(
        Output(controls.of("years"), "value"),
        Input({"slider": "years", "of": ALL}, "value"),
        Held({"slider": "years", "of": ALL}, "id"),
        prevent_initial_call=True,
    )
    def choose(values: list[list[int]], ids: list[dict[str, str]]) -> Any:
        if not ids:
            return no_update
        said = ",".join(map(str, values[0]))
        # All of them is what an address without years says.
        return "" if said == ids[0]["of"] else said


COMPARE = Page(
    path=PATH,
    title="Compare",
    about="Runs of strategies side by side: equity, falls, months, figures, and each trade.",
    state=CompareState,
    body=_body,
    controls=_controls,
    tables={"equity": _equity, "trades": _trades},
    register=_register,
    order=75,
)
