"""Rows on their way to Redshift: plain Parquet files below a prefix of one run, on S3.

COPY takes columns by position and would read every file below a prefix, while a Delta table keeps
its partition columns out of its files and what it removed among them: so a slice is written out.
Loading the files does not belong here.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from indextracker.lake.arrow import arrow_schema
from indextracker.system.places import Place, StoreError, place
from indextracker_catalogue import Table

_log = logging.getLogger(__name__)

# A cluster reads the files of a COPY in parallel; one of this size is some 30 MB of bars.
ROWS_PER_FILE = 500_000


class StagingArea:
    """The prefix of one run.

    Args:
        below: Where all of the run lies.
    """

    def __init__(self, below: Place) -> None:
        self._place = below

    def export(self, table: Table, rows: pa.RecordBatchReader) -> tuple[str, int]:
        """Writes the rows of a table.

        Args:
            table: Whose rows.
            rows: In declared order of columns.

        Returns:
            The prefix to copy from, and how many rows are below it; of none there is no file.

        Raises:
            StoreError: The store did not take them.
        """
        below, count = self._place.below(table.name), 0
        for number, (file, written) in enumerate(_files(table, rows)):
            below.keep(f"{number:05}.parquet", file)
            count += written
        return f"{below.address}/", count


@contextmanager
def staging_area(address: str) -> Iterator[StagingArea]:
    """A prefix for one run, gone when it ends, however it ends.

    Only one run at a time may use the place: what a killed one left there, or one that the store
    did not let remove it, is removed first.

    Args:
        address: s3 prefix below which runs of one warehouse stage their rows.

    Raises:
        StoreError: The store cannot be used.
    """
    runs = place(address)
    runs.remove()
    run = runs.below(str(uuid4()))
    try:
        yield StagingArea(run)
    finally:
        try:
            run.remove()
        except StoreError as error:
            _log.warning("files stay staged until the next load: %s", error)


def _files(table: Table, rows: pa.RecordBatchReader) -> Iterator[tuple[bytes, int]]:
    """Parquet files of the rows, each with its number of rows, one at a time in memory."""
    schema = pa.schema([_plain(field) for field in arrow_schema(table)])
    batches = (batch.cast(schema) for batch in rows if batch.num_rows)
    waiting = next(batches, None)
    while waiting is not None:
        file, written = io.BytesIO(), 0
        with pq.ParquetWriter(file, schema) as writer:
            while waiting is not None and written < ROWS_PER_FILE:
                writer.write_batch(waiting)
                written += waiting.num_rows
                waiting = next(batches, None)
        yield file.getvalue(), written


def _plain(field: pa.Field) -> pa.Field:
    """Instants lose their zone, as UTC; everything may be null, so that the check can tell.

    Microseconds, whatever a newer writer prefers: Redshift took nanoseconds for microseconds of
    another age (apache/arrow#38000).
    """
    kind = pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type
    return pa.field(field.name, kind)
