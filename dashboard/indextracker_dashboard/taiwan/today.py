"""Taiwan on the page Today: the index, its futures, the basis between them, and options."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dash import html
from dash.development.base_component import Component

from indextracker import Frame, Lakehouse
from indextracker_dashboard import drawing
from indextracker_dashboard.data import Data
from indextracker_dashboard.sections import Section, changed, tile, tiles

INDEX, FUTURES, OPTIONS = "TAIEX", "TX", "TXO"
FRONT = "M"
ZONE = "Asia/Taipei"
MINUTE = timedelta(minutes=1)
# Without a trade for longer the market was closed.
CLOSED = timedelta(hours=2)


def sessions(lakehouse: Lakehouse, on: date | None) -> Frame:
    """The index in a session and the one before, in their order; by default the newest two."""
    last = on or lakehouse.bars(INDEX, per="session").arrow()["session_date"][0].as_py()
    before = lakehouse.sessions("XTAI", first=last - timedelta(days=30), last=last)
    days = before.arrow()["session_date"].to_pylist()[-2:]
    return lakehouse.bars(INDEX, per="session", sessions=days if last in days else [last])


def futures(lakehouse: Lakehouse, on: date) -> Frame:
    """The front month of a session as a whole."""
    return lakehouse.bars(FUTURES, FRONT, per="session", sessions=[on])


def chain(lakehouse: Lakehouse, on: date) -> Frame:
    """The options of a session as a whole."""
    return lakehouse.chain(OPTIONS, on)


def minutes(lakehouse: Lakehouse, on: date, instrument: str, contract: str | None) -> Frame:
    """A session by minutes."""
    return lakehouse.bars(instrument, contract, minutes=1, sessions=[on]).in_zone(ZONE)


def basis(index: pa.Table, front: pa.Table) -> tuple[float, Any] | None:
    """The future less the index, by the closes of the last minute in which both were printed.

    Returns:
        The difference in points, and when the minute began; None where they share none.
    """
    both = index.select(["bar_start", "close"]).join(
        front.select(["bar_start", "close"]), "bar_start", join_type="inner", right_suffix="_front"
    )
    if not both.num_rows:
        return None
    last = both.sort_by("bar_start").slice(both.num_rows - 1).to_pylist()[0]
    return last["close_front"] - last["close"], last["bar_start"]


def put_call(options: pa.Table, column: str) -> float | None:
    """Puts to calls by a count of the chain; None without calls."""
    of_type = {
        kind: pc.sum(options.filter(pc.field("option_type") == kind)[column]).as_py() or 0
        for kind in ("P", "C")
    }
    return of_type["P"] / of_type["C"] if of_type["C"] else None


def _draw(on: date | None, data: Data) -> Component:
    found = data.ask(sessions, on).arrow().to_pylist()
    if not found or (on and found[-1]["session_date"] != on):
        raise LookupError(f"{INDEX} has no session on {on}: the page Truth says why")
    now = found[-1]
    day = now["session_date"]
    before = found[-2]["close"] if len(found) > 1 else None
    index = data.ask(minutes, day, INDEX, None).arrow()
    front = data.ask(minutes, day, FUTURES, FRONT).arrow()
    shown = [_level(INDEX, now["close"], before), *_of_futures(day, data, index, front)]
    shown += _of_options(day, data)
    name = f"{INDEX} and {FUTURES} {FRONT} of {day}, by minutes in Taipei time"
    return html.Div(
        [html.P(f"Session of {day}", className="of"), tiles(*shown), _chart(index, front, name)]
    )


def _level(name: str, close: float, before: float | None) -> Component:
    said, sign = changed(close, before)
    return tile(name, f"{close:,.2f}", said, sign=sign)


def _of_futures(day: date, data: Data, index: pa.Table, front: pa.Table) -> list[Component]:
    rows = data.ask(futures, day).arrow().to_pylist()
    if not rows:
        return [tile(f"{FUTURES} {FRONT}", "not there", "the page Truth says why")]
    [whole] = rows
    title = f"{FUTURES} {FRONT} ({whole['expiry']})"
    shown = [
        tile(title, f"{whole['close']:,.0f}", f"{whole['low']:,.0f} to {whole['high']:,.0f}"),
        tile("Turnover", f"{whole['contracts']:,}", f"contracts of {whole['expiry']}"),
    ]
    if apart := basis(index, front):
        points, at = apart
        shown.insert(1, tile("Basis", f"{points:+,.2f}", f"future less index at {at:%H:%M}"))
    return shown


def _of_options(day: date, data: Data) -> list[Component]:
    options = data.ask(chain, day).arrow()
    by_volume, by_interest = put_call(options, "contracts"), put_call(options, "open_interest")
    if by_volume is None:
        return [tile("Put/call", "not there", "the page Truth says why")]
    interest = "not reported" if by_interest is None else f"{by_interest:.2f}"
    return [tile("Put/call", f"{by_volume:.2f}", f"by volume; by open interest {interest}")]


def _chart(index: pa.Table, front: pa.Table, name: str) -> Component:
    lines = ((f"{FUTURES} {FRONT}", front, drawing.VERMILION), (INDEX, index, drawing.BLUE))
    data = [
        {
            "type": "scatter",
            "x": pc.strftime(rows["bar_start"], "%Y-%m-%d %H:%M").to_pylist(),
            "y": rows["close"].to_pylist(),
            "name": label,
            # Of a minute in which legs of spreads alone were traded there is no price.
            "connectgaps": True,
            "line": {"color": colour, "width": 1.5},
        }
        for label, rows, colour in lines
    ]
    axes = {
        "xaxis": {"rangebreaks": _breaks(front["bar_start"].to_pylist())},
        "yaxis": {"tickformat": ",d"},
    }
    return drawing.chart({"data": data, "layout": axes}, name)


def _breaks(times: Sequence[datetime]) -> list[dict[str, Any]]:
    """What is left out of the axis: between night and day, also over a weekend, trading rests."""
    return [
        {"bounds": [f"{one + MINUTE:%Y-%m-%d %H:%M}", f"{other:%Y-%m-%d %H:%M}"]}
        for one, other in pairwise(times)
        if other - one > CLOSED
    ]


SECTION = Section(
    subject="taiwan",
    title="Taiwan",
    draw=_draw,
    tables={"index": sessions},
)
