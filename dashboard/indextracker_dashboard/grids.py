"""Tables that are sorted, filtered and gone through by keys: one look, made of Arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import dash_ag_grid as dag
import pyarrow as pa
from dash import html
from dash.development.base_component import Component

from indextracker_dashboard.controls import aria

_OPTIONS = {
    "theme": {"function": "themeQuartz.withPart(colorSchemeVariable)"},
    "animateRows": False,
    "suppressCellFocus": False,
    "enableCellTextSelection": True,
    "ensureDomOrder": True,
    "suppressFieldDotNotation": True,
}
_COLUMN = {
    "sortable": True,
    "filter": True,
    "resizable": True,
    "minWidth": 90,
    "wrapHeaderText": True,
    "autoHeaderHeight": True,
}


# A table of so few rows is as high as they are.
_FEW = 10


def grid(
    rows: pa.Table,
    name: str,
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
    height: int | None = None,
    fits: bool = False,
    **more: Any,
) -> Component:
    """A table.

    Args:
        rows: The rows; dates, times and decimals are shown as text.
        name: What it shows, for who hears it.
        columns: Which columns in which order, each with what its definition has beside the default;
            by default all.
        height: Its greatest height in pixels, within which it scrolls; by default it has none.
        fits: Whether its columns share the width of the page, as far as they can be read then.
        **more: Properties of `AgGrid`.
    """
    chosen = columns or {column: {} for column in rows.column_names}
    shown = rows.select(list(chosen))
    definitions = [
        {
            "field": column,
            "headerName": column.replace("_", " "),
            **_kind(shown.schema.field(column).type),
            **given,
        }
        for column, given in chosen.items()
    ]
    height = height if shown.num_rows > _FEW else None
    options = _OPTIONS | ({"domLayout": "autoHeight"} if height is None else {})
    options |= more.pop("dashGridOptions", {})
    table = dag.AgGrid(
        rowData=records(shown),
        columnDefs=definitions,
        defaultColDef=_COLUMN,
        columnSize="responsiveSizeToFit" if fits else "autoSize",
        dashGridOptions=options,
        style={"height": height, "width": "100%"},
        **more,
    )
    return html.Section(table, **aria(name))


def records(rows: pa.Table) -> list[dict[str, Any]]:
    """The rows as browsers take them."""
    found: list[dict[str, Any]] = as_text(rows, _is_plain).to_pylist()
    return found


def as_text(rows: pa.Table, stays: Callable[[pa.DataType], bool]) -> pa.Table:
    """The rows with columns as text, but for those of some types."""
    columns = [
        column
        if stays(column.type)
        else pa.array(
            [None if one is None else str(one) for one in column.to_pylist()], pa.string()
        )
        if pa.types.is_nested(column.type)
        else column.cast(pa.string())
        for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_string(kind)
    )


def _kind(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return {"type": "rightAligned"}
    return {}
