"""Buy and hold: all of a ticker's money at its second bar, for good."""

from __future__ import annotations

from typing import Any

import numpy as np

from indextracker_spark.strategies.by_ticker import ByTicker, Floats
from indextracker_spark.strategies.model import Parameters, Strategy


def _decide(bars: dict[str, Any], _: Parameters) -> Floats:
    targets = np.full(len(bars["at"]), np.nan)
    targets[:1] = 1.0
    return targets


STRATEGY = Strategy(
    name="buy_and_hold",
    title="Buy and hold",
    meaning="Buys each ticker for all the money of its account, as soon as it has a bar.",
    parameters=(),
    history_rows=lambda _: 0,
    sizing="weight",
    by="ticker",
    positions=ByTicker(_decide),
)
