"""Arrow tables of one ticker to its account, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker_spark.strategies.accounts import Ledger, account
from indextracker_spark.strategies.by_ticker import INSTANT, ByTicker, arrays, in_order
from indextracker_spark.strategies.model import Fill, Parameters, Sizing, Terms

_BARS = ("open", "close", "dividend")


def decided(
    rows: pa.Table, by_ticker: ByTicker | None, parameters: Parameters
) -> tuple[pa.Table, Any]:
    """The bars in their order, and the target at each, NaN where there is none.

    Without a ByTicker the targets are rows of their own among the bars, told by their target.
    """
    if by_ticker:
        bars = in_order(rows)
        return bars, by_ticker.decide(arrays(bars, by_ticker.columns), parameters)
    is_bar = rows["target"].is_null()
    bars = in_order(rows.filter(is_bar))
    decisions = in_order(rows.filter(pc.invert(is_bar)))
    targets = np.full(bars.num_rows, np.nan)
    at = bars["at"].cast(INSTANT).cast(pa.int64()).to_numpy()
    when = decisions["at"].cast(INSTANT).cast(pa.int64()).to_numpy()
    # A decision is taken when a bar is complete: one of another instant belongs to the bar before.
    place = np.searchsorted(at, when, side="right") - 1
    targets[place[place >= 0]] = decisions["target"].to_numpy()[place >= 0]
    return bars, targets


def ledger(bars: pa.Table, targets: Any, sizing: Sizing, terms: Terms, fill: Fill) -> Ledger:
    """The account of the ticker."""
    return account(arrays(bars, _BARS), targets, sizing, terms, fill)


def trades(bars: pa.Table, found: Ledger) -> pa.Table:
    """The trades as the engine gives them."""
    columns = found.trades
    filled = pa.array(columns["filled"], pa.int64())
    shares = np.array(columns["shares"], np.float64)
    at = bars["at"].cast(INSTANT)
    gained = np.array(columns["pnl"], np.float64)
    return pa.table(
        {
            "ticker": bars["ticker"].take(filled).cast(pa.string()),
            "side": pa.array(np.where(shares > 0, "buy", "sell"), pa.string()),
            "decided_at": at.take(pa.array(columns["decided"], pa.int64())),
            "filled_at": at.take(filled),
            "shares": np.abs(shares),
            **{
                name: pa.array(columns[name], pa.float64())
                for name in ("price", "cost", "slippage")
            },
            "pnl": pa.array(gained, mask=np.isnan(gained)),
            "document": bars["document"].take(filled).cast(pa.string()),
            "line": bars["line"].take(filled).cast(pa.int64()),
        }
    )


def equity(bars: pa.Table, found: Ledger) -> pa.Table:
    """The account at each bar as the engine gives it."""
    return pa.table(
        {"ticker": bars["ticker"].cast(pa.string()), "at": bars["at"].cast(INSTANT), **found.bars}
    )
