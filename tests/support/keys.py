"""Days as keys of a time line."""

from collections.abc import Iterable
from datetime import date

from indextracker_catalogue import Key, Table


def keys(days: Iterable[date]) -> list[Key]:
    """The keys of days, of a time line of sessions."""
    return [day.isoformat() for day in days]


def keys_of(table: Table, days: Iterable[date]) -> list[Key] | None:
    """The keys of a table in which days lie; None of one in one piece."""
    return None if table.is_whole else sorted({table.timeline.key_of(day) for day in days})
