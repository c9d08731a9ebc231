"""The National Stock Exchange of India: when it trades.

The exchange's own lists are the source, in `reference/india`. In exchange_calendars 4.13.2 the
sessions of Mumbai (XBOM) are without eight evenings of Diwali and 17 of 19 sessions at weekends,
and have no hours but the usual ones.
"""

from __future__ import annotations

from datetime import date, time
from typing import Final
from zoneinfo import ZoneInfo

from indextracker.calendars.exchanges import Exchange
from indextracker.calendars.library import weekdays
from indextracker.reference import india as reference

# Republic Day, Dr. Ambedkar's birthday, Maharashtra Day, Independence Day, Gandhi's birthday,
# Christmas: month and day.
FIXED_HOLIDAYS: Final = frozenset({(1, 26), (4, 14), (5, 1), (8, 15), (10, 2), (12, 25)})


def ordinary_days(start: date, horizon: date) -> list[date]:
    """The days from Monday to Friday but the holidays of a fixed date.

    They are an estimate. The other holidays follow the moon, and the exchange lists those of a year
    in the December before: up to the last list each is a row of `closures.csv`. Of later years
    nine or ten days too many a year are taken for sessions.

    Args:
        start: First day.
        horizon: Last day.
    """
    return [day for day in weekdays(start, horizon) if (day.month, day.day) not in FIXED_HOLIDAYS]


XNSE = Exchange(
    code="XNSE",
    zone=ZoneInfo("Asia/Kolkata"),
    opens=time(9, 15),
    closes=time(15, 30),
    start=date(2011, 1, 1),
    sessions=ordinary_days,
    closures=reference.closures,
    special_sessions=reference.special_sessions,
)
