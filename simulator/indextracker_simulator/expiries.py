"""Expiries: when contracts end, which are listed, and their codes relative to a session.

Everything as it was known at a session. The dates come from calendar.py; prices know nothing of
this module.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count, islice
from typing import TYPE_CHECKING

from indextracker_simulator.calendar import trading_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.products import Product

_WEDNESDAY = 2
_WEEK = timedelta(days=7)


def last_trading_date(expiry: str, session: date) -> date:
    """Return the last day of a Wednesday contract, as known at `session`.

    Args:
        expiry: `YYYYMM`, a third Wednesday, or `YYYYMMWn`, the nth one.
        session: The session that asks.
    """
    first_of_month = date(int(expiry[:4]), int(expiry[4:6]), 1)
    week = int(expiry[7:]) if len(expiry) > 6 else 3
    first_wednesday = first_of_month + timedelta(days=(_WEDNESDAY - first_of_month.weekday()) % 7)
    return trading_calendar().first_open(first_wednesday + (week - 1) * _WEEK, session)


def expire_codes(product: Product, session: date) -> dict[str, str]:
    """Return the expiry that each code stands for, by rule, whether or not it is listed."""
    if not product.third_wednesday:
        return {}
    months = _months(session)
    quarters = _quarters_after(months + 2)
    codes = {"M": months, "M+1": months + 1, "M+2": months + 2}
    codes |= {f"Q+{rank}": next(quarters) for rank in (1, 2, 3)}
    weeks = dict(zip(("W", "W+1"), _wednesdays(session), strict=False))
    return {code: _month_name(month) for code, month in codes.items()} | weeks


def listed(product: Product, session: date) -> tuple[str, ...]:
    """Return the expiries of a product on `session`, the first to end first."""
    if not product.third_wednesday:
        coming = _quarters_after(_month_number(session))
        return tuple(_month_name(month) for month in islice(coming, product.quarters))
    nearest = _months(session)
    months = list(range(nearest, nearest + product.months))
    months += islice(_quarters_after(months[-1]), product.quarters)
    weeklies = (expiry for expiry in _wednesdays(session) if "W" in expiry)
    expiries = [_month_name(month) for month in months]
    expiries += islice(weeklies, product.weeklies)
    return tuple(sorted(expiries, key=lambda expiry: (last_trading_date(expiry, session), expiry)))


def _months(session: date) -> int:
    """Return the earliest month whose contract has not ended before `session`."""
    for month in count(_month_number(session) - 1):
        if last_trading_date(_month_name(month), session) >= session:
            return month
    raise AssertionError("months never end")


def _wednesdays(session: date) -> Iterator[str]:
    """Yield the Wednesday expiries that have not ended before `session`, monthlies included."""
    # A long holiday moves an expiry by less than three weeks.
    day = session - 3 * _WEEK
    day += timedelta(days=(_WEDNESDAY - day.weekday()) % 7)
    while True:
        week = (day.day - 1) // 7 + 1
        name = f"{day:%Y%m}" if week == 3 else f"{day:%Y%m}W{week}"
        if last_trading_date(name, session) >= session:
            yield name
        day += _WEEK


def _quarters_after(month: int) -> Iterator[int]:
    return (later for later in count(month + 1) if later % 12 in (2, 5, 8, 11))


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_name(month: int) -> str:
    return f"{month // 12}{month % 12 + 1:02d}"
