"""SQL on the lake and on the warehouse, answered whole."""

from __future__ import annotations

import re
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


def ask_lake(tables: Tables, statement: str) -> pa.Table:
    """The answer of the lake; its tables are named `layer.table`.

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
            return _whole(asked(connection, statement))
        except QuestionError as error:
            unknown = [path for path in sorted(named) if path not in TABLES]
            if not (unknown or _UNKNOWN.search(str(error))):
                raise
            wrong = unknown[0] if unknown else str(_UNKNOWN.findall(str(error))[0])
            raise QuestionError(f"the lake has no table {wrong}{meant(wrong, TABLES)}") from None


def ask_warehouse(warehouse: Warehouse, statement: str) -> pa.Table:
    """The answer of what is published of the warehouse.

    Raises:
        QuestionError: It cannot be asked or answered.
        WarehouseMissingError: Nothing is published yet.
    """
    return _whole(warehouse.ask(statement))


def _whole(question: AbstractContextManager[Answer]) -> pa.Table:
    with question as answer:
        return pa.Table.from_batches(answer.batches, answer.schema)
