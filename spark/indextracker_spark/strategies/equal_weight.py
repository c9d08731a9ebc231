"""Equal weight: the same part of the equity in every ticker, restored at each month's first bar.

DeMiguel, Garlappi, Uppal: Optimal versus naive diversification. Review of Financial Studies 22
(2009).
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_spark.strategies.model import Parameters, Strategy
from indextracker_spark.strategies.spans import firsts


def _positions(prices: DataFrame, _: Parameters) -> DataFrame:
    there = prices.select("ticker", "at", "close").join(F.broadcast(firsts(prices, "month")), "at")
    priced = there.where("close > 0")
    target = 1 / F.count("ticker").over(Window.partitionBy("at"))
    return priced.select("ticker", "at", target.cast("double").alias("target"))


STRATEGY = Strategy(
    name="equal_weight",
    title="Equal weight",
    meaning="At the first bar of each month holds every ticker that has one for the same part of "
    "the equity.",
    parameters=(),
    history_rows=lambda _: 0,
    sizing="weight",
    by="universe",
    positions=_positions,
)
