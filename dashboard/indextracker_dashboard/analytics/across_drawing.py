"""How the page Across markets draws its figures: all pairs, the days of one, returns after news."""

from __future__ import annotations

from typing import Any

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_catalogue.analytics.across import SERIES
from indextracker_dashboard import drawing, grids
from indextracker_dashboard.analytics import across_figures as figures

_FALSE_DISCOVERIES = 0.05
_LEAST_SHOWN = 0.001
_TIMING = {
    "before": "The first is known before the second begins to form.",
    "during": "The first is known before the second: it may tell of an open, but nobody trades at "
    "the close before.",
    "together": "Both are known at once.",
}
_CLASSES = (
    *("Bearish", "Somewhat-Bearish", "Neutral", "Somewhat-Bullish", "Bullish"),
    *("negative", "positive", "positive less negative"),
)
_HORIZONS = {
    0: ("that session, by news before it opened", drawing.BLUE),
    1: ("the next session", drawing.ORANGE),
}
_DENSE = {"rowHeight": 30}
_TABLE_HEIGHT = 420


def every_pair(frame: Frame, path: str) -> list[Component]:
    """A heat map of all pairs, and their figures; the names of a pair lead to its days."""
    rows = frame.polars()
    names = list(figures.CALLED)
    found = {(row["first_series"], row["second_series"]): row for row in rows.to_dicts()}
    # Each pair once: below the diagonal, the one that is known first along the bottom.
    cells = [[found.get((first, second), {}) for first in names[:-1]] for second in names[1:]]
    data = {
        "type": "heatmap",
        "x": [figures.CALLED[name] for name in names[:-1]],
        "y": [figures.CALLED[name] for name in names[1:]],
        "z": [[cell.get("correlation") for cell in line] for line in cells],
        "zmin": -1,
        "zmax": 1,
        "colorscale": drawing.DIVERGING,
        "text": [[_cell(cell) for cell in line] for line in cells],
        "texttemplate": "%{text}",
        "hoverongaps": False,
        "hovertemplate": "%{x} and %{y}: %{z:+.3f}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
        # Each cell has its number.
        "showscale": False,
    }
    layout = {
        "xaxis": {"showgrid": False, "tickangle": -40},
        "yaxis": {"showgrid": False, "autorange": "reversed"},
        "hovermode": "closest",
    }
    kept = rows.filter(pl.col("adjusted_p_value") <= _FALSE_DISCOVERIES).height
    tested = rows.drop_nulls("p_value").height
    said = (
        f"{kept} of {tested} pairs with a figure are correlated (*) when one in twenty of those so "
        f"called may be wrong, which allows for looking at all of them."
        if tested
        else "No pair has the 30 days that a figure needs."
    )
    name = "Correlations of all pairs"
    drawn = [drawing.chart({"data": [data], "layout": layout}, name, height=400)] if tested else []
    return [*drawn, html.P(said, className="chain-note"), _table(rows, path)]


def _cell(row: dict[str, Any]) -> str:
    if row.get("correlation") is None:
        return ""
    star = "*" if row["adjusted_p_value"] <= _FALSE_DISCOVERIES else ""
    return f"{row['correlation']:+.2f}{star}"


def _table(rows: pl.DataFrame, path: str) -> Component:
    called = {name: pl.col(name).replace_strict(figures.CALLED) for name in _SIDES}
    link = pl.format(
        f"[{{}}]({path}?pair={{}}-{{}})", called["first_series"], "first_series", "second_series"
    )
    shown = rows.with_columns(link.alias("first_series"), called["second_series"])
    columns: dict[str, dict[str, Any]] = {
        "first_series": {"headerName": "first known", "cellRenderer": "markdown", "minWidth": 130},
        "second_series": {"headerName": "second", "minWidth": 130},
        "timing": {},
        "days": {},
        "missing": {"headerName": "why there is no figure", "minWidth": 130},
        "correlation": _format("+.2f"),
        "correlation_low": {"headerName": "from (95 %)", **_format("+.2f")},
        "correlation_high": {"headerName": "to", **_format("+.2f")},
        "p_value": {"headerName": "p", **_format(".3f")},
        "adjusted_p_value": {"headerName": "p, for all pairs", **_format(".3f")},
        "first_day": {"minWidth": 115},
        "last_day": {"minWidth": 115},
    }
    return grids.grid(
        shown.to_arrow(),
        "Correlations of all pairs",
        columns={name: {"filter": False, **of} for name, of in columns.items()},
        height=_TABLE_HEIGHT,
        dashGridOptions=_DENSE,
    )


_SIDES = ("first_series", "second_series")


def of_pair(frame: Frame, row: dict[str, Any]) -> list[Component]:
    """The days of a pair as points, and as rows that lead to what they are made of.

    Args:
        frame: The days.
        row: The pair, of gold/market_correlations.
    """
    first, second = row["first_series"], row["second_series"]
    rows = frame.polars()
    points = {
        "x": rows[first].to_list(),
        "y": rows[second].to_list(),
        "text": [str(day) for day in rows["day"]],
        "mode": "markers",
        "marker": {"color": drawing.BLUE, "size": 8},
        "hovertemplate": "%{text}: %{x}, %{y}<extra></extra>",
    }
    layout = {
        "xaxis": _axis(first),
        "yaxis": _axis(second),
        "hovermode": "closest",
        "showlegend": False,
    }
    if row["missing"] is None:
        said = (
            f"Correlation {row['correlation']:+.2f}, {row['correlation_low']:+.2f} to "
            f"{row['correlation_high']:+.2f} with 95 %, of {row['days']:,} days; p "
            f"{_chance(row['p_value'])}, and {_chance(row['adjusted_p_value'])} when all pairs are "
            "looked at."
        )
    else:
        said = f"No correlation: {row['missing']}."
    name = f"{figures.CALLED[first]} and {figures.CALLED[second]} by day"
    said = f"{said} {_TIMING[row['timing']]}"
    newest_first = rows.reverse()
    links = [
        pl.Series(
            name,
            [
                f"[{_told(name, value)}]({figures.behind(name, day)})"
                for day, value in newest_first.select("day", name).iter_rows()
            ],
            pl.String,
        )
        for name in (first, second)
    ]
    columns: dict[str, dict[str, Any]] = {
        "day": {"minWidth": 115},
        first: {"headerName": figures.CALLED[first], "cellRenderer": "markdown", "minWidth": 110},
        second: {"headerName": figures.CALLED[second], "cellRenderer": "markdown", "minWidth": 110},
    }
    return [
        drawing.chart({"data": [points], "layout": layout}, name, height=380),
        html.P(said, className="chain-note"),
        html.P(
            [f"{figures.CALLED[one]}: {SERIES[one].meaning}. " for one in (first, second)]
            + ["A value leads to the prices or articles that it is of."]
        ),
        grids.grid(
            newest_first.with_columns(links).to_arrow(),
            name,
            columns={key: {"filter": False, **of} for key, of in columns.items()},
            height=_TABLE_HEIGHT,
            fits=True,
            dashGridOptions=_DENSE,
        ),
    ]


def _axis(series: str) -> dict[str, Any]:
    of_news = series == figures.OF_NEWS
    unit = "mean sentiment, -1 to 1" if of_news else "return"
    return {
        "title": {"text": f"{figures.CALLED[series]}: {unit}"},
        "tickformat": "+.2f" if of_news else "+.2~%",
        "zeroline": True,
    }


def _chance(value: float) -> str:
    return f"= {value:.3f}" if value >= _LEAST_SHOWN else f"< {_LEAST_SHOWN}"


def _told(series: str, value: float) -> str:
    return f"{value:+.3f}" if series == figures.OF_NEWS else f"{value:+.2%}"


def after_news(frame: Frame) -> list[Component]:
    """Mean returns above those of other shares, by class of sentiment, with their intervals."""
    rows = frame.polars().filter(pl.col("mean_return").is_not_null())
    data = []
    for horizon, (called, colour) in _HORIZONS.items():
        own = {
            row["sentiment_class"]: row
            for row in rows.to_dicts()
            if row["horizon_sessions"] == horizon
        }
        there = [name for name in _CLASSES if name in own]
        mean = [own[name]["mean_return"] for name in there]
        bars = {
            "type": "data",
            "symmetric": False,
            "array": [own[name]["high_95"] - own[name]["mean_return"] for name in there],
            "arrayminus": [own[name]["mean_return"] - own[name]["low_95"] for name in there],
        }
        data.append(
            {"x": there, "y": mean, "name": called, "mode": "markers", "error_y": bars}
            | {"marker": {"color": colour, "size": 9}}
        )
    layout = {
        "xaxis": {"categoryorder": "array", "categoryarray": list(_CLASSES)},
        "yaxis": {
            "title": {"text": "return above others"},
            "tickformat": "+.2%",
            "zeroline": True,
            "zerolinecolor": drawing.GREY,
        },
        "scattermode": "group",
    }
    name = "Returns of shares after news, by class of sentiment"
    few = frame.polars().filter(pl.col("too_few").is_not_null())
    columns: dict[str, dict[str, Any]] = {
        "horizon_sessions": {"headerName": "sessions later"},
        "sentiment_class": {"headerName": "sentiment", "minWidth": 180},
        "events": {},
        "sessions": {},
        "mean_return": {"headerName": "return above others", **_format("+.2%")},
        "low_95": {"headerName": "from (95 %)", **_format("+.2%")},
        "high_95": {"headerName": "to", **_format("+.2%")},
        "too_few": {"headerName": "why there is none", "minWidth": 150},
    }
    drawn = [] if rows.is_empty() else [drawing.chart({"data": data, "layout": layout}, name)]
    said = (
        "Of companies of NSE with news, less the mean of all other shares in the same session, "
        f"with intervals of 95 % by session. {few.height} of {frame.rows.num_rows} figures are "
        "of too few events to be told."
    )
    return [
        *drawn,
        html.P(said, className="chain-note"),
        grids.grid(
            frame.rows,
            name,
            columns={key: {"filter": False, **of} for key, of in columns.items()},
            height=_TABLE_HEIGHT,
            fits=True,
            dashGridOptions=_DENSE,
        ),
    ]


def _format(pattern: str) -> dict[str, Any]:
    said = f"params.value == null ? '' : d3.format('{pattern}')(params.value)"
    return {"valueFormatter": {"function": said}}
