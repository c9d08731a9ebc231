"""The rows that commits appended to a table after one of its versions, for who follows it.

Compaction writes rows anew that were there: they are not among these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from indextracker.lake.store import Lake
from indextracker.lake.versions import NoSuchVersionError
from indextracker_catalogue import Table


def appended_since(
    lake: Lake, table: Table, version: int, until: int, columns: Sequence[str]
) -> Iterator[tuple[int, pa.Table]]:
    """What each commit after a version appended: its version, and the rows; none without rows.

    Args:
        lake: Where the table is.
        table: One that is appended to, and is there.
        version: The version that is known.
        until: The last one to look at.
        columns: Columns of its files, which are those that it is not partitioned by.

    Raises:
        NoSuchVersionError: A commit, or a file of one, has been removed.
    """
    place = lake.place(table)
    for number in range(version + 1, until + 1):
        try:
            log = place.read(f"_delta_log/{number:020}.json")
            actions = [json.loads(line) for line in log.splitlines()]
            files = [one["add"]["path"] for one in actions if one.get("add", {}).get("dataChange")]
            parts = [
                pq.read_table(unquote(file), columns=[*columns], filesystem=place.arrow())
                for file in files
            ]
        except FileNotFoundError as error:
            raise NoSuchVersionError(
                f"{table.path} has forgotten what version {number} appended"
            ) from error
        if parts:
            yield number, pa.concat_tables(parts)
