"""Controls that change the state of a page: what people choose is put into the page's address.

A control is any component with `value`, whose id is that of a field: the frame keeps both alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

# The store that holds the query of the page: Input(STATE, "data") is called whenever it changes.
STATE = "state"
# Of thousands of names so many are listed at once; people find others by typing.
LISTED = 200


def of(field: str) -> dict[str, str]:
    """The id of the control of a field of the state."""
    return {"field": field}


def aria(label: str) -> dict[str, Any]:
    """What names a component for who hears it, among its other arguments."""
    return {"aria-label": label}


def row(*controls: Component) -> Component:
    """Controls side by side, below each other where the screen is narrow."""
    return dmc.Group(list(controls), align="flex-end", gap="sm", className="controls")


def choice(
    field: str,
    label: str,
    options: Iterable[str] | Mapping[str, str],
    value: object,
    *,
    otherwise: str = "",
) -> Component:
    """One of many, which can be searched.

    Args:
        field: The field of the state.
        label: What it is called.
        options: What there is to choose from, perhaps with how each is called.
        value: What is chosen; none where it is empty.
        otherwise: What is taken where none is chosen; by default one has to be.
    """
    clearable = bool(otherwise)
    return dmc.Select(
        id=of(field),
        label=label,
        data=offered(options, value),
        value=None if value in (None, "") else str(value),
        searchable=True,
        limit=LISTED,
        clearable=clearable,
        clearButtonProps={"aria-label": f"No {label}"},
        allowDeselect=clearable,
        placeholder=otherwise,
        nothingFoundMessage="there is none of that name",
    )


def segments(
    field: str, label: str, options: Iterable[str] | Mapping[str, str], value: object
) -> Component:
    """One of a few, all of which are seen."""
    inside = dmc.SegmentedControl(
        id=of(field), data=offered(options), value=str(value), **aria(label)
    )
    return html.Div([dmc.Text(label, size="sm", fw=500), inside])


def day(
    field: str,
    label: str,
    value: date | None,
    *,
    last: date | None = None,
    otherwise: str = "the newest",
) -> Component:
    """A day; none for the newest, or what is taken otherwise."""
    return dmc.DateInput(
        id=of(field),
        label=label,
        value=None if value is None else value.isoformat(),
        valueFormat="YYYY-MM-DD",
        placeholder=otherwise,
        clearable=True,
        clearButtonProps={"aria-label": f"Take {otherwise}"},
        maxDate=None if last is None else last.isoformat(),
    )


def offered(
    options: Iterable[str] | Mapping[str, str], value: object = None
) -> list[dict[str, str]]:
    """What there is to choose from, with what is chosen.

    A field that does not find its value would be emptied, and the address with it: what an address
    names wrongly is to be refused by a sentence, and not replaced.
    """
    named = dict(options) if isinstance(options, Mapping) else {one: one for one in options}
    if value not in (None, ""):
        named.setdefault(str(value), str(value))
    return [{"value": str(value), "label": str(label)} for value, label in named.items()]
