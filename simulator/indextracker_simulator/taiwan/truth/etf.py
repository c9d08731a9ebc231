"""The true tables of the ETF's trades: trades, bars, sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.etf import BUYER, FIXED_PRICE_AT, SELLER, SYMBOL, UNKNOWN
from indextracker_simulator.taiwan.truth.bars import PRICES, Layout, Print, bar_tables
from indextracker_simulator.taiwan.truth.tables import Row, instant, table
from indextracker_simulator.taiwan.unreadable import row_lines
from indextracker_simulator.taiwan.walk import CASH_CLOSE, local_second

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from indextracker_simulator.taiwan.session import Session

FIRST_LINE = 1  # of JSON, the position among the trades

_LOT_SHARES = 1_000
_SIDES = {BUYER: "buy", SELLER: "sell", UNKNOWN: None}
_TRADES = ("session_date", "symbol", "line", "traded_at", "price", "shares", "side")
_BARS = Layout("etf", ("symbol",), False, (*PRICES, "vwap", "shares", "prints"))


def tables(session: Session) -> dict[str, pa.Table]:
    """Return etf_trades, etf_bars and etf_sessions, empty where nobody traded."""
    day = session.session_date
    trades = table(day, _TRADES, _trade_rows(session))
    return {"etf_trades": trades} | bar_tables(day, _BARS, _prints(session))


def _trade_rows(session: Session) -> Iterable[Row]:
    lines = row_lines(session.slips("etf"), len(session.etf), FIRST_LINE).tolist()
    for line, (at, price, lots, kind) in zip(lines, _trades(session), strict=True):
        yield {
            "symbol": SYMBOL,
            "line": line,
            "traded_at": instant(0) + at * 1_000,
            "price": price / 100,
            "shares": lots * _LOT_SHARES,
            "side": _SIDES[kind],
        }


def _prints(session: Session) -> Iterable[Print]:
    close = local_second(session.session_date, CASH_CLOSE)
    after_hours = local_second(session.session_date, FIXED_PRICE_AT)
    for at, price, lots, _ in _trades(session):
        second = at // 1000
        if second < after_hours:
            yield Print((SYMBOL,), "day", second, close, price, lots * _LOT_SHARES)


def _trades(session: Session) -> Iterable[tuple[int, int, int, int]]:
    tape = session.etf
    columns = (tape.millisecond, tape.price, tape.lots, tape.tick_type)
    return zip(*(column.tolist() for column in columns), strict=True)
