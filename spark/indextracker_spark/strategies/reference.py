"""The reference strategy: 100 dollars a month where the last closes were below the close before.

As published with the simulated prices of "Back In Time": on a month's first trading day of all
tickers, 100 dollars at the adjusted close, if the mean of eight rows, this one included and called
"7-day", is less than the close before. Its profit is (last close - price paid) x shares.
The one with its window corrected is in `reference_corrected`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_spark.strategies.by_ticker import ByTicker, Floats
from indextracker_spark.strategies.model import Parameter, Parameters, Strategy
from indextracker_spark.strategies.spans import firsts

PARAMETERS = (
    Parameter("amount", 100, 0.01, 1e9, "Money of each purchase.", "money"),
    Parameter("lowest", 0.1, 0, 1e9, "Closes below it are left out.", "price"),
    Parameter("highest", 1000, 0, 1e12, "Closes above it are left out.", "price"),
)
COLUMNS = ("close", "begins_month")
_ROWS_BEFORE = 7


def bars(prices: DataFrame, parameters: Parameters) -> DataFrame:
    """The bars at their adjusted closes, without unlikely ones; a bar without a close stays."""
    likely = _likely(prices, parameters)
    first = F.broadcast(firsts(likely, "month").withColumn("begins_month", F.lit(1.0)))
    # From this side: Sail holds the left table of a join in memory, whichever is the smaller one.
    return first.join(likely, "at", "right")


def _likely(prices: DataFrame, parameters: Parameters) -> DataFrame:
    adjusted = F.coalesce("adj_close", "close")
    low, high = F.lit(parameters["lowest"]), F.lit(parameters["highest"])
    unlikely = F.coalesce((adjusted < low) | (adjusted > high), F.lit(False))
    factor = F.when(F.col("close") != 0, adjusted / F.col("close"))
    # Not in one step: the factor is of the close as it was.
    opened = prices.where(~unlikely).withColumn("open", F.col("open") * factor)
    return opened.withColumn("close", adjusted)


def profits(prices: DataFrame, trades: DataFrame, parameters: Parameters) -> DataFrame:
    """The purchases as the source gives them.

    Columns `ticker`, `at`, `price`, `shares`, `last_close` (of the ticker's last likely bar) and
    `pnl`, which is (last_close - price) * shares.
    """
    found = _likely(prices, parameters).groupBy("ticker")
    lasts = found.agg(F.max_by("close", "at").alias("last_close"))
    bought = trades.select("ticker", F.col("filled_at").alias("at"), "price", "shares")
    pnl = (F.col("last_close") - F.col("price")) * F.col("shares")
    return bought.join(lasts, "ticker").withColumn("pnl", pnl)


def purchases(bought: Any, amount: float) -> Floats:
    """Targets of the same amount wherever it is bought."""
    return np.where(bought, amount, np.nan)


def _summed(values: Floats) -> Floats:
    """The sum of each value and the seven before it."""
    before = np.concatenate([np.zeros(_ROWS_BEFORE), values])
    found = before[: len(values)].copy()
    for first in range(1, _ROWS_BEFORE + 1):
        found += before[first : first + len(values)]
    return found


def _decide(found: dict[str, Any], parameters: Parameters) -> Floats:
    close = found["close"]
    known = ~np.isnan(close)
    # From the oldest row on, as Spark adds them: the last bit of a mean decides where prices stand.
    total = _summed(np.where(known, close, 0.0))
    with np.errstate(invalid="ignore"):
        mean = total / _summed(known.astype(np.float64))
    before = np.append(0.0, close[:-1])
    bought = (mean < before) & (found["begins_month"] == 1) & (close > 0)
    return purchases(bought, parameters["amount"])


STRATEGY = Strategy(
    name="reference",
    title="Monthly purchase below the close before (as published)",
    meaning="On a month's first trading day buys for 100 where the mean of eight closes, that of "
    "the day among them, is below the close before, at that day's close.",
    parameters=PARAMETERS,
    history_rows=lambda _: _ROWS_BEFORE,
    sizing="cash",
    by="ticker",
    positions=ByTicker(_decide, COLUMNS),
    bars=bars,
    fill="close",
)
