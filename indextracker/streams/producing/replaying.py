"""Stored prints of a session as events of quotes, in order, at any speed.

Which prints there are is told by each subject in a module of its name beside this one. Lines of
JSON are written by DuckDB, a session of a million prints in bounded memory.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from indextracker.lake import Lake
from indextracker.streams.producing.running import LONGEST_WAIT_SECONDS, Batches
from indextracker_catalogue import Subject, Table
from indextracker_catalogue.subjects import declared

FLOOR: Final = "indextracker.streams.producing"
SOURCE: Final = "replay"

# Fields of an event that a replay may give, with their types in DuckDB. A field that is null is
# left out of the event.
FIELDS = {
    "symbol": "varchar",
    "price": "double",
    "time": "timestamp",
    "closes_at": "timestamp",
    "line": "bigint",
    "size": "bigint",
    "day_volume": "bigint",
    "currency": "varchar",
    "exchange": "varchar",
    "quote_type": "varchar",
    "previous_close": "double",
    "open_price": "double",
    "day_high": "double",
    "day_low": "double",
    "change_percent": "double",
    "short_name": "varchar",
}
_BATCH_ROWS = 10_000
# The sort of a session goes by way of the disk beyond that. Two threads of DuckDB 2.0 found 256 MB
# too little for two million prints, and gave up; one thread needs 64 MB.
_SORT_MEMORY, _SORT_THREADS = "256MB", 1
_MICROSECONDS = 1_000_000
# Between the night and the day of a Monday there are two days; no replay waits for them.
_LONGEST_GAP_US = 600 * _MICROSECONDS


class NothingToReplayError(LookupError):
    """A session has no prints that can be replayed; the message says why."""


@dataclass(frozen=True)
class Replayable:
    """Prints of a table that can be replayed.

    Attributes:
        table: Where the prints are, by session.
        beside: What else the query reads.
        sql: A query of DuckDB in which these tables are called by their leaf names and hold the
            session alone. It gives some of `FIELDS`: `symbol`, `price`, `time` always; `line`
            orders prints of one symbol and instant; `closes_at` is the `time` of a print exactly at
            the close, which is counted in the last bar, and null of others.
    """

    table: Table
    beside: tuple[Table, ...]
    sql: str


@dataclass(frozen=True)
class Wish:
    """How a session is to be replayed.

    Attributes:
        speed: How many seconds of the session pass in one; 0 for as fast as it goes. More than
            ten minutes without a print are passed over.
        symbols: Only these; all where there are none.
        shuffle_seconds: In spans of so many seconds, events are in any order; 0 for none.
        duplicates: Share of the events that come again, a second later.
    """

    speed: float = 0.0
    symbols: Sequence[str] = ()
    shuffle_seconds: int = 0
    duplicates: float = 0.0


def replayables(subject: Subject) -> tuple[Replayable, ...]:
    """What the subject has that can be replayed."""
    return tuple(declared(FLOOR, subject.name, Replayable))


def replay(
    lake: Lake,
    subject: Subject,
    session: date,
    wish: Wish,
    clock: Callable[[], float] = time.monotonic,
) -> Batches:
    """The prints of a session as events, each when it is due.

    Raises:
        NothingToReplayError: The session has none.
    """
    found = replayables(subject)
    if not found:
        raise NothingToReplayError(f"{subject.name} has no prints that can be replayed")
    rows = 0
    timer = _Timer(wish.speed, clock)
    for batch in _batches(lake, found, session, wish):
        rows += batch.num_rows
        keyed = list(zip(batch["symbol"].to_pylist(), batch["event"].to_pylist(), strict=True))
        if not wish.speed:
            yield keyed
            continue
        moments = batch["due_us"].to_numpy()
        first = 0
        while first < len(keyed):
            due = int(moments.searchsorted(timer.at_us(int(moments[first])), "right"))
            yield keyed[first:due]
            first = max(first, due)
            if first < len(keyed):
                timer.wait_for(int(moments[first]))
    if not rows:
        tables = ", ".join(one.table.path for one in found)
        of = f" of {', '.join(wish.symbols)}" if wish.symbols else ""
        raise NothingToReplayError(
            f"{subject.name} has no prints of {session}{of} that can be replayed: backfill it "
            f"first, so that {tables} have rows"
        )


class _Timer:
    """Where a replay is in its session, in microseconds since 1970."""

    def __init__(self, speed: float, clock: Callable[[], float]) -> None:
        self._speed = speed
        self._clock = clock
        self._began: tuple[float, int] | None = None

    def at_us(self, next_us: int) -> int:
        """The instant of the session that is replayed now.

        Args:
            next_us: When the next event is due: it is now at the beginning, and after an hour in
                which the market was closed.
        """
        now = self._clock()
        if self._began is not None:
            began_at, began_us = self._began
            at_us = began_us + int((now - began_at) * self._speed * _MICROSECONDS)
            if next_us - at_us <= _LONGEST_GAP_US:
                return at_us
        self._began = now, next_us
        return next_us

    def wait_for(self, next_us: int) -> None:
        """Waits for the next event, or for a moment if that takes longer."""
        ahead_us = next_us - self.at_us(next_us)
        time.sleep(min(max(ahead_us / _MICROSECONDS / self._speed, 0.0), LONGEST_WAIT_SECONDS))


def _batches(
    lake: Lake, found: Sequence[Replayable], session: date, wish: Wish
) -> Iterator[pa.RecordBatch]:
    """Symbols, events and when each is due, in that order."""
    tables = dict.fromkeys(table for one in found for table in (one.table, *one.beside))
    keys = {one.table.timeline: [one.table.timeline.key_of(session)] for one in found}
    with (
        lake.sql(tables, keys, alone=True) as connection,
        tempfile.TemporaryDirectory() as spilled,
    ):
        connection.execute(f"set memory_limit = '{_SORT_MEMORY}'")
        connection.execute(f"set threads = {_SORT_THREADS}")
        connection.execute("set temp_directory = ?", [spilled])
        relation = connection.sql(_sql(found, wish), params={"symbols": list(wish.symbols)})
        yield from relation.to_arrow_reader(_BATCH_ROWS)


def _sql(found: Sequence[Replayable], wish: Wish) -> str:
    """The query of all events in their order."""
    typed = ", ".join(f"null::{kind} as {name}" for name, kind in FIELDS.items())
    prints = " union all by name ".join(f"({one.sql})" for one in found)
    chosen = "len($symbols) = 0 or list_contains($symbols, symbol)"
    mark = "hash(symbol, time, line)"
    copies = "[0]"
    if wish.duplicates:
        again = f"{mark} % 1000000 < {round(wish.duplicates * 1_000_000)}"
        copies = f"case when {again} then [0, 1] else [0] end"
    due, order = f"epoch_us(time) + copy * {_MICROSECONDS}", "line"
    if wish.shuffle_seconds:
        span = wish.shuffle_seconds * _MICROSECONDS
        due, order = f"({due}) // {span} * {span}", "hash(symbol, time, line, copy)"
    return f"""
        with typed as (select {typed} where false union all by name {prints}),
        copied as (select *, unnest({copies}) as copy from typed where {chosen}),
        ordered as (select *, {due} as due_us from copied order by due_us, {order}, symbol)
        select symbol, encode({_json()}) as event, due_us from ordered
    """


def _json() -> str:
    """An event as text; `concat` passes over what is null."""
    parts: list[str] = []
    for name, kind in FIELDS.items():
        text = f"{name}::varchar"
        if kind == "varchar":
            text = f"to_json({name})::varchar"
        elif kind == "timestamp":
            text = f"'\"' || replace({name}::varchar, ' ', 'T') || 'Z\"'"
        comma = "," if parts else ""
        parts.append(f"'{comma}\"{name}\":' || {text}")
    return f"concat('{{', {', '.join(parts)}, ',\"source\":\"{SOURCE}\"}}')"
