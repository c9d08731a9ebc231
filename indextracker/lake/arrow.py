"""The catalogue's types in Arrow."""

from __future__ import annotations

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
