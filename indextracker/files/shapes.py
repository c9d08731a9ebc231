"""What prices of a bar obey, whatever a header says: high is the highest, low the lowest.

The order of open, high, low and close is found by it, and a header that lies. Which words mean
what stands in `words`, which columns there are in `roles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from indextracker.files.model import Role

Numbers = Sequence[Decimal | None]

# Orders in which files without a header write the four prices, the usual one first.
ORDERS = (
    (Role.OPEN, Role.HIGH, Role.LOW, Role.CLOSE),
    (Role.OPEN, Role.CLOSE, Role.HIGH, Role.LOW),
    (Role.OPEN, Role.CLOSE, Role.LOW, Role.HIGH),
    (Role.CLOSE, Role.OPEN, Role.HIGH, Role.LOW),
    (Role.CLOSE, Role.HIGH, Role.LOW, Role.OPEN),
    (Role.OPEN, Role.LOW, Role.HIGH, Role.CLOSE),
    (Role.HIGH, Role.LOW, Role.OPEN, Role.CLOSE),
    (Role.LOW, Role.OPEN, Role.CLOSE, Role.HIGH),
)


def outside(columns: dict[Role, Numbers]) -> float | None:
    """The share of bars whose open or close is not between low and high; none if none tells."""
    tells = bad = 0
    inner = [columns[role] for role in (Role.OPEN, Role.CLOSE) if role in columns]
    if Role.HIGH not in columns or Role.LOW not in columns:
        return None
    for place, (high, low) in enumerate(zip(columns[Role.HIGH], columns[Role.LOW], strict=True)):
        if high is None or low is None:
            continue
        prices = [price for column in inner if (price := column[place]) is not None]
        if high == low and all(price == high for price in prices):
            continue
        tells += 1
        bad += high < low or any(not low <= price <= high for price in prices)
    return bad / tells if tells else None


def order_of(four: Sequence[Numbers]) -> tuple[tuple[Role, ...], float]:
    """The order of four columns of prices, and the share of bars that break it."""
    best, least = ORDERS[0], 1.0
    for order in ORDERS:
        share = outside(dict(zip(order, four, strict=True)))
        if share is None:
            return ORDERS[0], 0.0
        if share < least - 1e-9:
            best, least = order, share
    return best, least


def alike(one: Numbers, other: Numbers) -> float:
    """How near two columns of prices are: the median of the relative difference."""
    apart = sorted(
        abs(a - b) / abs(a)
        for a, b in zip(one, other, strict=True)
        if a is not None and b is not None and a
    )
    return float(apart[len(apart) // 2]) if apart else 1.0
