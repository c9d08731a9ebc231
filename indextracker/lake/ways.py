"""Ways of adding rows to a Delta table, each in one commit: append once, merge by key.

A table's declaration says which way it is written; the store repeats a write that lost a race.
Putting small files together, which changes no row, is here too.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.schema import PrimitiveType

from indextracker_catalogue import Table

# By default 15: of eight writers to one table in a bucket, one in fourteen commits lost as often.
COMMIT_RETRIES = 100
COMMITS = CommitProperties(max_commit_retries=COMMIT_RETRIES)
# Where a retry on top of another commit would be wrong: a table would be created twice, and of two
# that replace what is not there yet both would stay.
AT_ONCE = CommitProperties(max_commit_retries=0)
# As much memory as a run takes: each task of a compaction holds what becomes one file.
_TASKS = 2


@dataclass(frozen=True)
class Once:
    """Identifies an append, so that a repeat of it is recognised.

    Attributes:
        writer: Who appends, such as a consumer and its shard; its last number is kept in the table.
        number: Which of its appends it is; they only ever grow.
    """

    writer: str
    number: int


def writer_properties(delta: DeltaTable) -> WriterProperties:
    """How the files of a table are written.

    zstd's first level is as quick as no compression at half the size of Snappy. Line numbers grow
    by one, which delta encoding stores in next to nothing; of events they are text.
    """
    fields = {field.name: field.type for field in delta.schema().fields}
    packed = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
    numbered = fields.get("line") == PrimitiveType("long")
    return WriterProperties(
        compression="ZSTD",
        compression_level=1,
        column_properties={"line": packed} if numbered else None,
    )


def exchange(delta: DeltaTable, rows: pa.Table | pa.RecordBatchReader | None, where: str) -> None:
    """Puts rows in the place of those for which a predicate holds; new ones meet it too."""
    if rows is None:
        delta.delete(where, commit_properties=AT_ONCE)
        return
    write_deltalake(
        delta,
        rows,
        mode="overwrite",
        predicate=where,
        writer_properties=writer_properties(delta),
        commit_properties=AT_ONCE,
    )


def refill(delta: DeltaTable, rows: pa.Table | pa.RecordBatchReader) -> None:
    """Puts rows in the place of all there are."""
    write_deltalake(
        delta,
        rows,
        mode="overwrite",
        writer_properties=writer_properties(delta),
        commit_properties=AT_ONCE,
    )


def append(delta: DeltaTable, rows: pa.Table, once: Once | None) -> None:
    """Adds rows, unless the table has this append of its writer, or a later one, already.

    The number is committed together with the rows, so that no kill can come between the two.
    """
    properties = COMMITS
    if once is not None:
        last = delta.transaction_version(once.writer)
        if last is not None and last >= once.number:
            return
        properties = CommitProperties(
            max_commit_retries=COMMIT_RETRIES,
            app_transactions=[Transaction(once.writer, once.number)],
        )
    write_deltalake(
        delta,
        rows,
        mode="append",
        writer_properties=writer_properties(delta),
        commit_properties=properties,
    )


def merge(delta: DeltaTable, rows: pa.Table, table: Table) -> None:
    """Puts each row in the place of the one with its key, and adds those of new keys.

    Of rows with one key the last one wins.
    """
    same = [f"old.{name} = new.{name}" for name in (*table.partition_columns, *table.key)]
    same += [f"old.{name} is not distinct from new.{name}" for name in table.key_nullable]
    (
        delta.merge(
            _last_of_each(rows, [*table.key, *table.key_nullable]),
            " and ".join(dict.fromkeys(same)),
            source_alias="new",
            target_alias="old",
            writer_properties=writer_properties(delta),
            commit_properties=COMMITS,
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )


def compact(delta: DeltaTable, target_bytes: int | None = None) -> None:
    """Puts the small files of each partition together, into files of so many bytes."""
    delta.optimize.compact(
        target_size=target_bytes,
        max_concurrent_tasks=_TASKS,
        writer_properties=writer_properties(delta),
        commit_properties=COMMITS,
    )


def _last_of_each(rows: pa.Table, key: list[str]) -> pa.Table:
    numbered = rows.select(key).append_column("row", pa.array(range(rows.num_rows), pa.int64()))
    last = numbered.group_by(key).aggregate([("row", "max")])["row_max"]
    return rows.take(last.sort())
