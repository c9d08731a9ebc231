"""Short-term reversal: what fell most in the last week is held for the next one.

Jegadeesh: Evidence of predictable behavior of security returns. Journal of Finance 45 (1990).
Lehmann: Fads, martingales, and market efficiency. Quarterly Journal of Economics 105 (1990).
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from indextracker_spark.strategies.cross_section import past_return, ranked
from indextracker_spark.strategies.model import Parameter, Parameters, Strategy


def _positions(prices: DataFrame, parameters: Parameters) -> DataFrame:
    fell = -past_return(int(parameters["formation"]), 0)
    return ranked(prices, fell, "week", parameters["losers"], parameters["winners"])


STRATEGY = Strategy(
    name="reversal",
    title="Short-term reversal",
    meaning="At the first bar of each week holds the tickers that fell most over the last bars.",
    parameters=(
        Parameter("formation", 5, 1, 1000, "Over how many the return is.", "bars", whole=True),
        Parameter("losers", 0.1, 0, 1, "Share of the tickers that is bought: the fallen."),
        Parameter("winners", 0, 0, 1, "Share of the tickers that is sold short: the risen."),
    ),
    history_rows=lambda values: int(values["formation"]),
    sizing="weight",
    by="universe",
    positions=_positions,
)
