"""The reference strategy with its window corrected: the seven days before, and not the day itself.

The mean is of the closes of the seven calendar days before; the day at whose close it buys has no
part in the decision.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from indextracker_spark.strategies.accounts import DAY_MICROSECONDS
from indextracker_spark.strategies.by_ticker import ByTicker, Floats
from indextracker_spark.strategies.model import Parameters, Strategy
from indextracker_spark.strategies.reference import COLUMNS, PARAMETERS, bars, purchases

_DAYS = 7


def _decide(found: dict[str, Any], parameters: Parameters) -> Floats:
    at, close = found["at"], found["close"]
    chosen = np.flatnonzero(found["begins_month"] == 1)
    chosen = chosen[chosen > 0]
    bought = np.zeros(len(close), bool)
    first = np.searchsorted(at, at[chosen] - _DAYS * DAY_MICROSECONDS)
    for row, since in zip(chosen.tolist(), first.tolist(), strict=True):
        seen = close[since:row]
        seen = seen[~np.isnan(seen)]
        bought[row] = bool(len(seen)) and seen.mean() < close[row - 1]
    return purchases(bought, parameters["amount"])


STRATEGY = Strategy(
    name="reference_corrected",
    title="Monthly purchase below the close before (window corrected)",
    meaning="On a month's first trading day buys for 100 where the mean of the closes of the seven "
    "days before is below the last of them, at that day's close.",
    parameters=PARAMETERS,
    history_rows=lambda _: _DAYS,
    sizing="cash",
    by="ticker",
    positions=ByTicker(_decide, COLUMNS),
    bars=bars,
    fill="close",
)
