"""SQL on the lake and on the warehouse, answered whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pyarrow as pa

from indextracker.lake.questions import Answer, QuestionError, asked
from indextracker.reader.names import meant
from indextracker.reader.tables import Tables
from indextracker_catalogue import TABLES

if TYPE_CHECKING:
    # It loads the settings, for who asks the lake too.
    from indextracker.warehouse import Warehouse

_QUALIFIED = re.compile(r"\b(bronze|silver|gold)\s*\.\s*\"?(\w+)", re.IGNORECASE)
_UNKNOWN = re.compile(r"Table with name \"?(\w+)\"? does not exist")


def ask_lake(
    tables: Tables, statement: str, values: Mapping[str, str] | None, rows: int | None
) -> pa.Table:
    """The answer of the lake; its tables are named `layer.table`.

    Args:
        tables: The lake's tables.
        statement: What is asked.
        values: What its parameters stand for.
        rows: How many rows are read at most; None for all.

    Raises:
        QuestionError: It cannot be asked or answered.
        LookupError: A table is not there, or was not then.
    """
    named = {"/".join(found).lower() for found in _QUALIFIED.findall(statement)}
    chosen = [TABLES[path] for path in sorted(named) if path in TABLES]
    for table in chosen:
        tables.lake.open(table, tables.as_of)
    if not named:
        # By leaf names alone, or what there is.
        chosen = tables.lake.tables()
    with tables.lake.sql(chosen, as_of=tables.as_of, alone=True) as connection:
        try:
            return _whole(asked(connection, statement, values), rows)
        except QuestionError as error:
            unknown = [path for path in sorted(named) if path not in TABLES]
            if not (unknown or _UNKNOWN.search(str(error))):
                raise
            wrong = unknown[0] if unknown else str(_UNKNOWN.findall(str(error))[0])
            raise QuestionError(f"the lake has no table {wrong}{meant(wrong, TABLES)}") from None


def ask_warehouse(
    warehouse: Warehouse, statement: str, values: Mapping[str, str] | None, rows: int | None
) -> pa.Table:
    """The answer of what is published of the warehouse; `values` and `rows` as of `ask_lake`.

    Raises:
        QuestionError: It cannot be asked or answered.
        WarehouseMissingError: Nothing is published yet.
    """
    return _whole(warehouse.ask(statement, values), rows)


def _whole(question: AbstractContextManager[Answer], most: int | None) -> pa.Table:
    with question as answer:
        found: list[pa.RecordBatch] = []
        number = 0
        for batch in answer.batches:
            found.append(batch)
            number += batch.num_rows
            if most is not None and number >= most:
                break
        return pa.Table.from_batches(found, answer.schema).slice(0, most)
