"""Fills a table from the lines in bronze: reads those of each key, and writes what they give.

Two keys at a time, in Arrow; what lines mean is in the readings. Which keys are due is decided
elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
from deltalake.transaction import AddAction

from indextracker.lake import Lake
from indextracker.readings import Filling, Reading
from indextracker_catalogue import Key

# Of a table that is partitioned by years each commit writes the year's other rows again, and holds
# the rows of its keys in memory: some 10,000 of each.
KEYS_PER_COMMIT = 50
# Arrow leaves the interpreter's lock for most of its work, so that two threads use two cores.
THREADS = 2


def fill(lake: Lake, job: Filling, keys: Sequence[Key]) -> None:
    """Replaces the job's slice of the given keys, a commit for fifty of them.

    Args:
        lake: Where the tables are.
        job: What to fill, and from which lines.
        keys: Keys to replace.
    """
    table, of_slice = job.writes, job.slice_of(job.writes)
    others = [lake.rows(other).to_table() for other in job.others]

    def rows(key: Key) -> pa.Table:
        lines = [_lines(lake, reading, key) for reading in job.readings]
        return job.of(lines, table.timeline.value_of(key), *others)

    def written(key: Key) -> list[AddAction]:
        return lake.write(table, rows(key), [key], **of_slice)

    with ThreadPoolExecutor(THREADS) as pool:
        for first in range(0, len(keys), KEYS_PER_COMMIT):
            batch = keys[first : first + KEYS_PER_COMMIT]
            if table.derived_partition:
                made = pa.concat_tables(pool.map(rows, batch)).unify_dictionaries()
                files = lake.write(table, made, batch, **of_slice)
            else:
                files = [*chain.from_iterable(pool.map(written, batch))]
            lake.commit(table, files, batch, **of_slice)
            # Arrow keeps what it freed, and the engine, in this process, allocates elsewhere.
            pa.default_memory_pool().release_unused()


def _lines(lake: Lake, reading: Reading, key: Key) -> pa.Table:
    """The lines of a document, in their order."""
    table = reading.table
    found = lake.rows(table, [key], encoded=(*reading.cells, "text", "document"))
    value = pa.scalar(table.timeline.value_of(key), found.schema.field(table.key_column).type)
    lines = found.to_table(filter=pc.field(table.key_column) == value)
    numbers = lines["line"].to_numpy()
    return lines if (numbers[1:] > numbers[:-1]).all() else lines.sort_by("line")
