"""Days as keys of a time line of sessions."""

from collections.abc import Iterable
from datetime import date

from indextracker_catalogue import Key


def keys(days: Iterable[date]) -> list[Key]:
    """The keys of days."""
    return [day.isoformat() for day in days]
