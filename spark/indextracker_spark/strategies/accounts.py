"""The account of one ticker, in numpy: from its bars and targets to trades and equity.

It goes from trade to trade; what lies between is computed for all bars at once. One account for all
tickers is in `universe`; what the figures mean is in docs/strategies.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
TRADE_COLUMNS = ("decided", "filled", "shares", "price", "cost", "slippage", "pnl")


@dataclass(frozen=True)
class Ledger:
    """What one ticker's account came to.

    Attributes:
        trades: An array for each of TRADE_COLUMNS; `decided` and `filled` are places of bars.
        bars: Gives an array a column, a value a bar.
    """

    trades: dict[str, Floats]
    bars: Callable[[], dict[str, Floats]]


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
    wanted, at_prices = targets[decided], prices[filled]
    if book.only_buys(wanted):
        book.buy(decided, filled, wanted, at_prices)
    else:
        columns = (decided, filled, wanted, at_prices)
        for trade in zip(*(column.tolist() for column in columns), strict=True):
            book.trade(*trade)
    return Ledger(book.trades(), book.bars)


class _Book:
    """An account while its trades are made."""

    def __init__(self, bars: dict[str, Any], terms: Terms, sizing: Sizing) -> None:
        self.sizing, self.rates, self.yearly = sizing, Rates.of(terms), terms.borrow_rate_per_year
        self.marks = marks(bars)
        self.length = len(self.marks)
        # Of a share, and of one that is borrowed, at each bar and up to it; most have neither.
        self.dividend = np.nan_to_num(bars["dividend"])
        self.paying = bool(self.dividend.any())
        self.dividends = np.cumsum(self.dividend) if self.paying else self.dividend
        self.interest = self.fee = self.fees = np.zeros(self.length)
        if self.yearly:
            at = bars["at"]
            days = np.diff(at, prepend=at[:1]) / DAY_MICROSECONDS
            self.interest = days * (self.yearly / YEAR_DAYS)
            before = np.concatenate([[0.0], np.maximum(self.marks[:-1], 0)])[: self.length]
            self.fee = self.interest * before
            self.fees = np.cumsum(self.fee)
        starts = 0.0 if sizing == "cash" else terms.cash
        self.cash, self.shares, self.basis = starts, 0.0, 0.0
        self.row = 0  # up to its open (or close, if it was traded then) the cash is known
        self.made: list[tuple[float, ...]] = []
        # The state after each trade, the first one before any.
        self.states: list[tuple[int, float, float]] = [(0, starts, 0.0)]
        self.flows: list[tuple[int, float]] = [(0, starts)]

    def only_buys(self, targets: Floats) -> bool:
        """Whether nothing is ever sold or received: then no trade depends on the one before."""
        plain = self.sizing == "cash" and not self.paying and not self.rates.lot
        return plain and bool((targets > 0).all())

    def buy(self, decided: Any, filled: Any, targets: Floats, prices: Floats) -> None:
        """All purchases at once, each with money that is paid in for it."""
        slipped = prices * (1 + self.rates.slippage)
        shares = targets / slipped
        cost = shares * slipped * self.rates.cost
        paid = shares * slipped + cost
        slippage = (slipped - prices) * shares
        nothing = np.full(len(paid), np.nan)
        columns = (decided, filled, shares, slipped, cost, slippage, nothing)
        self.made = list(zip(*(column.tolist() for column in columns), strict=True))
        rows = filled.tolist()
        held = np.cumsum(shares).tolist()
        self.states += [(row, 0.0, number) for row, number in zip(rows, held, strict=True)]
        self.flows += list(zip(rows, paid.tolist(), strict=True))

    def trade(self, decision: int, row: int, target: float, price: float) -> None:
        self._wait_until(row)
        shares = self.rates.whole(self._change(target, price))
        if shares > 0:
            shares = self._affordable(shares, price, row)
        if abs(shares) <= NOTHING * max(abs(self.shares), NOTHING):
            return
        self._book(decision, row, shares, price)

    def _wait_until(self, row: int) -> None:
        """The cash at a later bar, before its trade."""
        if row == self.row:
            return
        held, cash = self.shares, self.cash
        if self.paying:
            cash += held * float(self.dividends[row] - self.dividends[self.row])
        if self.yearly:
            cash -= max(-held, 0.0) * float(self.fees[row] - self.fees[self.row])
            if self.cash < 0 or cash < 0:
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

    def _change(self, target: float, price: float) -> float:
        """By how many shares a target differs from what is held."""
        if self.sizing == "shares":
            return target - self.shares
        if self.sizing == "cash":
            slipped = price * (1 + self.rates.slippage * (1 if target > 0 else -1))
            return target / slipped
        # An account that is worth nothing holds nothing.
        return target * max(self.cash + self.shares * price, 0.0) / price - self.shares

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
        self.made.append((decision, row, shares, slipped, cost, slippage, gained))
        self.states.append((row, self.cash, self.shares))

    def trades(self) -> dict[str, Floats]:
        """A column a name of TRADE_COLUMNS."""
        columns = np.array(self.made, np.float64).reshape(-1, len(TRADE_COLUMNS)).T
        return dict(zip(TRADE_COLUMNS, columns, strict=True))

    def bars(self) -> dict[str, Floats]:
        """What the account is worth at each bar, and what it paid and received there."""
        rows, cash, shares = (np.array(column) for column in zip(*self.states, strict=True))
        rows = rows.astype(np.int64)
        spans = np.diff(rows, append=self.length)
        held, since = np.repeat(shares, spans), np.repeat(rows, spans)
        money = np.repeat(cash, spans)
        if self.paying:
            money = money + held * (self.dividends - self.dividends[since])
        if self.yearly:
            money = money - np.maximum(-held, 0) * (self.fees - self.fees[since])
        before = np.concatenate([[0.0], held[:-1]])[: self.length]
        borrowing = np.maximum(-before, 0) * self.fee
        if self.yearly and (money < 0).any():
            money, borrowing = self._owed(rows, cash, shares, borrowing)
        worth = held * self.marks
        trades = self.trades()
        value = np.abs(trades["shares"]) * trades["price"]
        return {
            "equity": money + worth,
            "cash": money,
            "long_value": np.maximum(worth, 0),
            "short_value": np.maximum(-worth, 0),
            "paid_in": self._summed([row for row, _ in self.flows], [x for _, x in self.flows]),
            "traded": self._summed(trades["filled"], value),
            "cost": self._summed(trades["filled"], trades["cost"]),
            "slippage": self._summed(trades["filled"], trades["slippage"]),
            "borrowing": borrowing,
            "dividends": before * self.dividend,
        }

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
