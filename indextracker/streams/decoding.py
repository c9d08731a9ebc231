"""Decodes many records at once, as `indextracker_spark.events.decoding` does each of them.

That one says what an event is and is plain Python. What is quick here gives the same: numbers are
put into quotes, so that a parser in C keeps them as they were written, and a line of which anything
is unusual is left to the other decoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.streams.model import Kept
from indextracker_spark.events.decoding import Event, Events

# As many events become columns at a time: texts of Python take ten times the memory of columns.
_LINES = 10_000
# A number of JSON that is the value of a field. A quote after a letter is not escaped, and ends a
# text; before a colon that is the name of a field. So what follows is in no text.
_NUMBER = re.compile(
    rb'"(?<=[A-Za-z_]"): ?(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?=[,}])'
)


def decoded(
    events: Events, schema: pa.Schema, shard: str, records: Sequence[Kept]
) -> Iterator[pa.Table]:
    """The rows of records, in their order, as tables of some thousand lines.

    Args:
        events: How an event is read.
        schema: The columns, as stored.
        shard: The shard that the records are of.
        records: The records.
    """
    some: list[Kept] = []
    lines = 0
    for kept in records:
        some.append(kept)
        lines += kept.data.count(b"\n") + 1
        if lines >= _LINES:
            yield _table(events, schema, shard, some)
            some, lines = [], 0
    if some:
        yield _table(events, schema, shard, some)


def _table(events: Events, schema: pa.Schema, shard: str, records: Sequence[Kept]) -> pa.Table:
    data = b"\n".join(kept.data for kept in records)
    lines = data.split(b"\n")
    read = _Read(events, lines, _quoted(data).split(b"\n"))
    try:
        fields = read.columns(events.fields)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # A value that is neither text nor a number: each line by the other decoding.
        read = _Read(events, lines, [b""] * len(lines))
        fields = read.columns(events.fields)
    sequences: list[str] = []
    positions: list[int] = []
    arrived: list[datetime] = []
    for kept in records:
        number = kept.data.count(b"\n") + 1
        sequences += [str(kept.sequence)] * number
        positions += range(number)
        arrived += [kept.arrived_at] * number
    texts: list[str | None] = [None] * len(lines)
    reasons = texts.copy()
    for number, reason in read.problems.items():
        read.moments[number] = arrived[number]
        texts[number] = lines[number].decode("utf-8", "backslashreplace")
        reasons[number] = reason
    hours = pc.floor_temporal(pa.array(read.moments, schema.field("hour").type), unit="hour")
    # Zones are UTC throughout.
    days = hours.cast(pa.timestamp("us")).cast(pa.date32())
    place = [pa.repeat(shard, len(lines)), sequences, positions, arrived, hours, days]
    cells = [*place, *fields, texts, reasons]
    arrays = [pa.array(cell, column.type) for cell, column in zip(cells, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _quoted(data: bytes) -> bytes:
    """The same with numbers in quotes."""
    parts = _NUMBER.split(data)
    parts[1::2] = [b'":"%b"' % number for number in parts[1::2]]
    return b"".join(parts)


class _Read:
    """Lines as events.

    Attributes:
        events: The fields of each; none of a line that is no event.
        moments: When each happened; of a line that is no event, what is put there.
        problems: Why lines are no events, by their place.

    Args:
        events: How an event is read.
        lines: The lines.
        quoted: The same with numbers in quotes, or what no parser takes for a line.
    """

    def __init__(self, events: Events, lines: Sequence[bytes], quoted: Sequence[bytes]) -> None:
        self.events: list[Event] = []
        self.moments: list[datetime | None] = []
        self.problems: dict[int, str] = {}
        for line, quick in zip(lines, quoted, strict=True):
            event: Event
            moment: datetime | None
            try:
                event = orjson.loads(quick)
                moment = events.moment(event)
            except (ValueError, TypeError, AttributeError):
                try:
                    event, moment = events.read(line)
                except ValueError as error:
                    self.problems[len(self.events)] = str(error)
                    event, moment = {}, None
            self.events.append(event)
            self.moments.append(moment)

    def columns(self, names: Sequence[str]) -> list[pa.Array]:
        """Fields of the events.

        Raises:
            ArrowInvalid, ArrowTypeError: One is no text.
        """
        fields = pa.struct([(name, pa.string()) for name in names])
        columns: list[pa.Array] = pa.array(self.events, fields).flatten()
        return columns
