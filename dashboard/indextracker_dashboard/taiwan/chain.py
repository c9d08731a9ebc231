"""The page Chain: the contracts of a session beside each other: futures, options, spreads.

What the figures are is told in `chain_figures`, and how they are drawn in `chain_drawing`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import controls, notices
from indextracker_dashboard.candles import choices
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Offers, Page
from indextracker_dashboard.state import State
from indextracker_dashboard.taiwan import chain_drawing as drawing
from indextracker_dashboard.taiwan import chain_figures as figures

PARTS = {"whole": "whole session", "day": "day", "night": "night"}


@dataclass(frozen=True)
class ChainState(State):
    """Which contracts of which session.

    Attributes:
        futures: Product of futures.
        options: Product of options.
        expiry: Expiry or expire code of the options.
        on: The session; the newest by default.
        part: Whose prices and volume.
        strikes: Whether strikes that nobody holds or traded are shown too.
    """

    futures: str = "TX"
    options: str = "TXO"
    expiry: str = "M"
    on: date | None = None
    part: Literal["whole", "day", "night"] = "whole"
    strikes: Literal["used", "all"] = "used"


def _on(state: ChainState, data: Data) -> date:
    return state.on or data.ask(figures.newest)


def _futures(state: ChainState, data: Data) -> Frame:
    return data.ask(figures.term_structure, state.futures, _on(state, data), state.part)


def _smile(state: ChainState, data: Data) -> Frame:
    return data.ask(figures.smile, state.options, _on(state, data), state.expiry)


def _options(state: ChainState, data: Data) -> Frame:
    on = _on(state, data)
    frame = data.ask(figures.by_strike, state.options, on, state.expiry, state.part)
    # Without trades or a date of its expiry there is a chain all the same; the smile says why.
    with suppress(LookupError, ValueError):
        frame = figures.with_volatility(frame, _smile(state, data))
    used = pl.sum_horizontal(
        pl.col(f"{side}_{name}").fill_null(0)
        for side in ("call", "put")
        for name in ("contracts", "open_interest")
    )
    rows = frame.polars().filter(used > 0)
    # Where nothing is known to be used, as without the exchange's report, all are better than none.
    if state.strikes == "all" or rows.is_empty():
        return frame
    return Frame(rows.to_arrow(), frame.gaps)


def _spreads(state: ChainState, data: Data) -> Frame:
    return data.ask(figures.spreads, state.futures, _on(state, data), state.part)


def _controls(state: ChainState, data: Data) -> Component:
    products = data.ask(figures.products)

    def of(kind: str) -> list[str]:
        return [name for name, its in products.items() if its == kind]

    return html.Div(
        controls.row(
            controls.day("on", "Session", state.on, last=data.ask(figures.newest)),
            controls.choice("futures", "Futures", of("futures"), state.futures),
            controls.choice("options", "Options", of("options"), state.options),
            controls.choice("expiry", "Expiry of options", [], state.expiry),
            controls.segments("part", "Prices and volume of", PARTS, state.part),
            controls.segments(
                "strikes", "Strikes", {"used": "held or traded", "all": "all"}, state.strikes
            ),
        ),
        className="chain-controls",
    )


def _body(state: ChainState, data: Data) -> Component:
    on = _on(state, data)

    def index_of(product: str) -> tuple[str, float] | None:
        index = data.ask(figures.underlying, product)
        close = data.ask(figures.day_close, index, on)
        return None if index is None or close is None else (index, close)

    return html.Div(
        [
            *notices.drawn(
                f"{state.futures}: futures by expiry, session {on}",
                _futures(state, data),
                lambda frame: drawing.term_structure(
                    frame, state.futures, on, index_of(state.futures)
                ),
            ),
            *notices.section(
                f"{state.options} {state.expiry}: options by strike, session {on}",
                CHAIN.path,
                lambda: _options(state, data),
                lambda frame: drawing.by_strike(frame, state.options, on, index_of(state.options)),
            ),
            *notices.section(
                f"{state.options} {state.expiry}: implied volatility at the close of {on}",
                CHAIN.path,
                lambda: _smile(state, data),
                lambda frame: drawing.smile(frame, state.options, on),
            ),
            *notices.section(
                f"{state.futures}: calendar spreads traded, session {on}",
                CHAIN.path,
                lambda: _spreads(state, data),
                lambda frame: drawing.spreads(frame, state.futures, on),
            ),
        ]
    )


def _offers(state: ChainState, data: Data) -> Offers:
    return {"expiry": data.ask(choices.contracts, state.options, "options", _on(state, data))}


CHAIN = Page(
    path="/chain",
    title="Chain",
    about=(
        "Futures by expiry, options by strike with what they imply, and calendar spreads of one "
        "session."
    ),
    state=ChainState,
    body=_body,
    controls=_controls,
    offers=_offers,
    tables={"futures": _futures, "options": _options, "smile": _smile, "spreads": _spreads},
    order=20,
)
