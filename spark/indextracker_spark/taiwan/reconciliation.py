"""Our figures against the exchange's own, and the class of each difference.

Verified on the sample reports of 2023-01-30 and 2024-07-29:

- A row of a spread counts spreads matched with a spread, which are those of the tick file: where a
  contract traded as a leg alone, the volume of its row equals that of its spreads' rows (37 of 37).
- Such a contract has an open and a close, those of a leg, and neither high nor low (37 of 37). Ours
  come from outright trades, so it has none: without a high there is an open if something traded.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t

PRICES = ("open", "high", "low", "close")
_KEY = ("session_date", "session_part", "product", "expiry", "strike", "option_type")
_FIGURES = [f"{side}_{n}" for n in (*PRICES, "contracts") for side in ("official", "computed")]


def of_futures(report: DataFrame, futures: DataFrame, spreads: DataFrame) -> DataFrame:
    """Futures and calendar spreads, which the report has under their near/far expiries."""
    no_series = {
        "strike": F.lit(None).cast("decimal(12,4)"),
        "option_type": F.lit(None).cast("string"),
    }
    contracts = futures.withColumn("contracts", F.col("contracts") + F.col("spread_contracts"))
    pairs = spreads.withColumn("expiry", F.concat_ws("/", "near_expiry", "far_expiry"))
    wanted = [name for name in (*_KEY, *PRICES, "contracts") if name not in no_series]
    ours = contracts.select(*wanted).unionByName(pairs.select(*wanted)).withColumns(no_series)
    return _reconciled(report, ours, t.FUTURES)


def of_options(report: DataFrame, options: DataFrame) -> DataFrame:
    """Option series."""
    return _reconciled(report, options, t.OPTIONS)


def _reconciled(report: DataFrame, ours: DataFrame, instrument: str) -> DataFrame:
    """A row per contract and part of the session that the report or the trades know."""
    of_parts = ours.where("session_part <> 'whole'")
    # Grouped instead of joined: of futures, strike and type are null, and null joins with nothing.
    rows = (
        _one_side("official", "computed", report)
        .unionByName(_one_side("computed", "official", of_parts))
        .groupBy(*_KEY)
        .agg(*(F.max(name).alias(name) for name in _FIGURES))
        .fillna(0, ["computed_contracts"])
    )
    difference = F.col("official_contracts") - F.col("computed_contracts")
    traded = F.col("computed_contracts") > 0
    no_outright = (
        F.col("official_high").isNull()
        & F.col("computed_high").isNull()
        & (F.col("official_open").isNotNull() == traded)
    )
    same = [F.col(f"official_{name}") == F.col(f"computed_{name}") for name in PRICES]
    agreed = no_outright | (same[0] & same[1] & same[2] & same[3])
    found = F.when(agreed & (difference == 0), "equal").when(
        agreed & (difference > 0), "block trades"
    )
    return rows.select(
        *_KEY,
        *_FIGURES,
        difference.alias("contracts_difference"),
        found.otherwise("unexplained").alias("class"),
        F.lit(instrument).alias("instrument"),
    )


def _one_side(side: str, other: str, rows: DataFrame) -> DataFrame:
    """The figures of one side under its names; those of the other side are null."""
    return rows.select(
        *_KEY,
        *(F.col(name).alias(f"{side}_{name}") for name in (*PRICES, "contracts")),
        *(F.lit(None).cast("double").alias(f"{other}_{name}") for name in PRICES),
        F.lit(None).cast("bigint").alias(f"{other}_contracts"),
    )
