"""Figures of the page Across markets, and where the values of a series come from.

How they are drawn is told in `across_drawing`.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import polars as pl

from indextracker import Frame, Lakehouse
from indextracker_catalogue.analytics import MARKET_CORRELATIONS, MARKET_DAYS
from indextracker_catalogue.analytics.across import INDIAN_INDEX, SERIES
from indextracker_catalogue.analytics.forecasts import FORECAST_INDEX, FORECAST_PRODUCT
from indextracker_catalogue.news import SENTIMENT_RETURNS

CALLED = {
    "tx_night": "TX night",
    "taiex_open": "TAIEX open",
    "news_before_open": "news before open",
    "nifty_open": "Nifty open",
    "taiex_day": "TAIEX day",
    "nifty_day": "Nifty day",
}
OF_NEWS = "news_before_open"
# The page in which the prices, or the articles, behind a value of a day are.
_BEHIND = {
    "tx_night": {"instrument": FORECAST_PRODUCT, "contract": "M"},
    "taiex_open": {"instrument": FORECAST_INDEX},
    "taiex_day": {"instrument": FORECAST_INDEX},
    "nifty_open": {"instrument": f"NSE:{INDIAN_INDEX}", "scale": "session"},
    "nifty_day": {"instrument": f"NSE:{INDIAN_INDEX}", "scale": "session"},
}


def pairs() -> dict[str, str]:
    """All pairs of series, the one that is known first before the other, as people call them."""
    names = list(SERIES)
    return {
        f"{first}-{second}": f"{CALLED[first]}, {CALLED[second]}"
        for place, first in enumerate(names)
        for second in names[place + 1 :]
    }


def correlations(lakehouse: Lakehouse) -> Frame:
    """All pairs, as `gold/market_correlations` has them, in the order of the series.

    Raises:
        LookupError: There are none yet.
    """
    frame = lakehouse.table(MARKET_CORRELATIONS.path)
    order = {name: place for place, name in enumerate(SERIES)}
    rows = frame.polars().sort(
        pl.col("first_series").replace_strict(order), pl.col("second_series").replace_strict(order)
    )
    return Frame(rows.to_arrow(), frame.gaps)


def days(lakehouse: Lakehouse, first: str, second: str) -> Frame:
    """The days on which both series of a pair have a value: `day`, and a column of each.

    Raises:
        LookupError: The lake has no values of days yet.
    """
    rows = lakehouse.table(MARKET_DAYS.path, where={"series": [first, second]}).polars()
    sides = (
        rows.filter(series=name).select("day", pl.col("value").alias(name))
        for name in (first, second)
    )
    both = next(sides).join(next(sides), on="day")
    return Frame(both.sort("day").to_arrow())


def after_news(lakehouse: Lakehouse) -> Frame:
    """What shares returned after news, as `gold/sentiment_returns` has it.

    Raises:
        LookupError: There is none yet.
    """
    rows = lakehouse.table(SENTIMENT_RETURNS.path).polars().sort("horizon_sessions")
    return Frame(rows.to_arrow())


def behind(series: str, on: date) -> str:
    """The address of what a value of a series is made of."""
    if series == OF_NEWS:
        return f"/india?{urlencode({'view': 'news', 'on': on.isoformat()})}"
    return f"/candles?{urlencode(_BEHIND[series] | {'last': on.isoformat(), 'sessions': '1'})}"
