"""The engine: when decisions are traded, what trades cost, and what accounts are worth."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import SparkSession
from spark.strategies.bars import day, frame, history

from indextracker_spark.strategies.by_ticker import ByTicker
from indextracker_spark.strategies.engine import run, total
from indextracker_spark.strategies.model import Strategy, Terms

Row = dict[str, object]


def decides(targets: dict[int, float], sizing: str = "weight", **more: object) -> Strategy:
    """A strategy with the given targets at the given bars of each ticker."""

    def decide(bars: dict[str, np.ndarray], parameters: object) -> np.ndarray:
        found = np.full(len(bars["at"]), np.nan)
        for place, target in targets.items():
            found[place] = target
        return found

    return Strategy("made", "Made", "", (), lambda _: 0, sizing, "ticker", ByTicker(decide), **more)


def trades(spark: SparkSession, rows: list[Row], strategy: Strategy, **terms: object) -> list[Row]:
    found = run(frame(spark, rows), strategy, {}, Terms(**terms)).trades.toArrow().to_pylist()
    return sorted(found, key=lambda row: (row["filled_at"], row["ticker"]))


def equity(spark: SparkSession, rows: list[Row], strategy: Strategy, **terms: object) -> list[Row]:
    found = run(frame(spark, rows), strategy, {}, Terms(**terms)).equity.toArrow().to_pylist()
    return sorted(found, key=lambda row: (row["ticker"], row["at"]))


def test_a_decision_is_traded_at_the_open_of_the_next_bar(spark: SparkSession) -> None:
    rows = history("A", [10, 10, 10], open=[9, 8, 10])
    (bought,) = trades(spark, rows, decides({0: 1.0}), cash=100)
    assert bought["side"] == "buy"
    assert (bought["decided_at"], bought["filled_at"]) == (day(0), day(1))
    assert (bought["price"], bought["shares"]) == (8, 12.5)
    worth = [row["equity"] for row in equity(spark, rows, decides({0: 1.0}), cash=100)]
    assert worth == [100, 125, 125]
    worth = [
        row["equity"] for row in equity(spark, rows, decides({0: 1.0}), cash=100, fill="close")
    ]
    assert worth == [100, 100, 100]
    (bought,) = trades(spark, rows, decides({0: 1.0}), fill="next_close")
    assert (bought["price"], bought["filled_at"]) == (10, day(1))


def test_costs_and_slippage_are_of_the_trade_and_leave_no_debt(spark: SparkSession) -> None:
    rows = history("A", [10, 10, 10, 20])
    strategy = decides({0: 1.0, 2: 0.0})
    bought, sold = trades(spark, rows, strategy, cash=1000, cost_bps=100, slippage_bps=200)
    assert bought["price"] == pytest.approx(10.2)
    assert bought["shares"] == pytest.approx(1000 / (10.2 * 1.01))
    assert bought["cost"] == pytest.approx(bought["shares"] * 10.2 * 0.01)
    assert bought["slippage"] == pytest.approx(bought["shares"] * 0.2)
    assert bought["pnl"] is None
    assert sold["price"] == pytest.approx(19.6)
    worth = equity(spark, rows, strategy, cash=1000, cost_bps=100, slippage_bps=200)
    assert worth[1]["cash"] == pytest.approx(0, abs=1e-9)
    assert sold["pnl"] == pytest.approx(worth[-1]["equity"] - 1000)
    assert sum(row["cost"] for row in worth) == pytest.approx(bought["cost"] + sold["cost"])


def test_the_sum_of_accounts_goes_on_with_an_account_that_ended(spark: SparkSession) -> None:
    rows = [*history("A", [10, 10, 20]), *history("B", [10, 10, 10, 40], first=1)]
    outcome = run(frame(spark, rows), decides({0: 1.0}), {}, Terms(cash=100))
    found = sorted(total(outcome.equity).toArrow().to_pylist(), key=lambda row: row["at"])
    assert [row["equity"] for row in found] == [100, 200, 300, 300, 600]
    assert [row["paid_in"] for row in found] == [100, 100, 0, 0, 0]
