"""A digest of a table's rows, independent of their order, of files and of history.

With it, a table that was killed and rerun is compared with one that was not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from indextracker.lake.store import Lake
from indextracker.lake.versions import AsOf
from indextracker_catalogue import Key, Table, Timeline


def digest(
    lake: Lake, table: Table, keys: Sequence[Key] | None = None, as_of: AsOf | None = None
) -> str:
    """The content hash of a table, or of some of its keys.

    Names and types of the columns count, the order of columns and rows does not. A table that is
    not there has the hash of an empty one.
    """
    with lake.sql([table], _limits(table, keys), as_of) as connection:
        columns = connection.execute(
            f"select column_name, column_type from (describe {table.name}) order by 1"
        ).fetchall()
        content = connection.execute(
            f"select {_content(table)} from {table.name}",
        ).fetchall()
    return hashlib.sha256(json.dumps([columns, content]).encode()).hexdigest()


def contents(
    lake: Lake, table: Table, keys: Sequence[Key] | None = None, as_of: AsOf | None = None
) -> dict[Key, tuple[int, str]]:
    """Rows and content of each key that has any, of all or of some."""
    with lake.sql([table], _limits(table, keys), as_of) as connection:
        found = connection.execute(
            f"select {table.key_column}, {_content(table)} from {table.name} group by 1 order by 1"
        ).fetchall()
    return {table.timeline.key_of(value): (rows, content) for value, rows, content in found}


def _limits(table: Table, keys: Sequence[Key] | None) -> dict[Timeline, Sequence[Key]]:
    return {} if keys is None else {table.timeline: keys}


def _content(table: Table) -> str:
    """SQL of the number of rows and the sum of their hashes, which does not depend on order."""
    row = ", ".join(f'"{name}"' for name in sorted(table.column_names))
    # Names keep equal values of two columns apart; 64 bits a row cannot overflow a hugeint.
    return f"count(*), coalesce(sum(hash(row({row}))::hugeint), 0)::varchar"
