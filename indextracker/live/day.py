"""The last day of each symbol by minutes, from events as they come and from hours that are read.

A minute is made anew of all its quotes whenever one comes, so that repeats, late ones and any order
give what gold has. The quotes themselves are kept of the minutes that were touched last; one that
comes for another minute makes its hour stale, which is to be read from the lake. Threads, the lake
and what browsers get do not belong here.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import scratch
from indextracker.live import minutes as exact
from indextracker.live.minutes import Bar, Minute

# Of each symbol so many hours are shown, up to its newest quote; one more is kept, since the first
# quote of an hour is compared with the last one of the hour before.
SHOWN_HOURS = 24
# 73 MB of minutes, and 43 MB of quotes (0.73 kB and 85 B each, November 2026). To make a minute of
# 600,000 quotes anew takes DuckDB 0.3 s of CPU, and 100 MB meanwhile.
MOST_MINUTES, MOST_QUOTES = 100_000, 500_000
# Hours of which it is known which minutes they have: two weeks.
_MOST_HOURS = 14 * 24

_ABOUT = """
    select
        symbol,
        max(told_us),
        arg_max(short_name, told_us),
        arg_max(currency, told_us),
        arg_max(try_cast(previous_close as double), told_us)
    from (select *, epoch_us(cast("time" as timestamptz)) as told_us from quote_events)
    where problem is null
    group by all
"""


class About(NamedTuple):
    """What quotes tell beside prices; None where it is not told."""

    name: str | None = None
    currency: str | None = None
    previous_close: float | None = None


@dataclass
class Symbol:
    """A symbol by minutes.

    Attributes:
        minutes: What each minute of the epoch says, those that are kept.
        order: The same minutes in order.
        changed: In which change each of them was last another one.
        changed_at: The last change of any.
        about: What quotes tell beside prices, each as it was told last.
        about_us: Time of that quote.
    """

    minutes: dict[int, Minute] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    changed: dict[int, int] = field(default_factory=dict)
    changed_at: int = 0
    about: About = field(default_factory=About)
    about_us: int = -1

    @property
    def first_shown(self) -> int:
        """The first minute of the hours that are shown."""
        return (self.order[-1] // 60 - SHOWN_HOURS + 1) * 60

    @property
    def last(self) -> Minute:
        """Its newest minute."""
        return self.minutes[self.order[-1]]

    def shown(self) -> Iterator[int]:
        """The minutes that are shown, in order."""
        return iter(self.order[bisect_left(self.order, self.first_shown) :])

    def whole(self, minute: int) -> Minute:
        """A minute with what was traded since the quote before it."""
        found = self.minutes[minute]
        if not found.has_quotes:
            return found
        earliest = (minute // 60 - 1) * 60
        for place in range(bisect_left(self.order, minute) - 1, -1, -1):
            if self.order[place] < earliest:
                break
            before = self.minutes[self.order[place]]
            if before.has_quotes:
                return found.after(before)
        return found

    def bars(self, scale_minutes: int, since: int = 0) -> dict[int, Bar]:
        """Bars by the minute of the epoch in which they begin, in order.

        Args:
            scale_minutes: A divisor of an hour.
            since: Those alone that are others than at that change.
        """
        if self.changed_at <= since:
            return {}
        parts: dict[int, list[int]] = defaultdict(list)
        for minute in self.shown():
            parts[minute // scale_minutes * scale_minutes].append(minute)
        return {
            start: exact.bar(map(self.whole, some))
            for start, some in parts.items()
            if any(self.changed[minute] > since for minute in some)
        }

    def put(self, minute: int, found: Minute, change: int) -> int:
        """Puts a minute, and forgets those that became too old.

        Returns:
            How many more minutes it has than before.
        """
        before = len(self.order)
        if self.order and minute < self._first_kept:
            return 0
        known = self.minutes.get(minute)
        if known == found:
            return 0
        if known is None:
            insort(self.order, minute)
        self.minutes[minute] = found
        self.changed[minute] = self.changed_at = change
        if found.has_quotes:
            self._touch_after(minute, change)
        old = bisect_left(self.order, self._first_kept)
        for gone in self.order[:old]:
            del self.minutes[gone], self.changed[gone]
        del self.order[:old]
        return len(self.order) - before

    def tell(self, at_us: int, about: About) -> None:
        """Takes what a quote tells beside its price, where none is newer."""
        if at_us >= self.about_us:
            pairs = zip(about, self.about, strict=True)
            self.about = About._make(old if new is None else new for new, old in pairs)
            self.about_us = at_us

    @property
    def _first_kept(self) -> int:
        return self.first_shown - 60

    def _touch_after(self, minute: int, change: int) -> None:
        """Marks the minute whose volume is told from this one."""
        for after in self.order[bisect_left(self.order, minute) + 1 :]:
            if self.minutes[after].has_quotes:
                self.changed[after] = change
                return


class Day:
    """The last day of each symbol, as far as there is room; those quiet for longest are left out.

    Args:
        most_minutes: At most so many minutes of symbols are kept.
        most_quotes: Of so many quotes the minutes stay open; those of the running ones always do.

    One thread changes it; others hold its lock while they look.

    Attributes:
        lock: Told of each change.
        change: A number that grows with each change.
        symbols: The symbols, the one that changed last at the end.
        alerts: The alerts of the day, the newest first.
        alerts_changed_at: Their last change.
        stale: Hours to be read from the lake, by hours of the epoch, with the minutes that stay
            open then.
    """

    def __init__(self, most_minutes: int = MOST_MINUTES, most_quotes: int = MOST_QUOTES) -> None:
        self.lock = threading.Condition()
        self.change = 0
        self.symbols: dict[str, Symbol] = {}
        self.alerts: list[dict[str, Any]] = []
        self.alerts_changed_at = 0
        self.stale: dict[int, set[int]] = {}
        self._most_minutes, self._most_quotes = most_minutes, most_quotes
        self._minutes = 0
        # The minutes of each known hour that have quotes and are not open; an hour that is not
        # among them may have any.
        self._hours: dict[int, set[int]] = {}
        self._open: dict[int, list[pa.Table]] = {}
        self._left_out: set[str] = set()

    def tell(self, alerts: list[dict[str, Any]]) -> None:
        """Takes the alerts of the day, the newest first."""
        if alerts == self.alerts:
            return
        with self.lock:
            self.change += 1
            self.alerts, self.alerts_changed_at = alerts, self.change
            self.lock.notify_all()

    def busiest(self, count: int) -> list[str]:
        """The symbols with most quotes in the last hour of each, down from the first."""

        def quotes(name: str) -> int:
            symbol = self.symbols[name]
            recent = symbol.order[bisect_left(symbol.order, symbol.order[-1] - 59) :]
            return sum(symbol.minutes[minute].quotes for minute in recent)

        return sorted(self.symbols, key=quotes, reverse=True)[:count]

    def expect(self, hour: int, minutes: Iterable[int] = ()) -> None:
        """Has an hour read, and those before it that are shown with it and are not known."""
        self.stale.setdefault(hour, set()).update(minutes)
        for earlier in range(hour - SHOWN_HOURS, hour):
            if earlier not in self._hours:
                self.stale.setdefault(earlier, set())

    def forget(self) -> None:
        """Has all hours read again."""
        for hour in self._hours:
            self.stale.setdefault(hour, set())

    def next_stale(self, later: Collection[int] = ()) -> int | None:
        """The hour to read first: one in which something came, then the newest.

        Args:
            later: Those that are not to be read yet.
        """
        due = [hour for hour in self.stale if hour not in later]
        return max(due, key=lambda hour: (bool(self.stale[hour]), hour), default=None)

    def add(self, events: pa.Table) -> None:
        """Takes events that were appended.

        Args:
            events: Rows of `bronze/quote_events`; what was taken before does no harm.
        """
        with scratch.catalog() as connection:
            connection.register("quote_events", events)
            found = connection.sql(f"{exact.QUOTES} order by minute").to_arrow_table()
            touched = self._opened(found)
            if not touched:
                return
            held = pa.concat_tables([table for minute in touched for table in self._open[minute]])
            connection.register("held", held)
            connection.register("fresh", found)
            connection.execute(
                "create temp view quotes as from held semi join fresh using (symbol, minute)"
            )
            self._put(connection)
        self._close(touched)

    def read(self, hour: int, connection: duckdb.DuckDBPyConnection) -> None:
        """Takes an hour as the lake has it.

        Args:
            hour: Hour of the epoch.
            connection: With all of its events as `quote_events`.
        """
        begin, end = hour * 60, (hour + 1) * 60
        wanted = {minute for minute in self._open if begin <= minute < end}
        wanted |= self.stale.get(hour, set())
        connection.execute(f"create temp view quotes as {exact.QUOTES}")
        self._hours[hour] = self._put(connection) - wanted
        listed = ", ".join(map(str, sorted(wanted))) or "null"
        rows = connection.sql(f"from quotes where minute in ({listed}) order by minute")
        for minute, part in _parts(rows.to_arrow_table()):
            self._open[minute] = [part]
        self.stale.pop(hour, None)
        for old in [*self._hours][: max(len(self._hours) - _MOST_HOURS, 0)]:
            del self._hours[old]
            for minute in [one for one in self._open if one // 60 == old]:
                del self._open[minute]

    def _opened(self, found: pa.Table) -> list[int]:
        """Keeps quotes with the others of their minutes; which of these are complete."""
        touched = []
        for minute, part in _parts(found):
            hour = minute // 60
            if hour not in self._hours:
                self.expect(hour, [minute])
            elif minute in self._hours[hour]:
                self.stale.setdefault(hour, set()).add(minute)
            else:
                # At the end: those that were not touched for longest are closed.
                self._open[minute] = [*self._open.pop(minute, []), part]
                touched.append(minute)
        return touched

    def _put(self, connection: duckdb.DuckDBPyConnection) -> set[int]:
        """Puts the minutes of `quotes`, and tells what `quote_events` say beside."""
        rows = [*exact.minutes(connection)]
        told = connection.execute(_ABOUT).fetchall()
        with self.lock:
            self.change += 1
            for name, minute, found in rows:
                # At the end: those that did not change for longest are left out.
                symbol = self.symbols.pop(name, None) or self._made(name, minute)
                self.symbols[name] = symbol
                self._minutes += symbol.put(minute, found, self.change)
            for name, at_us, *about in told:
                if name in self.symbols:
                    self.symbols[name].tell(at_us, About(*about))
            while self._minutes > self._most_minutes and len(self.symbols) > 1:
                name = next(iter(self.symbols))
                self._minutes -= len(self.symbols.pop(name).order)
                self._left_out.add(name)
            self.lock.notify_all()
        return {minute for _, minute, _ in rows}

    def _made(self, name: str, minute: int) -> Symbol:
        if name in self._left_out:
            # What it had before is in the lake alone.
            self._left_out.remove(name)
            for hour in (minute // 60 - 1, minute // 60):
                self.stale.setdefault(hour, set())
        return Symbol()

    def _close(self, touched: list[int]) -> None:
        rows = sum(part.num_rows for parts in self._open.values() for part in parts)
        for minute in [one for one in self._open if one not in touched]:
            if rows <= self._most_quotes:
                return
            rows -= sum(part.num_rows for part in self._open.pop(minute))
            self._hours[minute // 60].add(minute)


def _parts(quotes: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Quotes in order of their minutes, by minute."""
    runs = pc.run_end_encode(quotes["minute"].combine_chunks())
    begin = 0
    for end, minute in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        yield minute, quotes.slice(begin, end - begin)
        begin = end
