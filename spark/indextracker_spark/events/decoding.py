"""Reads the events of a stream's records: the one decoding of every consumer.

A record holds events as lines of JSON. A line that is no event is kept with the reason, since what
a producer wrote must not stop what follows it. It is plain Python, so that consumers without Spark
read as its executors do. What events mean is told by the subjects.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NoReturn

from indextracker_catalogue.model import Table

# What every table of events has, and where a row's event stood; the rest is the event's own.
PLACE = ("shard", "sequence", "position", "arrived_at", "hour", "event_date")
UNREADABLE = ("text", "problem")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WHOLE = re.compile("-?[0-9]{1,18}")
Cell = str | int | datetime | date | None
Row = tuple[Cell, ...]
Event = Mapping[str, str | None]


@dataclass(frozen=True)
class Events:
    """How the events of a stream are read.

    Attributes:
        table: The bronze table of them; beside `PLACE` and `UNREADABLE` its columns are the fields
            of an event, as text.
        moment: When an event happened, an instant in UTC: its hour is that of the row. It raises
            ValueError where that, or another field that silver needs, cannot be read.
    """

    table: Table
    moment: Callable[[Event], datetime]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields of an event, in the order of the table's columns."""
        known = {*PLACE, *UNREADABLE}
        return tuple(name for name in self.table.column_names if name not in known)

    def rows(self, shard: str, sequence: int, arrived_at: datetime, data: bytes) -> Iterator[Row]:
        """The rows of a record, with the columns `PLACE`, the fields, and `UNREADABLE`.

        Args:
            shard: The shard that it is read from.
            sequence: Its number there.
            arrived_at: When the stream accepted it, in UTC.
            data: Its bytes: events, one a line.
        """
        number = str(sequence)
        for position, line in enumerate(data.split(b"\n")):
            place = (shard, number, position, arrived_at)
            try:
                yield self.row(place, line)
            except ValueError as error:
                text = line.decode("utf-8", "backslashreplace")
                yield self._unreadable(place, text, str(error))

    def row(self, place: tuple[str, str, int, datetime], line: bytes) -> Row:
        """The row of a line that is an event.

        Args:
            place: Shard, number of the record as text, place in the record, and when it arrived.
            line: The line.

        Raises:
            ValueError: It is none.
        """
        event, moment = self.read(line)
        cells = [event.get(name) for name in self.fields]
        return (*place, *_hour(moment), *cells, None, None)

    def read(self, line: bytes) -> tuple[Event, datetime]:
        """The fields of an event, numbers as they were written, and when it happened.

        Raises:
            ValueError: The line is none.
        """
        event = _event(line)
        return event, self.moment(event)

    def problem(self, shard: str, sequence: int, found_at: datetime, reason: str) -> Row:
        """The row, of position -1, of something that is wrong with a shard and with no event.

        Args:
            shard: The shard.
            sequence: The number of the record up to which it is so.
            found_at: When that was found, in UTC.
            reason: What is wrong.
        """
        return self._unreadable((shard, str(sequence), -1, found_at), None, reason)

    def _unreadable(
        self, place: tuple[str, str, int, datetime], text: str | None, reason: str
    ) -> Row:
        return (*place, *_hour(place[-1]), *(None,) * len(self.fields), text, reason)


def needed(event: Event, *names: str) -> None:
    """Makes sure that fields of an event are there.

    Raises:
        ValueError: One is missing or empty; it names it.
    """
    for name in names:
        if not event.get(name):
            raise ValueError(f"{name} is missing")


def number(event: Event, name: str) -> float:
    """A field that is a finite number.

    Raises:
        ValueError: It is missing or none.
    """
    text = event.get(name) or ""
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(f"{name} is no number: {text[:40]!r}")
    return float(text)


def whole(event: Event, *names: str) -> None:
    """Makes sure that fields are whole numbers of 63 bits, or not there.

    Raises:
        ValueError: One is not; it names it.
    """
    for name in names:
        text = event.get(name)
        if text is not None and not _WHOLE.fullmatch(text):
            raise ValueError(f"{name} is no whole number: {text[:40]!r}")


def _hour(moment: datetime) -> tuple[datetime, date]:
    return moment.replace(minute=0, second=0, microsecond=0), moment.date()


def _event(line: bytes) -> Event:
    """The fields of an event, numbers as they were written.

    Raises:
        ValueError: It is no object of JSON.
    """
    found = _DECODER.decode(line.decode())
    if not isinstance(found, dict):
        raise ValueError("no object of JSON")  # noqa: TRY004 - of a text, not of a type
    event = {name: value if value is None else _text(value) for name, value in found.items()}
    if b"\\u" in line:
        # Half of a character that takes two cannot be stored, and would stop what follows.
        "".join(filter(None, event.values())).encode()
    return event


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_number)
