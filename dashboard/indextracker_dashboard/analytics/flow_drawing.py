"""How the page Flow draws its figures: calls against puts, their ratios, the volatility index."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import polars as pl
from dash import html
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard import drawing, grids, links
from indextracker_dashboard.candles import page as candles
from indextracker_dashboard.candles.state import CandlesState

_SIDES: Mapping[str, tuple[Literal["C", "P"], str]] = {
    "call": ("C", drawing.BLUE),
    "put": ("P", drawing.VERMILION),
}
_PANELS = (
    ("contracts", "contracts", [0.70, 1]),
    ("turnover", "premium, TWD", [0.36, 0.64]),
    ("open_interest", "open interest", [0, 0.30]),
)
_TABLE_HEIGHT = 460
_ZONE = "Asia/Taipei"


def _format(pattern: str) -> dict[str, Any]:
    said = f"params.value == null ? '' : d3.format('{pattern}')(params.value)"
    return {"valueFormatter": {"function": said}}


_WHOLE, _RATIO, _SIGNED = _format(",d"), _format(",.2f"), _format("+,d")


def by_strike(
    frame: Frame, of_expiry: Mapping[str, Any], whole: Mapping[str, Any], on: date
) -> list[Component]:
    """Contracts, premium and open interest by strike, calls against puts.

    Args:
        frame: As `flow_figures.by_strike` answers.
        of_expiry: The expiry's figures of the part that is shown; empty without any.
        whole: Those of the whole session.
        on: The session.
    """
    rows = frame.polars()
    product, expiry = rows.select("product", "expiry").row(0)
    strikes = rows["strike"].to_list()
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": strikes,
            "y": rows[f"{side}_{of}"].cast(pl.Float64).to_list(),
            "yaxis": f"y{place}" if place > 1 else "y",
            "name": f"{side}s",
            "legendgroup": side,
            "showlegend": place == 1,
            "marker": {"color": colour},
            "offsetgroup": side,
        }
        for place, (of, _, _) in enumerate(_PANELS, 1)
        for side, (_, colour) in _SIDES.items()
    ]
    pain, mean = whole.get("max_pain_strike"), of_expiry.get("volume_weighted_strike")
    layout: dict[str, Any] = {
        "barmode": "group",
        "bargap": 0.15,
        "xaxis": {"title": {"text": "strike"}, "tickformat": ",d", "anchor": "y3"},
        "shapes": [
            *_line(None if pain is None else float(pain), drawing.PURPLE, "solid"),
            *_line(mean, drawing.GREY, "dash"),
        ],
    }
    for place, (_, said, domain) in enumerate(_PANELS, 1):
        axis = {"title": {"text": said}, "tickformat": "~s", "domain": domain}
        layout[f"yaxis{place}" if place > 1 else "yaxis"] = axis
    said = f"Flow of {product} {expiry} by strike, {on}"
    return [
        drawing.chart({"data": data, "layout": layout}, said, height=560),
        html.P(_told(of_expiry, whole), className="chain-note"),
        _table(rows, said, on),
    ]


def ratios(frame: Frame, product: str) -> list[Component]:
    """Puts to calls, session by session."""
    rows = frame.polars()
    lines = (
        ("contracts", "contracts", drawing.BLUE, "solid"),
        ("turnover", "premium", drawing.ORANGE, "dot"),
        ("open_interest", "open interest", drawing.GREEN, "dash"),
    )
    data = [
        {
            "x": [f"{day}" for day in rows["session_date"]],
            "y": rows[of].to_list(),
            "name": name,
            "mode": "lines+markers",
            "line": {"color": colour, "dash": dash},
        }
        for of, name, colour, dash in lines
    ]
    layout = {"xaxis": {"type": "category"}, "yaxis": {"title": {"text": "puts to calls"}}}
    said = f"Puts to calls of {product}"
    columns: dict[str, Mapping[str, Any]] = {
        "session_date": {"headerName": "session"},
        **dict.fromkeys(("contracts", "turnover", "open_interest"), _RATIO),
        **{f"{side}_{of}": _WHOLE for of, *_ in lines for side in _SIDES},
    }
    newest_first = rows.reverse().to_arrow()
    return [
        drawing.chart({"data": data, "layout": layout}, said, height=320),
        grids.grid(newest_first, said, columns=columns, height=320),
    ]


def volatility_index(frame: Frame, on: date) -> list[Component]:
    """The index through the day with both terms, and what is missing of it."""
    rows = frame.polars().with_columns(
        pl.col("observed_at").dt.convert_time_zone(_ZONE).dt.strftime("%H:%M").alias("clock"),
        # Of one term, as the index is of both.
        *(
            (pl.when(pl.col(f"{term}_variance") > 0).then(f"{term}_variance").sqrt() * 100).alias(
                term
            )
            for term in ("near", "next")
        ),
    )
    known = rows.drop_nulls("volatility_index")
    terms = {
        term: (rows[f"{term}_expiry"].drop_nulls().to_list() or [""])[0]
        for term in ("near", "next")
    }
    lines = (
        ("volatility_index", "index, 30 days", drawing.BLUE, "solid"),
        ("near", f"near term {terms['near']}", drawing.ORANGE, "dot"),
        ("next", f"next term {terms['next']}", drawing.GREEN, "dash"),
    )
    data = [
        {
            "x": rows["clock"].to_list(),
            "y": rows[of].to_list(),
            "name": name,
            "mode": "lines",
            "line": {"color": colour, "dash": dash},
        }
        for of, name, colour, dash in lines
    ]
    layout = {
        "xaxis": {"type": "category", "nticks": 12, "title": {"text": "Taipei"}},
        "yaxis": {"title": {"text": "volatility, % a year"}},
    }
    said = f"Volatility index of {on}"
    drawn = [drawing.chart({"data": data, "layout": layout}, said, height=340)]
    reasons = rows.drop_nulls("reason").group_by("reason").len().sort("len", descending=True)
    last = known.row(-1, named=True) if known.height else None
    told = [
        f"{last['volatility_index']:.2f} at {last['clock']}." if last else "There is none.",
        f"It is known at {known.height:,} of {rows.height:,} moments.",
        *(f"{reason[:1].upper()}{reason[1:]}: {number:,}." for reason, number in reasons.rows()),
    ]
    return [
        # Nobody is helped by axes without a line.
        *(drawn if rows.select("near", "next").drop_nulls().height else []),
        html.P(" ".join(told), className="chain-note"),
    ]


def _line(x: float | None, colour: str, dash: str) -> list[dict[str, Any]]:
    shapes = drawing.upright(x)
    return [shape | {"line": {"color": colour, "dash": dash}} for shape in shapes]


def _told(of_expiry: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    said = []
    named = {
        "put_call_contracts": "contracts",
        "put_call_turnover": "premium",
        "put_call_open_interest": "open interest",
    }
    of = {**of_expiry, "put_call_open_interest": whole.get("put_call_open_interest")}
    ratios_told = [
        f"{name} {of[key]:.2f}" for key, name in named.items() if of.get(key) is not None
    ]
    if ratios_told:
        said.append(f"Puts to calls by {', '.join(ratios_told)}.")
    if (mean := of_expiry.get("volume_weighted_strike")) is not None:
        said.append(f"Dashed: the mean strike of what was traded, {mean:,.0f}.")
    if (pain := whole.get("max_pain_strike")) is not None:
        payout = whole["max_pain_payout"]
        paid = "" if payout is None else f" ({float(payout) / 1e6:,.0f} million TWD)"
        said.append(
            f"Line: {float(pain):,.0f}, the final settlement price at which holders of the open "
            f"contracts would be paid least{paid}."
        )
    return " ".join(said)


def _table(rows: pl.DataFrame, said: str, on: date) -> Component:
    def linked(side: str, letter: Literal["C", "P"]) -> pl.Series:
        """Contracts that lead to their candles, which what nobody traded does not have."""
        found = [
            links.markdown(candles.CANDLES.path, state(row, letter), f"{contracts:,}")
            if (contracts := row[f"{side}_contracts"])
            else None
            for row in rows.to_dicts()
        ]
        return pl.Series(f"{side}_contracts", found, pl.String)

    def state(row: Mapping[str, Any], letter: Literal["C", "P"]) -> CandlesState:
        return CandlesState(
            instrument=row["product"],
            contract=row["expiry"],
            strike=f"{Decimal(str(row['strike'])).normalize():f}",
            type=letter,
            last=on,
            sessions=1,
        )

    def columns(side: str, names: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
        kinds: Mapping[str, Mapping[str, Any]] = {
            "contracts": {"cellRenderer": "markdown", "headerTooltip": "Leads to the candles"},
            "turnover": {"headerTooltip": "Premium, TWD", **_WHOLE},
            "open_interest": _WHOLE,
            "open_interest_change": _SIGNED,
        }
        return {
            f"{side}_{name}": {
                "headerName": f"{side} {name.replace('_', ' ')}",
                "filter": False,
                **kinds[name],
            }
            for name in names
        }

    shown = ("open_interest_change", "open_interest", "turnover", "contracts")
    turnover = [pl.col(f"{side}_turnover").cast(pl.Float64) for side in _SIDES]
    table = rows.with_columns(
        *turnover, *(linked(side, letter) for side, (letter, _) in _SIDES.items())
    )
    return grids.grid(
        table.to_arrow(),
        said,
        columns={
            **columns("call", shown),
            "strike": {"cellClass": "chain-strike", "maxWidth": 90, **_format(",~f")},
            **columns("put", shown[::-1]),
        },
        height=_TABLE_HEIGHT,
        fits=True,
        dashGridOptions={"rowHeight": 30},
        scrollTo={"rowIndex": _busiest(rows), "rowPosition": "middle"},
    )


def _busiest(rows: pl.DataFrame) -> int:
    """The place of the strike that was traded most."""
    traded = rows.select(
        pl.sum_horizontal(pl.col(f"{side}_contracts").fill_null(0) for side in _SIDES)
    ).to_series()
    return traded.arg_max() or 0
