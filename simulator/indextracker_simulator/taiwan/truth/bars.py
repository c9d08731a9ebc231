"""Bars, straight from prints: folding into intervals, and the figures of one interval.

Every scale is computed from the prints themselves, in whole numbers until the last step. The
modules beside this one give the prints, their closes and what a row counts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from indextracker_simulator.taiwan.truth.tables import Row, instant, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import pyarrow as pa

SCALES = (1, 5, 15, 30, 60)
"""Minutes."""


class Print(NamedTuple):
    """One thing that a bar counts.

    Attributes:
        subject: What the bar is of: an index, a contract, a spread, a series.
        part: `day` or `night`.
        second: When it printed, local.
        close: When its subject closes in that part, local.
        price: Hundredths; None where contracts changed hands as a spread's leg.
        weight: Contracts, spreads, shares, or sides of an option.
    """

    subject: tuple[Any, ...]
    part: str
    second: int
    close: int
    price: int | None
    weight: int


class Layout(NamedTuple):
    """How the two tables of one kind of bar are laid out.

    Attributes:
        kind: Begins their names.
        subject: Columns that name what a bar is of.
        has_parts: Whether bars belong to a part of the session.
        figures: Columns of the figures.
    """

    kind: str
    subject: tuple[str, ...]
    has_parts: bool
    figures: tuple[str, ...]


PRICES = ("open", "high", "low", "close", "mean", "std")


@dataclass
class Interval:
    """The prints of one bar, or of one part of a session, in the order in which they stand.

    Attributes:
        prices: Hundredths.
        weights: Contracts, spreads, shares or sides of each print.
        spread_contracts: Contracts that changed hands as legs of spreads, which have no price of
            their own here.
    """

    prices: list[int] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    spread_contracts: int = 0

    @classmethod
    def of(cls, prints: Iterable[Print]) -> Interval:
        """Return the interval that holds these prints and no others."""
        interval = cls()
        for _, _, _, _, price, weight in prints:
            if price is None:
                interval.spread_contracts += weight
            else:
                interval.prices.append(price)
                interval.weights.append(weight)
        return interval

    def figures(self) -> dict[str, float | None]:
        """Return open, high, low, close, mean, std and vwap; all null where nothing printed."""
        if not self.prices:
            return dict.fromkeys((*PRICES, "vwap"))
        value = sum(price * weight for price, weight in zip(self.prices, self.weights, strict=True))
        return {
            **self._extremes(),
            "mean": (sum(self.prices) / 100) / len(self.prices),
            "std": sample_std(self.prices),
            "vwap": (value / 100) / sum(self.weights),
        }

    def figures_by_contracts(self) -> dict[str, float | None]:
        """Return figures of sides, two of which make a contract: each contract counts once."""
        sides = sum(self.weights)
        contracts = sides // 2
        assert 2 * contracts == sides, "sides of whole contracts"
        weighed = list(zip(self.prices, self.weights, strict=True))
        value = sum(price * weight for price, weight in weighed)
        squares = sides * sum(price**2 * weight for price, weight in weighed) - value**2
        pairs = contracts * (contracts - 1)
        return {
            **self._extremes(),
            "mean": (value / 200) / contracts,
            "std": math.sqrt((squares / 200**2) / pairs) if pairs else None,
            "contracts": contracts,
        }

    def _extremes(self) -> dict[str, float | None]:
        return {
            "open": self.prices[0] / 100,
            "high": max(self.prices) / 100,
            "low": min(self.prices) / 100,
            "close": self.prices[-1] / 100,
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


def bar_tables(day: date, layout: Layout, prints: Iterable[Print]) -> dict[str, pa.Table]:
    """Return the tables of bars of all scales and of the parts of the session."""
    bars: list[Row] = []
    parts: list[Row] = []
    for subject, printed in by_subject(prints).items():
        name = dict(zip(layout.subject, subject, strict=True))
        parts.append(name | {"session_part": "whole"} | _figures(layout, printed))
        for part in dict.fromkeys(row.part for row in printed):
            of_part = [row for row in printed if row.part == part]
            name["session_part"] = part
            parts.append(name | _figures(layout, of_part))
            for scale in SCALES:
                name["scale_minutes"] = scale
                for start, inside in _by_bar(of_part, scale).items():
                    bars.append(name | {"bar_start": instant(start)} | _figures(layout, inside))
    part_key = ("session_part",) if layout.has_parts else ()
    of_bar = (*part_key, "scale_minutes", "bar_start", *layout.figures)
    subject_key = ("session_date", *layout.subject)
    return {
        f"{layout.kind}_bars": table(day, (*subject_key, *of_bar), bars),
        f"{layout.kind}_sessions": table(
            day, (*subject_key, "session_part", *layout.figures), parts
        ),
    }


def by_subject(prints: Iterable[Print]) -> dict[tuple[Any, ...], list[Print]]:
    """Return the prints of each subject, in their order."""
    subjects: dict[tuple[Any, ...], list[Print]] = defaultdict(list)
    for row in prints:
        subjects[row.subject].append(row)
    return subjects


def _by_bar(printed: list[Print], scale: int) -> dict[int, list[Print]]:
    bars: dict[int, list[Print]] = defaultdict(list)
    for row in printed:
        bars[bar_start(row.second, row.close, scale)].append(row)
    return bars


def _figures(layout: Layout, printed: list[Print]) -> Row:
    interval = Interval.of(printed)
    volume, rows = sum(interval.weights), len(interval.prices)
    counts = {
        "contracts": volume,
        "shares": volume,
        "spread_contracts": interval.spread_contracts,
        "trades": rows,
        "ticks": rows,
        "prints": rows,
    }
    by_contracts = layout.kind == "option"
    return counts | (interval.figures_by_contracts() if by_contracts else interval.figures())
