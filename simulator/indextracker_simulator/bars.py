"""Bars, straight from prints: folding into intervals, and the figures of one interval.

Every scale is computed from the prints themselves, in whole numbers until the last step. Which
prints belong together, and where they close, is truth.py's business.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

SCALES = (1, 5, 15, 30, 60)
"""Minutes."""


@dataclass
class Interval:
    """The prints of one bar, or of one part of a session, in the order in which they stand.

    Attributes:
        prices: Hundredths.
        weights: Contracts, or spreads, of each print.
        spread_contracts: Contracts that changed hands as legs of spreads, which have no price of
            their own here.
    """

    prices: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    spread_contracts: int = 0

    def add(self, price: int, weight: int) -> None:
        """Append one print."""
        self.prices.append(price)
        self.weights.append(weight)

    def figures(self) -> dict[str, float | None]:
        """Return open, high, low, close, mean, std and vwap; all null where nothing printed."""
        names = ("open", "high", "low", "close", "mean", "std", "vwap")
        if not self.prices:
            return dict.fromkeys(names)
        prices = self.prices
        value = sum(price * weight for price, weight in zip(prices, self.weights, strict=True))
        return {
            "open": prices[0] / 100,
            "high": max(prices) / 100,
            "low": min(prices) / 100,
            "close": prices[-1] / 100,
            "mean": (sum(prices) / 100) / len(prices),
            "std": sample_std(prices),
            "vwap": (value / 100) / sum(self.weights),
        }


def bar_start(second: int, close: int, scale: int) -> int:
    """Return the start of the bar that a print belongs to, local seconds.

    Args:
        second: Local second of the print.
        close: Local second of the close: a print in it belongs to the last bar before it.
        scale: Length of the bars in minutes; they are aligned to local midnight.
    """
    inside = second - 1 if second == close else second
    return inside - inside % (60 * scale)


def sample_std(prices: list[int]) -> float | None:
    """Return the sample standard deviation of prices in hundredths; null below two.

    The sum of squared deviations is exact: only the two divisions and the root round.
    """
    number = len(prices)
    if number < 2:
        return None
    squares = number * sum(price * price for price in prices) - sum(prices) ** 2
    return math.sqrt((squares / 100**2) / (number * (number - 1)))
