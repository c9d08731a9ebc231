"""The account of one ticker, in numpy: from its bars and targets to trades and equity.

It goes from trade to trade; what lies between is computed for all bars at once. One account for all
tickers is in `universe`; what the figures mean is in docs/strategies.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor
from typing import Any

import numpy as np

from indextracker_spark.strategies.by_ticker import Floats
from indextracker_spark.strategies.model import Fill, Sizing, Terms

DAY_MICROSECONDS = 86_400_000_000
YEAR_DAYS = 365
# Below this part of what is held, a change of it is a rounding of doubles and no trade.
NOTHING = 1e-12
# A number of lots may miss the whole number that it is by this much.
ROUNDING = 1e-9


@dataclass
class Ledger:
    """What one ticker's account came to.

    Attributes:
        trades: A list a column; `decided` and `filled` are places of bars.
        bars: An array a column, a value a bar.
    """

    trades: dict[str, list[float]] = field(
        default_factory=lambda: {
            name: [] for name in ("decided", "filled", "shares", "price", "cost", "slippage", "pnl")
        }
    )
    bars: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rates:
    """The terms as factors."""

    cost: float
    slippage: float
    lot: float

    @classmethod
    def of(cls, terms: Terms) -> Rates:
        """Hundredths of a percent as factors."""
        return cls(terms.cost_bps / 1e4, terms.slippage_bps / 1e4, terms.lot)

    def whole(self, shares: float) -> float:
        """The shares in whole lots, fewer rather than more."""
        if not self.lot:
            return shares
        lots = abs(shares) / self.lot
        return floor(lots + ROUNDING) * self.lot * (1 if shares > 0 else -1)


def marks(bars: dict[str, Any]) -> Floats:
    """What a share is worth at each bar: its close, else its open, else what it was before."""
    close, opened = bars["close"], bars["open"]
    found: Floats = np.where(np.isfinite(close), close, opened)
    known = np.isfinite(found)
    if known.all():
        return found
    last = np.maximum.accumulate(np.where(known, np.arange(len(found)), -1))
    carried: Floats = np.where(last >= 0, found[last], 0.0)
    return carried


def fills(targets: Floats, prices: Floats, fill: Fill) -> tuple[Any, Any]:
    """The places of bars at which there is a decision that is traded, and at which it is.

    A decision waits for a bar with a price above zero; a later one takes its place.
    """
    decided = np.flatnonzero(~np.isnan(targets))
    wanted = decided if fill == "close" else decided + 1
    priced = np.flatnonzero(np.isfinite(prices) & (prices > 0))
    place = np.searchsorted(priced, wanted)
    there = place < len(priced)
    decided, filled = decided[there], priced[place[there]]
    if not len(filled):
        return decided, filled
    latest = np.append(filled[1:] != filled[:-1], True)
    return decided[latest], filled[latest]


def account(
    bars: dict[str, Any], targets: Floats, sizing: Sizing, terms: Terms, fill: Fill
) -> Ledger:
    """The trades of one ticker's account, and what it is worth at each of its bars."""
    prices = bars["open"] if fill == "next_open" else bars["close"]
    decided, filled = fills(targets, prices, fill)
    book = _Book(bars, terms, sizing)
    at_prices = zip(
        decided.tolist(),
        filled.tolist(),
        targets[decided].tolist(),
        prices[filled].tolist(),
        strict=True,
    )
    for decision, row, target, price in at_prices:
        book.trade(decision, row, target, price)
    return book.closed()


class _Book:
    """An account while its trades are made."""

    def __init__(self, bars: dict[str, Any], terms: Terms, sizing: Sizing) -> None:
        self.sizing, self.rates, self.yearly = sizing, Rates.of(terms), terms.borrow_rate_per_year
        self.marks = marks(bars)
        self.length = len(self.marks)
        at = bars["at"]
        days = np.diff(at, prepend=at[:1]) / DAY_MICROSECONDS
        self.interest = days * (self.yearly / YEAR_DAYS)
        before = np.concatenate([[0.0], np.maximum(self.marks[:-1], 0)])[: self.length]
        self.fee = self.interest * before  # of a share that is borrowed, at each bar
        self.dividend = np.nan_to_num(bars["dividend"])
        self.fees, self.dividends = np.cumsum(self.fee).tolist(), np.cumsum(self.dividend).tolist()
        starts = 0.0 if sizing == "cash" else terms.cash
        self.cash, self.shares, self.basis = starts, 0.0, 0.0
        self.row = 0  # up to its open (or close, if it was traded then) the cash is known
        self.ledger = Ledger()
        # The state after each trade, the first one before any.
        self.states: list[tuple[int, float, float]] = [(0, starts, 0.0)]
        self.flows: list[tuple[int, float]] = [(0, starts)]

    def trade(self, decision: int, row: int, target: float, price: float) -> None:
        self._wait_until(row)
        shares = self.rates.whole(self._wanted(target, price) - self.shares)
        if shares > 0:
            shares = self._affordable(shares, price, row)
        if abs(shares) <= NOTHING * max(abs(self.shares), NOTHING):
            return
        self._book(decision, row, shares, price)

    def closed(self) -> Ledger:
        self._bars()
        return self.ledger

    def _wait_until(self, row: int) -> None:
        """The cash at a later bar, before its trade."""
        if row == self.row:
            return
        held, borrowed = self.shares, max(-self.shares, 0.0)
        cash = self.cash + held * (self.dividends[row] - self.dividends[self.row])
        cash -= borrowed * (self.fees[row] - self.fees[self.row])
        if self.yearly and (self.cash < 0 or cash < 0):
            cash = float(self._owing(self.row, row, self.cash, held)[-1])
        self.cash, self.row = cash, row

    def _owing(self, first: int, last: int, cash: float, held: float) -> Floats:
        """The cash at the bars after `first` up to `last`, where it pays interest below zero."""
        found = np.empty(last - first)
        borrowed = max(-held, 0.0)
        for place, row in enumerate(range(first + 1, last + 1)):
            cash += min(cash, 0.0) * self.interest[row]
            cash += held * self.dividend[row] - borrowed * self.fee[row]
            found[place] = cash
        return found

    def _wanted(self, target: float, price: float) -> float:
        if self.sizing == "shares":
            return target
        if self.sizing == "cash":
            slipped = price * (1 + self.rates.slippage * (1 if target > 0 else -1))
            return self.shares + target / slipped
        # An account that is worth nothing holds nothing.
        return target * max(self.cash + self.shares * price, 0.0) / price

    def _affordable(self, shares: float, price: float, row: int) -> float:
        """As many as the cash pays; what was borrowed is bought back in any case."""
        each = price * (1 + self.rates.slippage) * (1 + self.rates.cost)
        if self.sizing == "cash":
            if (missing := shares * each - self.cash) > 0:
                self.cash += missing
                self.flows.append((row, missing))
            return shares
        back = min(shares, max(-self.shares, 0.0))
        paid = max(self.cash - back * each, 0.0) / each
        if shares - back <= paid:
            return shares
        return back + self.rates.whole(paid)

    def _book(self, decision: int, row: int, shares: float, price: float) -> None:
        slipped = price * (1 + self.rates.slippage * (1 if shares > 0 else -1))
        cost = abs(shares) * slipped * self.rates.cost
        paid = shares * slipped + cost
        held = self.shares
        gained = float("nan")
        if held * shares < 0:
            part = min(1.0, abs(held / shares))  # of this trade: what closes; the rest opens
            closed = min(1.0, abs(shares / held))  # of what is held
            gained = -paid * part - self.basis * closed
            self.basis = self.basis * (1 - closed) + paid * (1 - part)
        else:
            self.basis += paid
        self.cash -= paid
        left = held + shares
        self.shares = 0.0 if abs(left) <= NOTHING * abs(held) else left
        slippage = abs(slipped - price) * abs(shares)
        values = (decision, row, shares, slipped, cost, slippage, gained)
        for column, value in zip(self.ledger.trades.values(), values, strict=True):
            column.append(value)
        self.states.append((row, self.cash, self.shares))

    def _bars(self) -> None:
        rows, cash, shares = (np.array(column) for column in zip(*self.states, strict=True))
        rows = rows.astype(np.int64)
        spans = np.diff(rows, append=self.length)
        held, since = np.repeat(shares, spans), np.repeat(rows, spans)
        money = np.repeat(cash, spans)
        paid, fees = np.array(self.dividends), np.array(self.fees)
        borrowed = np.maximum(-held, 0)
        money = money + held * (paid - paid[since]) - borrowed * (fees - fees[since])
        before = np.concatenate([[0.0], held[:-1]])[: self.length]
        borrowing = np.maximum(-before, 0) * self.fee
        if self.yearly and (money < 0).any():
            money, borrowing = self._owed(rows, cash, shares, borrowing)
        worth = held * self.marks
        bars = self.ledger.bars
        bars["equity"], bars["cash"] = money + worth, money
        bars["long_value"], bars["short_value"] = np.maximum(worth, 0), np.maximum(-worth, 0)
        bars["paid_in"] = self._summed([row for row, _ in self.flows], [x for _, x in self.flows])
        trades = self.ledger.trades
        value = np.abs(np.array(trades["shares"])) * np.array(trades["price"])
        bars["traded"] = self._summed(trades["filled"], value)
        bars["cost"] = self._summed(trades["filled"], trades["cost"])
        bars["slippage"] = self._summed(trades["filled"], trades["slippage"])
        bars["borrowing"], bars["dividends"] = borrowing, before * self.dividend

    def _owed(self, rows: Any, cash: Any, shares: Any, fees: Floats) -> tuple[Floats, Floats]:
        """Cash, and what borrowing cost, at each bar of an account that owes money."""
        money = np.empty(self.length)
        ends = np.append(rows[1:], self.length)
        for first, end, start, held in zip(rows, ends, cash, shares, strict=True):
            if first == end:
                continue
            money[first] = start
            money[first + 1 : end] = self._owing(first, end - 1, float(start), float(held))
        before = np.concatenate([[0.0], money[:-1]])
        return money, fees - np.minimum(before, 0) * self.interest

    def _summed(self, rows: Any, values: Any) -> Floats:
        return np.bincount(
            np.asarray(rows, np.int64), np.asarray(values, np.float64), self.length
        ).astype(np.float64)
