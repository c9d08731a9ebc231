"""The live view of a consumer: a thread that keeps the day as the consumer appends events.

The consumer waits for nobody. The day is made of the lake when the first browser comes; what the
view did not hear of (another consumer's commits, more than it can take) is read there too. Where no
browser has been there for some minutes, the day is left. What a browser gets is told in `watching`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from logging import getLogger

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import Lake, NoSuchVersionError
from indextracker.lake.since import appended_since
from indextracker.live.day import Day
from indextracker.streams.arrivals import arrived
from indextracker.streams.consuming import Appended
from indextracker.streams.hindrances import reason_of
from indextracker_catalogue.markets import ALERTS, QUOTE_EVENTS

LOOKS_EVERY_SECONDS = 1.0
# Ten thousand quotes a second take a third of a processor and 200 MB to be kept (November 2026).
KEPT_FOR_SECONDS = 600.0
# An hour that late quotes make stale again and again is read for a tenth of the time at most.
_TIMES_ITS_COST, _LEAST_PAUSE_SECONDS = 10, 2.0
# Rows that wait; a consumer that catches up may append fifty thousand a second.
MOST_WAITING = 500_000
MOST_ALERTS = 100
# What arrived so shortly before the newest row tells what goes on now, of whatever day it is.
_RECENT = timedelta(minutes=10)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = tuple(name for name in QUOTE_EVENTS.column_names if name != QUOTE_EVENTS.day_column)
_ALERT_COLUMNS = ("alert_id", "symbol", "rule", "kind", "window_end", "message")

_log = getLogger(__name__)


class View:
    """What is known of the stream of quotes now.

    Args:
        lake: Where its events and alerts are.

    Attributes:
        day: What is shown; for a browser, take it from `watched`.
        hindered: What keeps it from following, for people; empty while nothing does.
        arrived_at: When the newest event that it has arrived in the stream; None before the first.
    """

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.day = Day()
        self.hindered = ""
        self.arrived_at: datetime | None = None
        # The versions up to which events and alerts are known.
        self._events, self._alerts = -1, -1
        self._waiting: queue.SimpleQueue[Appended] = queue.SimpleQueue()
        self._waiting_rows = 0
        self._counting = threading.Lock()
        self._wanted, self._has_begun = threading.Event(), False
        self._browsers, self._left_at = 0, 0.0
        # When an hour may be read again.
        self._not_before: dict[int, float] = {}

    def heard(self, appended: Appended) -> None:
        """Takes what the consumer appended: a listener of it."""
        # What is left out is found by its version, and read from the lake.
        with self._counting:
            if not self._wanted.is_set() or self._waiting_rows >= MOST_WAITING:
                return
            self._waiting_rows += appended.rows.num_rows
            self._waiting.put(appended)

    @contextmanager
    def watched(self) -> Iterator[Day]:
        """What is shown, kept for as long as a browser is there."""
        with self._counting:
            self._browsers += 1
            self._wanted.set()
            day = self.day
        try:
            yield day
        finally:
            with self._counting:
                self._browsers -= 1
                self._left_at = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Keeps the day until told to stop; what fails is tried again."""
        while not stop.is_set():
            if not self._wanted.wait(LOOKS_EVERY_SECONDS):
                continue
            try:
                if not self._has_begun:
                    self._begin()
                    self._has_begun = True
                else:
                    self._step()
            except Exception as error:  # noqa: BLE001 - whatever it is, the consumer goes on
                reason = reason_of(error)
                if reason != self.hindered:
                    _log.warning("the live view waits: %s", reason)
                self.hindered = reason
                stop.wait(LOOKS_EVERY_SECONDS)
            else:
                self.hindered = ""
            self._leave()

    @property
    def reading(self) -> int:
        """How many hours are yet to be read from the lake; one until that is known."""
        return len(self.day.stale) if self._has_begun else 1

    def _leave(self) -> None:
        """Leaves the day where nobody has looked at it for long: the next one has it made anew."""
        with self._counting:
            if self._browsers or time.monotonic() < self._left_at + KEPT_FOR_SECONDS:
                return
            self._wanted.clear()
            self._has_begun = False
            self.day = Day()
            self._events, self._alerts = -1, -1
            self._waiting, self._waiting_rows = queue.SimpleQueue(), 0
            self._not_before = {}

    def _begin(self) -> None:
        """Finds out which hours what arrived last is of."""
        self.lake.ensure([QUOTE_EVENTS])
        self._events = self.lake.open(QUOTE_EVENTS).version()
        self.arrived_at = arrived(self.lake, QUOTE_EVENTS).last_at
        if self.arrived_at is None:
            return
        with self.lake.sql([QUOTE_EVENTS]) as connection:
            [(hour,)] = connection.execute(
                f"select max(hour) from {QUOTE_EVENTS.name} "
                "where problem is null and arrived_at >= ?",
                [self.arrived_at - _RECENT],
            ).fetchall()
        if hour is not None:
            self.day.expect((hour - _EPOCH) // timedelta(hours=1))

    def _step(self) -> None:
        """Takes what was appended, or reads an hour, or looks for what it did not hear of."""
        hour = self._due()
        try:
            appended = self._waiting.get(timeout=0.001 if hour is not None else LOOKS_EVERY_SECONDS)
        except queue.Empty:
            self._follow()
            self._look_for_alerts()
        else:
            with self._counting:
                self._waiting_rows -= appended.rows.num_rows
            if appended.version > self._events + 1:
                self._follow()
            if appended.version > self._events:
                self._take(appended.version, appended.rows)
        if hour is not None:
            self._read(hour)

    def _take(self, version: int, rows: pa.Table) -> None:
        self.day.add(rows)
        self._events = version
        if newest := pc.max(rows["arrived_at"]).as_py():
            self.arrived_at = max(newest, self.arrived_at or newest)

    def _follow(self) -> None:
        """Reads what was appended since, by whoever."""
        latest = self.lake.open(QUOTE_EVENTS).version()
        since = self._events
        if latest <= since:
            return
        try:
            for version, rows in appended_since(self.lake, QUOTE_EVENTS, since, latest, _COLUMNS):
                self._take(version, rows)
        except NoSuchVersionError:
            self.day.forget()
            self._begin()
        else:
            self._events = latest

    def _due(self) -> int | None:
        """The hour that is to be read now, if any."""
        now = time.monotonic()
        waiting = {hour for hour, until in self._not_before.items() if until > now}
        self._not_before = {hour: self._not_before[hour] for hour in waiting}
        return self.day.next_stale(waiting)

    def _read(self, hour: int) -> None:
        began = time.monotonic()
        timeline = QUOTE_EVENTS.timeline
        key = timeline.key_of(_EPOCH + timedelta(hours=hour))
        with self.lake.sql([QUOTE_EVENTS], {timeline: [key]}) as connection:
            self.day.read(hour, connection)
        now = time.monotonic()
        pause = max(_TIMES_ITS_COST * (now - began), _LEAST_PAUSE_SECONDS)
        self._not_before[hour] = now + pause

    def _look_for_alerts(self) -> None:
        """Reads the alerts of the day that was decided last, where there are other ones."""
        if not self.lake.exists(ALERTS):
            return
        version = self.lake.open(ALERTS).version()
        if version == self._alerts:
            return
        columns = ", ".join(_ALERT_COLUMNS)
        with self.lake.sql([ALERTS]) as connection:
            rows = connection.execute(
                f"select {columns} from {ALERTS.name} where decided_at > (select max(decided_at) "
                f"from {ALERTS.name}) - interval 1 day order by window_end desc, alert_id limit ?",
                [MOST_ALERTS],
            ).fetchall()
        alerts = [dict(zip(_ALERT_COLUMNS, row, strict=True)) for row in rows]
        self.day.tell([one | {"window_end": _milliseconds(one["window_end"])} for one in alerts])
        self._alerts = version


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
