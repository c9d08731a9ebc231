"""Rows of one ticker to its account, and accounts to Arrow tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from indextracker_spark.strategies.accounts import Ledger
from indextracker_spark.strategies.by_ticker import Bars, ByTicker, Floats, in_order, instants
from indextracker_spark.strategies.model import Parameters


def decided(rows: Bars, by_ticker: ByTicker | None, parameters: Parameters) -> tuple[Bars, Floats]:
    """The bars in their order, and the target at each, NaN where there is none.

    Without a ByTicker the targets are rows of their own among the bars, told by their target.
    """
    if by_ticker:
        bars = in_order(rows)
        return bars, by_ticker.decide(bars, parameters)
    is_bar = np.isnan(rows["target"])
    bars = in_order({name: column[is_bar] for name, column in rows.items()})
    made = in_order({name: rows[name][~is_bar] for name in ("at", "target")})
    targets = np.full(len(bars["at"]), np.nan)
    # A decision is taken when a bar is complete: one of another instant belongs to the bar before.
    place: Any = np.searchsorted(bars["at"], made["at"], side="right") - 1
    targets[place[place >= 0]] = made["target"][place >= 0]
    return bars, targets


def trades(ticker: str, bars: Bars, found: Ledger) -> pa.Table:
    """The trades of a ticker's account."""
    columns = found.trades
    return trade_table(
        pa.repeat(ticker, len(columns["shares"])),
        bars["at"][columns["decided"].astype(np.int64)],
        bars["at"][columns["filled"].astype(np.int64)],
        columns,
    )


def trade_table(tickers: pa.Array, decided: Any, filled: Any, columns: dict[str, Any]) -> pa.Table:
    """Trades as the engine gives them; what is sold has shares below zero."""
    shares, gained = columns["shares"], columns["pnl"]
    return pa.table(
        {
            "ticker": tickers.cast(pa.string()),
            "side": pa.array(np.where(shares > 0, "buy", "sell"), pa.string()),
            "decided_at": instants(decided),
            "filled_at": instants(filled),
            "shares": np.abs(shares),
            **{name: columns[name] for name in ("price", "cost", "slippage")},
            "pnl": pa.array(gained, pa.float64(), mask=np.isnan(gained)),
        }
    )


def equity(ticker: str, bars: Bars, found: Ledger) -> pa.Table:
    """The account at each bar as the engine gives it."""
    at = bars["at"]
    return pa.table(
        {
            "ticker": pa.repeat(ticker, len(at)).cast(pa.string()),
            "at": instants(at),
            **found.bars(),
        }
    )
