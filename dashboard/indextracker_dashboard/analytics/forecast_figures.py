"""Figures of the page Forecasts: scores of sessions, what they come to, forecasts beside returns.

How they are drawn is told in `forecasts`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from indextracker.reader import Frame, Lakehouse
from indextracker_catalogue.analytics import FORECAST_VALUES, FORECASTS
from indextracker_catalogue.analytics.forecasts import MODELS
from indextracker_numerics import forecasting

GROUPS: Final = 10
_KEPT = ("session_date", "horizon_minutes", "model")


def newest(lakehouse: Lakehouse) -> date:
    """The newest session with forecasts.

    Raises:
        LookupError: There is none yet.
    """
    rows = lakehouse.table(FORECASTS.path, columns=["session_date"]).rows
    if not rows.num_rows:
        raise LookupError("the lake holds no forecasts yet: they are built with TX and the index")
    found: date = rows["session_date"][0].as_py()
    return found


def scores(lakehouse: Lakehouse, last: date, sessions: int) -> Frame:
    """Scores of all models in sessions up to a day, as gold/forecasts has them, by key."""
    frame = lakehouse.table(FORECASTS.path, last=last, sessions=sessions)
    return Frame(frame.polars().sort(*_KEPT).to_arrow(), frame.gaps)


def minutes(lakehouse: Lakehouse, last: date, sessions: int, horizon: int) -> Frame:
    """Forecasts of each minute of these sessions, as gold/forecast_values has them, by time."""
    frame = lakehouse.table(
        FORECAST_VALUES.path, last=last, sessions=sessions, where={"horizon_minutes": horizon}
    )
    return Frame(frame.polars().sort("bar_start").to_arrow(), frame.gaps)


def over_sessions(scores: pl.DataFrame) -> pl.DataFrame:
    """What the scores come to: a row a horizon and model.

    Returns:
        `horizon_minutes`, `model`, `sessions` with figures, `r2` and `pnl_points` (a session) with
        `_low` and `_high`, null where sessions are too few, `trades` and `verdict`.
    """
    rows = []
    for horizon in sorted(scores["horizon_minutes"].unique()):
        for model in MODELS:
            own = scores.filter(
                (pl.col("horizon_minutes") == horizon) & (pl.col("model") == model)
            ).filter(pl.col("missing").is_null())
            found = forecasting.over_sessions(
                *(
                    own[name].to_numpy()
                    for name in ("squared_returns", "squared_errors", "pnl_points")
                )
            )
            row = {"horizon_minutes": horizon, "model": model, "sessions": own.height}
            for place, name in enumerate(("r2", "pnl_points")):
                one = found[place] if found else None
                row |= {
                    name: one.value if one else None,
                    f"{name}_low": one.low if one else None,
                    f"{name}_high": one.high if one else None,
                }
            row |= {"trades": own["trades"].sum(), "verdict": forecasting.verdict(found)}
            rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def by_size(values: pl.DataFrame, model: str) -> pl.DataFrame:
    """What came of forecasts of each size: minutes in ten groups of equally many, by the forecast.

    Returns:
        `group` from 1, `minutes`, mean `forecast` and mean `came` as fractions, and `error`, the
        standard error of the latter; no row where nothing was forecast.
    """
    known = values.filter(pl.col(model).is_not_null() & pl.col("next_return").is_not_null())
    if known.is_empty():
        return pl.DataFrame()
    place = pl.col(model).rank("ordinal") - 1
    return (
        known.with_columns((place * GROUPS // known.height + 1).alias("group"))
        .group_by("group")
        .agg(
            pl.len().alias("minutes"),
            pl.col(model).mean().alias("forecast"),
            pl.col("next_return").mean().alias("came"),
            (pl.col("next_return").std() / pl.len().sqrt()).alias("error"),
        )
        .sort("group")
    )
