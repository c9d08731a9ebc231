"""Cross-sectional momentum, twelve months without the last one.

Jegadeesh, Titman: Returns to buying winners and selling losers. Journal of Finance 48 (1993). The
month left out is that of the short-term reversal.
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from indextracker_spark.strategies.cross_section import past_return, ranked
from indextracker_spark.strategies.model import Parameter, Parameters, Strategy


def _positions(prices: DataFrame, parameters: Parameters) -> DataFrame:
    score = past_return(int(parameters["formation"]), int(parameters["skipped"]))
    return ranked(prices, score, "month", parameters["winners"], parameters["losers"])


STRATEGY = Strategy(
    name="momentum",
    title="Cross-sectional momentum (12-1)",
    meaning="At the first bar of each month holds the tickers that rose most over twelve months, "
    "the last month left out.",
    parameters=(
        Parameter("formation", 252, 2, 2000, "Where the return begins.", "bars", whole=True),
        Parameter("skipped", 21, 0, 1000, "Where the return ends.", "bars", whole=True),
        Parameter("winners", 0.1, 0, 1, "Share of the tickers that is bought."),
        Parameter("losers", 0, 0, 1, "Share of the tickers that is sold short."),
    ),
    history_rows=lambda values: int(values["formation"]),
    sizing="weight",
    by="universe",
    positions=_positions,
)
