"""When the futures exchange lists a session, publishes its files, replaces and deletes them.

Times and dates only: the model makes the contents of the files, pages.py the layout of a list.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from indextracker_simulator.taiwan.calendar import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.taiwan.calendar import TradingCalendar

Market = Literal["futures", "options"]
"""Each has its list page and its own time of publication."""

TAIPEI = timezone(timedelta(hours=8))

# The early file of Monday 2024-12-16 was made on Saturday at 05:14:44; four complete ones of 2021
# and 2024 between 16:39 and 16:49.
_DAWN = time(5, 10), 5 * 60
_COMPLETE = time(16, 35), 15 * 60
_ONE_DAY = timedelta(days=1)


class Row(NamedTuple):
    """What the list says of one session.

    Attributes:
        session_date: The session, or the day of a typhoon that was to be one.
        published_at: When its files were published, which is when the row came or was renewed.
        complete: Whether they hold the whole session; else there is the night part alone.
    """

    session_date: date
    published_at: datetime
    complete: bool


@dataclass(frozen=True)
class Publication:
    """The exchange's habits, and what follows from them at any moment.

    A session is listed from the morning on that follows the day of the session before, when its
    night part is published, which for a Monday is on Saturday; after the day part, the whole
    replaces it. So a session that has not begun takes a place, and on a free day the next one. A
    day that a typhoon takes away has had its night part published by then; it leaves the list when
    the next session enters it, and the night part is published anew in that session's file.

    Attributes:
        calendar: The exchange's trading days.
        seed: Chooses the seconds of publication.
        window: How many rows the list has: what falls out of it is deleted. None keeps all.
    """

    calendar: TradingCalendar
    seed: int
    window: int | None

    def rows(self, market: Market, now: datetime) -> list[Row]:
        """Return the list as it stands at a moment, newest first."""
        # The newest that can be listed is the next to come.
        today = now.astimezone(TAIPEI).date()
        scheduled = self.calendar.scheduled
        newest = min(scheduled[bisect_right(scheduled, today)], LAST_DAY)
        settled = today - 2 * _ONE_DAY
        return [
            *self.rows_between(market, settled, newest, now),
            *_settled_rows(self, market, settled),
        ][: self.window]

    def row(self, market: Market, day: date, now: datetime) -> Row | None:
        """Return the row of a day at a moment, None where the list has none."""
        return next((row for row in self.rows(market, now) if row.session_date == day), None)

    def rows_between(
        self, market: Market, after: date, until: date, now: datetime
    ) -> Iterator[Row]:
        """Yield the rows, newest first, of the days after one day and until another."""
        scheduled = self.calendar.scheduled
        first, end = bisect_right(scheduled, after), bisect_right(scheduled, until)
        for day in reversed(scheduled[first:end]):
            if row := self._row(market, day, now):
                yield row

    def _row(self, market: Market, day: date, now: datetime) -> Row | None:
        scheduled = self.calendar.scheduled
        eve = scheduled[bisect_left(scheduled, day) - 1]
        dawn = self._moment(market, eve + _ONE_DAY, *_DAWN)
        if now < dawn:
            return None
        if day in self.calendar.typhoons:
            next_listed = self._moment(market, day + _ONE_DAY, *_DAWN)
            return Row(day, dawn, complete=False) if now < next_listed else None
        complete = self._moment(market, day, *_COMPLETE)
        return Row(day, dawn, False) if now < complete else Row(day, complete, True)

    def _moment(self, market: Market, day: date, begin: time, seconds: int) -> datetime:
        drawn = zlib.crc32(f"{self.seed} {market} {day} {begin}".encode()) % seconds
        return datetime.combine(day, begin, TAIPEI) + timedelta(seconds=drawn)


@lru_cache(maxsize=8)
def _settled_rows(publication: Publication, market: Market, until: date) -> tuple[Row, ...]:
    """Return the rows of all days until the day before yesterday, which change no more.

    They are some 2,900 after twelve years, asked for with every file.
    """
    then = datetime.combine(until + 2 * _ONE_DAY, time(), TAIPEI)
    return tuple(publication.rows_between(market, FIRST_DAY - _ONE_DAY, until, then))
