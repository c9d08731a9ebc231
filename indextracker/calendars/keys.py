"""The keys of one time line in their order: sessions, days, hours or years."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from typing import overload
from zoneinfo import ZoneInfo

from indextracker_catalogue.timeline import Key, Timeline


class Calendar:
    """The keys of one time line over a span.

    Attributes:
        timeline: The time line.
        zone: Zone in whose days it counts.
        start: First key that the calendar can answer for.
        horizon: Last key that the calendar can answer for.
    """

    def __init__(
        self, timeline: Timeline, zone: ZoneInfo, keys: Sequence[Key], start: Key, horizon: Key
    ) -> None:
        self.timeline = timeline
        self.zone = zone
        self.start = start
        self.horizon = horizon
        self._keys = keys

    def __repr__(self) -> str:
        return f"<Calendar {self.timeline.name} {self.start} to {self.horizon}>"

    def is_key(self, key: Key) -> bool:
        """Tell whether a key is one of the time line: whether a day is a session.

        Raises:
            ValueError: It is outside the calendar.
        """
        self._check(key)
        place = bisect_left(self._keys, key)
        return place < len(self._keys) and self._keys[place] == key

    def keys(self, first: Key, last: Key) -> list[Key]:
        """The keys from first to last, both inclusive, in order.

        Raises:
            ValueError: One is outside the calendar, or first is after last.
        """
        self._check(first)
        self._check(last)
        if first > last:
            raise ValueError(f"The first, {first}, is after the last, {last}.")
        return list(self._keys[bisect_left(self._keys, first) : bisect_right(self._keys, last)])

    def within(self, first_day: date, last_day: date) -> list[Key]:
        """The keys that any moment of some days falls into, in order.

        These are the days themselves where they are keys, their hours, and the years that they
        touch; of a table in one piece its one key.

        Args:
            first_day: The first day, in the zone of the time line.
            last_day: The last day, itself included.

        Raises:
            ValueError: A day is outside the calendar, or the first is after the last.
        """
        if first_day > last_day:
            raise ValueError(f"The first day, {first_day}, is after the last, {last_day}.")
        begin = datetime.combine(first_day, time.min, self.zone)
        end = datetime.combine(last_day, time.max, self.zone)
        return self.keys(self.key_at(begin), self.key_at(end))

    def shift(self, key: Key, distance: int) -> Key:
        """The key so many keys later, or earlier where the distance is negative.

        Raises:
            ValueError: It is no key, or there are not as many.
        """
        if not self.is_key(key):
            raise ValueError(f"{key} is no key of {self.timeline.name}.")
        place = bisect_left(self._keys, key) + distance
        if not 0 <= place < len(self._keys):
            raise ValueError(
                f"The calendar of {self.timeline.title}, which runs from {self.start} to "
                f"{self.horizon}, has no key at a distance of {distance} from {key}."
            )
        return self._keys[place]

    def last(self, key: Key, count: int) -> list[Key]:
        """The last keys up to one, itself included, in order; fewer where the calendar begins.

        Raises:
            ValueError: It is outside the calendar.
        """
        self._check(key)
        end = bisect_right(self._keys, key)
        return list(self._keys[max(end - count, 0) : end])

    def previous(self, key: Key) -> Key:
        """The last key strictly before one, itself a key or not.

        Raises:
            ValueError: It is outside the calendar, or no key of the calendar is before it.
        """
        self._check(key)
        place = bisect_left(self._keys, key)
        if place == 0:
            raise ValueError(
                f"The calendar of {self.timeline.title}, which starts on {self.start}, "
                f"has no key before {key}."
            )
        return self._keys[place - 1]

    def next(self, key: Key) -> Key:
        """The first key strictly after one, itself a key or not.

        Raises:
            ValueError: It is outside the calendar, or no key of the calendar is after it.
        """
        self._check(key)
        place = bisect_right(self._keys, key)
        if place == len(self._keys):
            raise ValueError(
                f"The calendar of {self.timeline.title}, which ends on {self.horizon}, "
                f"has no key after {key}."
            )
        return self._keys[place]

    def without(self, keys: Iterable[Key]) -> Calendar:
        """The same calendar without some keys, such as days that were found to be closed."""
        gone = frozenset(keys)
        if not gone:
            return self
        left = [key for key in self._keys if key not in gone]
        return Calendar(self.timeline, self.zone, left, self.start, self.horizon)

    def key_at(self, moment: datetime) -> Key:
        """What an instant falls into, on the clock of the zone: a key, or a day without a session.

        Args:
            moment: An aware instant.
        """
        value = moment if self.timeline.type == "timestamp" else moment.astimezone(self.zone).date()
        return self.timeline.key_of(value)

    def _check(self, key: Key) -> None:
        if not self.start <= key <= self.horizon:
            raise ValueError(
                f"{key} is outside the calendar of {self.timeline.title}, "
                f"which runs from {self.start} to {self.horizon}."
            )


class Steps(Sequence[Key]):
    """Keys that follow each other at one distance, computed when asked for.

    Hours of thirty years are more than a quarter of a million.

    Args:
        at: The key at a place, counted from 0.
        count: How many there are.
    """

    def __init__(self, at: Callable[[int], Key], count: int) -> None:
        self._at = at
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Key: ...

    @overload
    def __getitem__(self, place: slice) -> list[Key]: ...

    def __getitem__(self, place: int | slice) -> Key | list[Key]:
        if isinstance(place, slice):
            return [self._at(n) for n in range(*place.indices(self._count))]
        return self._at(range(self._count)[place])
