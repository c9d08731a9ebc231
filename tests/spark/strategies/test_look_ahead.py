"""No shipped strategy looks ahead, and those that do are found by cutting their prices."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from spark.strategies.bars import frame, walks

from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.model import Parameters, Strategy
from indextracker_spark.strategies.truncation import looks_ahead

# So short that each decides something within a history of a year and a half.
SHORT: dict[str, dict[str, float]] = {
    "crossover": {"fast": 5, "slow": 20},
    "momentum": {"formation": 60, "skipped": 5, "winners": 0.3, "losers": 0.3},
    "reversal": {"losers": 0.3, "winners": 0.3},
    "volatility_trend": {"formation": 60, "volatility_bars": 20, "short": 1},
    "pairs": {"estimation": 60, "enter": 1, "leave": 0.2},
}


@pytest.fixture(scope="module")
def prices(spark: SparkSession) -> DataFrame:
    return frame(spark, walks(12, 500)).cache()


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "reference"])
def test_no_shipped_strategy_looks_ahead(prices: DataFrame, name: str) -> None:
    strategy, parameters = SHIPPED[name], SHORT.get(name, {})
    assert strategy.positions(
        strategy.bars(prices, strategy.values(parameters)) if strategy.bars else prices,
        strategy.values(parameters),
    ).count()
    assert looks_ahead(prices, strategy, parameters) == []


def test_the_reference_uses_the_bar_at_whose_close_it_buys_and_none_after(
    prices: DataFrame,
) -> None:
    found = looks_ahead(prices, SHIPPED["reference"], {})
    assert {difference.how for difference in found} == {"own bar"}


def by_the_mean_of_all(prices: DataFrame, _: Parameters) -> DataFrame:
    mean = F.avg("close").over(Window.partitionBy("ticker"))
    target = F.when(F.col("close") < mean, 1.0).otherwise(0.0)
    return prices.select("ticker", "at", target.alias("target"))


def by_the_next_close(prices: DataFrame, _: Parameters) -> DataFrame:
    following = F.lead("close").over(Window.partitionBy("ticker").orderBy("at"))
    target = F.when(following > F.col("close"), 1.0).otherwise(0.0)
    return prices.select("ticker", "at", target.alias("target"))


def by_sorting(prices: DataFrame, _: Parameters) -> DataFrame:
    dearest = F.row_number().over(Window.partitionBy("ticker").orderBy(F.desc("close")))
    return prices.select("ticker", "at", F.when(dearest <= 50, 0.0).otherwise(1.0).alias("target"))


def by_the_ends_of_months(prices: DataFrame, _: Parameters) -> DataFrame:
    ends = prices.groupBy(F.date_trunc("month", "at").alias("month")).agg(F.max("at").alias("at"))
    return prices.join(ends.select("at"), "at").select("ticker", "at", F.lit(1.0).alias("target"))


@pytest.mark.parametrize(
    "cheats", [by_the_mean_of_all, by_the_next_close, by_sorting, by_the_ends_of_months]
)
def test_a_strategy_that_looks_ahead_is_found(prices: DataFrame, cheats: object) -> None:
    strategy = Strategy("cheat", "Cheat", "", (), lambda _: 0, "weight", "ticker", cheats)
    found = looks_ahead(prices, strategy, {})
    assert found
    first = found[0]
    assert first.at <= first.until
    assert first.ticker in str(first)
    assert f"{first.at:%Y-%m-%d}" in str(first)
