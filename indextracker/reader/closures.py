"""Which keys of a time line turned out to be closed, read once for each edition of the lake.

They follow from all answers that publishers ever gave: to read those takes longer than a question.
"""

from __future__ import annotations

from collections.abc import Collection

from indextracker import calendars
from indextracker.calendars import Calendar
from indextracker.reader.tables import Tables
from indextracker_catalogue import Key, Timeline


class Closures:
    """The closed keys of a lake, those of today whatever `as_of` is.

    Args:
        tables: The lake's tables.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        # One object, so that threads never see closures of one edition under another.
        self._known: tuple[str, dict[Timeline, Collection[Key]]] = ("", {})

    def of(self, timeline: Timeline) -> Collection[Key]:
        """The keys that the calendar of a time line has and that were found to be closed."""
        from indextracker.acquiring.deliveries import closed  # noqa: PLC0415 - loads the feeds

        edition = self._tables.edition()
        if self._known[0] != edition:
            self._known = (edition, {})
        _, found = self._known
        if timeline not in found:
            found[timeline] = closed(self._tables.lake, timeline)
        return found[timeline]

    def calendar(self, timeline: Timeline) -> Calendar:
        """The calendar of a time line without its closed keys."""
        return calendars.calendar(timeline).without(self.of(timeline))
