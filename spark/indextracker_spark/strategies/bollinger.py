"""Mean reversion by Bollinger's bands: bought below the lower one, sold at the mean.

Bollinger: Bollinger on Bollinger Bands (2001): a simple mean of 20 closes, and two population
standard deviations of the same closes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from indextracker_spark.strategies.by_ticker import ByTicker, Floats
from indextracker_spark.strategies.model import Parameter, Parameters, Strategy
from indextracker_spark.strategies.windows import deviation, mean


def _decide(bars: dict[str, Any], parameters: Parameters) -> Floats:
    close, length = bars["close"], int(parameters["length"])
    middle = mean(close, length)
    lower = middle - parameters["width"] * deviation(close, length, ddof=0)
    wanted = np.where(close < lower, 1.0, np.where(close > middle, 0.0, np.nan))
    decided = np.flatnonzero(~np.isnan(wanted))
    # A decision that says the same as the one before would buy for dividends; it is none.
    same = np.append(wanted[decided[:1]] == 0, wanted[decided[1:]] == wanted[decided[:-1]])
    wanted[decided[same]] = np.nan
    return wanted


STRATEGY = Strategy(
    name="bollinger",
    title="Bollinger mean reversion",
    meaning="Buys for all its money when a close is below the lower band, and sells all when one "
    "is above the mean.",
    parameters=(
        Parameter(
            "length", 20, 2, 1000, "Closes in the mean and the deviation.", "bars", whole=True
        ),
        Parameter("width", 2, 0.1, 10, "From the mean to a band.", "standard deviations"),
    ),
    history_rows=lambda values: int(values["length"]) - 1,
    sizing="weight",
    by="ticker",
    positions=ByTicker(_decide),
)
