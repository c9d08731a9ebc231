"""The sessions that exchange_calendars knows, from a table that was made by it.

Importing the library, with its pandas, and computing a calendar took 0.5 to 1.2 s of each command.
Days on which the library is wrong do not belong here but into the reference; how the table is made,
into `library_table`.
"""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from typing import Final

from indextracker.reference.rows import Row, read

FOLDER: Final = resources.files("indextracker.calendars")
TABLE: Final = "library.csv"
COLUMNS: Final = ("exchange", "closed_on")
# The days that the table holds of each exchange.
FIRST, LAST = date(2015, 1, 1), date(2049, 12, 31)
SATURDAY = 5


def library_sessions(exchange: str, start: date, horizon: date) -> set[date]:
    """The sessions that exchange_calendars knows, from start to horizon.

    Args:
        exchange: The library's name of the exchange.
        start: First day.
        horizon: Last day.

    Raises:
        ValueError: The table does not hold the exchange, or not all of the days.
    """
    closed = {day for name, day in closed_weekdays() if name == exchange}
    if not closed or not FIRST <= start <= horizon <= LAST:
        raise ValueError(
            f"{TABLE} has no sessions of {exchange} from {start} to {horizon}: it holds "
            f"{', '.join(sorted({name for name, _ in closed_weekdays()}))} from {FIRST} to {LAST}."
        )
    return {day for day in weekdays(start, horizon) if day not in closed}


def closed_weekdays() -> list[tuple[str, date]]:
    """The rows of the table: an exchange, and a weekday that is no session of it."""

    def build(row: Row) -> tuple[str, date]:
        return row.text("exchange"), row.day("closed_on")

    return [entry for _, entry in read(FOLDER, TABLE, COLUMNS, build, lambda entry: entry)]


def weekdays(first: date, last: date) -> list[date]:
    """Every day from Monday to Friday, first and last included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < SATURDAY]
