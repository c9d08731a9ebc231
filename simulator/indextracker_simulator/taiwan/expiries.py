"""Expiries: when contracts end, which are listed, and their codes relative to a session.

Everything as it was known at a session. The dates come from calendar.py; no prices here.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count, islice
from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.calendar import WALK_EPOCH, trading_calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.taiwan.products import Terms

_WEEKDAYS = {"W": 2, "F": 4}  # Wednesday, Friday
_WEEK = timedelta(days=7)


def last_trading_date(expiry: str, session: date) -> date:
    """Return the last day of a contract, as known at `session`.

    Args:
        expiry: `YYYYMM`, a third Wednesday, or `YYYYMMWn`, the nth one, or `YYYYMMFn`, the nth
            Friday.
        session: The session that asks.
    """
    first_of_month = date(int(expiry[:4]), int(expiry[4:6]), 1)
    weekday, week = (expiry[6], int(expiry[7:])) if len(expiry) > 6 else ("W", 3)
    first = first_of_month + timedelta(days=(_WEEKDAYS[weekday] - first_of_month.weekday()) % 7)
    return trading_calendar().first_open(first + (week - 1) * _WEEK, session)


def expire_codes(product: Terms, session: date) -> dict[str, str]:
    """Return the expiry that each code stands for, by rule, whether or not it is listed."""
    if not product.third_wednesday:
        return {}
    months = _months(session)
    quarters = _quarters_after(months + 2)
    codes = {"M": months, "M+1": months + 1, "M+2": months + 2}
    codes |= {f"Q+{rank}": next(quarters) for rank in (1, 2, 3)}
    weeks = {
        code: expiry
        for weekday in _WEEKDAYS
        for code, expiry in zip((weekday, f"{weekday}+1"), _weeks(weekday, session), strict=False)
    }
    return {code: _month_name(month) for code, month in codes.items()} | weeks


def listed(product: Terms, session: date) -> tuple[str, ...]:
    """Return the expiries of a product on `session`, the first to end first."""
    if not product.third_wednesday:
        coming = _quarters_after(_month_number(session))
        return tuple(_month_name(month) for month in islice(coming, product.quarters))
    nearest = _months(session)
    months = list(range(nearest, nearest + product.months))
    months += islice(_quarters_after(months[-1]), product.quarters)
    expiries = [_month_name(month) for month in months]
    for weekday, number in product.weeklies_on(session).items():
        expiries += islice(_weeklies(weekday, session, expiries), number)
    return tuple(sorted(expiries, key=lambda expiry: (last_trading_date(expiry, session), expiry)))


def _months(session: date) -> int:
    """Return the earliest month whose contract has not ended before `session`."""
    for month in count(_month_number(session) - 1):
        if last_trading_date(_month_name(month), session) >= session:
            return month
    raise AssertionError("months never end")


def _weeklies(weekday: str, session: date, listed_already: list[str]) -> Iterator[str]:
    """Yield the weeklies of a weekday that may be listed.

    None is that the published holidays move onto the day of another, as 202301W4 onto the monthly
    2023-01-30.
    """
    taken = {_scheduled(expiry) for expiry in listed_already}
    for expiry in _weeks(weekday, session):
        if len(expiry) > 6 and _scheduled(expiry) not in taken:
            taken.add(_scheduled(expiry))
            yield expiry


def _scheduled(expiry: str) -> date:
    """Return the last trading day before any typhoon was known."""
    return last_trading_date(expiry, WALK_EPOCH)


def _weeks(weekday: str, session: date) -> Iterator[str]:
    """Yield the expiries of a weekday that have not ended before `session`, monthlies included."""
    # A long holiday moves an expiry by less than three weeks.
    day = session - 3 * _WEEK
    day += timedelta(days=(_WEEKDAYS[weekday] - day.weekday()) % 7)
    while True:
        week = (day.day - 1) // 7 + 1
        monthly = weekday == "W" and week == 3
        name = f"{day:%Y%m}" if monthly else f"{day:%Y%m}{weekday}{week}"
        if last_trading_date(name, session) >= session:
            yield name
        day += _WEEK


def _quarters_after(month: int) -> Iterator[int]:
    return (later for later in count(month + 1) if later % 12 in (2, 5, 8, 11))


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_name(month: int) -> str:
    return f"{month // 12}{month % 12 + 1:02d}"
