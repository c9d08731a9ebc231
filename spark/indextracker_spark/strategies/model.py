"""What a strategy is: its parameters, what it needs, and the function that gives its targets.

The shipped strategies are modules beside this one; how targets become trades is in `engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import DataFrame

Parameters = Mapping[str, float]
Sizing = Literal["weight", "cash", "shares"]
By = Literal["ticker", "universe"]
Fill = Literal["next_open", "next_close", "close"]

FILLS: tuple[Fill, ...] = ("next_open", "next_close", "close")
PRICE_COLUMNS = {
    "ticker": "string",
    "at": "timestamp",
    "open": "double",
    "high": "double",
    "low": "double",
    "close": "double",
    "adj_close": "double",
    "volume": "double",
    "dividend": "double",
    "sector": "string",
}
POSITION_SCHEMA = "ticker string, at timestamp, target double"


class ParameterError(ValueError):
    """A parameter that the strategy does not have, or a value that it cannot take."""


class LookAheadError(ValueError):
    """A strategy used prices that came later."""


@dataclass(frozen=True)
class Parameter:
    """A number that a run may set.

    Attributes:
        name: How it is written, as in `--set fast=20`.
        default: Its value where a run does not set it.
        low: The least value.
        high: The greatest one.
        meaning: A sentence for people.
        unit: What it counts: "bars", "days", "a year"; empty of a plain number.
        whole: Whether it has to be a whole number.
    """

    name: str
    default: float
    low: float
    high: float
    meaning: str
    unit: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Strategy:
    """Which positions are wanted, and when.

    Attributes:
        name: In lower case, as it is called on the command line.
        title: Its name for people.
        meaning: What it does, in a sentence or two.
        parameters: What a run may set.
        history_rows: How many bars of a ticker precede its first decision.
        sizing: What a target is. `weight`: share of the account's equity to be held; `shares`:
            number to be held; `cash`: an amount of money to buy for (negative: to sell for) at
            this bar, where money beyond the cash is paid into it.
        by: Whose the account is: each ticker has its own, or all of the universe share one.
        positions: From prices (columns of PRICE_COLUMNS, one bar a ticker and instant) to rows of
            `ticker`, `at`, `target`. A row is a decision, taken when the bar `at` is complete;
            where there is none, what is held is kept. Only API that works over Spark Connect.
        bars: Which bars it trades, made of all prices; every bar as it is where it is None.
        fill: When a decision becomes a trade, unless the run says otherwise.
    """

    name: str
    title: str
    meaning: str
    parameters: tuple[Parameter, ...]
    history_rows: Callable[[Parameters], int]
    sizing: Sizing
    by: By
    positions: Callable[[DataFrame, Parameters], DataFrame]
    bars: Callable[[DataFrame, Parameters], DataFrame] | None = None
    fill: Fill = "next_open"

    def values(self, given: Parameters) -> dict[str, float]:
        """The value of each parameter, by its default where none is given.

        Raises:
            ParameterError: With what is wrong, and what there is.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        if unknown := sorted(set(given) - set(known)):
            there = ", ".join(known) or "none"
            raise ParameterError(
                f"{self.name} has no parameter {', '.join(unknown)}; its parameters are: {there}"
            )
        chosen = {name: float(given.get(name, known[name].default)) for name in known}
        for name, value in chosen.items():
            wanted = known[name]
            if not wanted.low <= value <= wanted.high:
                raise ParameterError(
                    f"{self.name}: {name} is {value:g}, and has to be between {wanted.low:g} and "
                    f"{wanted.high:g}"
                )
            if wanted.whole and value != int(value):
                raise ParameterError(f"{self.name}: {name} is {value:g}, and has to be whole")
        return chosen


@dataclass(frozen=True)
class Terms:
    """What the accounts of a run start with and pay.

    Attributes:
        cash: Money of each account at its first bar; not of a strategy sized by `cash`, whose
            accounts start with nothing.
        cost_bps: Cost of a trade, in hundredths of a percent of its value.
        slippage_bps: By how much a purchase is dearer, and a sale cheaper, than the bar's price.
        lot: Shares are traded in multiples of it; 0 trades fractions.
        borrow_rate_per_year: What borrowed shares and borrowed money cost, a year of 365 days.
        fill: When a decision becomes a trade: at the open of the ticker's next bar, at its close,
            or at the close of the bar of the decision. None takes the strategy's own.
    """

    cash: float = 10_000.0
    cost_bps: float = 0.0
    slippage_bps: float = 0.0
    lot: float = 0.0
    borrow_rate_per_year: float = 0.0
    fill: Fill | None = None

    def __post_init__(self) -> None:
        wrong = [
            name
            for name in ("cash", "cost_bps", "slippage_bps", "lot", "borrow_rate_per_year")
            if not 0 <= getattr(self, name) < float("inf")
        ]
        if wrong:
            raise ParameterError(f"{', '.join(wrong)}: a number of 0 or more is needed")
        if self.slippage_bps >= 10_000:
            raise ParameterError("slippage_bps: 10000 and more leave nothing of a sale")
        if self.fill is not None and self.fill not in FILLS:
            raise ParameterError(f"fill is {self.fill!r}; there are: {', '.join(FILLS)}")
