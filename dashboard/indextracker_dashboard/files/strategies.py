"""The page Strategies: one is chosen, run by the command, and watched; what was run is listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html, no_update
from dash import State as Held
from dash.development.base_component import Component
from pydantic import Field

from indextracker import Frame
from indextracker.reader import QuestionError
from indextracker_dashboard import controls, links, notices
from indextracker_dashboard.children import BusyError, Told
from indextracker_dashboard.controls import STATE
from indextracker_dashboard.data import Data
from indextracker_dashboard.files import compared, shipped
from indextracker_dashboard.files.layouts import table
from indextracker_dashboard.page import Page
from indextracker_dashboard.state import State, StateError

LOOKS_EVERY_MS = 1_000
MOST_BPS = 100
_WORK = "a run of a strategy"
_SAID = "strategy-said"
_REFUSED = "strategy-refused"
# A slider of a parameter that is no whole number has so many places.
_PLACES = 100
_RUNS = """select r.run_id, r.kind, r.strategy, r.parameters, r.universe, r.first_date, r.last_date,
    f.cagr, f.sharpe, f.max_drawdown, r.trades
from gold.strategy_runs r
left join gold.strategy_figures f on f.run_id = r.run_id and f.scope = 'run'
order by r.strategy, r.universe, r.first_date, r.last_date, r.run_id"""


@dataclass(frozen=True)
class StrategiesState(State):
    """What is to be run.

    Attributes:
        strategy: Name of one that is shipped; by default the first.
        on: The prices: a collection, or those of an exchange.
        first: First day that is accounted; by default the first there is.
        last: Last day; by default the last there is.
        set: Parameters that differ from their defaults, as `crossover.fast=50`.
        cash: Money of each account at its first bar.
        cost: Cost of a trade, in hundredths of a percent.
        slippage: How much worse than the bar's price it is, likewise.
    """

    strategy: str = ""
    on: str = ""
    first: date | None = None
    last: date | None = None
    set: tuple[str, ...] = ()
    cash: Annotated[int, Field(ge=1, le=10**12)] = 10_000
    cost: Annotated[int, Field(ge=0, le=MOST_BPS)] = 0
    slippage: Annotated[int, Field(ge=0, le=MOST_BPS)] = 0

    def chosen(self) -> str:
        """The name of the strategy.

        Raises:
            StateError: None of that name is shipped.
        """
        known = shipped.strategies()
        if self.strategy and self.strategy not in known:
            raise StateError(
                f"there is no strategy {self.strategy!r}: there are {', '.join(known)}"
            )
        return self.strategy or next(iter(known))

    def values(self) -> dict[str, float]:
        """The parameters of the strategy that differ from their defaults.

        Raises:
            StateError: It has none of that name, or the value is no number in its range.
        """
        name, found = self.chosen(), dict[str, float]()
        parameters = shipped.strategies()[name]["parameters"]
        for text in self.set:
            about, _, said = text.partition("=")
            of, _, parameter = about.partition(".")
            if of != name:
                continue  # of the strategy that was looked at before
            if parameter not in parameters:
                raise StateError(f"{name} has no parameter {parameter!r}")
            try:
                found[parameter] = float(said)
            except ValueError:
                raise StateError(f"{text} in set has no number") from None
            low, high = parameters[parameter]["low"], parameters[parameter]["high"]
            if not low <= found[parameter] <= high:
                raise StateError(f"{parameter} is {low:g} to {high:g}, and not {said}")
        return found


def _body(state: StrategiesState, data: Data) -> Component:
    # Without a lakehouse the page says what to run.
    data.edition()
    name = state.chosen()
    one = shipped.strategies()[name]
    return html.Div(
        [
            html.H2(one["title"]),
            html.P(f"{one['meaning']} {_accounts(one)}"),
            _parameters(name, one["parameters"], state.values()),
            _progress(data.children.told(_WORK)),
            html.H2("Runs"),
            _runs(data),
        ]
    )


def _accounts(one: Mapping[str, Any]) -> str:
    whose = (
        "All tickers share an account."
        if one["accounts"] == "portfolio"
        else ("Each ticker has an account of its own.")
    )
    filled = str(one["fill"]).replace("_", " ").replace("next", "the next bar's")
    return f"{whose} What is decided after a bar is filled at {filled}."


def _parameters(
    name: str, parameters: Mapping[str, Mapping[str, Any]], values: Mapping[str, float]
) -> Component:
    return html.Div(
        [
            _slider(name, parameter, about, values.get(parameter, about["default"]))
            for parameter, about in parameters.items()
        ],
        className="sliders",
    )


def _slider(name: str, parameter: str, about: Mapping[str, Any], value: float) -> Component:
    low, high = about["low"], about["high"]
    whole = all(float(one).is_integer() for one in (low, high, about["default"])) and high > 1
    unit = f" {about['unit']}" if about["unit"] else ""
    label = f"{parameter}: {value:g}{unit}"
    return html.Div(
        [
            html.Div([html.Strong(label), html.Span(f" {about['meaning']}")]),
            dmc.Slider(
                id={"parameter": parameter, "of": name},
                min=low,
                max=high,
                step=1 if whole else (high - low) / _PLACES,
                value=value,
                updatemode="mouseup",
                thumbLabel=parameter,
                marks=[{"value": one, "label": f"{one:g}"} for one in (low, high)],
            ),
        ]
    )


def _progress(told: Told | None) -> Component | None:
    if told is None:
        return None
    if told.running:
        return html.Div(
            [
                dcc.Interval(id="strategy-look", interval=LOOKS_EVERY_MS),
                html.P(_last(told), id=_SAID, role="status"),
            ]
        )
    if told.code:
        said = " ".join(line.removeprefix("Error: ") for line in told.lines[-2:])
        return notices.notice("The run did not end well", said)
    return html.P(f"Done: {' '.join(told.arguments[1:])}", id="strategy-done", role="status")


def _last(told: Told) -> str:
    return told.lines[-1] if told.lines else "The run begins …"


def _listed(state: StrategiesState, data: Data) -> Frame:
    del state
    return data.lakehouse.sql(_RUNS)


def _runs(data: Data) -> Component:
    try:
        rows = data.lakehouse.sql(_RUNS).arrow().to_pylist()
    except (LookupError, QuestionError):
        rows = []
    if not rows:
        return html.P("There is none yet.")
    titles = ("Run", "Prices", "Days", "Growth a year", "Sharpe", "Deepest fall", "Trades")
    head = html.Tr([html.Th(one, scope="col") for one in titles])
    lines = [
        html.Tr(
            [
                html.Th(
                    links.to(
                        compared.PATH,
                        compared.CompareState(runs=(row["run_id"],)),
                        compared.called(row),
                    ),
                    scope="row",
                ),
                html.Td(row["universe"]),
                html.Td(f"{row['first_date']} to {row['last_date']}"),
                html.Td(compared.figure("cagr", row["cagr"])),
                html.Td(compared.figure("sharpe", row["sharpe"])),
                html.Td(compared.figure("max_drawdown", row["max_drawdown"])),
                html.Td(f"{row['trades']:,}"),
            ]
        )
        for row in rows
    ]
    every = compared.CompareState(runs=tuple(row["run_id"] for row in rows[-compared.MOST :]))
    return html.Div(
        [
            table("Runs", head, lines),
            html.P(links.to(compared.PATH, every, f"Compare the last {len(every.runs)} of them"))
            if len(rows) > 1
            else None,
        ]
    )


def _controls(state: StrategiesState, data: Data) -> Component:
    named = {name: one["title"] for name, one in shipped.strategies().items()}
    return html.Div(
        [
            controls.row(
                controls.choice("strategy", "Strategy", named, state.chosen()),
                controls.choice(
                    "on", "Prices", shipped.universes(data), state.on, otherwise="choose them"
                ),
                controls.day("first", "From", state.first, otherwise="the first"),
                controls.day("last", "To", state.last, otherwise="the last"),
            ),
            controls.row(
                dmc.NumberInput(
                    id=controls.of("cash"),
                    label="Cash of an account",
                    value=state.cash,
                    min=1,
                    thousandSeparator=",",
                    debounce=600,
                ),
                _bps("cost", "Cost of a trade", state.cost),
                _bps("slippage", "Slippage", state.slippage),
                dmc.Button("Run", id="strategy-run", color="blue.9"),
                dmc.Button("Stop", id="strategy-stop", variant="default"),
            ),
            html.P(id=_REFUSED, role="alert"),
            # What the sliders of the body say: the address has it.
            dcc.Input(id=controls.of("set"), type="hidden", value=",".join(state.set)),
        ]
    )


def _bps(field: str, label: str, value: int) -> Component:
    return html.Div(
        [
            dmc.Text(f"{label}, in 0.01 %", size="sm", fw=500),
            dmc.Slider(
                id=controls.of(field),
                min=0,
                max=MOST_BPS,
                value=value,
                w=180,
                updatemode="mouseup",
                thumbLabel=label,
                marks=[{"value": one, "label": f"{one}"} for one in (0, MOST_BPS // 2, MOST_BPS)],
                mb=18,
            ),
        ]
    )


def _arguments(state: StrategiesState) -> list[str]:
    """The command that makes the run.

    Raises:
        StateError: It cannot be run so.
    """
    if not state.on:
        raise StateError("no prices are chosen")
    given = ["strategy", "run", state.chosen(), f"--on={state.on}"]
    given += [f"--set={name}={value:g}" for name, value in state.values().items()]
    given += [f"--from={state.first}"] if state.first else []
    given += [f"--to={state.last}"] if state.last else []
    given += [f"--cash={state.cash}", f"--cost-bps={state.cost}"]
    return [*given, f"--slippage-bps={state.slippage}", "--to-layer=gold"]


def _register(app: Dash, data: Data) -> None:
    @app.callback(
        Output(STATE, "data", allow_duplicate=True),
        Output(_REFUSED, "children"),
        Input("strategy-run", "n_clicks"),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    def begin(clicks: int | None, query: str) -> tuple[Any, str]:
        if not clicks:
            return no_update, ""
        try:
            state = STRATEGIES.read(query)
            data.children.start(_WORK, _arguments(state), lake=data.lakehouse.place)
        except (BusyError, LookupError, ValueError) as error:
            return no_update, notices.not_begun(error)
        return query, ""

    @app.callback(Input("strategy-stop", "n_clicks"), prevent_initial_call=True)
    def stop(clicks: int | None) -> None:
        if clicks:
            data.children.stop(_WORK)

    @app.callback(
        Output(_SAID, "children"),
        Output(STATE, "data", allow_duplicate=True),
        Input("strategy-look", "n_intervals"),
        Held(STATE, "data"),
        prevent_initial_call=True,
    )
    def look(times: int | None, query: str) -> tuple[Any, Any]:
        told = data.children.told(_WORK)
        if not times:
            return no_update, no_update
        if told is None or not told.running:
            return no_update, query
        return _last(told), no_update

    _register_parameters(app)


def _register_parameters(app: Dash) -> None:
    @app.callback(
        Output(controls.of("set"), "value"),
        Input({"parameter": ALL, "of": ALL}, "value"),
        Held({"parameter": ALL, "of": ALL}, "id"),
        prevent_initial_call=True,
    )
    def choose(values: list[float], ids: list[dict[str, str]]) -> Any:
        said = []
        for one, value in zip(ids, values, strict=True):
            about = shipped.strategies()[one["of"]]["parameters"][one["parameter"]]
            if value != about["default"]:
                said.append(f"{one['of']}.{one['parameter']}={value:g}")
        return ",".join(said)


STRATEGIES = Page(
    path="/strategies",
    title="Strategies",
    about="Strategies run over prices of your own files or of an exchange, and what was run.",
    state=StrategiesState,
    body=_body,
    controls=_controls,
    tables={"runs": _listed},
    register=_register,
    order=70,
)
