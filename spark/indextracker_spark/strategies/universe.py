"""One account for all tickers, in numpy: from bars and decisions to trades and equity.

It goes from instant to instant, for all tickers at once, and keeps nothing of the past but what
each ticker holds. How rows come into the order of time is in `spool`; accounts of single tickers
are in `accounts`; what the figures mean is in docs/strategies.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from indextracker_spark.strategies.accounts import DAY_MICROSECONDS, NOTHING, ROUNDING, YEAR_DAYS
from indextracker_spark.strategies.by_ticker import Floats, instants
from indextracker_spark.strategies.model import Fill, Sizing, Terms
from indextracker_spark.strategies.spool import Rows, Spool
from indextracker_spark.strategies.tables import trade_table

# A ticker without a bar for longer is taken for delisted.
GONE_DAYS = 30
_BARS = ("open", "close", "dividend")


def accounts(
    what: str, sizing: Sizing, terms: Terms, fill: Fill
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function from batches of bars and decisions, in any order, to trades or to equity."""

    def of_all(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with Spool((*_BARS, "target"), "month") as spool:
            for batch in batches:
                spool.add(batch)
            book = _Book(sizing, terms, fill, spool.tickers())
            for rows in spool.in_time():
                book.read(rows)
                yield from (book.trades() if what == "trades" else book.equity()).to_batches()

    return of_all


class _Holdings:
    """What is known of each ticker, a value a ticker."""

    def __init__(self, tickers: int) -> None:
        self.shares, self.basis, self.mark = (np.zeros(tickers) for _ in range(3))
        self.wanted = np.full(tickers, np.nan)
        self.decided, self.seen = (np.zeros(tickers, np.int64) for _ in range(2))


class _Book:
    """The account while time goes on."""

    def __init__(self, sizing: Sizing, terms: Terms, fill: Fill, tickers: list[str]) -> None:
        self.sizing, self.fill = sizing, fill
        self.cost, self.slippage = terms.cost_bps / 1e4, terms.slippage_bps / 1e4
        self.lot, self.yearly = terms.lot, terms.borrow_rate_per_year
        self.cash = 0.0 if sizing == "cash" else terms.cash
        self.paid_in = self.cash
        self.last: int | None = None
        self.held = _Holdings(len(tickers))
        self.names = np.array(tickers, object)
        self._begin()

    def _begin(self) -> None:
        self.worth: list[tuple[float, ...]] = []
        self.done: list[tuple[Any, ...]] = []

    def read(self, rows: Rows) -> None:
        """Goes through the instants of the rows, which are in the order of time and ticker."""
        self._begin()
        at, places, target = rows["at"], rows["place"], rows["target"]
        is_bar = np.isnan(target)
        bars, decisions = np.flatnonzero(is_bar), np.flatnonzero(~is_bar)
        # Of several bars of a ticker and instant the last one.
        if len(bars):
            same = (at[bars[1:]] == at[bars[:-1]]) & (places[bars[1:]] == places[bars[:-1]])
            bars = bars[np.append(~same, True)]
        instants = np.unique(at[bars])
        first = np.searchsorted(at[bars], instants, "left")
        last = np.searchsorted(at[bars], instants, "right")
        until = np.searchsorted(at[decisions], instants, "right").tolist()
        since = 0
        spans = zip(instants.tolist(), first.tolist(), last.tolist(), until, strict=True)
        for instant, begin, end, known in spans:
            of_bars, of_decisions = bars[begin:end], decisions[since:known]
            since = known
            made = (places[of_decisions], target[of_decisions])
            self._instant(instant, places[of_bars], {x: rows[x][of_bars] for x in _BARS}, made)

    def _instant(self, at: int, places: Any, bars: Rows, decisions: tuple[Any, Floats]) -> None:
        held = self.held
        self.sums = dict.fromkeys(("traded", "cost", "slippage"), 0.0)
        borrowing = self._interest(at)
        self._pay_out_the_gone(at, places)
        paid = float((held.shares[places] * np.nan_to_num(bars["dividend"])).sum())
        self.cash += paid
        close, opened = bars["close"], bars["open"]
        if self.fill == "close":
            self._decide(at, *decisions)
        self._trade(at, places, opened if self.fill == "next_open" else close)
        if self.fill != "close":
            self._decide(at, *decisions)
        mark = np.where(np.isfinite(close), close, opened)
        known = np.isfinite(mark)
        held.mark[places[known]] = mark[known]
        held.seen[places] = at
        worth = held.shares * held.mark
        long_value, short_value = float(worth[worth > 0].sum()), float(-worth[worth < 0].sum())
        self.worth.append(
            (
                at,
                self.cash + long_value - short_value,
                *(self.cash, long_value, short_value, self.paid_in),
                *(self.sums["traded"], self.sums["cost"], self.sums["slippage"]),
                *(borrowing, paid),
            )
        )
        self.paid_in = 0.0

    def _interest(self, at: int) -> float:
        days = 0.0 if self.last is None else (at - self.last) / DAY_MICROSECONDS
        self.last = at
        if not self.yearly or not days:
            return 0.0
        held = self.held
        borrowed = (np.maximum(-held.shares, 0) * np.maximum(held.mark, 0)).sum()
        borrowing = float(borrowed + max(-self.cash, 0.0)) * self.yearly * days / YEAR_DAYS
        self.cash -= borrowing
        return borrowing

    def _pay_out_the_gone(self, at: int, places: Any) -> None:
        held = self.held
        gone = (held.shares != 0) & (at - held.seen > GONE_DAYS * DAY_MICROSECONDS)
        gone[places] = False
        if gone.any():
            which = np.flatnonzero(gone)
            self._book(at, which, -held.shares[which], held.mark[which], free=True)
        held.wanted[gone] = np.nan

    def _decide(self, at: int, places: Any, targets: Floats) -> None:
        self.held.wanted[places] = targets
        self.held.decided[places] = at

    def _trade(self, at: int, places: Any, prices: Floats) -> None:
        held = self.held
        ready = ~np.isnan(held.wanted[places]) & np.isfinite(prices) & (prices > 0)
        if not ready.any():
            return
        valued = held.mark.copy()
        known = np.isfinite(prices)
        valued[places[known]] = prices[known]
        places, prices = places[ready], prices[ready]
        shares = held.shares[places]
        change = self._whole(self._change(places, prices, valued))
        held.wanted[places] = np.nan
        sold = change < 0
        self._book(at, places[sold], change[sold], prices[sold])
        bought = change > 0
        affordable = self._affordable(change[bought], shares[bought], prices[bought])
        self._book(at, places[bought], affordable, prices[bought])

    def _change(self, places: Any, prices: Floats, valued: Floats) -> Floats:
        """By how many shares the targets differ from what is held."""
        wanted: Floats = self.held.wanted[places]
        if self.sizing == "cash":
            bought: Floats = wanted / (prices * (1 + self.slippage * np.sign(wanted)))
            return bought
        if self.sizing == "weight":
            # An account that is worth nothing holds nothing.
            worth = self.cash + float((self.held.shares * valued).sum())
            wanted = wanted * max(worth, 0.0) / prices
        change: Floats = wanted - self.held.shares[places]
        return change

    def _whole(self, shares: Floats) -> Floats:
        if not self.lot:
            return shares
        lots = np.floor(np.abs(shares) / self.lot + ROUNDING)
        return np.asarray(lots * self.lot * np.sign(shares), np.float64)

    def _affordable(self, shares: Floats, before: Floats, prices: Floats) -> Floats:
        """As many as the cash pays, cut by one proportion; what was borrowed comes back first."""
        each = prices * (1 + self.slippage) * (1 + self.cost)
        if self.sizing == "cash":
            missing = max(float((shares * each).sum()) - self.cash, 0.0)
            self.cash += missing
            self.paid_in += missing
            return shares
        back = np.minimum(shares, np.maximum(-before, 0))
        more = float(((shares - back) * each).sum())
        there = max(self.cash - float((back * each).sum()), 0.0)
        if more <= there:
            return shares
        return np.asarray(back + self._whole((shares - back) * (there / more)), np.float64)

    def _book(
        self, at: int, places: Any, change: Floats, prices: Floats, *, free: bool = False
    ) -> None:
        held = self.held
        kept = np.abs(change) > NOTHING * np.maximum(np.abs(held.shares[places]), NOTHING)
        places, change, prices = places[kept], change[kept], prices[kept]
        if not len(places):
            return
        slipped = prices if free else prices * (1 + self.slippage * np.sign(change))
        cost = np.abs(change) * slipped * (0.0 if free else self.cost)
        paid = change * slipped + cost
        before, basis = held.shares[places], held.basis[places]
        closes = before * change < 0
        part = np.where(closes, np.minimum(1, np.abs(before / change)), 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            closed = np.where(closes, np.minimum(1, np.abs(change / before)), 0)
        gained = np.where(closes, -paid * part - basis * closed, np.nan)
        held.basis[places] = basis * (1 - closed) + paid * (1 - part)
        left = before + change
        held.shares[places] = np.where(np.abs(left) <= NOTHING * np.abs(before), 0, left)
        slippage = np.abs(slipped - prices) * np.abs(change)
        self.cash -= float(paid.sum())
        self.sums["traded"] += float((np.abs(change) * slipped).sum())
        self.sums["cost"] += float(cost.sum())
        self.sums["slippage"] += float(slippage.sum())
        decided = np.full(len(places), at) if free else held.decided[places]
        whens = np.full(len(places), at)
        self.done.append((places, decided, whens, change, slipped, cost, slippage, gained))

    def trades(self) -> pa.Table:
        """The trades of the rows read last."""
        if not self.done:
            columns = [np.zeros(0)] * 8
        else:
            columns = [np.concatenate(parts) for parts in zip(*self.done, strict=True)]
        places, decided, at, change, price, cost, slippage, gained = columns
        names = pa.array(self.names[places.astype(np.int64)], pa.string())
        numbers = {
            "shares": change,
            "price": price,
            "cost": cost,
            "slippage": slippage,
            "pnl": gained,
        }
        return trade_table(names, decided, at, numbers)

    def equity(self) -> pa.Table:
        """The account at the instants read last."""
        names = ("equity", "cash", "long_value", "short_value", "paid_in")
        more = ("traded", "cost", "slippage", "borrowing", "dividends")
        columns = list(zip(*self.worth, strict=True)) or [()] * (1 + len(names) + len(more))
        return pa.table(
            {
                "ticker": pa.nulls(len(columns[0]), pa.string()),
                "at": instants(columns[0]),
                **{
                    name: pa.array(column, pa.float64())
                    for name, column in zip((*names, *more), columns[1:], strict=True)
                },
            }
        )
