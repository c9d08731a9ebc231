"""Brings in the lines of a stream that could not be read when they came, and can be read now.

A line that is no event stays in bronze with the reason. Once the reading was mended it is read
again: its row is replaced by that of the event, under the same key, in one commit a file. What is
built from it follows as from any other event. Reading itself is in `indextracker_spark.events`.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import RemoveAction

from indextracker.lake import Lake, replacing
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.marks import kept_from
from indextracker.lake.store import COMMIT_TRIES
from indextracker.lake.ways import AT_ONCE
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import Key, Table
from indextracker_catalogue.markets import DEAD_LETTERS
from indextracker_catalogue.shared.events import PROBLEM
from indextracker_spark.events.decoding import PLACE, Events, Row

_HOUR = PLACE.index("hour")
# Bytes that are no UTF-8 are kept as what they look like, and cannot be had back from it.
_NO_TEXT = "'utf-8' codec"


@dataclass
class Redriven:
    """What became of the lines that could not be read.

    Attributes:
        rows: How many can be read now, or were brought in.
        hours: The hours in which these happened.
        left: The others, by the reason.
    """

    rows: int = 0
    hours: set[Key] = field(default_factory=set)
    left: Counter[str] = field(default_factory=Counter)


def redrive(lake: Lake, subject: str, events: Events, *, dry_run: bool = False) -> Redriven:
    """Reads again what could not be read, and brings in what now is an event, once.

    Killed at any moment and run again, it goes on. Hold the lock of the table of dead letters.

    Args:
        lake: Where the events are.
        subject: Whose stream they came through.
        events: How an event is read now.
        dry_run: Whether to change nothing.

    Raises:
        CommitFailedError: Others changed the table again and again.
    """
    done = Redriven()
    if not lake.exists(events.table):
        return done
    if not dry_run:
        lake.ensure([events.table])
    pending = _files(lake, events.table)
    while pending:
        file, day = pending.popitem()
        rows = _rows(lake, events.table, file, day)
        found, left = _read_again(events, rows)
        if found and not dry_run and not _replace(lake, events.table, file, rows, found):
            # Compaction has put it together with others. What was brought in is not found again.
            pending = _files(lake, events.table)
            done.left.clear()
            continue
        done.rows += len(found)
        hours = {hour for row in found.values() if isinstance(hour := row[_HOUR], datetime)}
        done.hours |= {events.table.timeline.key_of(hour) for hour in hours}
        done.left.update(left)
    if not dry_run:
        _clear_letters(lake, subject, events.table)
    return done


def _files(lake: Lake, table: Table) -> dict[str, date]:
    """The files with lines that are no events, and the days of their rows."""
    files = pa.table(lake.open(table).get_add_actions(flatten=True))
    if not files.num_rows:
        return {}
    some = pc.less(files[f"null_count.{PROBLEM}"], files["num_records"])
    found = files.filter(pc.fill_null(some, True))
    days = found[f"partition.{table.partition_columns[0]}"].to_pylist()
    return dict(zip(found["path"].to_pylist(), days, strict=True))


def _rows(lake: Lake, table: Table, file: str, day: date) -> pa.Table:
    """The rows of a file, with all stored columns."""
    schema = arrow_schema(table, stored=True)
    texts = [field.name for field in schema if field.type == pa.string()]
    rows = pq.read_table(
        file, filesystem=lake.place(table).arrow(), partitioning=None, read_dictionary=texts
    )
    for column in schema:
        if column.name in table.partition_columns:
            rows = rows.append_column(column, pa.repeat(pa.scalar(day, column.type), len(rows)))
        elif column.name not in rows.column_names:
            # It was declared after the file was written.
            rows = rows.append_column(column, pa.nulls(len(rows), column.type))
    return rows.select(schema.names)


def _read_again(events: Events, rows: pa.Table) -> tuple[dict[int, Row], Counter[str]]:
    """The rows of lines that are events by now, by their place, and the reasons of the others."""
    found: dict[int, Row] = {}
    left: Counter[str] = Counter()
    unread = pc.indices_nonzero(pc.is_valid(rows[PROBLEM])).to_pylist()
    for index, row in zip(unread, rows.take(unread).to_pylist(), strict=True):
        if row["text"] is None or row[PROBLEM].startswith(_NO_TEXT):
            left[row[PROBLEM]] += 1
            continue
        place = (row["shard"], row["sequence"], row["position"], row["arrived_at"])
        try:
            found[index] = events.row(place, row["text"].encode())
        except ValueError as error:
            left[str(error)] += 1
    return found, left


def _replace(lake: Lake, table: Table, file: str, rows: pa.Table, found: dict[int, Row]) -> bool:
    """Puts events in the place of their lines, in one commit; False where the file is gone."""
    schema = arrow_schema(table, stored=True)
    columns = zip(*found.values(), strict=True)
    arrays = [pa.array(cells, column.type) for cells, column in zip(columns, schema, strict=True)]
    read = replacing.write(lake.place(table), table, pa.Table.from_arrays(arrays, schema=schema))
    stays = pa.array([index not in found for index in range(len(rows))])
    # The others are where they were: who reads what commits add is not to read them again.
    beside = [
        replace(one, data_change=False)
        for one in replacing.write(lake.place(table), table, rows.filter(stays))
    ]
    gone = RemoveAction(file, data_change=True, deletion_timestamp=time.time_ns() // 1_000_000)
    failpoint("redrive-before")
    for _ in range(COMMIT_TRIES):
        delta = lake.open(table)
        if file not in pa.table(delta.get_add_actions())["path"].to_pylist():
            return False
        try:
            delta.create_write_transaction(
                [*read, *beside, gone],
                "append",
                delta.schema(),
                list(table.partition_columns),
                commit_properties=AT_ONCE,
            )
        except CommitFailedError:
            continue
        failpoint("redrive-after")
        return True
    raise CommitFailedError(f"{table.path} was changed by others again and again")


def _clear_letters(lake: Lake, subject: str, table: Table) -> None:
    """Takes the dead letters out of hours of which no line is left in bronze.

    Others are built anew, as of any hour whose lines are other ones; of these nothing could be.
    """
    if not lake.exists(DEAD_LETTERS):
        return
    there = lake.marks(table)
    first = kept_from(lake.open(table))
    of_stream = lake.rows(DEAD_LETTERS).to_table(["hour"], filter=pc.field("stream") == subject)
    hours = {DEAD_LETTERS.timeline.key_of(hour) for hour in of_stream["hour"].unique().to_pylist()}
    empty = sorted(key for key in hours - {*there} if first is None or key >= str(first))
    if empty:
        none = arrow_schema(DEAD_LETTERS).empty_table()
        lake.replace(DEAD_LETTERS, none, empty, stream=subject)
