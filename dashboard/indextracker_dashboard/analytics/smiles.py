"""The page Smiles: what options imply at an instant, by strike and by expiry.

What the figures are is told in `smile_figures`, and how they are drawn in `smile_drawing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_catalogue.analytics.options import PRICES_WITHIN_SECONDS
from indextracker_dashboard import controls, links
from indextracker_dashboard.analytics import smile_drawing as drawing
from indextracker_dashboard.analytics import smile_figures as figures
from indextracker_dashboard.analytics import trades
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Offers, Page
from indextracker_dashboard.state import State
from indextracker_dashboard.taiwan import chain as chains

_COUNTS = timedelta(seconds=PRICES_WITHIN_SECONDS)


@dataclass(frozen=True)
class SmilesState(State):
    """Which smile of which session.

    Attributes:
        product: A product of options.
        on: The session; the newest with smiles by default.
        at: The instant, HH:MM on the exchange's clock; the last with a smile by default.
        expiry: Whose smile is drawn beside its options; the next with a smile by default.
    """

    product: str = "TXO"
    on: date | None = None
    at: str | None = None
    expiry: str | None = None


def _on(state: SmilesState, data: Data) -> date:
    return state.on or data.ask(figures.newest)


def _all_day(state: SmilesState, data: Data) -> Frame:
    return data.ask(figures.smiles, state.product, _on(state, data))


def _at_once(state: SmilesState, data: Data) -> pl.DataFrame:
    """The smiles of the instant."""
    rows = _all_day(state, data).polars()
    return rows.filter(observed_at=figures.moment(rows, state.at))


def _options(state: SmilesState, data: Data) -> Frame:
    """All options of the product at the instant."""
    at = _at_once(state, data)["observed_at"][0]
    return data.ask(figures.options, state.product, _on(state, data), at)


def _chosen(state: SmilesState, rows: pl.DataFrame) -> dict[str, Any]:
    """The row of the expiry that is drawn."""
    if state.expiry is None:
        fitted = rows.filter(pl.col("reason").is_null())
        return (rows if fitted.is_empty() else fitted).row(0, named=True)
    own = rows.filter(expiry=state.expiry)
    if own.is_empty():
        there = ", ".join(rows["expiry"].to_list())
        raise LookupError(f"no option of {state.expiry} has a price then: there are {there}")
    return own.row(0, named=True)


def _controls(state: SmilesState, data: Data) -> Component:
    return controls.row(
        controls.day("on", "Session", state.on, last=data.ask(figures.newest)),
        controls.choice("product", "Options", [], state.product),
        controls.choice("at", "Time in Taipei", [], state.at, otherwise="the last"),
        controls.choice("expiry", "Expiry", [], state.expiry, otherwise="the next"),
    )


def _body(state: SmilesState, data: Data) -> Component:
    on = _on(state, data)
    rows, options = _at_once(state, data), _options(state, data)
    row = _chosen(state, rows)
    own = options.polars().filter(expiry=row["expiry"])
    at = figures.local(row["observed_at"])
    chain = chains.ChainState(options=state.product, expiry=row["expiry"], on=on)
    return html.Div(
        [
            html.H2(f"{state.product} {row['expiry']}: smile at {at}"),
            *drawing.smile(row, own),
            html.P(
                [
                    links.to(chains.CHAIN.path, chain, "The chain of this expiry"),
                    ", and ",
                    trades.of_options(
                        state.product,
                        on,
                        f"the trades of the {_COUNTS.seconds // 60} minutes up to then",
                        expiry=row["expiry"],
                        between=(row["observed_at"] - _COUNTS, row["observed_at"]),
                    ),
                    ".",
                ]
            ),
            html.H2(f"{state.product}: surface at {at}"),
            *drawing.surface(rows),
            html.H2(f"{state.product}: total variance of all expiries at {at}"),
            *drawing.total_variances(rows),
            html.H2(f"{state.product}: term structure"),
            *drawing.terms(rows, _all_day(state, data).polars()),
            html.H2(f"{state.product}: prices that break a relation at {at}"),
            *drawing.violations(options, on),
        ]
    )


def _offers(state: SmilesState, data: Data) -> Offers:
    times = _all_day(state, data).polars()["clock"].unique(maintain_order=True)
    return {
        "product": data.ask(figures.products, _on(state, data)),
        "at": times.to_list(),
        "expiry": _at_once(state, data)["expiry"],
    }


SMILES = Page(
    path="/smiles",
    title="Smiles",
    about=(
        "What options imply at an instant of a session: the smile of an expiry, all expiries "
        "beside each other, the term structure, and prices that contradict each other."
    ),
    state=SmilesState,
    body=_body,
    controls=_controls,
    offers=_offers,
    tables={"smiles": _all_day, "options": _options},
    order=22,
)
