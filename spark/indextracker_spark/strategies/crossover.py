"""Moving averages that cross: in the market while the fast one is above the slow one.

Brock, Lakonishok, LeBaron: Simple technical trading rules and the stochastic properties of stock
returns. Journal of Finance 47 (1992).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from indextracker_spark.strategies.by_ticker import ByTicker, Floats
from indextracker_spark.strategies.model import Parameter, Parameters, Strategy
from indextracker_spark.strategies.windows import mean


def _decide(bars: dict[str, Any], parameters: Parameters) -> Floats:
    """1 where the fast average goes above the slow one, 0 where it goes below."""
    fast = mean(bars["close"], int(parameters["fast"]))
    slow = mean(bars["close"], int(parameters["slow"]))
    above, below = fast > slow, fast < slow
    turned = np.zeros(len(fast), bool)
    # Not where there was no average before: an average that begins above has not gone there.
    turned[1:] = ~np.isnan(slow[:-1]) & ~np.isnan(fast[:-1])
    before_above = np.concatenate([[False], above[:-1]])
    before_below = np.concatenate([[False], below[:-1]])
    up, down = turned & above & ~before_above, turned & below & ~before_below
    return np.where(up, 1.0, np.where(down, 0.0, np.nan))


STRATEGY = Strategy(
    name="crossover",
    title="Moving-average crossover",
    meaning="Buys for all its money when the fast average of closes goes above the slow one, and "
    "sells all when it goes below.",
    parameters=(
        Parameter("fast", 20, 1, 1000, "Closes in the fast average.", "bars", whole=True),
        Parameter("slow", 100, 2, 5000, "Closes in the slow average.", "bars", whole=True),
    ),
    history_rows=lambda values: int(max(values["fast"], values["slow"])),
    sizing="weight",
    by="ticker",
    positions=ByTicker(_decide),
)
