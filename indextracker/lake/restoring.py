"""Restores a table to an earlier version, and says what that changes.

A restore is a commit like any other: the state before it stays a version, so a restore can be
undone too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction

from indextracker.lake import numbers
from indextracker.lake.digest import contents, digest
from indextracker.lake.shapes import missing_columns
from indextracker.lake.store import Lake
from indextracker.lake.versions import AsOf, Version, verify_files, version_at, versions
from indextracker.lake.ways import COMMIT_RETRIES
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import Key, Table


@dataclass(frozen=True)
class Restoration:
    """What taking a table back to a version changes.

    Attributes:
        table: The table.
        current: The version that it has.
        target: The version whose rows it gets; None where there was no table, and it is emptied.
        until: The instant up to which the target was current.
        rows_before: Rows of the current version.
        rows_after: Rows of the target.
        keys: Rows before and after of each key whose rows differ.
        changed: Whether any row differs.
    """

    table: Table
    current: Version
    target: Version | None
    until: datetime
    rows_before: int
    rows_after: int
    keys: dict[Key, tuple[int, int]]
    changed: bool


def plan(lake: Lake, table: Table, as_of: AsOf) -> Restoration:
    """Finds out what going back to a version would change.

    Args:
        lake: Where the table lies.
        table: Which one.
        as_of: A version number, or an instant: the version that was current then.

    Raises:
        LookupError: The table or the version is not there, or its files are gone.
        TableShapeError: The version was made from another declaration of the table.
    """
    delta, place = lake.open(table), lake.place(table)
    known = versions(place)
    target = version_at(place, table.path, as_of)
    earlier = DeltaTable(lake.path(table), target.number)
    verify_files(place, earlier, table.path)
    missing_columns(earlier, table)
    later = [version for version in known if version.number > target.number]
    keys, changed = _differences(lake, table, delta, target.number)
    return Restoration(
        table=table,
        current=known[-1],
        target=target,
        until=later[0].committed_at if later else datetime.now(UTC),
        rows_before=lake.total_rows(table),
        rows_after=lake.rows(table, as_of=target.number).count_rows(),
        keys=keys,
        changed=changed,
    )


def plan_emptying(lake: Lake, table: Table) -> Restoration:
    """Finds out what going back to when there was no table would change."""
    rows = lake.total_rows(table)
    return Restoration(
        table=table,
        current=versions(lake.place(table))[-1],
        target=None,
        until=datetime.fromtimestamp(0, UTC),
        rows_before=rows,
        rows_after=0,
        keys={},
        changed=bool(rows),
    )


def restore(lake: Lake, planned: Restoration) -> None:
    """Takes a table back as planned, in one commit; in none where no row differs.

    What writers noted beside the rows, such as how far a stream was read, goes back with them. Hold
    the table's lock from the plan on.
    """
    if not planned.changed:
        return
    delta, place = lake.open(planned.table), lake.place(planned.table)
    failpoint("restore-before")
    if planned.target is None:
        gone = numbers.as_of(place, delta, None)
        delta.delete(commit_properties=_commit(gone))
    else:
        earlier = DeltaTable(lake.path(planned.table), planned.target.number)
        noted = numbers.as_of(place, delta, earlier)
        delta.restore(planned.target.number, commit_properties=_commit(noted))
    failpoint("restore-after")


def _commit(noted: list[Transaction]) -> CommitProperties:
    return CommitProperties(max_commit_retries=COMMIT_RETRIES, app_transactions=noted)


def _differences(
    lake: Lake, table: Table, delta: DeltaTable, target: int
) -> tuple[dict[Key, tuple[int, int]], bool]:
    """Rows now and then of each key whose rows differ, and whether any row does."""
    if table.is_whole:
        return {}, digest(lake, table) != digest(lake, table, as_of=target)
    touched = _touched(lake, table, delta, target)
    now = contents(lake, table, touched)
    then = contents(lake, table, touched, as_of=target)
    empty = (0, "")
    found = {
        key: (now.get(key, empty)[0], then.get(key, empty)[0])
        for key in sorted({*now, *then})
        if now.get(key) != then.get(key)
    }
    return found, bool(found)


def _touched(lake: Lake, table: Table, delta: DeltaTable, target: int) -> Sequence[Key] | None:
    """The keys whose files are not the same in both versions; null for all.

    The rest need not be read.
    """
    if table.derived_partition:
        return None
    files: list[dict[Key, set[str]]] = []
    for version in (delta, DeltaTable(lake.path(table), target)):
        found: dict[Key, set[str]] = defaultdict(set)
        listed = pa.table(version.get_add_actions(flatten=True))
        value = f"partition.{table.key_column}"
        for file in listed.select(["path", value]).to_pylist():
            found[table.timeline.key_of(file[value])].add(file["path"])
        files.append(found)
    now, then = files
    return sorted(key for key in {*now, *then} if now.get(key) != then.get(key))
