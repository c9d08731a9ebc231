"""Strategies over prices, and the engine that runs them: a shipped strategy is a module here."""

from indextracker_spark.strategies import (
    bollinger,
    buy_and_hold,
    crossover,
    equal_weight,
    momentum,
    pairs,
    reference,
    reference_corrected,
    reversal,
    volatility_trend,
)
from indextracker_spark.strategies.model import Strategy

SHIPPED: dict[str, Strategy] = {
    module.STRATEGY.name: module.STRATEGY
    for module in (
        reference,
        reference_corrected,
        crossover,
        momentum,
        reversal,
        volatility_trend,
        bollinger,
        pairs,
        buy_and_hold,
        equal_weight,
    )
}

__all__ = ["SHIPPED", "Strategy"]
