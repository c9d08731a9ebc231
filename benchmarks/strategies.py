"""Strategies against what an expert would write for each alone, in turns.

python benchmarks/strategies.py [--rounds 3] [--megabytes 2000] [--tickers 2000] [--years 25]

The reference strategy over Parquet of simulated companies against a script in DuckDB, both writing
every purchase with its profit; the crossover over random walks against vectorbt, both giving the
trades and what all accounts together were worth each day. Whole processes, from start to exit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import DOCUMENTS, Ended, arguments, conclude, console, process, scratch, script, show
from rich.progress import track

from indextracker_simulator.files import DAYS, company, history

# What the source of the reference strategy computed on its cluster: MB of prices a second and core.
SOURCE_MB_A_SECOND = 4.4
_AT_ONCE = 16
_MB = 1_000_000
_DAYS_A_YEAR = 252
_SEED = 5
_INSTANT = pa.timestamp("us", "UTC")

# Purchases as the source makes them, written for DuckDB: one pass of windows, no accounts.
_BY_HAND = """
copy (
    with prices as (
        select ticker, "at", adj_close as close from read_parquet('{prices}')
        where adj_close between 0.1 and 1000
    ),
    firsts as (select min("at") as "at" from prices group by date_trunc('month', "at")),
    lasts as (select ticker, max_by(close, "at") as last_close from prices group by ticker),
    seen as (
        select ticker, "at", close,
            avg(close) over (partition by ticker order by "at" rows 7 preceding) as mean,
            lag(close, 1, 0) over (partition by ticker order by "at") as before
        from prices
    )
    select s.ticker, s."at", s.close as price, 100 / s.close as shares, l.last_close,
        (l.last_close - s.close) * 100 / s.close as pnl
    from seen s semi join firsts using ("at") join lasts l using (ticker)
    where s.mean < s.before
) to '{out}' (format parquet)
"""


def main() -> None:
    """Prints both comparisons."""
    chosen = arguments(__doc__, rounds=3, megabytes=2000, tickers=2000, years=25)
    simulated = _simulated(chosen.megabytes)
    size = sum(path.stat().st_size for path in simulated.iterdir()) / _MB
    walks = _walks(chosen.tickers, chosen.years)
    with scratch() as folder:
        ours, theirs = _in_turns("reference", "by_hand", simulated, folder, chosen.rounds)
        ratio = _shown(f"reference, {size:,.0f} MB of Parquet", "DuckDB", ours, theirs)
        rate = size / median(one.seconds for one in ours) / 2
        conclude(
            f"median ratio {ratio:.2f}; {rate:.0f} MB a second and core of two, "
            f"{rate / SOURCE_MB_A_SECOND:.0f} times the source's {SOURCE_MB_A_SECOND}"
        )
        ours, theirs = _in_turns("crossover", "vectorbt", walks, folder, chosen.rounds)
        title = f"crossover, {chosen.tickers:,} tickers of {chosen.years} years"
        conclude(f"median ratio {_shown(title, 'vectorbt', ours, theirs):.2f}")


def _in_turns(
    our: str, their: str, prices: Path, folder: Path, rounds: int
) -> tuple[list[Ended], list[Ended]]:
    took: dict[str, list[Ended]] = {our: [], their: []}
    for turn in range(rounds + 1):
        for name, found in took.items():
            ended = process(script("strategies.py", name, prices, folder))
            if turn:  # the first round reads the disk, and compiles what vectorbt keeps compiled
                found.append(ended)
        if took[our] and took[our][-1].said != took[their][-1].said:
            raise RuntimeError(f"{our} found {took[our][-1].said}, {their} {took[their][-1].said}")
    return took[our], took[their]


def _shown(title: str, other: str, ours: list[Ended], theirs: list[Ended]) -> float:
    rows = [
        (
            *(f"{number}", f"{a.seconds:.1f}", f"{b.seconds:.1f}", f"{a.seconds / b.seconds:.2f}"),
            *(f"{a.peak_gib:.2f}", f"{b.peak_gib:.2f}"),
        )
        for number, (a, b) in enumerate(zip(ours, theirs, strict=True), 1)
    ]
    columns = ("round", "engine s", f"{other} s", "ratio", "engine GiB", f"{other} GiB")
    show(title, columns, rows)
    return median(a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True))


def _simulated(megabytes: int) -> Path:
    """Prices of simulated companies as Parquet, made where they are not there yet."""
    folder = DOCUMENTS / f"prices-{megabytes}"
    if folder.exists():
        return folder
    aside = folder.with_suffix(".part")
    aside.mkdir(parents=True, exist_ok=True)
    at = pa.array(DAYS.astype("datetime64[us]")).cast(_INSTANT)
    number = 0
    while sum(path.stat().st_size for path in aside.iterdir()) < megabytes * _MB:
        parts = []
        for one in range(number, number + _AT_ONCE):
            of = company(_SEED, one)
            found = history(_SEED, one, of)
            columns = {name: getattr(found, name) for name in ("open", "high", "low", "close")}
            columns |= {"adj_close": found.adj_close, "volume": found.volume.astype(np.float64)}
            names = {"ticker": of.ticker, "sector": of.sector}
            texts = {name: pa.repeat(text, len(at)) for name, text in names.items()}
            parts.append(pa.table({**texts, "at": at, **columns}))
        pq.write_table(pa.concat_tables(parts), aside / f"{number:06}.parquet", compression="zstd")
        number += _AT_ONCE
    aside.rename(folder)
    return folder


def _walks(tickers: int, years: int) -> Path:
    """Random walks with a bar a working day, made where they are not there yet."""
    folder = DOCUMENTS / f"walks-{tickers}-{years}"
    if folder.exists():
        return folder
    aside = folder.with_suffix(".part")
    aside.mkdir(parents=True, exist_ok=True)
    days = years * _DAYS_A_YEAR
    working = np.arange("1995-01-02", "2095-01-01", dtype="datetime64[D]")
    at = working[np.is_busday(working)][:days].astype("datetime64[us]")
    for number in track(range(tickers), "drawing", console=console, transient=True):
        chance = np.random.default_rng(number)
        close = 50 * np.exp(np.cumsum(chance.normal(0.0002, 0.02, days)))
        opened = close * np.exp(chance.normal(0, 0.005, days))
        rows = {"ticker": pa.repeat(f"T{number:05}", days), "at": pa.array(at).cast(_INSTANT)}
        pq.write_table(
            pa.table({**rows, "open": opened, "close": close}), aside / f"{number}.parquet"
        )
    aside.rename(folder)
    return folder


# Each side imports what it needs in its own process alone.


def _reference(prices: Path, folder: Path) -> str:
    from indextracker_spark.strategies.engine import run  # noqa: PLC0415
    from indextracker_spark.strategies.model import Terms  # noqa: PLC0415
    from indextracker_spark.strategies.reference import STRATEGY, profits  # noqa: PLC0415

    def write(spark: Any) -> None:
        bars = _frame(spark, prices)
        purchases = profits(bars, run(bars, STRATEGY, {}, Terms()).trades, STRATEGY.values({}))
        purchases.write.mode("overwrite").parquet(f"{folder}/ours")

    _on_sail(write)
    return _summed(f"{folder}/ours/*.parquet")


def _by_hand(prices: Path, folder: Path) -> str:
    out = f"{folder}/theirs.parquet"
    duckdb.sql(_BY_HAND.format(prices=f"{prices}/*.parquet", out=out))
    return _summed(out)


def _summed(files: str) -> str:
    # Twelve digits of exact sums: those of two orders of the same rows differ in the last ones.
    sums = ", ".join(f"format('{{:.11e}}', fsum({column}))" for column in ("pnl", "shares"))
    with duckdb.connect() as connection:
        return str(
            connection.execute(f"select count(*), {sums} from read_parquet('{files}')").fetchone()
        )


def _crossover(prices: Path, folder: Path) -> str:
    from indextracker_spark.strategies import SHIPPED  # noqa: PLC0415
    from indextracker_spark.strategies.engine import run, total  # noqa: PLC0415
    from indextracker_spark.strategies.model import Terms  # noqa: PLC0415

    found: list[Any] = []

    def read(spark: Any) -> None:
        terms = Terms(10_000, 10, 5)
        outcome = run(_frame(spark, prices), SHIPPED["crossover"], {}, terms)
        outcome.trades.write.mode("overwrite").parquet(f"{folder}/trades")
        found.append(total(outcome.equity).select("at", "equity").toArrow().sort_by("at"))

    _on_sail(read)
    query = f"select count(*), round(sum(cost), 2) from read_parquet('{folder}/trades/*.parquet')"
    with duckdb.connect() as connection:
        numbers = connection.execute(query).fetchone()
    return f"{numbers} {found[0]['equity'][-1].as_py():.2f}"


def _vectorbt(prices: Path, folder: Path) -> str:
    import pandas as pd  # noqa: PLC0415
    import vectorbt as vbt  # noqa: PLC0415

    rows = pq.read_table(prices).to_pandas()
    opened, close = (
        rows.pivot_table(index="at", columns="ticker", values=x) for x in ("open", "close")
    )
    fast, slow = vbt.MA.run(close, 20), vbt.MA.run(close, 100)
    up, down = (x.to_numpy() for x in (fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)))
    none = np.zeros((1, up.shape[1]), bool)
    up, down = (np.vstack([none, x[:-1]]) for x in (up, down))
    portfolio = vbt.Portfolio.from_signals(
        close, up, down, price=opened, init_cash=10_000, fees=0.001, slippage=0.0005, freq="1D"
    )
    orders = portfolio.orders.records
    orders.to_parquet(f"{folder}/orders.parquet")
    worth = portfolio.value().sum(axis=1)
    assert isinstance(worth, pd.Series)
    return f"{(len(orders), round(float(orders['fees'].sum()), 2))} {worth.iloc[-1]:.2f}"


def _frame(spark: Any, prices: Path) -> Any:
    from pyspark.sql import functions as F  # noqa: PLC0415

    return spark.read.parquet(str(prices)).withColumn("dividend", F.lit(None).cast("double"))


def _on_sail(work: Callable[[Any], None]) -> None:
    from indextracker import settings as environment  # noqa: PLC0415
    from indextracker.engines.sail import SailEngine  # noqa: PLC0415

    environment.export(environment.load())
    engine = SailEngine()
    with engine.session("measuring strategies") as spark:
        work(spark)
    engine.close()


if __name__ == "__main__":
    parts = {f.__name__[1:]: f for f in (_reference, _by_hand, _crossover, _vectorbt)}
    if sys.argv[1:2] and sys.argv[1] in parts:
        print(parts[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])))  # noqa: T201
    else:
        main()
