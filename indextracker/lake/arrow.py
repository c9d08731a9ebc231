"""The catalogue's types in Arrow, and Arrow without pandas."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

import pyarrow as pa

from indextracker_catalogue import Column, Table
from indextracker_catalogue.model import ARROW, DECIMAL


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type of a column."""
    if match := DECIMAL.fullmatch(column.type):
        return pa.decimal128(int(match[1]), int(match[2]))
    if column.type == "timestamp":
        return pa.timestamp("us", tz="UTC")
    return pa.type_for_alias(ARROW[column.type])


def arrow_schema(table: Table, *, stored: bool = False) -> pa.Schema:
    """The table's Arrow schema; `stored` adds the columns that only the files have."""
    columns = table.stored_columns if stored else table.columns
    return pa.schema(
        [pa.field(c.name, arrow_type(c), nullable=c.name not in table.key) for c in columns]
    )


class _NoPandas(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ImportError(name)


def without_pandas() -> None:
    """Has Arrow do without pandas in this process, until somebody wants a data frame of it.

    To tell whether a list is one of pandas's, Arrow imports it with the first one that it gets, and
    asks only once: 0.4 s, as much as all else that a command which only reads has to load.
    """
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(finder)
