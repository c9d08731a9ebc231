"""Figures of runs as rows of gold/strategy_figures: of a run, its tickers, sectors and years.

What a figure means, and how it follows from returns, is in `figures`. Here the series and the
trades are taken from what a run stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import Lake
from indextracker.strategies import figures
from indextracker_catalogue.files import gold as g

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]

_CURVE = tuple(name for name in g.STRATEGY_EQUITY.column_names if name != "run_id")


def of_run(
    lake: Lake,
    run_id: str,
    curves: Mapping[tuple[str, str], pa.Table],
    sectors: Mapping[str, str],
    benchmark: pa.Table,
) -> list[Row]:
    """The rows of a run.

    Args:
        lake: Where its trades and the accounts of its tickers are.
        run_id: The run.
        curves: By scope and name what accounts were worth together, in the order of time, with the
            columns of gold/strategy_equity: of the run, and of sectors.
        sectors: The sector of each ticker that has one.
        benchmark: By time the mean return of the universe's tickers.
    """
    whole = curves[g.OF_RUN, g.ALL]
    rows = [of_curve(scope, name, curve, benchmark) for (scope, name), curve in curves.items()]
    rows += by_year(whole, benchmark)
    rows += [of_curve(g.OF_TICKER, name, curve) for name, curve in _accounts(lake, run_id)]
    of_trades = _of_trades(lake, run_id, sectors)
    known = {(row["scope"], row["name"]) for row in rows}
    # Where all tickers share an account, what is known of one of them are its trades.
    rows += [_empty(*key) for key in sorted(of_trades.keys() - known)]
    for row in rows:
        row.update(of_trades.get((row["scope"], row["name"]), {"trades": 0}))
        row["sector"] = sectors.get(row["name"]) if row["scope"] == g.OF_TICKER else None
    return rows


def of_curve(scope: str, name: str, curve: pa.Table, benchmark: pa.Table | None = None) -> Row:
    """The figures of a curve, but for those of its trades."""
    row = _empty(scope, name)
    if not len(curve):
        return row
    made = _series(curve)
    paid = float(np.sum(curve["paid_in"].to_numpy()))
    row["profit"] = float(curve["equity"][-1].as_py()) - paid
    # A chain of years has no amounts but its growth.
    row["cost_paid"] = None if curve["cost"].null_count else made.cost_paid()
    row |= made.figures()
    if scope == g.OF_RUN:
        row["sharpe_low_95"], row["sharpe_high_95"] = made.sharpe_interval()
    if benchmark is not None:
        row |= made.beside(_aligned(curve, benchmark))
    return row


def by_year(curve: pa.Table, benchmark: pa.Table | None = None) -> list[Row]:
    """The figures of each calendar year (of UTC) of a curve.

    What the account was worth at the end of the year before is what is paid into it.
    """
    years = pc.year(curve["bar_at"]).to_numpy()
    found = []
    for year in np.unique(years):
        inside = np.flatnonzero(years == year)
        first, last = int(inside[0]), int(inside[-1])
        part = curve.slice(first, last - first + 1)
        if first:
            part = _brought_forward(part, curve["equity"][first - 1].as_py())
        found.append(of_curve(g.OF_YEAR, str(year), part, benchmark))
    return found


def sharpe(curve: pa.Table) -> float | None:
    """The Sharpe ratio of a curve a year; None where it is not defined."""
    return _series(curve).figures()["sharpe"]


def best(sharpes: Sequence[float | None]) -> int:
    """The place of the greatest; the first of equal ones, and one that is not defined last."""
    return max(range(len(sharpes)), key=lambda n: (sharpes[n] is not None, sharpes[n] or 0.0, -n))


def deflated(curve: pa.Table, sharpes: Sequence[float | None]) -> float | None:
    """The deflated Sharpe ratio of the best of several tries; None where it is not defined."""
    return _series(curve).deflated([one for one in sharpes if one is not None])


def chained(curves: Sequence[pa.Table], cash: float) -> pa.Table:
    """The growth of an amount through curves that follow each other, as one curve."""
    times, worths = [], []
    worth = cash
    for curve in curves:
        grown = worth * np.cumprod(1 + np.nan_to_num(_series(curve).returns))
        times.append(curve["bar_at"].combine_chunks())
        worths.append(grown)
        worth = float(grown[-1]) if len(grown) else worth
    at = pa.concat_arrays(times)
    paid = np.zeros(len(at))
    paid[:1] = cash
    columns = {name: pa.nulls(len(at), pa.float64()) for name in _CURVE}
    columns |= {"bar_at": at, "equity": pa.array(np.concatenate(worths)), "paid_in": pa.array(paid)}
    return pa.table(columns)


def of_universe(prices: Any) -> pa.Table:
    """By time the mean return of the tickers of a universe: what strategies are compared with.

    Args:
        prices: The frame of its prices.
    """
    from pyspark.sql import Window  # noqa: PLC0415 - slow
    from pyspark.sql import functions as F  # noqa: PLC0415

    before = F.lag("close").over(Window.partitionBy("ticker").orderBy("at"))
    change = F.when((before > 0) & (F.col("close") > 0), F.col("close") / before - 1)
    moved = prices.select("at", change.alias("change"))
    # An exact sum: that of doubles depends on the order in which an engine's tasks end, and
    # the figures of a run would differ in their last digits when it is run again.
    exact = F.sum(F.col("change").cast("decimal(38, 15)")).cast("double")
    means = moved.groupBy("at").agg((exact / F.nullif(F.count("change"), F.lit(0))).alias("change"))
    return means.withColumnRenamed("at", "bar_at").toArrow().sort_by("bar_at")


def fills(lake: Lake, run_id: str) -> int:
    """How many trades a run has."""
    rows = lake.rows(g.STRATEGY_TRADES, [run_id])
    return int(rows.count_rows(filter=pc.field("run_id") == run_id))


def _empty(scope: str, name: str) -> Row:
    figures_of = dict.fromkeys(g.STRATEGY_FIGURES.column_names)
    del figures_of["run_id"]
    return figures_of | {"scope": scope, "name": name, "trades": 0}


def _series(curve: pa.Table) -> figures.Series:
    """What the figures are computed of."""
    columns = {name: curve[name].to_numpy(zero_copy_only=False) for name in _CURVE}
    return figures.Series(**columns)


def _aligned(curve: pa.Table, benchmark: pa.Table) -> Floats:
    """The benchmark's returns at the times of a curve; none where it has none."""
    place = pc.index_in(curve["bar_at"], value_set=benchmark["bar_at"].combine_chunks())
    found = benchmark["change"].take(place)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.float64)


def _brought_forward(part: pa.Table, worth: float) -> pa.Table:
    paid = part["paid_in"].to_numpy().copy()
    paid[0] += worth
    return part.set_column(part.column_names.index("paid_in"), "paid_in", pa.array(paid))


def _accounts(lake: Lake, run_id: str) -> Iterator[tuple[str, pa.Table]]:
    """The account of each ticker as a curve; in memory is one of them, and a batch."""
    if not lake.exists(g.STRATEGY_ACCOUNTS):
        return
    wanted = ", ".join(f'"{name}"' for name in _CURVE)
    table = g.STRATEGY_ACCOUNTS
    with lake.sql([table], {table.timeline: [run_id]}) as connection:
        rows = connection.sql(
            f"select ticker, {wanted} from {table.name} where run_id = '{run_id}'"
            " order by ticker, bar_at"
        ).to_arrow_reader()
        rest: pa.Table | None = None
        for batch in rows:
            read = pa.Table.from_batches([batch])
            read = read if rest is None else pa.concat_tables([rest, read])
            *whole, last = _split(read)
            for name, part in whole:
                yield name, part.drop_columns(["ticker"])
            rest = last[1]
        if rest is not None and len(rest):
            yield rest["ticker"][0].as_py(), rest.drop_columns(["ticker"])


def _split(rows: pa.Table) -> list[tuple[str, pa.Table]]:
    """Rows that are in the order of tickers, by ticker."""
    if not len(rows):
        return [("", rows)]
    encoded = rows["ticker"].combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy()
    begins = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()]
    ends = [*begins[1:], len(rows)]
    return [
        (rows["ticker"][first].as_py(), rows.slice(first, last - first))
        for first, last in zip(begins, ends, strict=True)
    ]


def _of_trades(lake: Lake, run_id: str, sectors: Mapping[str, str]) -> dict[tuple[str, str], Row]:
    """What the trades of a run tell of it, and of its tickers, sectors and years."""
    table = g.STRATEGY_TRADES
    told = pa.table(
        {
            "ticker": pa.array(list(sectors), pa.string()),
            "sector": pa.array(list(sectors.values()), pa.string()),
        }
    )
    found: dict[tuple[str, str], Row] = {}
    with lake.sql([table], {table.timeline: [run_id]}) as connection:
        connection.register("sectors", told)
        connection.execute(
            "create temp table fills as select t.*, s.sector, year(t.filled_at)::varchar as year"
            f" from {table.name} t left join sectors s using (ticker) where run_id = '{run_id}'"
        )
        scopes = {g.OF_RUN: f"'{g.ALL}'", **{s: s for s in (g.OF_TICKER, g.OF_SECTOR, g.OF_YEAR)}}
        for scope, name in scopes.items():
            rows = connection.execute(
                f"select {name}, count(*), count(*) filter (where pnl > 0),"
                " count(*) filter (where pnl <> 0), sum(pnl), sum(cost + slippage)"
                f" from fills where {name} is not null group by 1"
            ).fetchall()
            for of, trades, won, closed, pnl, cost in rows:
                hit_rate = won / closed if closed else None
                row: Row = {"trades": trades, "hit_rate": hit_rate, "realised": pnl}
                if scope in (g.OF_TICKER, g.OF_SECTOR):
                    row["cost_paid"] = cost
                found[scope, of] = row
    return found
