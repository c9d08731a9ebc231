"""Maintenance of tables: compacts small files and removes files that no kept version needs.

The landing zone is not touched: documents are kept for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from indextracker.lake import instants, ways
from indextracker.lake.marks import KEPT_FROM, kept_from
from indextracker.lake.store import COMMIT_TRIES, Lake
from indextracker.lake.versions import versions
from indextracker.system.failpoints import failpoint
from indextracker.system.places import Place
from indextracker_catalogue import Table

# A reader or writer at work never needs files as old as a day. Delta forgets versions after 30
# days, so that files kept for longer would be of no use.
LEAST_DAYS, MOST_DAYS = 1, 30


@dataclass(frozen=True)
class Upkeep:
    """What maintenance did to a table.

    Attributes:
        table: The table.
        files_before: Files of the current version before.
        files_after: And afterwards.
        bytes_before: Their bytes before.
        bytes_after: And afterwards.
        bytes_freed: What was removed from disk or bucket.
        bytes_kept: Files there that only earlier versions need.
    """

    table: Table
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    bytes_freed: int
    bytes_kept: int


def maintain(lake: Lake, table: Table, retain_days: int) -> Upkeep:
    """Compacts a table and removes what no version of the last days needs.

    Hold the table's lock meanwhile. Killed, it leaves the rows as they are; run twice, it does
    nothing the second time.

    Args:
        lake: Where the table lies.
        table: Which one.
        retain_days: For how many days back every version can still be read and restored; of a
            table with a commit a second none can.

    Raises:
        ValueError: So many days cannot be kept.
        TableMissingError: The table is not there.
    """
    if not LEAST_DAYS <= retain_days <= MOST_DAYS:
        raise ValueError(
            f"versions can be kept for {LEAST_DAYS} to {MOST_DAYS} days, not for {retain_days}"
        )
    files_before, bytes_before = _live(lake.open(table))
    compact(lake, table)
    failpoint("compact-after")
    stored = _stored(lake.place(table))
    _vacuum(lake, table, timedelta(days=retain_days if not table.by_stream else LEAST_DAYS))
    failpoint("vacuum-after")
    files_after, bytes_after = _live(lake.open(table))
    left = _stored(lake.place(table))
    return Upkeep(
        table=table,
        files_before=files_before,
        files_after=files_after,
        bytes_before=bytes_before,
        bytes_after=bytes_after,
        bytes_freed=stored - left,
        bytes_kept=left - bytes_after,
    )


def compact(lake: Lake, table: Table, target_bytes: int | None = None) -> None:
    """Puts the small files of each partition together, while others append or not.

    Args:
        lake: Where the table lies.
        table: Which one.
        target_bytes: How large files become, and which are no longer small; by default Delta's.

    Raises:
        CommitFailedError: Others rewrote the same files several times.
    """
    for attempt in range(1, COMMIT_TRIES + 1):
        try:
            ways.compact(lake.open(table), target_bytes)
        except CommitFailedError:
            if attempt == COMMIT_TRIES:
                raise
        else:
            return


def forget(lake: Lake, table: Table, before: date) -> int:
    """Deletes the rows of the days before one, for good, while others append or not.

    What was built from them stays as it is: their hours are no longer any that could be built.

    Args:
        lake: Where the table lies.
        table: One that the consumer of a stream appends to.
        before: The first day that is kept.

    Returns:
        How many rows were deleted.

    Raises:
        CommitFailedError: Others changed the same files several times.
    """
    column = f"partition.{table.partition_columns[0]}"
    for attempt in range(1, COMMIT_TRIES + 1):
        delta = lake.open(table)
        files = pa.table(delta.get_add_actions(flatten=True))
        old = files.filter(pc.less(files[column], before)) if files.num_rows else files
        if not old.num_rows:
            return 0
        last = kept_from(delta)
        kept = Transaction(KEPT_FROM, max(before, last or before).toordinal())
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        gone: list[AddAction | RemoveAction] = [
            RemoveAction(path, True, now_ms) for path in old["path"].to_pylist()
        ]
        failpoint("forget-before")
        try:
            delta.create_write_transaction(
                gone,
                "append",
                delta.schema(),
                list(table.partition_columns),
                commit_properties=CommitProperties(max_commit_retries=0, app_transactions=[kept]),
            )
        except CommitFailedError:
            if attempt == COMMIT_TRIES:
                raise
        else:
            failpoint("forget-after")
            return int(pc.sum(old["num_records"]).as_py())
    raise AssertionError("the last attempt raises")


def _vacuum(lake: Lake, table: Table, retain: timedelta) -> None:
    """Removes the files that no version within `retain` needs, those of killed writes too.

    Each of these versions is named: once a checkpoint has dropped the note that a file was removed
    (after a week), age alone would take it for one that was never committed, and remove it however
    lately it was replaced. Of a table with a commit a second there are too many, but for those of
    named instants, which are kept however old they are.
    """
    start = datetime.now(UTC) - retain
    known = [] if table.by_stream else versions(lake.place(table))
    current_at_start = [version for version in known if version.committed_at < start][-1:]
    within = [version for version in known if version.committed_at >= start]
    named = instants.kept(lake, table)
    keep = sorted({*named, *(version.number for version in (*current_at_start, *within))})
    vacuum = partial(
        lake.open(table).vacuum,
        retain // timedelta(hours=1),
        full=True,
        enforce_retention_duration=False,
        keep_versions=keep,
    )
    if vacuum(dry_run=True):
        vacuum(dry_run=False)


def _live(delta: DeltaTable) -> tuple[int, int]:
    """Number and bytes of the files of the current version."""
    files = pa.table(delta.get_add_actions(flatten=True))
    return files.num_rows, pc.sum(files["size_bytes"]).as_py() or 0


def _stored(place: Place) -> int:
    return sum(
        file.bytes
        for file in place.files()
        if file.name.endswith(".parquet") and not file.name.startswith("_delta_log/")
    )
