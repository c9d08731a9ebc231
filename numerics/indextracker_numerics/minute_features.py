"""What is known of a future and its index at the end of each minute, from bars of a minute.

Arrays have an element a minute of one day session, in order and without holes; NaN where a minute
has no bar. An element of a result rests on that minute and earlier ones of the session alone. What
comes of a future afterwards is `returns_ahead`. Forecasts from them are in `forecasting`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

OLDEST_MINUTES: Final = 5
"""A price or level that is older is not taken to be known."""

RETURN_MINUTES: Final = (1, 2, 5, 15, 30)
INDEX_RETURN_MINUTES: Final = (1, 5)
_RECENT_MINUTES = 5


def last_known(values: Floats, oldest: int = OLDEST_MINUTES) -> tuple[Floats, Floats]:
    """The last value up to each minute, and how many minutes old it is.

    Args:
        values: NaN where there is none, shape (minutes,).
        oldest: A value that is more minutes old gives NaN, with its age.

    Returns:
        Values and ages, each of shape (minutes,); both NaN before the first value.
    """
    place = np.arange(len(values))
    found = np.maximum.accumulate(np.where(np.isnan(values), -1, place))
    age = np.where(found < 0, np.nan, place - found)
    known = np.where(age <= oldest, values[np.maximum(found, 0)], np.nan)
    return known, age


def returns(prices: Floats, minutes: int) -> Floats:
    """Logarithmic returns over the minutes up to each one; NaN where either price is."""
    logs = np.log(prices)
    found = np.full(len(logs), np.nan)
    found[minutes:] = logs[minutes:] - logs[:-minutes]
    return found


def returns_ahead(opens: Floats, minutes: int) -> Floats:
    """What is made from the first price after each minute to the first so many minutes later.

    A decision at the end of minute t is filled at the first trade of minute t + 1 and given up at
    the first of minute t + 1 + `minutes`. The price that the decision saw last is in neither, so
    that a trade at the bid followed by one at the ask is no return (Roll, Journal of Finance 39,
    1984, pp. 1127-1139).

    Args:
        opens: First price of each minute; NaN where there was no trade.
        minutes: How long it is held.

    Returns:
        Simple returns, shape (minutes of the session,); NaN where either price is missing.
    """
    found = np.full(len(opens), np.nan)
    fills = opens[1 : len(opens) - minutes]
    found[: len(fills)] = opens[1 + minutes :] / fills - 1
    return found


def features(bars: dict[str, Floats], levels: Floats, night_return: float) -> dict[str, Floats]:
    """The features of each minute of a day session.

    Args:
        bars: `high`, `low`, `close` and `contracts` of the future, each of shape (minutes,).
        levels: Last level of the index in each minute, shape (minutes,).
        night_return: Logarithmic return of the future in the night before; 0 without a night.

    Returns:
        An array of shape (minutes,) a feature: returns as logarithms, `basis` and
        `basis_deviation` as fractions of the index, `index_age_minutes`, `signed_volume` from -1
        to 1, `range_5` as a logarithm, `time_of_day` as the part of the session that is over.
    """
    price, _ = last_known(bars["close"])
    level, age = last_known(levels)
    basis = price / level - 1
    minutes = len(price)
    return {
        **{f"return_{n}": returns(price, n) for n in RETURN_MINUTES},
        **{f"index_return_{n}": returns(level, n) for n in INDEX_RETURN_MINUTES},
        "basis": basis,
        "basis_deviation": basis - _mean_so_far(basis),
        "index_age_minutes": age,
        "signed_volume": _signed_volume(price, bars["contracts"]),
        "range_5": _range(bars["high"], bars["low"]),
        "time_of_day": np.arange(1, minutes + 1) / minutes,
        "night_return": np.full(minutes, night_return),
    }


def _mean_so_far(values: Floats) -> Floats:
    known = ~np.isnan(values)
    number = np.cumsum(known)
    total = np.cumsum(np.where(known, values, 0.0))
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _signed_volume(price: Floats, contracts: Floats) -> Floats:
    """Contracts of rising minutes less those of falling ones, over all, of recent minutes.

    The tick rule on bars: who initiated a trade is not published.
    """
    traded = np.nan_to_num(contracts)
    signed = np.nan_to_num(np.sign(returns(price, 1))) * traded
    total = _recent(traded, 0.0).sum(axis=1)
    return np.where(total > 0, _recent(signed, 0.0).sum(axis=1) / np.maximum(total, 1), 0.0)


def _range(high: Floats, low: Floats) -> Floats:
    highest = _recent(np.where(np.isnan(high), -np.inf, high), -np.inf).max(axis=1)
    lowest = _recent(np.where(np.isnan(low), np.inf, low), np.inf).min(axis=1)
    known = highest >= lowest
    return np.where(known, np.log(np.where(known, highest / lowest, 1.0)), np.nan)


def _recent(values: Floats, before: float) -> Any:
    """The last minutes up to each one, shape (minutes, 5); `before` stands for earlier ones."""
    padded = np.concatenate([np.full(_RECENT_MINUTES - 1, before), values])
    return np.lib.stride_tricks.sliding_window_view(padded, _RECENT_MINUTES)
