"""Numbers that writers keep beside the rows of a table, such as how far a stream was read into it.

Delta has one for each name (`txn` actions): the last that a commit has set. Going back to an
earlier version takes them back with the rows; appending by them is done in `tail` and `ways`.
"""

from __future__ import annotations

import json

import pyarrow.parquet as pq
from deltalake import DeltaTable, Transaction

from indextracker.lake.versions import opening
from indextracker.system.places import Place

# A number cannot be removed again: this is that of a name that had none at the time gone back to.
_NONE = -1


def number_of(delta: DeltaTable, name: str) -> int | None:
    """The number under a name; None where there is none."""
    found: int | None = delta.transaction_version(name)
    return None if found is None or found == _NONE else found


def as_of(place: Place, now: DeltaTable, then: DeltaTable | None) -> list[Transaction]:
    """What sets the numbers of a table to those of an earlier version.

    Args:
        place: Where the table lies.
        now: Its latest version.
        then: The earlier one; None where there was no table.
    """
    found = []
    for name in sorted(_names(place, now.version())):
        number = number_of(then, name) if then else None
        if number != number_of(now, name):
            found.append(Transaction(name, _NONE if number is None else number))
    return found


def _names(place: Place, version: int) -> set[str]:
    """The names that have a number."""
    log = place.below("_delta_log")
    names: set[str] = set()
    for file in opening(place, version):
        if file.endswith(".json"):
            actions = (json.loads(line) for line in log.read(file).splitlines())
            names.update(action["txn"]["appId"] for action in actions if "txn" in action)
            continue
        rows = pq.read_table(file, columns=["txn"], filesystem=log.arrow())
        names.update(row["appId"] for row in rows["txn"].drop_null().to_pylist())
    return names
