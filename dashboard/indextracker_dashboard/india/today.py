"""India on the page Today: breadth, turnover and the shares of NSE that moved most."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dash import html
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker_dashboard import grids
from indextracker_dashboard.data import Data
from indextracker_dashboard.sections import Section, tile, tiles

SERIES = "EQ"
MOVERS = 5
CRORE = 10_000_000


def movers(lakehouse: Lakehouse, on: date | None) -> Frame:
    """The shares of a session by how far they went from the exchange's own previous close.

    Returns:
        A frame of symbol, close (INR), change (per cent of the previous close, which the exchange
        adjusts for corporate actions of the day) and turnover (crore INR), from the greatest rise
        to the greatest fall.
    """
    rows = lakehouse.equities(series=SERIES, sessions=[on] if on else None).arrow()
    rows = rows.filter((pc.field("previous_close") > 0) & pc.field("close").is_valid())
    change = pc.multiply(
        pc.subtract(pc.divide(_number(rows, "close"), _number(rows, "previous_close")), 1.0), 100.0
    )
    return Frame(
        pa.table(
            {
                "session_date": rows["session_date"],
                "symbol": rows["symbol"],
                "close": _number(rows, "close"),
                "change_percent": change,
                "turnover_crore": pc.divide(_number(rows, "turnover_inr"), float(CRORE)),
            }
        ).sort_by([("change_percent", "descending"), ("symbol", "ascending")])
    )


def _number(rows: pa.Table, column: str) -> pa.ChunkedArray:
    return rows[column].cast(pa.float64())


def _draw(on: date | None, data: Data) -> Component:
    rows = data.ask(movers, on).arrow()
    if not rows.num_rows:
        raise LookupError(f"NSE has no shares of {on or 'any session'}: the page Truth says why")
    change = rows["change_percent"]
    up, down = (pc.sum(of(change, 0.0)).as_py() for of in (pc.greater, pc.less))
    turnover = pc.sum(rows["turnover_crore"]).as_py()
    middle = pc.quantile(change, 0.5)[0].as_py()
    return html.Div(
        [
            html.P(f"Session of {rows['session_date'][0].as_py()}", className="of"),
            tiles(
                tile("Rising", f"{up:,}", f"of {rows.num_rows:,} shares of {SERIES}", sign=1),
                tile("Falling", f"{down:,}", f"of {rows.num_rows:,} shares of {SERIES}", sign=-1),
                tile("Median change", f"{middle:+.2f} %", "half of the shares did better"),
                tile("Turnover", f"{turnover:,.0f}", "crore INR"),
            ),
            html.Div(
                [
                    _table("Greatest rises", rows.slice(0, MOVERS)),
                    _table("Greatest falls", rows.slice(max(rows.num_rows - MOVERS, 0))[::-1]),
                ],
                className="pair",
            ),
        ]
    )


def _table(name: str, rows: pa.Table) -> Component:
    two = {"valueFormatter": {"function": "d3.format(',.2f')(params.value)"}}
    signed = {"valueFormatter": {"function": "d3.format('+,.2f')(params.value)"}}
    columns: dict[str, dict[str, Any]] = {
        "symbol": {"flex": 2},
        "close": {"headerName": "close, INR", "flex": 1, **two},
        "change_percent": {"headerName": "change, %", "flex": 1, **signed},
        "turnover_crore": {"headerName": "crore INR", "flex": 1, **two},
    }
    return html.Div([html.H3(name), grids.grid(rows, name, columns=columns)])


SECTION = Section(subject="india", title="India", draw=_draw, tables={"movers": movers})
