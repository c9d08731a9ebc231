"""Compares a stored table with its declaration.

A column that was added to a declaration is added to the table, as null in the rows that are there.
Any other difference is refused with a sentence before anything is written.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from deltalake import DeltaTable, Field
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError

from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import Table


class TableShapeError(ValueError):
    """A stored table has another shape than its declaration."""


def missing_columns(delta: DeltaTable, table: Table) -> list[pa.Field]:
    """The declared columns that the stored table does not have and that may be null.

    Raises:
        TableShapeError: It differs in anything else.
    """
    stored, declared = pa.schema(delta.schema()), arrow_schema(table, stored=True)
    new = [field for field in declared if field.name not in stored.names]
    wrong = [
        f"{field.name} is stored as {_words(stored.field(field.name))}"
        f" and declared as {_words(field)}"
        for field in declared
        if field.name in stored.names and not stored.field(field.name).equals(field)
    ]
    wrong += [
        f"{name} is stored and no longer declared"
        for name in stored.names
        if name not in declared.names
    ]
    wrong += [f"{field.name} is new and may not be null" for field in new if not field.nullable]
    partitions = delta.metadata().partition_columns
    if partitions != list(table.partition_columns):
        wrong.append(
            f"it is stored by {_listed(partitions)}"
            f" and declared to be by {_listed(table.partition_columns)}"
        )
    if wrong:
        raise TableShapeError(
            f"{table.path} was made from another declaration: {'; '.join(wrong)}. {_remedy(table)}"
        )
    return new


def complete(delta: DeltaTable, table: Table) -> None:
    """Adds the declared columns that the stored table does not have.

    Raises:
        TableShapeError: It differs from its declaration in anything else.
    """
    new = missing_columns(delta, table)
    if not new:
        return
    fields: list[Field] = list(DeltaSchema.from_arrow(pa.schema(new)).fields)
    try:
        delta.alter.add_columns(fields)
    except (CommitFailedError, DeltaError):
        # Another process may have added them at the same time.
        delta.update_incremental()
        if missing_columns(delta, table):
            raise


def _remedy(table: Table) -> str:
    if table.writes == "append":
        return (
            "It is a log that cannot be made again: keep its folder, and go back to the version "
            "of indextracker that wrote it"
        )
    source = "landing" if table.layer == "bronze" else "bronze"
    return f"Move its folder away and backfill its sessions: they come again from {source}"


def _words(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
