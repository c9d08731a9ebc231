"""Marks of the keys of a table that is appended to: another one whenever a key's rows may differ.

A consumer adds a file a second and compaction puts them together, so that names of files say
nothing. What tells is how many rows a key has, and of events which of them could not be read: these
may be replaced by what they turned out to be. Marks of other tables are in `store`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date

import pyarrow as pa
from deltalake import DeltaTable

from indextracker.lake.numbers import number_of
from indextracker.system.places import Place
from indextracker_catalogue import Key, Table
from indextracker_catalogue.shared.events import PROBLEM

# Name of the number of a table that says, as an ordinal, from which day on its rows are kept. What
# comes late for a day before it is all that there is of that day, and nothing is built from it.
KEPT_FROM = "kept-from"


class AppendedMarks:
    """Marks of a lake's tables that are appended to; each file is read once, since none changes."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Counter[Key]] = {}
        self._unread: dict[tuple[str, str], Counter[Key]] = {}

    def of(self, table: Table, delta: DeltaTable, place: Place) -> dict[Key, str]:
        """The mark of each key that has rows.

        Args:
            table: The table.
            delta: The same at the version of interest.
            place: Where it lies.
        """
        rows, unread = Counter[Key](), Counter[Key]()
        for file in pa.table(delta.get_add_actions())["path"].to_pylist():
            if (table.path, file) not in self._rows:
                self._read(table, place, file)
            rows.update(self._rows[table.path, file])
            unread.update(self._unread[table.path, file])
        day = kept_from(delta)
        first = table.timeline.key_of(day) if day else ""
        return {
            key: f"{rows[key]}-{unread[key]:x}" if unread[key] else f"{rows[key]}"
            for key in sorted(rows)
            if key >= first
        }

    def _read(self, table: Table, place: Place, file: str) -> None:
        import pyarrow.compute as pc  # noqa: PLC0415 - what only reads does without its 0.1 s
        import pyarrow.parquet as pq  # noqa: PLC0415

        key_of, column = table.timeline.key_of, table.key_column
        may_be_unread = PROBLEM in table.column_names
        names = [column, PROBLEM] if may_be_unread else [column]
        found = pq.read_table(file, columns=names, filesystem=place.arrow())
        counted = pc.value_counts(found[column]).to_pylist()
        rows = Counter({key_of(one["values"]): one["counts"] for one in counted})
        unread = Counter[Key]()
        if may_be_unread and found[PROBLEM].null_count < found.num_rows:
            wanted = [column, *table.key]
            lines = pq.read_table(file, columns=[*wanted, PROBLEM], filesystem=place.arrow())
            for row in lines.filter(pc.is_valid(lines[PROBLEM])).select(wanted).to_pylist():
                # By which they are, not only how many: one may come while another one goes.
                name = " ".join(str(row[part]) for part in table.key)
                digest = hashlib.sha256(name.encode()).digest()[:8]
                unread[key_of(row[column])] += int.from_bytes(digest, "big")
        self._rows[table.path, file], self._unread[table.path, file] = rows, unread


def kept_from(delta: DeltaTable) -> date | None:
    """The first day whose rows are kept; None where none was deleted."""
    ordinal = number_of(delta, KEPT_FROM)
    return None if ordinal is None else date.fromordinal(ordinal)
