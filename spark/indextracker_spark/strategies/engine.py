"""Strategies over prices: decisions, the trades that follow from them, and what accounts are worth.

The accounts themselves are in `accounts` and `universe`. What the figures mean is in
docs/strategies.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from indextracker_spark.strategies import tables, universe
from indextracker_spark.strategies.accounts import account
from indextracker_spark.strategies.by_ticker import Bars, ByTicker, over_tickers
from indextracker_spark.strategies.model import Parameters, Strategy, Terms

EQUITY_SUMS = (
    "equity",
    "cash",
    "long_value",
    "short_value",
    "paid_in",
    "traded",
    "cost",
    "slippage",
    "borrowing",
    "dividends",
)
_WORTHS = EQUITY_SUMS[:4]
_TRADE_SCHEMA = (
    "ticker string, side string, decided_at timestamp, filled_at timestamp, shares double, "
    "price double, cost double, slippage double, pnl double"
)
EQUITY_SCHEMA = "ticker string, at timestamp, " + ", ".join(f"{x} double" for x in EQUITY_SUMS)
_BAR_COLUMNS = ("open", "close", "dividend")
_ORIGIN = {"document": "string", "line": "bigint"}


@dataclass(frozen=True)
class Outcome:
    """What a strategy came to. Each frame is computed when it is asked for.

    Attributes:
        trades: A row a trade.
        positions: A row a decision, as the strategy took it.
        equity: A row for each bar of each account.
    """

    trades: DataFrame
    positions: DataFrame
    equity: DataFrame


def run(prices: DataFrame, strategy: Strategy, parameters: Parameters, terms: Terms) -> Outcome:
    """What a strategy would have done with these prices, and come to.

    Args:
        prices: One bar a ticker and instant, columns of PRICE_COLUMNS; `document` and `line`, where
            they are there, go on into the trades.
        strategy: Whose decisions.
        parameters: Values of its parameters; defaults where there is none.
        terms: What the accounts start with and pay.

    Raises:
        ParameterError: A parameter is not one, or its value cannot be.
    """
    values = strategy.values(parameters)
    bars = strategy.bars(prices, values) if strategy.bars else prices
    decisions = strategy.positions(bars, values)
    if strategy.by == "universe":
        trades, equity = _by_universe(bars, decisions, strategy, terms)
    else:
        trades, equity = _by_ticker(bars, decisions, strategy, values, terms)
    return Outcome(trades, decisions, equity)


def total(equity: DataFrame) -> DataFrame:
    """The accounts together: at each instant the sum of them, each as it was known last.

    An account that ends, since its ticker does, goes on in the sum as it ended.
    """
    before = Window.partitionBy("ticker").orderBy("at")
    changes = equity.select(
        "at",
        *(
            (F.col(name) - F.coalesce(F.lag(name).over(before), F.lit(0.0))).alias(name)
            for name in _WORTHS
        ),
        *EQUITY_SUMS[len(_WORTHS) :],
    )
    summed = changes.groupBy("at").agg(*(F.sum(name).alias(name) for name in EQUITY_SUMS))
    so_far = Window.orderBy("at").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return summed.select(
        F.lit(None).cast("string").alias("ticker"),
        "at",
        *(F.sum(name).over(so_far).alias(name) for name in _WORTHS),
        *EQUITY_SUMS[len(_WORTHS) :],
    )


def _by_ticker(
    bars: DataFrame,
    decisions: DataFrame,
    strategy: Strategy,
    values: dict[str, float],
    terms: Terms,
) -> tuple[DataFrame, DataFrame]:
    if isinstance(strategy.positions, ByTicker):
        rows, columns = bars, tuple(dict.fromkeys((*_BAR_COLUMNS, *strategy.positions.columns)))
    else:
        rows, columns = _beside(bars, decisions), (*_BAR_COLUMNS, "target")
    made, worth = (_of_one(what, strategy, values, terms) for what in ("trades", "equity"))
    return (
        _traced(over_tickers(rows, columns, made, _TRADE_SCHEMA), bars),
        over_tickers(rows, columns, worth, EQUITY_SCHEMA),
    )


def _by_universe(
    bars: DataFrame, decisions: DataFrame, strategy: Strategy, terms: Terms
) -> tuple[DataFrame, DataFrame]:
    fill = terms.fill or strategy.fill
    rows = _beside(bars, decisions).coalesce(1)
    made, worth = (
        universe.accounts(what, strategy.sizing, terms, fill) for what in ("trades", "equity")
    )
    trades = _traced(rows.mapInArrow(made, _TRADE_SCHEMA), bars)
    return trades, rows.mapInArrow(worth, EQUITY_SCHEMA)


def _traced(trades: DataFrame, bars: DataFrame) -> DataFrame:
    """The trades with the document and the line of the bar that filled them."""
    if not set(_ORIGIN) <= set(bars.columns):
        return trades.withColumns({x: F.lit(None).cast(kind) for x, kind in _ORIGIN.items()})
    origin = bars.select("ticker", F.col("at").alias("filled_at"), *_ORIGIN)
    found = trades.join(origin, ["ticker", "filled_at"], "left")
    return found.select(*trades.columns, *(F.col(x).cast(kind) for x, kind in _ORIGIN.items()))


def _beside(bars: DataFrame, decisions: DataFrame) -> DataFrame:
    """Bars, and decisions as rows that have a target: not a join, they meet in their order."""
    nothing = F.lit(None).cast("double")
    of_bars = (F.col(name).cast("double").alias(name) for name in _BAR_COLUMNS)
    of_decisions = (nothing.alias(name) for name in _BAR_COLUMNS)
    return bars.select("ticker", "at", *of_bars, nothing.alias("target")).unionAll(
        decisions.select("ticker", "at", *of_decisions, F.col("target").cast("double"))
    )


def _of_one(
    what: str, strategy: Strategy, values: dict[str, float], terms: Terms
) -> Callable[[str, Bars], pa.Table]:
    """The function from a ticker and its rows to its trades, or its equity."""
    by_ticker = strategy.positions if isinstance(strategy.positions, ByTicker) else None
    sizing, fill = strategy.sizing, terms.fill or strategy.fill

    def of_one(ticker: str, rows: Bars) -> pa.Table:
        bars, targets = tables.decided(rows, by_ticker, values)
        ledger = account(bars, targets, sizing, terms, fill)
        return (tables.trades if what == "trades" else tables.equity)(ticker, bars, ledger)

    return of_one
