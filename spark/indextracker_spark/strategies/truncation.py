"""Look-ahead, found by truncation: a strategy is run on prices that end, and must decide the same.

The prices are cut at several instants, and once more what follows is replaced by nonsense, which
finds what only a count of rows would hide. A decision that is filled at its own bar's close must
not depend on that bar either.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_spark.strategies.model import PRICE_COLUMNS, Parameters, Strategy

How = Literal["cut", "changed", "own bar"]

CUTS = 4
MOST_DIFFERENCES = 20
_TOLERANCE = 1e-9
_PRICES = ("open", "high", "low", "close", "adj_close")
_KEY = ("ticker", "at")


@dataclass(frozen=True)
class Difference:
    """A decision that depended on what came later.

    Attributes:
        ticker: Whose.
        at: When it was taken.
        until: The last instant that the other run knew.
        how: `cut`: the prices after `until` were missing; `changed`: they were others; `own bar`:
            those of `until` were others, at whose close the decision is filled.
        whole: Its target with all prices; None where it is not taken.
        other: Its target in the other run; None where it is not taken.
    """

    ticker: str
    at: datetime
    until: datetime
    how: How
    whole: float | None
    other: float | None

    def __str__(self) -> str:
        later = {
            "cut": f"without the prices after {self.until:%Y-%m-%d %H:%M}",
            "changed": f"with other prices after {self.until:%Y-%m-%d %H:%M}",
            "own bar": "with other prices of the bar at whose close it is filled",
        }[self.how]
        whole, other = (
            "no decision" if x is None else f"the target {x:g}" for x in (self.whole, self.other)
        )
        return f"{self.ticker} at {self.at:%Y-%m-%d %H:%M}: {whole}, but {later} {other}"


def looks_ahead(
    prices: DataFrame, strategy: Strategy, parameters: Parameters, cuts: int = CUTS
) -> list[Difference]:
    """The decisions that depended on later prices, the first ones of each cut; none if none did.

    Args:
        prices: As for the engine; the longer, the more is tried.
        strategy: What is checked.
        parameters: Values of its parameters.
        cuts: At how many instants the prices are cut.

    Raises:
        ParameterError: A parameter is not one, or its value cannot be.
        ValueError: There are too few instants to cut between.
    """
    values = strategy.values(parameters)

    def decisions(known: DataFrame) -> DataFrame:
        bars = strategy.bars(known, values) if strategy.bars else known
        return strategy.positions(bars, values).select(*_KEY, "target")

    whole = decisions(prices)
    found: list[Difference] = []
    for until in _instants(prices, whole, cuts):
        moment = F.lit(until).cast("timestamp")
        after = F.col("at") > moment
        runs: dict[How, DataFrame] = {
            "cut": prices.where(~after),
            "changed": _nonsense(prices, after),
        }
        if strategy.fill == "close":
            runs["own bar"] = _nonsense(prices, F.col("at") >= moment)
        for how, known in runs.items():
            found += _differences(whole, decisions(known), until, how)
    return found


def _instants(prices: DataFrame, decisions: DataFrame, cuts: int) -> list[datetime]:
    """Instants within the prices: by turns that of a decision, and the one that follows on it.

    Between decisions most cuts show nothing, and a decision at the last bar of a month shows only
    where the month is cut before its end.
    """
    known = _in_order(prices)
    if len(known) < cuts + 2:
        raise ValueError(
            f"the prices have {len(known)} instants; {cuts + 2} are needed to cut them"
        )
    taken = _in_order(decisions)
    taken = taken if len(taken) > cuts else known
    places = [(number + 1) * len(taken) // (cuts + 1) for number in range(cuts)]
    found = {
        known[min(bisect_left(known, taken[place]) + number % 2, len(known) - 2)]
        for number, place in enumerate(places)
    }
    return sorted(found)


def _in_order(rows: DataFrame) -> list[datetime]:
    instants = rows.select("at").distinct().orderBy("at").toArrow()["at"]
    return list(instants.cast(pa.timestamp("us", "UTC")).to_pylist())


def _nonsense(prices: DataFrame, where: Column) -> DataFrame:
    """Prices of which those in question are others: a tenth to ten times what they were."""
    chance = F.pmod(F.hash("ticker", F.unix_seconds("at")), F.lit(1000)) / 1000
    factor = F.pow(F.lit(10.0), 2 * chance - 1)
    return prices.withColumns(
        {
            **{x: F.when(where, F.col(x) * factor).otherwise(F.col(x)) for x in _PRICES},
            "volume": F.when(where, F.col("volume") * (1 - chance)).otherwise(F.col("volume")),
        }
    ).select(*(x for x in prices.columns if x in PRICE_COLUMNS))


def _differences(whole: DataFrame, other: DataFrame, until: datetime, how: How) -> list[Difference]:
    known = F.col("at") <= F.lit(until).cast("timestamp")
    ours = whole.where(known).withColumnRenamed("target", "whole")
    theirs = other.where(known).withColumnRenamed("target", "other")
    both = ours.join(theirs, list(_KEY), "full_outer")
    near = F.abs(F.col("whole") - F.col("other")) <= _TOLERANCE * F.greatest(
        F.abs("whole"), F.abs("other"), F.lit(1.0)
    )
    unlike = both.where(~F.coalesce(near, F.lit(False))).orderBy("at", "ticker")
    rows = unlike.select(*_KEY, "whole", "other").limit(MOST_DIFFERENCES).toArrow().to_pylist()
    return [
        Difference(row["ticker"], row["at"], until, how, row["whole"], row["other"]) for row in rows
    ]
