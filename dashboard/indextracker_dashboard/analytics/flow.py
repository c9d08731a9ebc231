"""The page Flow: what of the options of a session was traded and is held, and the volatility index.

What the figures are is told in `flow_figures`, and how they are drawn in `flow_drawing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from dash import html
from dash.development.base_component import Component
from pydantic import Field

from indextracker import Frame
from indextracker_dashboard import controls, links, notices
from indextracker_dashboard.analytics import flow_drawing as drawing
from indextracker_dashboard.analytics import flow_figures as figures
from indextracker_dashboard.analytics import trades
from indextracker_dashboard.candles import choices
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Offers, Page
from indextracker_dashboard.state import State
from indextracker_dashboard.taiwan import chain
from indextracker_dashboard.taiwan.chain_figures import products

_MOST_SESSIONS = 250
_SPANS = {"20": "20", "60": "60", "250": "250"}


@dataclass(frozen=True)
class FlowState(State):
    """Which options of which session.

    Attributes:
        options: Product of options.
        term: Expiry or expire code.
        on: The session; the newest by default.
        part: What was traded in which part.
        sessions: Over how many sessions ratios are shown.
    """

    options: str = "TXO"
    term: str = "M"
    on: date | None = None
    part: Literal["whole", "day", "night"] = "whole"
    sessions: Annotated[int, Field(ge=1, le=_MOST_SESSIONS)] = 20


def _on(state: FlowState, data: Data) -> date:
    return state.on or data.ask(figures.newest)


def _by_strike(state: FlowState, data: Data) -> Frame:
    on = _on(state, data)
    return data.ask(figures.by_strike, state.options, on, state.term, state.part)


def _expiry(state: FlowState, data: Data) -> Frame:
    return data.ask(figures.expiry, state.options, _on(state, data), state.term)


def _ratios(state: FlowState, data: Data) -> Frame:
    on = _on(state, data)
    return data.ask(figures.ratios, state.options, on, state.sessions, state.part)


def _volatility_index(state: FlowState, data: Data) -> Frame:
    return data.ask(figures.volatility_index, _on(state, data))


def _controls(state: FlowState, data: Data) -> Component:
    names = [name for name, kind in data.ask(products).items() if kind == "options"]
    return html.Div(
        controls.row(
            controls.day("on", "Session", state.on, last=data.ask(figures.newest)),
            controls.choice("options", "Options", names, state.options),
            controls.choice("term", "Expiry", [], state.term),
            controls.segments("part", "Traded in", chain.PARTS, state.part),
            controls.segments("sessions", "Sessions of ratios", _SPANS, state.sessions),
        ),
        className="chain-controls",
    )


def _body(state: FlowState, data: Data) -> Component:
    on = _on(state, data)

    def strikes(frame: Frame) -> list[Component]:
        parts = {row["session_part"]: row for row in _expiry(state, data).rows.to_pylist()}
        of_part, whole = parts.get(state.part, {}), parts.get("whole", {})
        return drawing.by_strike(frame, of_part, whole, on)

    prices = chain.ChainState(options=state.options, expiry=state.term, on=on, part=state.part)
    return html.Div(
        [
            *notices.section(
                f"{state.options} {state.term}: calls against puts, session {on}",
                FLOW.path,
                lambda: _by_strike(state, data),
                strikes,
            ),
            html.P(
                [
                    "Prices of the same options: ",
                    links.to(chain.CHAIN.path, prices, "Chain"),
                    ". Behind all figures of the session: ",
                    trades.of_options(state.options, on, f"the trades of {state.options}"),
                    ".",
                ]
            ),
            *notices.section(
                f"{state.options}: puts to calls, {state.sessions} sessions up to {on}",
                FLOW.path,
                lambda: _ratios(state, data),
                lambda frame: drawing.ratios(frame, state.options),
            ),
            *notices.section(
                f"Volatility index, session {on}",
                FLOW.path,
                lambda: _volatility_index(state, data),
                lambda frame: drawing.volatility_index(frame, on),
            ),
        ]
    )


def _offers(state: FlowState, data: Data) -> Offers:
    return {"term": data.ask(choices.contracts, state.options, "options", _on(state, data))}


FLOW = Page(
    path="/flow",
    title="Flow",
    about=(
        "Options of one session: contracts, premium and open interest by strike, puts to calls, "
        "and the volatility index."
    ),
    state=FlowState,
    body=_body,
    controls=_controls,
    offers=_offers,
    tables={
        "strikes": _by_strike,
        "expiry": _expiry,
        "ratios": _ratios,
        "volatility_index": _volatility_index,
    },
    order=24,
)
