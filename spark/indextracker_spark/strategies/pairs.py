"""Pairs by cointegration: two tickers of a sector whose spread returns to its mean.

Engle, Granger: Co-integration and error correction. Econometrica 55 (1987): the logarithms of two
prices are regressed on each other, and the residuals tested for a unit root (Dickey and Fuller's
regression without lags). Critical value: MacKinnon, Critical values for cointegration tests
(Queen's Economics Department working paper 1227, 2010), two variables, constant, 5 percent.
Gatev, Goetzmann, Rouwenhorst: Pairs trading. Review of Financial Studies 19 (2006), for its rules:
pairs are chosen in one window and traded in the next.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_spark.strategies.by_ticker import Floats
from indextracker_spark.strategies.model import POSITION_SCHEMA, Parameter, Parameters, Strategy
from indextracker_spark.strategies.spool import INSTANT

# MacKinnon (2010), table 2: N = 2, constant, 5 percent: b0 + b1/T + b2/T^2.
_CRITICAL = (-3.33613, -6.1101, -6.823)


class _Pair(NamedTuple):
    first: int
    second: int
    intercept: float
    slope: float
    deviation: float


def unit_root(residuals: Floats) -> float:
    """Dickey and Fuller's t of residuals, without lags and constant: very negative of a spread."""
    before, change = residuals[:-1], np.diff(residuals)
    squares = float(before @ before)
    if squares == 0:
        return 0.0
    slope = float(before @ change) / squares
    left = change - slope * before
    variance = float(left @ left) / (len(change) - 1)
    return slope / np.sqrt(variance / squares) if variance > 0 else 0.0


def critical(length: int) -> float:
    """Below it residuals of so many values are taken for cointegrated."""
    constant, first, second = _CRITICAL
    return constant + first / length + second / length**2


def chosen(logs: Floats, most: int) -> list[_Pair]:
    """The pairs of columns with the clearest cointegration, each column in one pair at most."""
    length, tickers = logs.shape
    found: list[tuple[float, _Pair]] = []
    centred = logs - logs.mean(axis=0)
    squares = (centred**2).sum(axis=0)
    for one in range(tickers):
        for other in range(one + 1, tickers):
            if squares[other] == 0 or squares[one] == 0:
                continue
            slope = float(centred[:, one] @ centred[:, other]) / float(squares[other])
            residuals = centred[:, one] - slope * centred[:, other]
            t = unit_root(residuals)
            if slope > 0 and t < critical(length):
                intercept = float(logs[:, one].mean() - slope * logs[:, other].mean())
                pair = _Pair(one, other, intercept, slope, float(residuals.std(ddof=2)))
                found.append((t, pair))
    taken: set[int] = set()
    best: list[_Pair] = []
    for _, pair in sorted(found):
        if len(best) < most and not taken & {pair.first, pair.second}:
            best.append(pair)
            taken |= {pair.first, pair.second}
    return best


def _targets(close: Floats, volume: Floats, quarters: Any, parameters: Parameters) -> Floats:
    """Targets of a sector: a row an instant, a column a ticker; NaN where nothing is decided."""
    targets = np.full(close.shape, np.nan)
    logs = np.log(np.where(close > 0, close, np.nan))
    begins = np.flatnonzero(np.append(False, quarters[1:] != quarters[:-1]))
    window, most = int(parameters["estimation"]), int(parameters["candidates"])
    held = np.zeros(close.shape[1])
    for place, begin in enumerate(begins.tolist()):
        end = int(begins[place + 1]) if place + 1 < len(begins) else len(close)
        before = slice(max(begin - window, 0), begin)
        # What was held of the quarter before is given up at this quarter's first bar.
        targets[begin, held != 0] = 0.0
        held[:] = 0.0
        if begin < window:
            continue
        whole = ~np.isnan(logs[before]).any(axis=0)
        turnover = np.where(whole, np.nan_to_num(close[before] * volume[before]).sum(axis=0), -1)
        candidates = np.argsort(-turnover, kind="stable")[: min(most, int(whole.sum()))]
        candidates.sort()
        for pair in chosen(logs[before][:, candidates], int(parameters["pairs"])):
            columns = candidates[[pair.first, pair.second]]
            _trade(targets[begin:end], logs[begin:end], columns, pair, parameters)
            held[columns] = 1.0
    return targets


def _trade(
    targets: Floats, logs: Floats, columns: Any, pair: _Pair, parameters: Parameters
) -> None:
    """Fills in the targets of a pair in its quarter."""
    if pair.deviation == 0:
        return
    spread = logs[:, columns[0]] - pair.intercept - pair.slope * logs[:, columns[1]]
    scores = (spread / pair.deviation).tolist()
    part = parameters["part"] / (1 + pair.slope)
    side = 0
    for row, score in enumerate(scores):
        if np.isnan(score):
            continue
        now = side
        if side and (side * score >= -parameters["leave"] or -side * score >= parameters["stop"]):
            now = 0
        elif not side and parameters["enter"] <= abs(score) < parameters["stop"]:
            now = -1 if score > 0 else 1
        if now != side:
            targets[row, columns] = now * part, -now * part * pair.slope
            side = now


def _of_sector(parameters: Parameters) -> Any:
    def of_sector(rows: pa.Table) -> pa.Table:
        names = rows["ticker"].cast(pa.string()).combine_chunks().dictionary_encode()
        # Columns in the order of names, whatever the rows' order is: it decides between equals.
        labels = np.array(names.dictionary.to_pylist(), object)
        order = np.argsort(labels)
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        column = ranks[names.indices.to_numpy()]
        at = rows["at"].cast(INSTANT).cast(pa.int64()).to_numpy()
        instants, row = np.unique(at, return_inverse=True)
        close, volume = (np.full((len(instants), len(labels)), np.nan) for _ in range(2))
        close[row, column] = rows["close"].fill_null(np.nan).to_numpy()
        volume[row, column] = rows["volume"].fill_null(np.nan).to_numpy()
        months = instants.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        targets = _targets(close, volume, months // 3, parameters)
        rows_decided, columns_decided = np.nonzero(~np.isnan(targets))
        return pa.table(
            {
                "ticker": pa.array(labels[order][columns_decided], pa.string()),
                "at": pa.array(instants[rows_decided]).cast(INSTANT),
                "target": targets[rows_decided, columns_decided],
            }
        )

    return of_sector


def _positions(prices: DataFrame, parameters: Parameters) -> DataFrame:
    # A sector that is not known is one of its own.
    sector = F.coalesce("sector", F.lit(""))
    read = prices.select(sector.alias("of"), "ticker", "at", "close", "volume")
    return read.groupBy("of").applyInArrow(_of_sector(parameters), POSITION_SCHEMA)


STRATEGY = Strategy(
    name="pairs",
    title="Pairs by cointegration",
    meaning="Each quarter chooses pairs of a sector whose prices moved together, sells the dear "
    "one and buys the cheap one when they part, and gives both up when they are back.",
    parameters=(
        Parameter("estimation", 252, 30, 5000, "Before a quarter, to choose.", "bars", whole=True),
        Parameter("candidates", 20, 2, 200, "Of a sector, by turnover.", "tickers", whole=True),
        Parameter("pairs", 2, 1, 100, "Of a sector, at most.", "pairs", whole=True),
        Parameter("part", 0.1, 0.001, 2, "Part of the equity in a pair, both sides of it."),
        Parameter("enter", 2, 0.1, 10, "Spread at which a pair is traded.", "standard deviations"),
        Parameter("leave", 0.5, -5, 5, "Spread at which it is given up.", "standard deviations"),
        Parameter("stop", 4, 0.2, 100, "Spread at which it is no pair.", "standard deviations"),
    ),
    history_rows=lambda values: int(values["estimation"]),
    sizing="weight",
    by="universe",
    positions=_positions,
)
