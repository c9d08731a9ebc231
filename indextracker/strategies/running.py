"""Runs of strategies over a universe of the lake: one, a grid of parameters, or year after year.

A run's id is a digest of all that decides its result, so that what was run before is found and not
run again. What a strategy does is in `indextracker_spark.strategies`; what the figures mean in
`figures`.
"""

from __future__ import annotations

import functools
import hashlib
import json
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from indextracker.engines import EngineError, Host
from indextracker.engines.sessions import SessionEngine
from indextracker.lake import Lake
from indextracker.platform import Platform
from indextracker.strategies import figuring, storing, universes, walk_forward
from indextracker.strategies.storing import Stored, as_json
from indextracker.strategies.universes import Prices, Span
from indextracker.strategies.walk_forward import TooShortError, Window
from indextracker_catalogue.files import gold as g
from indextracker_spark.strategies import engine
from indextracker_spark.strategies.model import Strategy, Terms

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# What decides a result besides the strategy's own module.
_PROGRAM = ("indextracker_spark.strategies", "indextracker.strategies")
_LETTERS = 16
# A Sharpe ratio of fewer says nothing.
_LEAST_BARS = 20

Values = Mapping[str, float]


@dataclass(frozen=True)
class Wish:
    """What is to be run, apart from its parameters.

    Attributes:
        strategy: The strategy.
        universe: What its prices are called.
        first: First day that is accounted; None for the first there is.
        last: Last day; None for the last there is.
        terms: What the accounts start with and pay.
        source_digest: Digest of the file of a strategy of the user's own.
        adjusted: Whether prices of a collection are multiplied to agree with their adjusted close.
        sectors: The sector of each ticker, where a file of companies tells it.
    """

    strategy: Strategy
    universe: str
    first: date | None = None
    last: date | None = None
    terms: Terms = field(default_factory=Terms)
    source_digest: str | None = None
    adjusted: bool = False
    sectors: Mapping[str, str] | None = None


class Runs:
    """Runs strategies and keeps what they come to.

    Args:
        platform: Lake, engine, locks; its `progress` receives how far this is.
        host: The program around it, where the engine needs one.
    """

    def __init__(self, platform: Platform, host: Host | None = None) -> None:
        self._platform = platform
        self._lake = platform.lake
        self._host = host
        self._found: dict[tuple[object, ...], Prices] = {}

    def prices(self, wish: Wish, values: Values) -> Prices:
        """The prices of a run, with the history that it needs.

        Raises:
            UnknownNameError: There is no such universe.
            NoPricesError: It has no prices in these days.
        """
        history = wish.strategy.history_rows(values)
        key = (wish.universe, wish.first, wish.last, history, wish.adjusted)
        if key not in self._found:
            universe = universes.find(self._lake, wish.universe)
            span = Span(wish.first, wish.last, history, wish.adjusted, wish.sectors)
            self._found[key] = universe.prices(self._lake, wish.universe, span)
        return self._found[key]

    def run(self, wish: Wish, given: Values) -> Stored:
        """Runs a strategy once, unless it was.

        Raises:
            ParameterError: A parameter is not one, or its value cannot be.
            EngineError: The engine has no session of its own, or was lost.
        """
        values = wish.strategy.values(given)
        prices = self.prices(wish, values)
        told = _told(wish, g.PLAIN, values, prices.reads)
        # The days are known once the prices are.
        told |= {"first_date": prices.first, "last_date": prices.last}
        run_id = _id(told)
        if known := storing.stored(self._lake, run_id):
            return known
        with self._session(f"a run of {wish.strategy.name}") as spark:
            found = self._made(spark, wish, values, prices, run_id)
        return self._completed(run_id, told | found)

    def grid(self, wish: Wish, cells: Sequence[Values]) -> Stored:
        """Runs a strategy with each of several parameters, and keeps which is the best."""
        parts = self._each(wish, cells)
        told = _told(wish, g.GRID, _values_of(cells), _reads(parts))
        told |= {name: parts[0].row[name] for name in ("first_date", "last_date")}
        told["parts"] = [part.run_id for part in parts]
        run_id = _id(told)
        if known := storing.stored(self._lake, run_id):
            return known
        curves = [self._equity(part) for part in parts]
        sharpes = [figuring.sharpe(curve) for curve in curves]
        best = figuring.best(sharpes)
        rows = [
            {
                "part": number + 1,
                "part_run_id": part.run_id,
                "parameters": part.row["parameters"],
                "first_date": part.row["first_date"],
                "last_date": part.row["last_date"],
                "sharpe": sharpe,
                "is_best": number == best,
            }
            for number, (part, sharpe) in enumerate(zip(parts, sharpes, strict=True))
        ]
        own = storing.read(self._lake, g.STRATEGY_FIGURES, [parts[best].run_id]).to_pylist()
        of_best = [row | {"run_id": run_id} for row in own if row["scope"] == g.OF_RUN]
        of_best[0]["deflated_sharpe"] = figuring.deflated(curves[best], sharpes)
        self._keep(run_id, rows, of_best)
        counts = {name: parts[best].row[name] for name in ("accounts", "tickers", "bars", "trades")}
        return self._completed(run_id, told | counts)

    def walk_forward(self, wish: Wish, cells: Sequence[Values], years: int) -> Stored:
        """Runs year after year what was best in the years before.

        Args:
            wish: What is to be run.
            cells: The parameters among which the best are chosen.
            years: How many years each choice rests on.

        Raises:
            TooShortError: No year is left to be tested, or the purge leaves none to train.
        """
        trained = self._each(wish, cells)
        first, last = trained[0].row["first_date"], trained[0].row["last_date"]
        windows = walk_forward.windows(first, last, years)
        told = _told(wish, g.WALK_FORWARD, _values_of(cells), _reads(trained))
        told |= {"first_date": windows[0].first, "last_date": windows[-1].last}
        told["parts"] = [part.run_id for part in trained]
        told["years"] = years
        run_id = _id(told)
        if known := storing.stored(self._lake, run_id):
            return known
        curves = [self._equity(part) for part in trained]
        purge = max(wish.strategy.history_rows(values) for values in cells)
        rows: list[dict[str, object]] = []
        tested: list[Stored] = []
        self._platform.progress.begin("testing year after year", len(windows), "years")
        for number, window in enumerate(windows):
            sharpes = [figuring.sharpe(_trained(curve, window, purge)) for curve in curves]
            best = figuring.best(sharpes)
            year = replace(wish, first=window.first, last=window.last)
            part = self.run(year, cells[best])
            tested.append(part)
            rows.append(
                {
                    "part": number + 1,
                    "part_run_id": part.run_id,
                    "parameters": part.row["parameters"],
                    "first_date": window.first,
                    "last_date": window.last,
                    "sharpe": sharpes[best],
                    "is_best": True,
                }
            )
            self._platform.progress.advance(1, str(window.first.year))
        chain = figuring.chained([self._equity(part) for part in tested], wish.terms.cash)
        storing.replace(self._lake, g.STRATEGY_EQUITY, run_id, chain.to_pylist())
        of_all = [figuring.of_curve(g.OF_RUN, g.ALL, chain)]
        of_all[0]["deflated_sharpe"] = figuring.deflated(
            chain, [figuring.sharpe(curve) for curve in curves]
        )
        trades = sum(part.row["trades"] for part in tested)
        of_all[0]["trades"] = trades
        self._keep(run_id, rows, [*of_all, *figuring.by_year(chain)])
        counts = {
            "accounts": tested[-1].row["accounts"],
            "tickers": max(part.row["tickers"] for part in tested),
            "bars": sum(part.row["bars"] for part in tested),
            "trades": trades,
        }
        return self._completed(run_id, told | counts)

    def _each(self, wish: Wish, cells: Sequence[Values]) -> list[Stored]:
        self._platform.progress.begin(f"running {wish.strategy.name}", len(cells), "runs")
        found = []
        for values in cells:
            found.append(self.run(wish, values))
            self._platform.progress.advance(1, as_json(values))
        return found

    def session(self, doing: str) -> Any:
        """A session of the engine for the length of a block."""
        return self._session(doing)

    def _session(self, doing: str) -> Any:
        chosen = self._platform.engine
        if not isinstance(chosen, SessionEngine):
            raise EngineError(
                f"{chosen.name} runs submitted jobs alone, and strategies need a session: set "
                "INDEXTRACKER_ENGINE to sail, spark or the address of a Spark Connect server"
            )
        return chosen.session(doing, self._host)

    def _made(
        self, spark: SparkSession, wish: Wish, values: Values, prices: Prices, run_id: str
    ) -> dict[str, object]:
        """Runs a strategy, stores its rows, and gives what is counted of it."""
        lake, strategy = self._lake, wish.strategy
        lake.ensure(storing.TABLES)
        frame = prices.frame(spark)
        if prices.begins < prices.first:
            frame, strategy = _within(frame, strategy, values, prices.first)
        outcome = engine.run(frame, strategy, values, wish.terms)
        storing.write(lake, g.STRATEGY_TRADES, run_id, outcome.trades)
        storing.write(lake, g.STRATEGY_POSITIONS, run_id, outcome.positions)
        equity = outcome.equity
        if strategy.by == "ticker":
            storing.write(lake, g.STRATEGY_ACCOUNTS, run_id, equity)
            equity = storing.frame(lake, spark, g.STRATEGY_ACCOUNTS, run_id)
        sectors = _sectors(frame)
        curves = {(g.OF_RUN, g.ALL): _curve(lake, run_id, equity, strategy)}
        if strategy.by == "ticker":
            for sector in sorted({*sectors.values()}):
                of_sector = [ticker for ticker, of in sectors.items() if of == sector]
                curves[g.OF_SECTOR, sector] = _summed(equity, of_sector)
        storing.replace(
            lake,
            g.STRATEGY_FIGURES,
            run_id,
            figuring.of_run(lake, run_id, curves, sectors, figuring.of_universe(frame)),
        )
        counted = frame.selectExpr("count(*) as bars", "count(distinct ticker) as tickers")
        [(bars, tickers)] = counted.collect()
        return {
            "accounts": "ticker" if strategy.by == "ticker" else "portfolio",
            "tickers": tickers,
            "bars": bars,
            "trades": figuring.fills(lake, run_id),
        }

    def _equity(self, run: Stored) -> pa.Table:
        return storing.read(self._lake, g.STRATEGY_EQUITY, [run.run_id])

    def _keep(
        self,
        run_id: str,
        parts: Sequence[Mapping[str, object]],
        figures: Sequence[Mapping[str, object]],
    ) -> None:
        storing.replace(self._lake, g.STRATEGY_PARTS, run_id, parts)
        storing.replace(self._lake, g.STRATEGY_FIGURES, run_id, figures)

    def _completed(self, run_id: str, row: Mapping[str, object]) -> Stored:
        columns = {name: row[name] for name in g.STRATEGY_RUNS.column_names if name in row}
        storing.complete(self._lake, run_id, columns)
        found = storing.stored(self._lake, run_id)
        if found is None:
            raise LookupError(f"the run {run_id} was removed while it was made")
        return found


def _told(
    wish: Wish, kind: str, values: Mapping[str, object], reads: Mapping[str, object]
) -> dict[str, object]:
    """What a row of gold/strategy_runs says of a run before it is run."""
    terms = asdict(wish.terms) | {"fill": wish.terms.fill or wish.strategy.fill}
    if wish.adjusted:
        terms["adjusted"] = True
    if wish.sectors is not None:
        terms["sectors"] = _digest(json.dumps(sorted(wish.sectors.items())))
    return {
        "kind": kind,
        "strategy": wish.strategy.name,
        "parameters": as_json(values),
        "universe": wish.universe,
        "terms": as_json(terms),
        "reads": as_json(reads),
        "program": program(),
        "source_digest": wish.source_digest,
    }


def _id(told: Mapping[str, object]) -> str:
    """The digest of what decides a result: of what was read the contents, not the versions."""
    reads = json.loads(str(told["reads"]))
    contents = {path: read["digest"] for path, read in reads.items()}
    return _digest(json.dumps(dict(told) | {"reads": contents}, sort_keys=True, default=str))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_LETTERS]


@functools.cache
def program() -> str:
    """A digest of the sources of all that decides a result, the user's own strategy aside."""
    digest = hashlib.sha256()
    for package in _PROGRAM:
        folder = Path(str(import_module(package).__file__)).parent
        for file in sorted(folder.glob("*.py")):
            digest.update(f"{package}/{file.name}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:_LETTERS]


def _values_of(cells: Sequence[Values]) -> dict[str, object]:
    """The values that are tried of each parameter; one alone as it is."""
    tried = {name: list(dict.fromkeys(cell[name] for cell in cells)) for name in cells[0]}
    return {
        name: values[0] if len(values) == 1 else [*map(_plain, values)]
        for name, values in tried.items()
    }


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def _reads(parts: Sequence[Stored]) -> dict[str, object]:
    """What several runs read: where they looked back differently far, all that any of them did."""
    versions: dict[str, object] = {}
    digests: dict[str, set[str]] = {}
    for part in parts:
        for path, read in json.loads(part.row["reads"]).items():
            versions.setdefault(path, read["version"])
            digests.setdefault(path, set()).add(read["digest"])
    return {
        path: {"version": version, "digest": _together(digests[path])}
        for path, version in versions.items()
    }


def _together(digests: Collection[str]) -> str:
    return next(iter(digests)) if len(digests) == 1 else _digest("+".join(sorted(digests)))


def _within(
    frame: DataFrame, strategy: Strategy, values: Values, first: date
) -> tuple[DataFrame, Strategy]:
    """The prices from a day on, and the strategy with what it decided by those before too.

    What it wanted last before that day is what it wants after the first bar, but for money to buy
    for, which was spent then.
    """
    from pyspark.sql import functions as F  # noqa: PLC0415 - slow

    bars = strategy.bars(frame, values) if strategy.bars else frame
    decided = strategy.positions(bars, values).select("ticker", "at", "target")
    begins = F.col("at") >= F.lit(datetime.combine(first, time(), UTC))
    inside = bars.where(begins)
    wanted = decided.where(begins)
    if strategy.sizing != "cash":
        last = (
            decided.where(~begins).groupBy("ticker").agg(F.max_by("target", "at").alias("target"))
        )
        bar = inside.groupBy("ticker").agg(F.min("at").alias("at"))
        entering = bar.join(last, "ticker").select("ticker", "at", "target")
        # Its own decision after that bar, where there is one, is the newer one.
        fresh = entering.join(wanted.select("ticker", "at"), ["ticker", "at"], "left_anti")
        wanted = wanted.unionByName(fresh.select("ticker", "at", "target"))
    # Sail (0.7) plans a column that only one side of a union has as one of nulls alone.
    inside = inside.withColumn("target", F.lit(None).cast("double"))
    return inside, replace(strategy, positions=lambda _prices, _values: wanted, bars=None)


def _sectors(frame: DataFrame) -> dict[str, str]:
    """The sector of each ticker that has one."""
    from pyspark.sql import functions as F  # noqa: PLC0415 - slow

    known = frame.where(F.col("sector").isNotNull())
    found = known.groupBy("ticker").agg(F.max("sector").alias("sector")).toArrow()
    return dict(zip(found["ticker"].to_pylist(), found["sector"].to_pylist(), strict=True))


def _curve(lake: Lake, run_id: str, equity: DataFrame, strategy: Strategy) -> pa.Table:
    """What all accounts are worth together, which is stored too."""
    whole = engine.total(equity) if strategy.by == "ticker" else equity
    rows = _ordered(whole)
    typed = rows.append_column("run_id", pa.array([run_id] * len(rows), pa.string()))
    lake.replace(g.STRATEGY_EQUITY, typed.select(g.STRATEGY_EQUITY.column_names), [run_id])
    return rows


def _summed(equity: DataFrame, tickers: Sequence[str]) -> pa.Table:
    from pyspark.sql import functions as F  # noqa: PLC0415 - slow

    return _ordered(engine.total(equity.where(F.col("ticker").isin(list(tickers)))))


def _ordered(equity: DataFrame) -> pa.Table:
    named = equity.drop("ticker").withColumnRenamed("at", storing.BAR)
    with warnings.catch_warnings():
        # A sum up to each bar is in one partition, as the client warns: it is a row a bar.
        warnings.simplefilter("ignore", UserWarning)
        return named.toArrow().sort_by(storing.BAR)


def _trained(curve: pa.Table, window: Window, purge: int) -> pa.Table:
    """The part of a curve by which a year's parameters are chosen.

    Raises:
        TooShortError: The purge leaves none of it.
    """
    days = curve[storing.BAR].cast(pa.date32()).to_pylist()
    inside = [n for n, day in enumerate(days) if window.train_first <= day <= window.train_last]
    kept = inside[: len(inside) - purge]
    if len(kept) < _LEAST_BARS:
        raise TooShortError(
            f"of the {len(inside)} bars from {window.train_first} to {window.train_last}, "
            f"{purge} are purged, since the strategy looks back so far: train for more years"
        )
    return curve.slice(kept[0], len(kept))
