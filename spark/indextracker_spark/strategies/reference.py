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
    adjusted = F.coalesce("adj_close", "close")
    factor = F.when(F.col("close") != 0, adjusted / F.col("close"))
    low, high = parameters["lowest"], parameters["highest"]
    unlikely = F.coalesce((adjusted < low) | (adjusted > high), F.lit(False))
    likely = prices.where(~unlikely)
    opened = F.col("open") * factor
    first = F.broadcast(firsts(likely, "month").withColumn("begins_month", F.lit(1.0)))
    # Not in one step: the factor is of the close as it was.
    return likely.withColumn("open", opened).withColumn("close", adjusted).join(first, "at", "left")


def profits(prices: DataFrame, trades: DataFrame, parameters: Parameters) -> DataFrame:
    """The purchases as the source gives them.

    Columns `ticker`, `at`, `price`, `shares`, `last_close` (of the ticker's last likely bar) and
    `pnl`, which is (last_close - price) * shares.
    """
    found = bars(prices, parameters).groupBy("ticker")
    lasts = found.agg(F.max_by("close", "at").alias("last_close"))
    bought = trades.select("ticker", F.col("filled_at").alias("at"), "price", "shares")
    pnl = (F.col("last_close") - F.col("price")) * F.col("shares")
    return bought.join(lasts, "ticker").withColumn("pnl", pnl)


def purchases(bought: Any, amount: float) -> Floats:
    """Targets of the same amount wherever it is bought."""
    return np.where(bought, amount, np.nan)


def _decide(found: dict[str, Any], parameters: Parameters) -> Floats:
    close = found["close"]
    total, number = np.zeros(len(close)), np.zeros(len(close))
    # From the oldest row on, as Spark adds them: the last bit of a mean decides where prices stand.
    for back in range(_ROWS_BEFORE, -1, -1):
        seen = np.append(np.full(min(back, len(close)), np.nan), close[: max(len(close) - back, 0)])
        total += np.nan_to_num(seen)
        number += ~np.isnan(seen)
    with np.errstate(invalid="ignore"):
        mean = total / number
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
