"""The harbour: it trades on Saturdays and Sundays, in a zone with summer time."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from indextracker.calendars.exchanges import Exchange


def weekends(start: date, horizon: date) -> Iterator[date]:
    """The Saturdays and Sundays from a day to another."""
    days = (start + timedelta(days=n) for n in range((horizon - start).days + 1))
    return (day for day in days if day.weekday() >= 5)


XHBR = Exchange(
    code="XHBR",
    zone=ZoneInfo("Pacific/Auckland"),
    opens=time(10),
    closes=time(16),
    start=date(2024, 1, 1),
    sessions=weekends,
)
