"""The market of a session: breadth, movers, the heat map by industry, turnover and delivery."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go
import polars as pl
from dash import html
from dash.development.base_component import Component
from plotly.subplots import make_subplots

from indextracker import Frame
from indextracker_dashboard import controls, drawing, grids, links
from indextracker_dashboard.data import Data
from indextracker_dashboard.india import asked
from indextracker_dashboard.india.state import LEAST, SIZES, MarketState, crore, link, percent
from indextracker_dashboard.truth import state as truth
from indextracker_dashboard.truth.state import TruthState

# So many rectangles a browser draws in a blink; the rest of a market of 2,500 is small.
MOST_TILES = 400
SESSIONS = 30
# Beyond it the heat map has its full colour.
FULL_COLOUR = 0.05
MOVERS = 10
TABLES_BEHIND = (
    *("silver/equities_daily", "gold/equity_returns", "gold/equity_breadth"),
    *("silver/market_caps", "silver/index_closes"),
)


def body(state: MarketState, data: Data) -> Component:
    """The part of the page."""
    on = data.ask(asked.session, state.on)
    frame = data.ask(asked.shares, on)
    trend = data.ask(asked.breadth, on, SESSIONS)
    of_day = trend.arrow().to_pylist()[-1]
    return html.Div(
        [
            _cards(frame, of_day, data, on),
            _missing(frame),
            controls.row(
                controls.segments("size", "Area of the heat map", SIZES, state.size),
                controls.choice("least", "Movers with a turnover of at least", LEAST, state.least),
            ),
            _heat_map(state, frame),
            _movers(state, frame),
            html.H2(f"The last {len(trend)} sessions"),
            _trend(trend),
            html.H2("By industry"),
            _industries(frame),
            _origins(on),
        ]
    )


def _origins(on: date) -> Component:
    """The way to the documents behind the figures."""
    shown: list[Any] = ["The documents behind these figures: "]
    for path in TABLES_BEHIND:
        state = TruthState(subject="india", view="origin", table=path, key=f"{on}")
        shown += [links.to(truth.PATH, state, path), ", "]
    return html.P([*shown[:-1], "."])


def _cards(frame: Frame, of_day: dict[str, Any], data: Data, on: date) -> Component:
    rows = frame.polars()
    cards: list[tuple[str, str, str]] = [("Session", f"{on:%Y-%m-%d}", f"{on:%A}")]
    indices = {row["index_name"]: row for row in data.ask(asked.indices, on).arrow().to_pylist()}
    for name in ("Nifty 50", "Nifty 500"):
        if row := indices.get(name):
            change = row["percent_change"]
            cards.append(
                (name, f"{row['close']:,.2f}", percent(None if change is None else change / 100))
            )
    if of_day["advances"] is None:
        cards.append(("Breadth", "not built yet", "gold/equity_breadth has nothing of the session"))
    else:
        cards += [
            ("▲ Advances", f"{of_day['advances']:,}", "above the close before"),
            ("▼ Declines", f"{of_day['declines']:,}", "below the close before"),
            (
                "Unchanged",
                f"{of_day['unchanged']:,}",
                f"and {of_day['not_compared']:,} without a session before to compare with",
            ),
            (
                "New highs, lows",
                f"{of_day['new_highs']:,}, {of_day['new_lows']:,}",
                "of 52 weeks, as far as the lake has them",
            ),
        ]
    untold = rows["deliverable_shares"].null_count()
    cards += [
        ("Turnover", crore(of_day["turnover_inr"]), "of all series"),
        (
            "Delivery",
            percent(of_day["delivery"], 1, sign=False),
            f"of shares traded, but for {untold:,} of which it is not told"
            if untold
            else "of shares traded",
        ),
    ]
    return html.Dl(
        [
            html.Div([html.Dt(name), html.Dd(value), html.Dd(html.Small(more))])
            for name, value, more in cards
        ],
        className="cards",
    )


def _missing(frame: Frame) -> Component | None:
    rows = frame.missing.arrow().to_pylist()
    if not rows:
        return None
    said = "; ".join(dict.fromkeys(f"{row['feed']}: {row['reason']}" for row in rows))
    return html.P(f"Not all of the session is there: {said}.")


def _heat_map(state: MarketState, frame: Frame) -> Component:
    size = "turnover_inr" if state.size == "turnover" else "market_cap_inr"
    every = frame.polars().with_columns(industry=asked.industry()).filter(pl.col(size) > 0)
    if not every.height:
        return html.P(
            f"The heat map has nothing to show: {SIZES[state.size].lower()} is not known."
        )
    rows = every.sort(size, descending=True).head(MOST_TILES)
    title = f"Change by industry; areas are {SIZES[state.size].lower()}"
    return html.Section(
        [
            html.H2(title),
            drawing.chart(_treemap(rows, size), title, height=520),
            html.P(_untold(every, rows, size), className="about"),
        ]
    )


def _untold(every: pl.DataFrame, rows: pl.DataFrame, size: str) -> str:
    """What the heat map leaves open, in sentences."""
    said = []
    whole = float(every[size].sum())
    if rows.height < every.height:
        said.append(
            f"The {rows.height:,} largest of {every.height:,} are shown, "
            f"{float(rows[size].sum()) / whole:.1%} of all."
        )
    unknown = every.filter(pl.col("industry") == asked.NOT_KNOWN)
    if unknown.height:
        of = float(unknown[size].sum()) / whole
        said.append(
            f"Of {unknown.height:,} ({of:.1%} of the area) the industry is not known: it stands in "
            "the exchange's list of the Nifty 500 alone, which is published as of today and is "
            "kept from the first evening on which the lakehouse asked for it."
        )
    grey = every["change"].null_count()
    if grey:
        said.append(f"{grey:,} have no change to compare: they are grey.")
    return " ".join(said)


def _treemap(rows: pl.DataFrame, size: str) -> go.Figure:
    industries = (
        rows.group_by("industry")
        .agg(pl.col(size).sum(), change=_mean_change(size))
        .sort(size, descending=True)
    )
    ids = [f"/{name}" for name in industries["industry"]]
    ids += [f"/{row['industry']}/{row['instrument_id']}" for row in rows.iter_rows(named=True)]
    changes = [*industries["change"], *rows["change"]]
    names = [""] * industries.height + [name or "" for name in rows["name"]]
    return go.Figure(
        go.Treemap(
            ids=ids,
            labels=[*industries["industry"], *rows["symbol"]],
            parents=[""] * industries.height + [f"/{name}" for name in rows["industry"]],
            values=[*industries[size], *rows[size]],
            branchvalues="total",
            text=[percent(change) for change in changes],
            customdata=[
                [name, crore(value)]
                for name, value in zip(names, [*industries[size], *rows[size]], strict=True)
            ],
            texttemplate="%{label}<br>%{text}",
            hovertemplate=(
                "<b>%{label}</b> %{customdata[0]}<br>%{text}<br>%{customdata[1]}<extra></extra>"
            ),
            marker={
                "colors": [_colour(change) for change in changes],
                "line": {"width": 1, "color": "#ffffff"},
            },
            tiling={"pad": 2},
            pathbar={"visible": False},
        ),
        layout={"margin": {"l": 0, "r": 0, "t": 0, "b": 0}},
    )


def _mean_change(size: str) -> pl.Expr:
    known = pl.col("change").is_not_null()
    weight = pl.col(size).filter(known)
    mean = (pl.col("change").filter(known) * weight).sum() / weight.sum()
    return mean.fill_nan(None)


def _colour(change: float | None) -> str:
    """From the colour of falls through white to that of rises; grey where it is not known."""
    if change is None:
        return "#c8c8c8"
    low, middle, high = (_rgb(colour) for _, colour in drawing.DIVERGING)
    part = max(-1.0, min(1.0, change / FULL_COLOUR))
    end = high if part > 0 else low
    mixed = (round(m + (e - m) * abs(part)) for m, e in zip(middle, end, strict=True))
    return "#" + "".join(f"{one:02x}" for one in mixed)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _movers(state: MarketState, frame: Frame) -> Component:
    least = int(state.least)
    sides = [
        ("▲ Rose most", asked.movers(frame, least, True, MOVERS)),
        ("▼ Fell most", asked.movers(frame, least, False, MOVERS)),
    ]
    return html.Div(
        [html.Section([html.H2(title), _mover_table(state, title, rows)]) for title, rows in sides],
        className="two",
    )


def _mover_table(state: MarketState, title: str, rows: Frame) -> Component:
    found = rows.arrow().to_pylist()
    if not found:
        return html.P(f"No share with that turnover: {title[2:].lower()} is empty.")
    names = ("Share", "Change", "Close", "Turnover", "Delivery")
    head = html.Tr([html.Th(name, scope="col") for name in names])
    lines = [
        html.Tr(
            [
                html.Th(
                    [
                        link(state, row["symbol"], view="share", symbol=row["symbol"]),
                        html.Small(row["name"] or ""),
                    ],
                    scope="row",
                ),
                html.Td(percent(row["change"])),
                html.Td(f"{row['close']:,.2f}"),
                html.Td(crore(row["turnover_inr"])),
                html.Td(percent(row["delivery"], 1, sign=False)),
            ]
        )
        for row in found
    ]
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(lines)], className="figures"),
        className="scrolled",
        tabIndex="0",
        role="region",
        **controls.aria(title),
    )


def _trend(trend: Frame) -> Component:
    rows = trend.polars()
    days = [f"{day:%Y-%m-%d}" for day in rows["session_date"]]
    figure = make_subplots(
        rows=3,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.06,
        subplot_titles=("Advances and declines", "Turnover, ₹ crore", "Delivery, % of shares"),
    )
    rising = rows["advances"].to_list()
    falling = [None if one is None else -one for one in rows["declines"]]
    figure.add_bar(x=days, y=rising, name="advances", marker_color=drawing.UP, row=1, col=1)
    figure.add_bar(x=days, y=falling, name="declines", marker_color=drawing.DOWN, row=1, col=1)
    turnover = (rows["turnover_inr"] / asked.CRORE).to_list()
    figure.add_bar(x=days, y=turnover, name="turnover", marker_color=drawing.GREY, row=2, col=1)
    delivery = (rows["delivery"] * 100).to_list()
    figure.add_scatter(
        x=days,
        y=delivery,
        name="delivery",
        mode="lines+markers",
        line_color=drawing.PURPLE,
        row=3,
        col=1,
    )
    figure.update_layout(barmode="relative", showlegend=False)
    figure.update_xaxes(type="category", nticks=8)
    return drawing.chart(figure, "Breadth, turnover and delivery by session", height=520)


def _industries(frame: Frame) -> Component:
    rows = asked.industries(frame).polars()
    shown = rows.select(
        "industry",
        "instruments",
        "advances",
        "declines",
        turnover_crore=(pl.col("turnover_inr") / asked.CRORE).round(2),
        change_percent=(pl.col("change") * 100).round(2),
    )
    return grids.grid(shown.to_arrow(), "By industry")
