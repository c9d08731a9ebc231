"""The true closes of the indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india.truth.tables import table

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.india.exchange import Exchange

_CLOSES = (
    *("session_date", "index_name", "open", "high", "low", "close", "points_change"),
    *("change_percent", "shares", "turnover_crore_inr", "price_to_earnings", "price_to_book"),
    "dividend_yield_percent",
)
_NO_RATIOS = (None, None, None)
_PAISE_A_CRORE = 1_000_000_000


def index_closes(exchange: Exchange, session: date) -> pa.Table:
    """Return what the document of the indices' closes tells, numbers as printed."""
    rows = [
        {
            "session_date": session,
            "index_name": level.name,
            "open": level.open / 100,
            "high": level.high / 100,
            "low": level.low / 100,
            "close": level.close / 100,
            "points_change": (level.close - level.previous) / 100,
            "change_percent": _percent(level.close, level.previous),
            "shares": level.shares,
            "turnover_crore_inr": None
            if level.turnover is None
            else int(100 * level.turnover / _PAISE_A_CRORE + 0.5) / 100,
            **dict(
                zip(
                    _CLOSES[-3:],
                    [ratio / 100 for ratio in level.ratios] or _NO_RATIOS,
                    strict=True,
                )
            ),
        }
        for level in exchange.levels(session)
    ]
    return table(_CLOSES, _CLOSES[:2], rows)


def _percent(close: int, previous: int) -> float:
    """Return a change in percent with two decimals, half a hundredth away from zero."""
    size = int(10_000 * abs(close - previous) / previous + 0.5) / 100
    return size if close >= previous else -size
