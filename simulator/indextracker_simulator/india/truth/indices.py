"""The true closes of the indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india.truth.tables import exact_rupees, table

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    import pyarrow as pa

    from indextracker_simulator.india.exchange import Exchange

_RATIOS = ("price_to_earnings", "price_to_book", "dividend_yield_percent")
_CLOSES = (
    *("session_date", "index_name", "open", "high", "low", "close", "points_change"),
    *("percent_change", *_RATIOS, "shares", "turnover_inr"),
)
# Printed in hundredths of a crore of rupees.
_PAISE_A_STEP = 10_000_000


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
            "percent_change": _percent(level.close, level.previous),
            "shares": level.shares,
            "turnover_inr": None if level.turnover is None else _rounded(level.turnover),
            **(dict(zip(_RATIOS, figures, strict=True)) if figures else dict.fromkeys(_RATIOS)),
        }
        for level in exchange.levels(session)
        for figures in [[ratio / 100 for ratio in level.ratios]]
    ]
    return table(_CLOSES, _CLOSES[:2], rows)


def _rounded(paise: int) -> Decimal:
    """Return a turnover in rupees, rounded as it is printed, half a step up."""
    return exact_rupees(_PAISE_A_STEP * ((2 * paise + _PAISE_A_STEP) // (2 * _PAISE_A_STEP)))


def _percent(close: int, previous: int) -> float:
    """Return a change in percent with two decimals, half a hundredth away from zero."""
    size = int(10_000 * abs(close - previous) / previous + 0.5) / 100
    return size if close >= previous else -size
