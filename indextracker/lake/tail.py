"""The end of a table that writers append to in turn, each from where it knows the table to be.

Delta keeps numbers of writers beside the rows (`txn` actions), which compaction, vacuum and the
cleaning of logs leave alone. Where another commit changed a number since it was read, an append
fails: so nothing is appended twice, by whoever. Appends that need no order are in `store`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction

from indextracker.lake.numbers import number_of
from indextracker.lake.store import Lake
from indextracker.lake.ways import COMMIT_RETRIES, writer_properties
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import Table


class OvertakenError(RuntimeError):
    """Another writer changed the table since the numbers were read; nothing was written."""


class Tail:
    """A table's end as one writer knows it.

    Args:
        lake: Where the table is.
        table: One that is appended to; made where it is not there.
    """

    def __init__(self, lake: Lake, table: Table) -> None:
        lake.ensure([table])
        self.path = table.path
        # Of its own: the lake's is brought up to date by whoever asks, and would forget what was
        # known when the numbers were read.
        self._delta = DeltaTable(lake.path(table))

    def number(self, name: str) -> int | None:
        """The number under a name, as of the last append or `refresh`; None where there is none."""
        return number_of(self._delta, name)

    def refresh(self) -> None:
        """Reads what others have appended."""
        self._delta.update_incremental()

    def append(self, rows: pa.Table, numbers: Mapping[str, int]) -> int:
        """Appends rows and sets numbers, in one commit.

        Args:
            rows: With exactly the stored columns.
            numbers: The new number of each name, of 63 bits.

        Returns:
            The table's version with them.

        Raises:
            OvertakenError: Another commit set one of the numbers, or removed rows; call `refresh`.
        """
        with self._committing(numbers) as properties:
            write_deltalake(
                self._delta,
                rows,
                mode="append",
                writer_properties=writer_properties(self._delta),
                commit_properties=properties,
            )
        version: int = self._delta.version()
        return version

    def append_files(self, files: Sequence[AddAction], numbers: Mapping[str, int]) -> None:
        """Appends rows that others have written into files, as `append` does.

        Numbers are as of a later moment then: make sure, before the next append, that they are
        those on which it is built.

        Args:
            files: What `replacing.write` gave.
            numbers: The new number of each name, of 63 bits.

        Raises:
            OvertakenError: Another commit set one of the numbers; call `refresh`.
        """
        with self._committing(numbers) as properties:
            self._delta.create_write_transaction(
                [*files],
                "append",
                self._delta.schema(),
                self._delta.metadata().partition_columns,
                commit_properties=properties,
            )
        self.refresh()  # delta-rs 1.6 leaves the table as it was before this kind of commit

    @contextmanager
    def _committing(self, numbers: Mapping[str, int]) -> Iterator[CommitProperties]:
        failpoint("tail-before")
        transactions = [Transaction(name, number) for name, number in numbers.items()]
        try:
            yield CommitProperties(max_commit_retries=COMMIT_RETRIES, app_transactions=transactions)
        except CommitFailedError as error:
            raise OvertakenError(f"{self.path} was changed by another writer") from error
        failpoint("tail-after")
