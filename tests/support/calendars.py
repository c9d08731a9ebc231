"""The trading days of Taiwan, which many tests count by."""

from __future__ import annotations

from datetime import date

from indextracker.calendars import TradingDays, trading_days


def taiwan(today: date | None = None) -> TradingDays:
    """The days that TWSE and TAIFEX share, as known on a day."""
    return trading_days("XTAI", today)
