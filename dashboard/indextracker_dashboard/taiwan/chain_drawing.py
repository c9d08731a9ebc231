"""How the page Chain draws its figures: charts, and tables that lead to candles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import drawing, grids

_OPTIONS_HEIGHT = 560
# From the outside to the strike.
_OF_SIDE = ("open_interest", "contracts", "volatility", "settlement_price", "close")
_DAYS_OF_A_YEAR = 365
_DENSE = {"rowHeight": 30}
_CALLS, _PUTS = drawing.BLUE, drawing.VERMILION
Index = tuple[str, float] | None


def _format(pattern: str) -> dict[str, Any]:
    said = f"params.value == null ? '' : d3.format('{pattern}')(params.value)"
    return {"valueFormatter": {"function": said}}


# Numbers are compared down a column: all of one have as many decimals.
_WHOLE, _PRICE, _SIGNED, _SHARE = map(_format, (",d", ",.2f", "+,.2f", ".1%"))
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "open_interest": _WHOLE,
    "contracts": _WHOLE,
    "volatility": {"headerTooltip": "A year, implied at the close of the session", **_SHARE},
}
_LINK = {"cellRenderer": "markdown"}


def term_structure(frame: Frame, product: str, on: date, index: Index) -> list[Component]:
    """Settlement prices by expiry beside the index, open interest below, and all figures."""
    rows = frame.polars()
    expiries = rows["expiry"].to_list()
    cross = {"symbol": "x-thin", "size": 10, "line": {"width": 2, "color": drawing.VERMILION}}
    data: list[dict[str, Any]] = [
        {
            "y": rows["settlement_price"].to_list(),
            "name": "settlement price",
            "mode": "lines+markers",
        }
        | {"line": {"color": drawing.BLUE}},
        {"y": rows["close"].to_list(), "name": "close", "mode": "markers", "marker": cross},
    ]
    if index:
        level = [index[1]] * len(expiries)
        style = {"dash": "dash", "color": drawing.GREY}
        data.append(
            {"y": level, "name": f"{index[0]} at its close", "mode": "lines", "line": style}
        )
    for name, said, colour in (
        ("open_interest", "open interest", drawing.SKY),
        ("contracts", "contracts traded", drawing.ORANGE),
    ):
        bars = {"type": "bar", "yaxis": "y2", "marker": {"color": colour}}
        data.append({"y": rows[name].to_list(), "name": said} | bars)
    layout = {
        "xaxis": {"type": "category", "anchor": "y2"},
        "yaxis": {"title": {"text": "price"}, "tickformat": ",d", "domain": [0.4, 1]},
        "yaxis2": {"title": {"text": "contracts"}, "tickformat": ",d", "domain": [0, 0.34]},
    }
    figure = {"data": [{"x": expiries} | one for one in data], "layout": layout}
    linked = _linked(rows, "expiry", product, on, pl.col("expiry"))
    columns: Mapping[str, Mapping[str, Any]] = {
        "expiry": _LINK,
        "codes": {},
        "last_trading_date": {"headerName": "last trading day", "minWidth": 120},
        "days": {"headerTooltip": "Days from the session to the last trading day"},
        "settlement_price": {"headerName": "settlement", **_PRICE},
        "close": _PRICE,
        "basis": {
            "headerTooltip": "The last price before the index closed, less its close",
            **_SIGNED,
        },
        "settlement_basis": {
            "headerName": "settlement less index",
            "headerTooltip": "The settlement price less the close of the index",
            **_SIGNED,
        },
        "contracts": _WHOLE,
        "spread_contracts": {
            "headerName": "legs of spreads",
            "headerTooltip": "Contracts traded as legs of calendar spreads, beside those before",
            **_WHOLE,
        },
        "open_interest": _WHOLE,
    }
    said = f"Futures of {product} by expiry, {on}"
    of_index = f"{index[0]} closed at {index[1]:,.2f}." if index else "The lake has no index of it."
    return [
        drawing.chart(figure, said, height=420),
        html.P(of_index, className="chain-note"),
        grids.grid(
            linked.to_arrow(),
            said,
            # Of a few rows nobody needs filters, whose signs take the room of names.
            columns={name: {"filter": False, **of} for name, of in columns.items()},
            fits=True,
            dashGridOptions=_DENSE,
        ),
    ]


def by_strike(frame: Frame, product: str, on: date, index: Index) -> list[Component]:
    """Open interest and volume by strike, and calls and puts beside each other.

    Volatilities are left out of the table where the frame has none.
    """
    rows = frame.polars()
    shown = [name for name in _OF_SIDE if f"call_{name}" in rows.columns]
    expiry = rows["expiry"][0]
    strikes = rows["strike"].to_list()
    data = [
        {
            "type": "bar",
            "x": strikes,
            "y": rows[f"{side}_{name}"].to_list(),
            "yaxis": axis,
            "name": f"{side}s",
            "legendgroup": side,
            "showlegend": axis == "y",
            "marker": {"color": colour},
            # Beside each other, and not above those of the other axis.
            "offsetgroup": side,
        }
        for name, axis in (("open_interest", "y"), ("contracts", "y2"))
        for side, colour in (("call", _CALLS), ("put", _PUTS))
    ]
    layout = {
        "barmode": "group",
        "bargap": 0.15,
        "xaxis": {"tickformat": ",d", "anchor": "y2"},
        "yaxis": {"title": {"text": "open interest"}, "tickformat": ",d", "domain": [0.54, 1]},
        "yaxis2": {"title": {"text": "traded"}, "tickformat": ",d", "domain": [0, 0.46]},
        "shapes": drawing.upright(index[1] if index else None),
    }
    figure = {"data": data, "layout": layout}
    columns: dict[str, Mapping[str, Any]] = {
        **_side("call", shown, "<", index),
        "strike": {"cellClass": "chain-strike", "maxWidth": 90, **_format(",~f")},
        **_side("put", reversed(shown), ">", index),
    }
    sums = {
        side: (int(rows[f"{side}_open_interest"].sum()), int(rows[f"{side}_contracts"].sum()))
        for side in ("call", "put")
    }
    said = f"Options of {product} {expiry} by strike, {on}"
    return [
        drawing.chart(figure, said, height=460),
        html.P(_totals(sums, index), className="chain-note"),
        grids.grid(
            rows.to_arrow(),
            said,
            columns=columns,
            height=_OPTIONS_HEIGHT,
            fits=True,
            dashGridOptions=_DENSE,
            scrollTo={"rowIndex": _at_the_money(strikes, index), "rowPosition": "middle"},
        ),
    ]


def smile(frame: Frame, product: str, on: date) -> list[Component]:
    """Implied volatilities by strike, and what they were made with."""
    rows = frame.polars()
    first, strikes = rows.row(0, named=True), rows["strike"].cast(pl.Float64).to_list()
    implied = rows.drop_nulls("volatility")
    if implied.is_empty():
        reasons = pl.concat([rows["call_reason"], rows["put_reason"]]).drop_nulls()
        return [html.P(f"No price implies one: {', '.join(reasons.mode().sort())}.")]
    data: list[dict[str, Any]] = [
        {
            "x": implied["strike"].cast(pl.Float64).to_list(),
            "y": implied["volatility"].to_list(),
            "name": "out of the money",
            "mode": "lines",
            "line": {"color": drawing.GREY},
        }
    ]
    for side, colour, symbol in (("call", _CALLS, "circle-open"), ("put", _PUTS, "x-thin-open")):
        marker = {"color": colour, "symbol": symbol, "size": 8, "line": {"width": 2}}
        implied_by = rows[f"{side}_volatility"].to_list()
        data.append(
            {"x": strikes, "y": implied_by, "name": f"{side}s", "mode": "markers", "marker": marker}
        )
    layout = {
        "xaxis": {"title": {"text": "strike"}, "tickformat": ",d"},
        "yaxis": {"title": {"text": "volatility a year"}, "tickformat": ".0%"},
        "shapes": drawing.upright(first["forward"]),
    }
    figure = {"data": data, "layout": layout}
    nearest = implied.sort(pl.col("moneyness").abs()).row(0, named=True)
    days = first["years"] * _DAYS_OF_A_YEAR
    said = (
        f"At the money {nearest['volatility']:.1%}. Dashed: the forward by put-call parity, "
        f"{first['forward']:,.2f}; {days:,.1f} days to the expiry of {first['expiry']}. Prices of "
        "the last quarter of an hour count, and no interest."
    )
    name = f"Implied volatility of {product} {first['expiry']} by strike, {on}"
    return [drawing.chart(figure, name, height=340), html.P(said, className="chain-note")]


def spreads(frame: Frame, product: str, on: date) -> list[Component]:
    """Prices and volume of calendar spreads."""
    rows = frame.polars()
    both = pl.concat_str("near_expiry", pl.lit("/"), "far_expiry")
    linked = _linked(rows.with_columns(both.alias("spread")), "spread", product, on, both)
    columns: Mapping[str, Mapping[str, Any]] = {
        "spread": _LINK,
        **dict.fromkeys(("open", "high", "low", "close", "vwap"), _PRICE),
        **dict.fromkeys(("contracts", "trades"), _WHOLE),
    }
    return [
        html.P("Prices are those of the far contract less the near one.", className="chain-note"),
        grids.grid(
            linked.to_arrow(),
            f"Calendar spreads of {product}, {on}",
            columns=columns,
            dashGridOptions=_DENSE,
        ),
    ]


def _linked(
    rows: pl.DataFrame, column: str, product: str, on: date, contract: pl.Expr
) -> pl.DataFrame:
    """Rows whose contracts are links to their candles."""
    rest = urlencode({"instrument": product, "last": on.isoformat(), "sessions": 1})
    # Expiries are digits and letters alone, so that they need no escaping.
    link = pl.format("[{}](/candles?{}&contract={})", pl.col(column), pl.lit(rest), contract)
    return rows.with_columns(link.alias(column))


def _side(
    side: str, names: Iterable[str], inside: str, index: Index
) -> dict[str, Mapping[str, Any]]:
    """The columns of calls or of puts; those in the money are shaded."""
    shaded: dict[str, Any] = {}
    if index:
        shaded["cellClassRules"] = {"chain-inside": f"params.data.strike {inside} {index[1]}"}
    return {
        f"{side}_{name}": {
            "headerName": f"{side} {name.replace('_price', '').replace('_', ' ')}",
            "filter": False,
            **_KINDS.get(name, _PRICE),
            **shaded,
        }
        for name in names
    }


def _at_the_money(strikes: Sequence[float], index: Index) -> int:
    """The place of the strike next to the index; of the middle one without an index."""
    if index is None:
        return len(strikes) // 2
    return min(range(len(strikes)), key=lambda place: abs(strikes[place] - index[1]))


def _totals(sums: Mapping[str, tuple[int, int]], index: Index) -> str:
    (call_open, call_traded), (put_open, put_traded) = sums["call"], sums["put"]
    said = (
        f"Open interest of these strikes: {call_open:,} calls, {put_open:,} puts"
        f"{_by(put_open, call_open)}. Traded: {call_traded:,} calls, {put_traded:,} puts"
        f"{_by(put_traded, call_traded)}."
    )
    return said + (f" Dashed: {index[0]} at its close, {index[1]:,.2f}." if index else "")


def _by(puts: int, calls: int) -> str:
    return f" (put/call {puts / calls:.2f})" if calls else ""
