"""The engine: when decisions are traded, what trades cost, and what accounts are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from spark.strategies.bars import day, frame, history, walks

from indextracker_spark.strategies import SHIPPED, spool, universe
from indextracker_spark.strategies.by_ticker import ByTicker
from indextracker_spark.strategies.engine import EQUITY_SUMS, run, total
from indextracker_spark.strategies.model import ParameterError, Strategy, Terms

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


def both_ways(decide: ByTicker, **more: object) -> list[Strategy]:
    """The same decisions in one pass with the accounts, as a frame of its own, and by universe."""

    def positions(prices: DataFrame, parameters: dict[str, float]) -> DataFrame:
        return decide(prices, parameters)

    made = [("ticker", decide), ("ticker", positions), ("universe", positions)]
    return [
        Strategy("made", "Made", "", (), lambda _: 0, more.get("sizing", "weight"), by, how)  # type: ignore[arg-type]
        for by, how in made
    ]


@pytest.mark.parametrize("fill", ["next_open", "next_close", "close"])
@pytest.mark.parametrize("sizing", ["weight", "shares", "cash"])
def test_an_account_of_one_ticker_is_the_same_whichever_way_it_is_kept(
    spark: SparkSession, fill: str, sizing: str
) -> None:
    rows = walks(1, 400)
    for row in rows[100:103]:
        row |= {"open": None, "close": None}
    rows[200] |= {"close": -3.0}
    rows[201] |= {"open": 0.0}
    chance = np.random.default_rng(5)
    size = {"weight": 1.0, "shares": 30.0, "cash": 200.0}[sizing]
    drawn = np.where(chance.random(400) < 0.1, chance.choice([-1.0, 0.0, 0.5, 1.0], 400), np.nan)
    decide = ByTicker(lambda bars, _: drawn * size)
    terms = Terms(5000, 20, 10, 1, 0.05, fill)
    found = []
    for strategy in both_ways(decide, sizing=sizing):
        outcome = run(frame(spark, rows), strategy, {}, terms)
        trades, equity = outcome.trades.toPandas(), outcome.equity.toPandas()
        found.append((trades.sort_values("filled_at"), equity.sort_values("at")))
    assert len(found[0][0]) > 20
    for trades, equity in found[1:]:
        for name in ("shares", "price", "cost", "slippage", "pnl"):
            np.testing.assert_allclose(trades[name], found[0][0][name], rtol=1e-9, atol=1e-9)
        assert list(trades["decided_at"]) == list(found[0][0]["decided_at"])
        for name in EQUITY_SUMS:
            np.testing.assert_allclose(equity[name], found[0][1][name], rtol=1e-9, atol=1e-7)
    trades, equity = found[0]
    # Nothing is lost: the profit of what closed, and of what is open, is what the account gained.
    gained = equity["equity"].iloc[-1] - equity["paid_in"].sum()
    money = (equity["dividends"] - equity["borrowing"]).sum()
    paid = np.where(trades["side"] == "buy", 1, -1) * trades["shares"] * trades["price"]
    held = (np.where(trades["side"] == "buy", 1, -1) * trades["shares"]).sum()
    worth = held * 1.0 * equity_mark(rows)
    assert gained == pytest.approx(worth - (paid + trades["cost"]).sum() + money)


def test_purchases_alone_are_what_the_universe_makes_of_them(spark: SparkSession) -> None:
    rows = [row | {"dividend": None} for row in walks(1, 200)]
    decide = ByTicker(lambda bars, _: np.where(np.arange(200) % 9 == 0, 50.0, np.nan))
    found = []
    for strategy in both_ways(decide, sizing="cash"):
        outcome = run(frame(spark, rows), strategy, {}, Terms(0, 20, 10))
        found.append(
            (
                outcome.trades.toPandas().sort_values("filled_at"),
                outcome.equity.toPandas().sort_values("at"),
            )
        )
    assert len(found[0][0]) == 23
    for trades, equity in found[1:]:
        for name in ("shares", "price", "cost", "slippage"):
            np.testing.assert_allclose(trades[name], found[0][0][name], rtol=1e-12)
        for name in EQUITY_SUMS:
            np.testing.assert_allclose(equity[name], found[0][1][name], rtol=1e-9, atol=1e-9)


def equity_mark(rows: list[Row]) -> float:
    return [row["close"] for row in rows if row["close"] is not None][-1]


def test_a_price_that_is_none_zero_or_negative_is_waited_out(spark: SparkSession) -> None:
    rows = history("A", [10, 10, 10, 10, 12], open=[10, None, 0, -5, 11])
    (bought,) = trades(spark, rows, decides({0: 1.0}))
    assert (bought["decided_at"], bought["filled_at"], bought["price"]) == (day(0), day(4), 11)
    (bought,) = trades(spark, rows, decides({0: 0.5, 2: 1.0}), cash=110)
    assert (bought["decided_at"], bought["shares"]) == (day(2), 10)


def test_a_bar_without_a_close_is_worth_its_open_else_what_it_was(spark: SparkSession) -> None:
    rows = history("A", [10, 10, None, None, -4], open=[10, 10, 12, None, 1])
    worth = [row["equity"] for row in equity(spark, rows, decides({0: 1.0}), cash=100)]
    assert worth == [100, 100, 120, 120, -40]


def test_dividends_are_paid_to_who_held_before_the_bar(spark: SparkSession) -> None:
    rows = history("A", [10, 10, 10, 10], dividend=[5, 1, 2, None])
    found = equity(spark, rows, decides({0: 1.0, 2: 0.0}), cash=100)
    assert [row["dividends"] for row in found] == [0, 0, 20, 0]
    assert [row["equity"] for row in found] == [100, 100, 120, 120]


def test_lots_are_whole_and_bought_as_far_as_the_cash_goes(spark: SparkSession) -> None:
    rows = history("A", [3, 3, 3])
    (bought,) = trades(spark, rows, decides({0: 1.0}), cash=100, lot=10)
    assert bought["shares"] == 30
    (bought,) = trades(spark, rows, decides({0: 500.0}, "shares"), cash=100, lot=1)
    assert bought["shares"] == 33
    (bought,) = trades(spark, history("A", [0.1, 0.1]), decides({0: 0.3}), cash=10, lot=1)
    assert bought["shares"] == 30  # 29.999999999999996 in doubles


def test_what_is_borrowed_costs_by_the_day(spark: SparkSession) -> None:
    rows = history("A", [10, 10, 10, 20, 20])
    found = equity(spark, rows, decides({0: -1.0}), cash=100, borrow_rate_per_year=0.365)
    assert [row["borrowing"] for row in found] == pytest.approx([0, 0, 0.1, 0.1, 0.2])
    assert [row["short_value"] for row in found] == [0, 100, 100, 200, 200]
    assert [row["equity"] for row in found] == pytest.approx([100, 100, 99.9, -0.2, -0.4])
    # Bought back with money that is not there, which costs as well.
    strategy = decides({0: -10.0, 2: 0.0}, "shares")
    found = equity(spark, history("A", [10, 10, 10, 30, 30]), strategy, cash=100)
    assert [row["cash"] for row in found] == [100, 200, 200, -100, -100]
    found = equity(
        spark,
        history("A", [10, 10, 30, 30]),
        decides({0: -10.0, 1: 0.0}, "shares"),
        cash=100,
        borrow_rate_per_year=0.365,
    )
    assert [row["borrowing"] for row in found] == pytest.approx([0, 0, 0.1, 0.1001])


def test_an_account_that_is_worth_nothing_holds_nothing(spark: SparkSession) -> None:
    rows = history("A", [10, 10, 30, 30])
    bought = trades(spark, rows, decides({0: -1.0, 2: 1.0}), cash=100)[-1]
    assert (bought["side"], bought["shares"]) == ("buy", 10)


def test_a_universe_buys_what_its_cash_pays_in_one_proportion(spark: SparkSession) -> None:
    rows = [row for name in "ABC" for row in history(name, [10, 10, 10, 10])]
    strategy = replace(decides({0: 0.8}), by="universe")
    found = trades(spark, rows, strategy, cash=240)
    assert [row["shares"] for row in found] == pytest.approx([8, 8, 8])
    (worth,) = {row["equity"] for row in by_time(spark, rows, strategy, cash=240)}
    assert worth == pytest.approx(240)


def test_a_universe_sells_before_it_buys(spark: SparkSession) -> None:
    rows = [*history("A", [10, 10, 10]), *history("B", [10, 10, 10], first=0)]

    def positions(prices: DataFrame, _: object) -> DataFrame:
        target = "case when (ticker = 'A') = (at = timestamp '2020-01-01') then 1.0D else 0.0D end"
        return prices.selectExpr("ticker", "at", f"{target} as target")

    strategy = replace(decides({}), by="universe", positions=positions)
    found = trades(spark, rows, strategy, cash=100)
    assert [(row["ticker"], row["side"], row["filled_at"]) for row in found] == [
        ("A", "buy", day(1)),
        ("A", "sell", day(2)),
        ("B", "buy", day(2)),
    ]


def test_a_ticker_that_is_gone_is_paid_out_at_its_last_close(spark: SparkSession) -> None:
    rows = [*history("A", [10, 10, 20]), *history("B", [10.0] * 40)]
    strategy = replace(decides({0: 0.5}), by="universe")
    found = trades(spark, rows, strategy, cash=100, cost_bps=100)
    gone = found[-1]
    assert (gone["ticker"], gone["side"], gone["filled_at"]) == ("A", "sell", day(33))
    assert (gone["price"], gone["cost"], gone["line"]) == (20, 0, None)
    assert by_time(spark, rows, strategy, cash=100)[-1]["cash"] > 90


def test_trades_lead_to_the_line_of_their_bar(spark: SparkSession) -> None:
    rows = walks(3, 30)
    lines = frame(spark, rows).selectExpr(
        "*", "concat(ticker, '.csv') as document", "unix_seconds(at) as line"
    )
    for by in ("ticker", "universe"):
        strategy = replace(decides({5: 0.2, 9: 0.1}), by=by)
        found = run(lines, strategy, {}, Terms()).trades.toArrow().to_pylist()
        assert len(found) >= 6
        for row in found:
            assert row["document"] == f"{row['ticker']}.csv"
            assert row["line"] == row["filled_at"].timestamp()


def by_time(spark: SparkSession, rows: list[Row], strategy: Strategy, **terms: object) -> list[Row]:
    found = run(frame(spark, rows), strategy, {}, Terms(**terms)).equity.toArrow().to_pylist()
    return sorted(found, key=lambda row: row["at"])


def test_the_account_of_a_universe_is_the_same_by_way_of_files(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By files of a month as in memory: what is held is carried on."""
    rows = walks(7, 300)
    batches = pa.Table.from_pylist(
        [
            {name: r[name] for name in ("ticker", "at", "open", "close", "dividend")}
            | {"target": target}
            for n, r in enumerate(rows)
            for target in (None, *([0.1] if n % 17 == 0 else []))
        ]
    ).to_batches(max_chunksize=9)
    found = []
    for size in (10**9, 20):
        monkeypatch.setattr(spool, "MOST_ROWS", size)
        found.append(
            [
                pa.Table.from_batches(
                    universe.accounts(what, "weight", Terms(cost_bps=10), "next_open")(
                        iter(batches)
                    )
                )
                for what in ("trades", "equity")
            ]
        )
    assert found[0][0].num_rows > 50
    assert found[0][0].combine_chunks().equals(found[1][0].combine_chunks())
    assert found[0][1].combine_chunks().equals(found[1][1].combine_chunks())


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"cash": -1}, "cash: a number of 0 or more"),
        ({"slippage_bps": 10_000}, "leave nothing"),
        ({"fill": "now"}, "there are: next_open"),
    ],
)
def test_terms_that_cannot_be_are_told(terms: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Terms(**terms)


def test_parameters_that_cannot_be_are_told() -> None:
    strategy = SHIPPED["crossover"]
    assert strategy.values({"fast": 3}) == {"fast": 3, "slow": 100}
    for given, said in (
        ({"quick": 1}, "no parameter quick; its parameters are: fast, slow"),
        ({"fast": 0}, "between 1 and 1000"),
        ({"fast": 2.5}, "has to be whole"),
        ({"fast": float("nan")}, "between"),
    ):
        with pytest.raises(ParameterError, match=said):
            strategy.values(given)
