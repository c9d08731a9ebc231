"""Strategies over prices, and the engine that runs them: a strategy is a module of this folder."""

from indextracker_spark.strategies.crossover import STRATEGY as CROSSOVER
from indextracker_spark.strategies.model import Strategy

SHIPPED: dict[str, Strategy] = {strategy.name: strategy for strategy in (CROSSOVER,)}

__all__ = ["SHIPPED", "Strategy"]
