"""Which session is looked at, and the way to the one before and the one after."""

from __future__ import annotations

import pyarrow.compute as pc
from dash import html
from dash.development.base_component import Component

from indextracker_dashboard import controls
from indextracker_dashboard.data import Data
from indextracker_dashboard.truth import asked
from indextracker_dashboard.truth.state import TruthState, link


def key_of(state: TruthState, data: Data) -> str:
    """The key that is looked at.

    Raises:
        LookupError: None is named, and there is no document in the span.
    """
    if state.key:
        return state.key
    found = data.ask(asked.states, state.of.name, state.until, state.count)
    newest = asked.newest_key(found, state.of)
    if newest is None:
        raise LookupError(
            f"no document of {state.of.title} is there in these {state.count} sessions: "
            f"indextracker backfill {state.of.name} brings them, or choose an earlier day"
        )
    return newest


def around(state: TruthState, data: Data, key: str) -> Component:
    """The choice of a key, among those of its time line in the span."""
    rows = data.ask(asked.states, state.of.name, state.until, state.count).arrow()
    line = rows.filter(pc.equal(rows["key"], key))["timeline"].to_pylist()[:1]
    of_line = rows.filter(pc.equal(rows["timeline"], line[0])) if line else rows
    every = list(dict.fromkeys(of_line["key"].to_pylist()))
    options = sorted({*every, key}, reverse=True)
    earlier = max((one for one in every if one < key), default=None)
    later = min((one for one in every if one > key), default=None)
    steps = [
        link(state, f"{arrow} {one}", key=one, classes="step")
        for arrow, one in (("←", earlier), ("→", later))
        if one is not None
    ]
    return controls.row(
        controls.choice(
            "key",
            state.of.timeline.unit.removesuffix("s").title(),
            options,
            state.key,
            otherwise=f"{key}, the newest",
        ),
        html.Nav(steps, className="steps", **controls.aria("Sessions beside it")),
    )
