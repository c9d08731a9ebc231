"""How charts look: one template, and colours that people tell apart who do not see all of them.

Colours are those of Okabe and Ito (2008), "Color Universal Design". Charts are made for a light
page; where the system is dark, the page's style sheet draws their axes and letters light.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
from dash import dcc, html
from dash.development.base_component import Component

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, GREY = "#56B4E9", "#CC79A7", "#F0E442", "#7F7F7F"
SERIES = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, GREY)
# Up and down, as candles and movers have them: told apart by lightness too.
UP, DOWN = BLUE, VERMILION
# From down through nothing to up, for heat maps.
DIVERGING = ((0.0, "#B35806"), (0.5, "#F7F7F7"), (1.0, "#2166AC"))

_TEMPLATE = {
    "layout": {
        "colorway": SERIES,
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#212529"},
        "margin": {"l": 56, "r": 16, "t": 32, "b": 40},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "xaxis": {"gridcolor": "#dee2e6", "zeroline": False, "automargin": True},
        "yaxis": {"gridcolor": "#dee2e6", "zeroline": False, "automargin": True},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified",
    }
}
# Plotly would copy and check its own look into each figure, which took most of drawing one.
pio.templates.default = None
_MODE_BAR = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}


def upright(x: float | None) -> list[dict[str, Any]]:
    """The shapes of a dashed line across a chart at an x; none where there is none."""
    if x is None:
        return []
    line = {"dash": "dash", "color": GREY}
    return [{"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1, "line": line}]


def chart(figure: go.Figure | Mapping[str, Any], name: str, *, height: int = 320) -> Component:
    """A chart in the page's look.

    Args:
        figure: What to draw: `data` and `layout` as Plotly.js has them, or a figure of Plotly's
            classes, which check each value: of a session's minutes that takes a tenth of a second.
        name: What it shows, for who hears it, and the name of the picture that its bar saves.
        height: Its height in pixels.
    """
    drawn = figure.to_dict() if isinstance(figure, go.Figure) else dict(figure)
    drawn["layout"] = drawn["layout"] | {"template": _TEMPLATE, "height": height}
    config: Any = _MODE_BAR | {
        "toImageButtonOptions": {"format": "png", "filename": name, "scale": 2}
    }
    graph = dcc.Graph(figure=drawn, config=config, style={"height": height})
    return html.Figure([graph, html.Figcaption(name, className="hidden")])
