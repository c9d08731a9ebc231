"""Makes a lake anew from the documents of another one, and compares the two.

The documents and the log of what was accepted are where it begins; the jobs are those of any
backfill, which whoever calls runs. What comes from no document (events of streams, files that
people loaded, runs of strategies, alerts) is a source of its own: the rest is made from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from deltalake.exceptions import DeltaError

from indextracker.acquiring.deliveries import current
from indextracker.building import staleness
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import Source
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.digest import contents, digest
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import TABLES, Key, Subject, Table, Timeline, tables_of, timelines_of
from indextracker_catalogue.shared.builds import BUILDS
from indextracker_catalogue.shared.deliveries import DELIVERIES

ROWS_SHOWN = 3


class Anew(Platform):
    """The parts of a lake that is made of the documents of another one.

    Args:
        settings: Where it is made.
        old: The lake whose documents these are.
        source: Who is asked for what was never accepted.
    """

    def __init__(self, settings: Settings, old: Lake, source: Source) -> None:
        super().__init__(settings, source=source)
        self._old = old

    @cached_property
    def lake(self) -> Lake:
        """The lake that is made; its documents are the other one's."""
        address = self.settings.lake.address
        return Lake(address, self.settings.world, self._place(address), self._old.landing)


@dataclass(frozen=True)
class Difference:
    """How a table that was made anew differs from the one that is there.

    Attributes:
        table: The table.
        keys: Rows there and made anew, of each key of which they differ; of a table in one piece
            the key is empty.
        there: Some rows that are there alone, and how many there are of them.
        anew: Likewise of those that were made anew.
        unreadable: Why the one that is there cannot be read; empty where it can.
    """

    table: Table
    keys: dict[Key, tuple[int, int]]
    there: Sequence[dict[str, Any]] = ()
    anew: Sequence[dict[str, Any]] = ()
    unreadable: str = ""


def seed(old: Lake, new: Lake) -> list[Table]:
    """Gives a new lake what its tables are made from beside documents; says what that is.

    Killed, it is ended by the next run.
    """
    given = [
        table
        for table in TABLES.values()
        if (table is DELIVERIES or table.by_stream or table.imported) and old.exists(table)
    ]
    for table in given:
        if not new.exists(table):
            # mypy knows no type of a lambda with a default.
            new.refill(table, lambda table=table: _rows(old, table))  # type: ignore[misc]
    return given


def keys_of(old: Lake, subject: Subject) -> dict[Timeline, list[Key]]:
    """The keys of a subject that were ever built, or of which a document was accepted."""
    found: dict[Timeline, set[Key]] = {}
    lines = [line for line in timelines_of(subject) if line.column and not line.at_once]
    own = [table.path for table in tables_of(subject) if table.timeline in lines]
    for path, built in staleness.built(old, own).items():
        found.setdefault(TABLES[path].timeline, set()).update(key for key in built if key)
    for (feed, key), answer in current(old, list(feeds_of(subject))).items():
        if answer.accepted and FEEDS[feed].timeline in lines:
            found.setdefault(FEEDS[feed].timeline, set()).add(key)
    return {line: sorted(keys) for line, keys in found.items() if keys}


def compared(old: Lake, new: Lake, given: Sequence[Table]) -> Iterator[Difference | Table]:
    """Each table that was made anew: as it is where it is equal, else how it differs.

    Hashes of rows are compared, which depend neither on their order nor on files; of what differs
    the rows are.

    Args:
        old: The lake that is there.
        new: The one that was made.
        given: What was not made.
    """
    for table in new.tables():
        if table not in given and table is not BUILDS:
            yield _compared(old, new, table) or table


def left(old: Lake, new: Lake, given: Sequence[Table]) -> list[Table]:
    """The tables that come from no document, and are as they were."""
    made = {*new.tables()} - {*given, BUILDS}
    return [table for table in TABLES.values() if table not in made and old.exists(table)]


def take_over(old: Lake, new: Lake, difference: Difference) -> None:
    """Puts a table that was made anew in the place of the one there, with its log of builds.

    What is there stays an earlier version, where it can be read. Hold the table's lock. Killed, it
    is done again by the next run.
    """
    table = difference.table
    if difference.unreadable:
        old.place(table).remove()
    failpoint("recovery-emptied")
    old.refill(table, lambda: _rows(new, table))
    failpoint("recovery-refilled")
    built = staleness.built(new, [table.path])
    staleness.record(old, built)


def _compared(old: Lake, new: Lake, table: Table) -> Difference | None:
    try:
        if table.is_whole:
            same = digest(old, table) == digest(new, table)
            keys = {} if same else {"": (old.total_rows(table), new.total_rows(table))}
        else:
            there, anew = contents(old, table), contents(new, table)
            none = (0, "")
            keys = {
                key: (there.get(key, none)[0], anew.get(key, none)[0])
                for key in sorted({*there, *anew})
                if there.get(key) != anew.get(key)
            }
        if not keys:
            return None
        first = None if table.is_whole else list(keys)[:1]
        return Difference(
            table, keys, _alone(old, new, table, first), _alone(new, old, table, first)
        )
    except (DeltaError, OSError, RuntimeError, LookupError) as error:
        rows = {"": (0, new.total_rows(table))}
        return Difference(table, rows, unreadable=str(error).strip().splitlines()[0])


def _alone(one: Lake, other: Lake, table: Table, keys: list[Key] | None) -> list[dict[str, Any]]:
    """Some rows that one lake has and the other one has not."""
    limits = {} if keys is None else {table.timeline: keys}
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    where = "true" if keys is None else table.keys_predicate(keys)
    with one.sql([table], limits) as connection:
        beside = (
            other.rows(table, keys)
            if other.exists(table)
            else arrow_schema(table, stored=True).empty_table()
        )
        connection.register("beside", beside)
        found = connection.execute(
            f"select {columns} from {table.layer}.{table.name} except all"
            f" select {columns} from beside where {where} order by all limit {ROWS_SHOWN}"
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _rows(lake: Lake, table: Table) -> pa.RecordBatchReader:
    """All rows of a table as a stream, as they are stored."""
    dataset = lake.rows(table)
    schema = arrow_schema(table, stored=True)
    batches = (batch for batch in dataset.to_batches(columns=schema.names))
    made = pa.schema([dataset.schema.field(name) for name in schema.names])
    return pa.RecordBatchReader.from_batches(made, batches)
