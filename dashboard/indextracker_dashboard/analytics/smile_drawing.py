"""How the page Smiles draws its figures: a smile, all smiles of an instant, terms, violations."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import numpy as np
import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import drawing, grids
from indextracker_dashboard.analytics.smile_figures import local
from indextracker_numerics import svi

_DAYS_A_YEAR = 365
_ALONG = 81
_LEAST_EXPIRIES = 2
# Less than half a point is drawn as the flat line that it is.
_LEAST_RANGE = 0.005
_SIDES = (("C", "calls", drawing.BLUE, "circle-open"), ("P", "puts", drawing.VERMILION, "x-thin"))
_SVI = ("svi_a", "svi_b", "svi_rho", "svi_m", "svi_sigma")


def smile(row: dict[str, Any], options: pl.DataFrame) -> list[Component]:
    """The smile of one expiry beside the volatilities that it was fitted to, and its figures.

    Args:
        row: Of gold/volatility_smiles.
        options: The options of the expiry at the instant.
    """
    data: list[dict[str, Any]] = []
    for letter, name, colour, symbol in _SIDES:
        side = options.filter(pl.col("option_type") == letter)
        marker: dict[str, Any] = {"color": colour, "symbol": symbol, "size": 8}
        marker["line"] = {"width": 2, "color": colour}
        points = {"x": side["strike"].to_list(), "y": side["volatility"].to_list()}
        data.append(points | {"name": name, "mode": "markers", "marker": marker})
    said = f"{row['options']} options, {row['violations']} of which break a relation of prices."
    if row["reason"] is None:
        moneyness, volatility = curve(row, row["moneyness_low"], row["moneyness_high"])
        strikes = row["forward"] * np.exp(moneyness)
        line = {"color": drawing.GREY, "width": 3}
        data.append({"x": strikes.tolist(), "y": volatility.tolist(), "name": "SVI", "line": line})
        ticks = "" if row["rms_ticks"] is None else f", {row['rms_ticks']:.1f} ticks"
        said = (
            f"At the money {row['atm_volatility']:.1%}, error {row['rms_points']:.2f} points of "
            f"volatility{ticks} over {row['strikes']} strikes. {said}"
        )
    else:
        said = f"No smile: {row['reason']}. {said}"
    if row["forward"] is not None:
        said += f" Dashed: the forward by put-call parity, {row['forward']:,.2f}."
    layout = {
        "xaxis": {"title": {"text": "strike"}, "tickformat": ",d"},
        "yaxis": {"title": {"text": "volatility a year"}, "tickformat": ".0%"},
        "shapes": drawing.upright(row["forward"]),
    }
    name = f"Smile of {row['product']} {row['expiry']} at {local(row['observed_at'])}"
    return [
        drawing.chart({"data": data, "layout": layout}, name, height=380),
        html.P(said, className="chain-note"),
    ]


def surface(rows: pl.DataFrame) -> list[Component]:
    """Volatility over log-moneyness and days to expiry, between and at the fitted smiles.

    Between two expiries total variance is linear in time, where both have options: that is free of
    calendar arbitrage if they are (Gatheral and Jacquier 2014, section 3).
    """
    fitted = rows.filter(pl.col("reason").is_null()).sort("years")
    if fitted.height < _LEAST_EXPIRIES:
        return [html.P("Fewer than two expiries have a smile then: there is no surface.")]
    smiles = fitted.to_dicts()
    moneyness = np.linspace(
        min(row["moneyness_low"] for row in smiles),
        max(row["moneyness_high"] for row in smiles),
        _ALONG,
    )
    variance = np.array([_variance(row, moneyness) for row in smiles])
    years = fitted["years"].to_numpy()
    # Evenly by the logarithm of time, since expiries are a day to a year away.
    times = np.unique(np.concatenate([np.geomspace(years[0], years[-1], _ALONG), years]))
    later = np.clip(np.searchsorted(years, times), 1, len(years) - 1)
    part = ((times - years[later - 1]) / (years[later] - years[later - 1]))[:, None]
    between = (1 - part) * variance[later - 1] + part * variance[later]
    volatility = np.sqrt(between / times[:, None])
    days = years * _DAYS_A_YEAR
    data = {
        "type": "contour",
        "x": moneyness.tolist(),
        "y": (times * _DAYS_A_YEAR).tolist(),
        "z": [[None if np.isnan(one) else one for one in line] for line in volatility.tolist()],
        "colorscale": "Viridis",
        "contours": {
            "coloring": "heatmap",
            "showlabels": True,
            "labelformat": ".1~%",
            "labelfont": {"size": 12, "color": "#ffffff"},
        },
        "line": {"width": 1, "color": "#ffffff"},
        # Lines have their numbers.
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": "%{y:.1f} days, %{x:.3f}: %{z:.1%}<extra></extra>",
    }
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": one, "y1": one}
        | {"line": {"color": drawing.GREY, "width": 1, "dash": "dot"}}
        for one in days
    ]
    layout = {
        "xaxis": {"title": {"text": "log of strike over forward"}, "tickformat": ".2f"}
        | {"showgrid": False},
        "yaxis": {
            "type": "log",
            "title": {"text": "days to expiry"},
            "tickvals": days.tolist(),
            "ticktext": [f"{one:.3g}" for one in days],
            "showgrid": False,
        },
        "hovermode": "closest",
        "shapes": lines,
    }
    at = local(rows["observed_at"][0])
    named = ", ".join(f"{row['expiry']} {day:.3g}" for row, day in zip(smiles, days, strict=True))
    return [
        drawing.chart(
            {"data": [data], "layout": layout}, f"Surface of volatility at {at}", height=440
        ),
        html.P(
            f"Lines: equal volatility a year. Dotted: the fitted expiries, by days: {named}. "
            "Between them variance to expiry is linear in time; nothing is drawn where one of both "
            "has no options.",
            className="chain-note",
        ),
    ]


def _variance(row: dict[str, Any], moneyness: svi.Floats) -> svi.Floats:
    """Total variance where an expiry has options, NaN elsewhere."""
    there = (moneyness >= row["moneyness_low"]) & (moneyness <= row["moneyness_high"])
    of = svi.total_variance(svi.Raw(*(row[name] for name in _SVI)), moneyness)
    return np.where(there, np.maximum(of, 0.0), np.nan)


def total_variances(rows: pl.DataFrame) -> list[Component]:
    """Total variance of all expiries at one instant: lines that cross are a calendar arbitrage."""
    fitted = rows.filter(pl.col("reason").is_null())
    if fitted.is_empty():
        return [html.P("No expiry has a smile then.")]
    data = []
    for row in fitted.to_dicts():
        moneyness, volatility = curve(row, row["moneyness_low"], row["moneyness_high"])
        variance = (volatility**2 * row["years"]).tolist()
        data.append({"x": moneyness.tolist(), "y": variance, "name": row["expiry"]})
    layout = {
        "xaxis": {"title": {"text": "log of strike over forward"}, "tickformat": ".2f"},
        "yaxis": {"title": {"text": "volatility² · years"}, "tickformat": ".5~f"},
    }
    crossed = fitted.filter(pl.col("crossedness") > 0)["expiry"].to_list()
    said = f"Crossed by the expiry before: {', '.join(crossed)}." if crossed else "None cross."
    name = f"Total variance by expiry at {local(rows['observed_at'][0])}"
    return [
        drawing.chart({"data": data, "layout": layout}, name, height=340),
        html.P(said, className="chain-note"),
    ]


def terms(rows: pl.DataFrame, all_day: pl.DataFrame) -> list[Component]:
    """Volatility at the money by days to expiry at one instant, and of each expiry by time."""
    now = rows.filter(pl.col("atm_volatility").is_not_null())
    days = (now["years"] * _DAYS_A_YEAR).to_list()
    line: dict[str, Any] = {
        "x": days,
        "y": now["atm_volatility"].to_list(),
        "text": now["expiry"].to_list(),
    }
    line |= {"mode": "lines+markers", "name": "at the money"}
    layout: dict[str, Any] = {
        "xaxis": {"title": {"text": "days to expiry"}, "tickformat": ".1~f"},
        "yaxis": {"title": {"text": "volatility a year"}, "tickformat": ".1%"},
    }
    volatilities = now["atm_volatility"].to_list()
    if volatilities and max(volatilities) - min(volatilities) < _LEAST_RANGE:
        middle = (max(volatilities) + min(volatilities)) / 2
        layout["yaxis"]["range"] = [middle - _LEAST_RANGE, middle + _LEAST_RANGE]
    by_time = []
    for (expiry,), own in all_day.group_by(["expiry"], maintain_order=True):
        if own["atm_volatility"].null_count() < own.height:
            times = own["clock"].to_list()
            by_time.append(
                {"x": times, "y": own["atm_volatility"].to_list(), "name": str(expiry)}
                | {"mode": "lines+markers"}
            )
    over: dict[str, Any] = {
        "yaxis": {name: value for name, value in layout["yaxis"].items() if name != "range"},
        "xaxis": {
            "type": "category",
            "categoryorder": "array",
            "categoryarray": all_day["clock"].unique(maintain_order=True).to_list(),
        },
    }
    at, product = local(rows["observed_at"][0]), rows["product"][0]
    return [
        drawing.chart(
            {"data": [line], "layout": layout}, f"Term structure of {product} at {at}", height=300
        ),
        drawing.chart(
            {"data": by_time, "layout": over},
            f"Volatility at the money of {product} through the session",
            height=300,
        ),
    ]


def violations(options: Frame, on: date) -> list[Component]:
    """The options that break a relation between prices at one instant, which lead to candles."""
    broken = options.polars().filter(pl.col("violations").is_not_null())
    if broken.is_empty():
        return [html.P("No price breaks a relation by more than ticks and the forward explain.")]
    rest = urlencode({"last": on.isoformat(), "sessions": 1})
    link = pl.format(
        "[{} {}](/candles?instrument={}&contract={}&strike={}&type={}&{})",
        pl.col("strike").cast(pl.Int64),
        "option_type",
        "product",
        "expiry",
        pl.col("strike").cast(pl.Int64),
        "option_type",
        pl.lit(rest),
    )
    columns: dict[str, Any] = {
        "expiry": {},
        "option": {"cellRenderer": "markdown"},
        "price": {},
        "age_seconds": {"headerName": "age, s"},
        "violations": {"minWidth": 160},
    }
    rows = broken.with_columns(link.alias("option")).select(list(columns))
    return [
        grids.grid(
            rows.to_arrow(),
            f"Options that break a relation between prices, {on}",
            columns=columns,
            height=420,
            fits=True,
        )
    ]


def curve(row: dict[str, Any], low: float, high: float) -> tuple[svi.Floats, svi.Floats]:
    """A smile between two log-moneyness: where, and the volatility there."""
    moneyness = np.linspace(low, high, _ALONG)
    variance = svi.total_variance(svi.Raw(*(row[name] for name in _SVI)), moneyness)
    return moneyness, np.sqrt(np.maximum(variance, 0.0) / row["years"])
