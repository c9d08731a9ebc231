"""Follows a table that others append to: the rows of its commits, one after the other.

They are read from the log, as long as it and the files are kept. Writing is done elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from indextracker.lake.arrow import arrow_schema
from indextracker.lake.store import Lake
from indextracker_catalogue import Table


class ForgottenError(LookupError):
    """A commit is not in the log any more, or a file of it was removed."""


@dataclass(frozen=True)
class Added:
    """What a commit appended.

    Attributes:
        version: The version that it made.
        rows: Its rows, in no order; none where it only moved rows, as compaction does.
    """

    version: int
    rows: pa.Table


def added(lake: Lake, table: Table, after: int, columns: Sequence[str]) -> Iterator[Added]:
    """What the commits after a version have appended, up to the latest one.

    Args:
        lake: Where the table lies.
        table: One that is appended to.
        after: The version that is known.
        columns: Those that are read, none of them the partition of the files.

    Raises:
        ForgottenError: It cannot be told any more; what was given before it is complete.
        TableMissingError: The table is not there.
    """
    latest = lake.open(table).version()
    if latest < after:
        raise ForgottenError(f"{table.path} was made anew: it has no version {after}")
    place = lake.place(table)
    for version in range(after + 1, latest + 1):
        try:
            log = place.read(f"_delta_log/{version:020}.json")
            parts = [_rows(lake, table, file, columns) for file in _files(log)]
        except FileNotFoundError as error:
            raise ForgottenError(f"version {version} of {table.path} is forgotten") from error
        yield Added(version, pa.concat_tables(parts or [_none(table, columns)]))


def _files(log: bytes) -> Iterator[str]:
    """The files whose rows were not there before, as a commit names them."""
    for line in log.splitlines():
        action = json.loads(line).get("add")
        if action and action["dataChange"]:
            yield unquote(action["path"])


def _rows(lake: Lake, table: Table, file: str, columns: Sequence[str]) -> pa.Table:
    read = pq.read_table(
        file, columns=list(columns), filesystem=lake.place(table).arrow(), partitioning=None
    )
    return read.cast(_none(table, columns).schema)


def _none(table: Table, columns: Sequence[str]) -> pa.Table:
    schema = arrow_schema(table)
    fields = [schema.field(name).with_nullable(True) for name in columns]
    return pa.schema(fields).empty_table()
