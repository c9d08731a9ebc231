"""Slices of the lake's tables to be loaded into a warehouse: which ones, their rows, their load.

Inserting the rows is done in each warehouse's own module.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

import pyarrow as pa

from indextracker.lake import Lake
from indextracker_catalogue import TABLES, Key, Table, Timeline, Whole

LOADED = tuple(table for table in TABLES.values() if table.in_warehouse)


def complete(lake: Lake) -> None:
    """Gives a table that was made before a column of it was declared that column."""
    lake.ensure(table for table in LOADED if lake.exists(table))


def rows(lake: Lake, table: Table, keys: Sequence[Key] | None) -> pa.RecordBatchReader:
    """The rows of a slice as a stream, file by file: 30 sessions are never in memory at once.

    Args:
        lake: Where the table is.
        table: Whose rows; columns come in declared order.
        keys: The slice; None is all of the table.
    """
    from pyarrow.dataset import field  # noqa: PLC0415 - what only asks does without its 0.1 s

    dataset = lake.rows(table, keys)
    names = list(table.column_names)
    wanted = None
    if keys is not None:
        kind = dataset.schema.field(table.key_column).type
        values = pa.array([table.timeline.value_of(key) for key in keys], kind)
        wanted = field(table.key_column).isin(values)
    # By path is by session, so that a reader of one session skips the row groups of the others.
    files = sorted(dataset.get_fragments(filter=wanted), key=lambda file: str(file.path))
    batches = (
        batch
        for file in files
        for batch in file.to_batches(
            schema=dataset.schema, columns=names, filter=wanted, batch_readahead=2
        )
    )
    schema = pa.schema([dataset.schema.field(name) for name in names])
    return pa.RecordBatchReader.from_batches(schema, batches)


def by_timeline(lake: Lake) -> dict[Timeline, list[Table]]:
    """What is loaded and there, by time line."""
    found: dict[Timeline, list[Table]] = {}
    for table in LOADED:
        if lake.exists(table):
            found.setdefault(table.timeline, []).append(table)
    return found


def keys(lake: Lake, tables: Collection[Table]) -> set[Key]:
    """The keys that some tables of a time line have rows of; none of tables in one piece."""
    found: set[Key] = set()
    for table in tables:
        if not table.is_whole:
            with lake.sql([table]) as connection:
                query = f"select distinct {table.key_column} from {table.name}"
                values = connection.execute(query).fetchall()
            found.update(table.timeline.key_of(value) for (value,) in values)
    return found


def of_timeline(timeline: Timeline, some: Collection[Key]) -> set[Key]:
    """Those of some keys that are of a time line."""
    if timeline == Whole():
        return set()
    found = set()
    for key in some:
        with suppress(ValueError):
            if timeline.key_of(timeline.value_of(key)) == key:
                found.add(key)
    return found


def predicate(table: Table, keys: Collection[Key] | None) -> str:
    """SQL that holds in the rows of a slice of its copy, all of them where it is None."""
    if keys is None:
        return "true"
    return table.timeline.predicate(keys, table.key_column)
