"""Replaces slices of a Delta table: files are written first, then one commit puts them in place.

No reader sees a file before a commit names it. One that none names, because its writer was killed,
is removed by maintenance. delta-rs, which writes what is appended or merged, takes four times as
long for a file as Arrow does; it makes the commits here too.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from indextracker.lake.arrow import arrow_schema
from indextracker.lake.ways import AT_ONCE
from indextracker.system.places import Place
from indextracker_catalogue import Key, Table

# A tick file has half as many lines.
_ROWS: Final = 1 << 20
# So much of a text is kept as the least or the greatest one of a file.
_BOUND_LETTERS: Final = 64
_LAST_LETTER: Final = "\U0010ffff"


def write(place: Place, table: Table, rows: pa.Table) -> list[AddAction]:
    """Writes rows into a file for each partition that has any.

    Args:
        place: Where the table lies.
        table: The table.
        rows: All of its stored columns; strings may be dictionary-encoded, which takes a third of
            the time.

    Returns:
        What a commit says to make the files part of the table.
    """
    if not rows.num_rows:
        return []
    if not table.partition_columns:
        return [_file(place, rows, {})]
    [column] = table.partition_columns
    values, inside = pc.unique(rows[column]), rows.drop_columns([column])
    if len(values) == 1:
        return [_file(place, inside, {column: str(values[0])})]
    return [
        _file(place, inside.filter(pc.equal(rows[column], value)), {column: str(value)})
        for value in values
    ]


def replace(
    delta: DeltaTable,
    table: Table,
    place: Place,
    written: Sequence[AddAction],
    keys: Sequence[Key],
    slice_values: Mapping[str, str],
) -> None:
    """Puts files in the place of the rows of a slice; of a table in one piece without one, of all.

    Args:
        delta: The table at the version on which the commit is made.
        table: Its declaration.
        place: Where it lies.
        written: The files.
        keys: The keys of the slice.
        slice_values: The value of each slicing column.

    Raises:
        CommitFailedError: Another commit came first.
    """
    partitions = None
    if not table.is_whole:
        partitions = [(table.partition_columns[0], "in", table.partition_values(keys))]
    beside = []
    if table.derived_partition or slice_values:
        # Other rows of the partitions stay, in files of their own.
        found = delta.to_pyarrow_dataset(
            filesystem=place.arrow(), file_pruning_predicate=partitions
        )
        schema = arrow_schema(table, stored=True)
        others = found.to_table(filter=_outside(table, keys, slice_values))
        beside = write(place, table, others.select(schema.names).cast(schema))
    delta.create_write_transaction(
        [*written, *beside],
        "overwrite",
        delta.schema(),
        list(table.partition_columns),
        partitions,
        commit_properties=AT_ONCE,
    )


def _outside(table: Table, keys: Sequence[Key], slice_values: Mapping[str, str]) -> pc.Expression:
    """What holds of the rows that are not of a slice."""
    outside = pc.scalar(False)
    if not table.is_whole:
        schema = arrow_schema(table)
        values = [table.timeline.value_of(key) for key in keys]
        replaced = pa.array(values, schema.field(table.key_column).type)
        outside |= ~pc.field(table.key_column).isin(replaced)
    for name, value in slice_values.items():
        outside |= (pc.field(name) != value) | pc.field(name).is_null()
    return outside


def described(place: Place, name: str, partition: dict[str, str]) -> AddAction:
    """What a commit says of a file that lies in a table's folder: its footer tells all of it."""
    with place.open(name) as file:
        found = pq.read_metadata(file)
        size = file.seek(0, 2)
    columns = found.schema.to_arrow_schema().names
    least, greatest, nulls = {}, {}, {}
    for number, column in enumerate(columns):
        groups = [found.row_group(n).column(number).statistics for n in range(found.num_row_groups)]
        if any(group is None or not group.has_null_count for group in groups):
            continue
        nulls[column] = sum(group.null_count for group in groups)
        filled = [group for group in groups if group.num_values]
        if filled and all(group.has_min_max for group in filled):
            least[column] = _lower(min(group.min for group in filled))
            greatest[column] = _upper(max(group.max for group in filled))
    return AddAction(
        path=name,
        size=size,
        partition_values=partition,
        modification_time=time.time_ns() // 1_000_000,
        data_change=True,
        stats=json.dumps(
            {
                "numRecords": found.num_rows,
                "minValues": least,
                "maxValues": greatest,
                "nullCount": nulls,
            }
        ),
    )


def _file(place: Place, rows: pa.Table, partition: dict[str, str]) -> AddAction:
    # Of events they are text.
    numbered = [of.name for of in rows.schema if of.name == "line" and pa.types.is_integer(of.type)]
    written = pa.BufferOutputStream()
    pq.write_table(
        rows,
        written,
        # zstd's first level is as quick as no compression at half the size of Snappy; line numbers
        # grow by one, which delta encoding stores in next to nothing.
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in rows.column_names if name not in numbered],
        column_encoding=dict.fromkeys(numbered, "DELTA_BINARY_PACKED"),
        # A page for each column: Arrow makes its statistics of each batch of 1,024 cells otherwise,
        # which takes a third of the time.
        write_batch_size=_ROWS,
        max_rows_per_page=_ROWS,
        row_group_size=_ROWS,
        store_schema=False,
    )
    body = written.getvalue()
    name = "".join(f"{column}={value}/" for column, value in partition.items())
    name += f"part-00000-{uuid4()}-c000.zstd.parquet"
    place.keep(name, body.to_pybytes())
    found = pq.read_metadata(pa.BufferReader(body))
    return AddAction(
        path=name,
        size=body.size,
        partition_values=partition,
        modification_time=time.time_ns() // 1_000_000,
        data_change=True,
        stats=json.dumps(_statistics(rows, found)),
    )


def _statistics(rows: pa.Table, found: pq.FileMetaData) -> dict[str, Any]:
    """What the log says of the values of a file.

    Of every column that has a value, its bounds: a column that has none beside one that has some
    is null throughout to delta-rs (1.6), which then leaves the file out.
    """
    least, greatest, nulls = {}, {}, {}
    for place, name in enumerate(rows.column_names):
        groups = (found.row_group(n).column(place).statistics for n in range(found.num_row_groups))
        nulls[name] = rows[name].null_count
        if bounds := _bounds(rows[name], [group for group in groups if group.num_values]):
            least[name], greatest[name] = _lower(bounds[0]), _upper(bounds[1])
    return {
        "numRecords": rows.num_rows,
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    }


def _bounds(cells: pa.ChunkedArray, groups: list[pq.Statistics]) -> tuple[Any, Any] | None:
    """The least and the greatest cell, as Parquet knows it of those of each row group."""
    if not groups:
        return None
    if all(group.has_min_max for group in groups):
        return min(group.min for group in groups), max(group.max for group in groups)
    # It knows none of texts of more than 4,096 bytes, and of doubles that are no numbers.
    bounds = pc.min_max(cells.cast(pa.string())).as_py()
    return bounds["min"], bounds["max"]


def _lower(bound: Any) -> Any:
    """A lower bound as the log writes it."""
    match bound:
        case str():
            return bound[:_BOUND_LETTERS]
        case datetime():
            return f"{bound:%Y-%m-%dT%H:%M:%S}.{bound.microsecond // 1000:03}Z"
        case date():
            return bound.isoformat()
        case Decimal():
            return float(bound)
    return bound


def _upper(bound: Any) -> Any:
    """An upper bound as the log writes it, which cuts texts, and times to milliseconds."""
    match bound:
        case str() if len(bound) > _BOUND_LETTERS:
            return bound[:_BOUND_LETTERS] + _LAST_LETTER
        case datetime():
            return _lower(bound + timedelta(microseconds=999))
    return _lower(bound)
