"""Fills a table from the lines in bronze: reads those of each key, and writes what they give.

Two keys at a time, in Arrow; what lines mean is in the readings. Which keys are due is decided
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.readings import Filling, Reading
from indextracker_catalogue import Key, Table
from indextracker_catalogue.shared.deliveries import DELIVERIES

if TYPE_CHECKING:
    import pyarrow.dataset as ds

# Of a table that is partitioned by years each commit writes the year's other rows again, and holds
# the rows of its keys in memory: some 10,000 of each at most.
KEYS_PER_COMMIT = 100
# Arrow leaves the interpreter's lock for most of its work, so that two threads use two cores.
THREADS = 2


def fill(lake: Lake, job: Filling, keys: Sequence[Key]) -> None:
    """Replaces the job's slice of the given keys, a commit for a hundred of them.

    Args:
        lake: Where the tables are.
        job: What to fill, and from which lines.
        keys: Keys to replace.
    """
    table, of_slice = job.writes, job.slice_of(job.writes)
    others = [lake.rows(other).to_table() for other in job.others]
    imported = [_newest_first(lake, reading.table) for reading in job.readings]

    def rows(found: Sequence[ds.Dataset | None], key: Key) -> pa.Table:
        lines = [_lines(*of, key) for of in zip(job.readings, found, imported, strict=True)]
        return job.of(lines, table.timeline.value_of(key), *others)

    def written(found: Sequence[ds.Dataset | None], key: Key) -> list[AddAction]:
        return lake.write(table, rows(found, key), [key], **of_slice)

    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(keys), KEYS_PER_COMMIT):
            batch = keys[first : first + KEYS_PER_COMMIT]
            # Once for all keys: to look through the thousands of files of a table of years takes as
            # long as to read the lines of one.
            found = [_found(lake, reading, batch) for reading in job.readings]
            if table.derived_partition:
                made = pa.concat_tables(pool.map(partial(rows, found), batch)).unify_dictionaries()
                files = lake.write(table, made, batch, **of_slice)
            else:
                files = [*chain.from_iterable(pool.map(partial(written, found), batch))]
            lake.commit(table, files, batch, **of_slice)
            # Arrow keeps what it freed, and the engine, in this process, allocates elsewhere.
            pa.default_memory_pool().release_unused()


def _found(lake: Lake, reading: Reading, keys: Sequence[Key]) -> ds.Dataset | None:
    """The files with the lines of some keys; None where there is nothing of their kind yet."""
    if not lake.exists(reading.table):
        return None
    return lake.rows(reading.table, keys, encoded=(*reading.cells, "text", "document"))


def _newest_first(lake: Lake, table: Table) -> pa.Array:
    """The documents of a table that people import, the newest import first; none of another."""
    found: list[str] = []
    if table.imported and lake.exists(table) and lake.exists(DELIVERIES):
        with lake.sql([DELIVERIES]) as connection:
            rows = connection.execute(
                "select sha256 from deliveries where feed = ? and state = 'accepted' "
                "group by sha256 order by min(fetched_at) desc",
                [table.name],
            ).fetchall()
        found = [digest for (digest,) in rows]
    return pa.array(found, pa.string())


def _lines(reading: Reading, found: ds.Dataset | None, imported: pa.Array, key: Key) -> pa.Table:
    """The lines of a document, in their order; where there are several, one after the other."""
    table = reading.table
    if found is None or not found.files:
        return arrow_schema(table).empty_table()
    value = pa.scalar(table.timeline.value_of(key), found.schema.field(table.key_column).type)
    lines = found.to_table(filter=pc.field(table.key_column) == value)
    if table.imported:
        # What is encoded is not sorted.
        documents = lines["document"].cast(pa.string())
        places = pc.index_in(documents, imported)
        order = pa.table({"place": places, "document": documents, "line": lines["line"]})
        return lines.take(
            pc.sort_indices(order, [(name, "ascending") for name in order.column_names])
        )
    numbers = lines["line"].to_numpy()
    return lines if (numbers[1:] > numbers[:-1]).all() else lines.sort_by("line")
