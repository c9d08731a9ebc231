"""A function over the rows of each group, in Arrow. What it computes does not belong here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pyarrow as pa
from pyspark.sql import DataFrame

from indextracker_spark.analytics.arrow import starts


def by_group(
    rows: DataFrame,
    keys: Sequence[str],
    order: Sequence[str],
    compute: Callable[[pa.Table], pa.Table],
    schema: str,
) -> DataFrame:
    """A function over the rows of each group, which come in the same order on every engine.

    Not Spark's `applyInArrow`: that of Sail 0.7.2 keeps all groups in memory until the last row is
    read, and needs a task per group. Here the groups of one partition of Spark are in memory, those
    of the sessions of a run; a session of the liveliest market is half a million rows.

    Args:
        rows: With the keys and the columns that are computed with, and no more.
        keys: Columns that are equal in a group; never null.
        order: Columns that tell its rows apart: rows are sorted by them.
        compute: From the rows of one group to rows of the schema, with columns of its types.
        schema: What comes out, as Spark writes it.
    """
    sorting = [(name, "ascending") for name in (*keys, *order)]

    def of_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        kept = [batch for batch in batches if batch.num_rows]
        if not kept:
            return
        table = pa.Table.from_batches(kept).sort_by(sorting).combine_chunks()
        for first, last in pairwise([*starts(table, keys).tolist(), table.num_rows]):
            yield from compute(table.slice(first, last - first)).combine_chunks().to_batches()

    return rows.repartition(*keys).mapInArrow(of_partition, schema)
