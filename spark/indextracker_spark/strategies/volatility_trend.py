"""Trend of a ticker's own past, as large as its volatility allows.

Moskowitz, Ooi, Pedersen: Time series momentum. Journal of Financial Economics 104 (2012). The
volatility is that of the last bars, not their exponential one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from indextracker_spark.strategies.by_ticker import ByTicker, Floats
from indextracker_spark.strategies.model import Parameter, Parameters, Strategy
from indextracker_spark.strategies.spans import begins_month
from indextracker_spark.strategies.windows import deviation


def _decide(bars: dict[str, Any], parameters: Parameters) -> Floats:
    close = np.where(bars["close"] > 0, bars["close"], np.nan)
    past, length = int(parameters["formation"]), int(parameters["volatility_bars"])
    changes = np.append(np.nan, np.diff(np.log(close)))
    yearly = deviation(changes, length, ddof=1) * np.sqrt(parameters["bars_a_year"])
    grown = np.full(len(close), np.nan)
    grown[past:] = close[past:] / close[:-past] - 1
    with np.errstate(divide="ignore"):
        size = np.minimum(parameters["volatility"] / yearly, parameters["most"])
    wanted = np.where(grown > 0, size, -size * parameters["short"])
    return np.where(begins_month(bars["at"]) & ~np.isnan(grown) & ~np.isnan(size), wanted, np.nan)


STRATEGY = Strategy(
    name="volatility_trend",
    title="Volatility-targeted trend",
    meaning="At the first bar of each month holds a ticker that rose over the last year, for the "
    "part of its account at which it moves as much as wanted.",
    parameters=(
        Parameter("formation", 252, 1, 5000, "Over how many the trend is.", "bars", whole=True),
        Parameter("volatility_bars", 60, 2, 5000, "Returns in the volatility.", "bars", whole=True),
        Parameter("volatility", 0.1, 0.001, 10, "Wanted standard deviation of returns.", "a year"),
        Parameter("most", 1, 0.01, 10, "The greatest part of the account that is held."),
        Parameter("short", 0, 0, 1, "Part of the size that is sold short in a fall."),
        Parameter("bars_a_year", 252, 1, 600_000, "Bars in a year.", "bars"),
    ),
    history_rows=lambda values: int(max(values["formation"], values["volatility_bars"])),
    sizing="weight",
    by="ticker",
    positions=ByTicker(_decide),
)
