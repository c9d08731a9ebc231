"""The same figures as vectorbt, bt and backtesting.py, where they define the same thing.

What they define otherwise is told in docs/strategies.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from spark.strategies.bars import frame, history, walks

from indextracker.strategies import figures
from indextracker_spark.strategies import SHIPPED
from indextracker_spark.strategies.by_ticker import ByTicker
from indextracker_spark.strategies.engine import Outcome, run, total
from indextracker_spark.strategies.model import Strategy, Terms
from indextracker_spark.strategies.reference import profits

pytestmark = pytest.mark.filterwarnings("ignore")
EXACT = {"rtol": 1e-9, "atol": 1e-9}
COST, SLIPPAGE = 25.0, 10.0
FEES = {"fees": COST / 1e4, "slippage": SLIPPAGE / 1e4}


@pytest.fixture(scope="module")
def vbt() -> Iterator[Any]:
    """vectorbt, interpreted: compiling what a test calls once takes a minute and a half."""
    from numba.core import config

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NUMBA_DISABLE_JIT", "1")
        # It was read when numba was imported, by whoever, and would be again only while numba
        # compiles: half of what it compiles then is interpreted, and the other half cannot call it.
        config.reload_config()
        import vectorbt

        yield vectorbt
    config.reload_config()


def whole(tickers: int, days: int) -> list[dict[str, object]]:
    """Random walks of tickers that all have every bar, without dividends."""
    rows: list[dict[str, object]] = []
    for number in range(tickers):
        one = walks(1, days, seed=number + 10)
        rows += [row | {"ticker": f"T{number}", "dividend": None} for row in one]
    return rows


def wide(rows: list[dict[str, object]], column: str) -> pd.DataFrame:
    return by_day(pd.DataFrame(rows), column)


def by_day(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """A row a day and a column a ticker, without the names and the zone that pandas compares."""
    rows = rows.assign(at=rows["at"].dt.tz_localize(None))
    found = rows.pivot_table(index="at", columns="ticker", values=column)
    found.columns.name = None
    return found


def outcome(
    spark: SparkSession, rows: list[dict[str, object]], name: str, terms: Terms, **values: float
) -> Outcome:
    return run(frame(spark, rows), SHIPPED[name], values, terms)


def worth(found: Outcome) -> pd.DataFrame:
    return by_day(found.equity.toPandas(), "equity")


def same(ours: pd.DataFrame | pd.Series, theirs: pd.DataFrame | pd.Series) -> None:
    np.testing.assert_allclose(ours.to_numpy(), theirs.to_numpy(), **EXACT)


@pytest.mark.parametrize("fill", ["next_open", "close"])
def test_crossover_is_that_of_vectorbt(spark: SparkSession, vbt: Any, fill: str) -> None:
    rows = whole(4, 600)
    terms = Terms(10_000, COST, SLIPPAGE, fill=fill)
    found = outcome(spark, rows, "crossover", terms, fast=10, slow=40)
    close, opened = wide(rows, "close"), wide(rows, "open")
    fast, slow = vbt.MA.run(close, 10), vbt.MA.run(close, 40)
    up, down = (x.to_numpy() for x in (fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)))
    price = close
    if fill == "next_open":
        price = opened
        up, down = (np.vstack([np.zeros((1, 4), bool), x[:-1]]) for x in (up, down))
    theirs = vbt.Portfolio.from_signals(
        close, up, down, price=price, init_cash=10_000, freq="1D", **FEES
    )
    same(worth(found), theirs.value())
    orders = theirs.orders.records
    trades = found.trades.toPandas().sort_values(["ticker", "filled_at"])
    assert len(trades) > 20
    same(trades["shares"], orders["size"])
    same(trades["price"], orders["price"])
    same(trades["cost"], orders["fees"])
    closed = theirs.trades.records
    ours = trades["pnl"].dropna()
    same(ours, closed["pnl"][closed["status"] == 1])


def test_bollinger_is_that_of_vectorbt(spark: SparkSession, vbt: Any) -> None:
    rows = whole(3, 500)
    found = outcome(spark, rows, "bollinger", Terms(5000, COST, SLIPPAGE, fill="close"), width=1.5)
    close = wide(rows, "close")
    # Their deviation is that of pandas unless ddof is given: Bollinger's divides by n.
    bands = vbt.BBANDS.run(close, window=20, alpha=1.5, ddof=0)
    below = close.to_numpy() < bands.lower.to_numpy()
    above = close.to_numpy() > bands.middle.to_numpy()
    theirs = vbt.Portfolio.from_signals(close, below, above, init_cash=5000, freq="1D", **FEES)
    same(worth(found), theirs.value())
    assert len(theirs.orders.records) > 20


def test_buy_and_hold_is_that_of_vectorbt(spark: SparkSession, vbt: Any) -> None:
    rows = whole(2, 100)
    found = outcome(spark, rows, "buy_and_hold", Terms(5000, COST, SLIPPAGE, fill="close"))
    theirs = vbt.Portfolio.from_holding(wide(rows, "close"), init_cash=5000, freq="1D", **FEES)
    same(worth(found), theirs.value())


@pytest.mark.parametrize("name", ["momentum", "reversal", "equal_weight"])
def test_weights_of_a_universe_become_the_orders_of_vectorbt(
    spark: SparkSession, vbt: Any, name: str
) -> None:
    rows = whole(10, 500)
    values: dict[str, dict[str, float]] = {
        "momentum": {"formation": 60, "skipped": 5, "winners": 0.3},
        "reversal": {"losers": 0.3},
    }
    found = outcome(spark, rows, name, Terms(100_000, fill="close"), **values.get(name, {}))
    targets = by_day(found.positions.toPandas(), "target")
    close = wide(rows, "close")
    assert len(targets) > 10
    theirs = vbt.Portfolio.from_orders(
        close,
        targets.reindex(close.index),
        size_type="targetpercent",
        group_by=True,
        cash_sharing=True,
        call_seq="auto",
        init_cash=100_000,
        freq="1D",
    )
    ours = found.equity.toPandas().sort_values("at")["equity"]
    same(ours, theirs.value())


def test_momentum_ranks_as_pandas_does(spark: SparkSession) -> None:
    rows = whole(10, 500)
    found = outcome(
        spark, rows, "momentum", Terms(), formation=60, skipped=5, winners=0.3, losers=0.2
    )
    targets = by_day(found.positions.toPandas(), "target")
    close = wide(rows, "close")
    score = close.shift(5) / close.shift(60) - 1
    firsts = ~close.index.to_period("M").duplicated()
    ranks = score[firsts].rank(axis=1)
    expected = (ranks > 7) / 3 - (ranks <= 2) / 2
    same(targets, expected)


def test_figures_are_those_of_vectorbt_and_ffn(spark: SparkSession, vbt: Any) -> None:
    import ffn

    rows = whole(2, 900)
    ours = outcome(spark, rows, "buy_and_hold", Terms(fill="close"))
    account = ours.equity.where("ticker = 'T0'").toPandas().sort_values("at")
    close = wide(rows, "close")
    other = close["T1"].pct_change().fillna(0).to_numpy()
    series = figures.Series(
        bar_at=account["at"].dt.tz_localize(None).to_numpy(),
        **{x: account[x].to_numpy() for x in figures.Series.__dataclass_fields__ if x != "bar_at"},
    )
    at = pd.DatetimeIndex(series.bar_at)
    accessor = pd.Series(series.returns, at).vbt.returns(freq="1D", year_freq="252D")
    found = series.figures() | series.beside(other)
    # These walks have a bar on every day of the week, and theirs a year of 252 of them.
    for name, theirs in {
        "volatility": accessor.annualized_volatility(),
        "sharpe": accessor.sharpe_ratio(),
        "sortino": accessor.sortino_ratio(),
        "max_drawdown": accessor.max_drawdown(),
        "beta": accessor.beta(pd.Series(other, at)),
        "information_ratio": accessor.information_ratio(pd.Series(other, at)) * np.sqrt(252),
    }.items():
        assert found[name] == pytest.approx(theirs, rel=1e-9), name
    prices = pd.Series(series.equity, at)
    assert found["cagr"] == pytest.approx(ffn.calc_cagr(prices), rel=1e-9)
    assert found["max_drawdown"] == pytest.approx(ffn.calc_max_drawdown(prices), rel=1e-9)
    alone = figures.sharpe(series.returns[1:], 252)
    assert alone == pytest.approx(ffn.calc_sharpe(prices.pct_change().dropna(), nperiods=252))
    longest = ffn.drawdown_details(ffn.to_drawdown_series(prices))["Length"].max()
    assert abs(found["max_drawdown_days"] - longest) <= 1


@pytest.mark.parametrize("name", ["equal_weight", "momentum"])
def test_a_rebalanced_universe_is_that_of_bt(spark: SparkSession, name: str) -> None:
    import bt

    rows = whole(6, 400)
    values = {"formation": 60, "skipped": 5, "winners": 0.5} if name == "momentum" else {}
    found = outcome(spark, rows, name, Terms(1_000_000, fill="close"), **values)
    close = wide(rows, "close")
    targets = by_day(found.positions.toPandas(), "target")
    weigh = bt.algos.WeighTarget(targets)
    algos = [bt.algos.RunMonthly(run_on_first_date=True), bt.algos.SelectAll()]
    algos += [bt.algos.WeighEqually() if name == "equal_weight" else weigh, bt.algos.Rebalance()]
    test = bt.Backtest(
        bt.Strategy(name, algos), close, initial_capital=1_000_000, integer_positions=False
    )
    bt.run(test)
    ours = found.equity.toPandas().sort_values("at")["equity"]
    # Theirs begins a day before the first bar.
    same(ours, test.strategy.values.iloc[1:])


def test_orders_of_shares_are_those_of_backtesting_py(spark: SparkSession) -> None:
    from backtesting import Backtest
    from backtesting import Strategy as Theirs

    rows = whole(1, 500)
    decide = SHIPPED["crossover"].positions
    assert isinstance(decide, ByTicker)
    values = {"fast": 10.0, "slow": 40.0}
    ours = Strategy(
        *("hundred", "A hundred shares", "", SHIPPED["crossover"].parameters, lambda _: 0),
        sizing="shares",
        by="ticker",
        positions=ByTicker(lambda bars, p: decide.decide(bars, p) * 100),
    )
    found = run(frame(spark, rows), ours, values, Terms(100_000, COST))
    table = pd.DataFrame(rows).set_index("at")
    table.index = table.index.tz_localize(None)
    table = table.rename(columns=str.capitalize)[["Open", "High", "Low", "Close", "Volume"]]
    wanted = decide.decide({"close": table["Close"].to_numpy()}, values)

    class Hundred(Theirs):
        def init(self) -> None: ...

        def next(self) -> None:
            now = wanted[len(self.data) - 1]
            if now == 1:
                self.buy(size=100)
            elif now == 0:
                self.position.close()

    told = Backtest(table, Hundred, cash=100_000, commission=COST / 1e4).run()
    curve = told["_equity_curve"]["Equity"]
    equity = found.equity.toPandas().sort_values("at")
    # Theirs takes a commission of what is held when it is bought, and of the sale when it is sold.
    same(equity["equity"], curve)
    trades = found.trades.toPandas()
    sold = trades[trades["side"] == "sell"].sort_values("filled_at")
    assert len(sold) > 4
    closed = told["_trades"]
    closed = closed[closed["ExitBar"] < len(table) - 1]
    same(sold["pnl"].iloc[: len(closed)], closed["PnL"])


def test_the_reference_by_hand(spark: SparkSession) -> None:
    """Three months of three tickers, worked out on paper.

    April's first trading day is the 1st, of tickers B and C alone: A, which has its first row of
    the month on the 2nd, buys nothing. B's mean of eight closes on the 1st is 9 (8.5 of them were
    72 / 8), below 10 the day before: 100 / 8 = 12.5 shares, worth 6 each in the end. C is dear:
    its close of 2000 is left out, its last one is then 500.
    """
    from datetime import UTC, datetime

    def on(*days: tuple[int, int], **closes: list[float]) -> list[dict[str, object]]:
        ((ticker, values),) = closes.items()
        found = history(ticker, list(values))
        for row, (month, number) in zip(found, days, strict=True):
            row["at"] = datetime(2024, month, number, tzinfo=UTC)
            row["close"] = row["open"] = row["adj_close"] * 2  # what is adjusted counts
        return found

    march = [(3, n) for n in range(21, 29)]
    rows = [
        *on(*march, (4, 2), (5, 2), A=[9, 9, 9, 9, 9, 9, 9, 10, 8, 7]),
        *on(*march, (4, 1), (5, 1), B=[1, 9, 9, 9, 9, 9, 9, 10, 8, 6]),
        *on((3, 28), (4, 1), (4, 2), (5, 1), C=[400, 300, 500, 2000]),
    ]
    prices = frame(spark, rows)
    found = run(prices, SHIPPED["reference"], {}, Terms())
    trades = found.trades.toPandas().sort_values(["filled_at", "ticker"])
    # B, 1 April: mean of 9 9 9 9 9 9 10 8 = 9 < 10. C, 1 April: mean of 400 300 = 350 < 400.
    # B, 1 May: mean of 9 9 9 9 9 10 8 6 = 8.625, not below 8.
    assert [
        (t, f"{at:%m-%d}") for t, at in zip(trades["ticker"], trades["filled_at"], strict=True)
    ] == [
        ("B", "04-01"),
        ("C", "04-01"),
    ]
    assert list(trades["price"]) == [8, 300]
    assert list(trades["shares"]) == pytest.approx([12.5, 1 / 3])
    values = SHIPPED["reference"].values({})
    told = profits(prices, found.trades, values).toArrow().to_pylist()
    assert {row["ticker"]: (row["last_close"], row["pnl"]) for row in told} == {
        "B": (6, pytest.approx(-25)),
        "C": (500, pytest.approx(200 / 3)),
    }
    whole_account = total(found.equity).toPandas().sort_values("at")
    gained = whole_account["equity"].iloc[-1] - whole_account["paid_in"].sum()
    assert gained == pytest.approx(-25 + 200 / 3)


def test_the_corrected_reference_leaves_the_day_itself_out(spark: SparkSession) -> None:
    from datetime import UTC, datetime

    days = [(3, 20), (3, 25), (3, 26), (3, 27), (4, 1), (5, 2), (6, 3)]
    rows = history("A", [50.0, 10, 11, 12, 40, 30, 31])
    for row, (month, number) in zip(rows, days, strict=True):
        row["at"] = datetime(2024, month, number, tzinfo=UTC)
    found = run(frame(spark, rows), SHIPPED["reference_corrected"], {}, Terms())
    # 1 April: the closes of 25 to 27 March are 11 on average, below 12; the 50 is twelve days ago.
    # 2 May and 3 June: no close in the seven days before.
    (bought,) = found.trades.toArrow().to_pylist()
    assert bought["filled_at"] == datetime(2024, 4, 1, tzinfo=UTC)
    assert (bought["price"], bought["shares"]) == (40, 2.5)
    # The one as published has the mean of 50 10 11 12 40 on 1 April, which is not below 12, and
    # those of weeks ago on the other two: 25.5, below 40, and 26.3, below 30.
    found = run(frame(spark, rows), SHIPPED["reference"], {}, Terms())
    bought = sorted(row["filled_at"].month for row in found.trades.toArrow().to_pylist())
    assert bought == [5, 6]
