"""Schemas of the catalogue's tables, for functions that give Arrow to Spark."""

from __future__ import annotations

import pyarrow as pa

from indextracker_catalogue import Table

_KINDS = {
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}


def ddl(table: Table) -> str:
    """The columns of a table as Spark writes them."""
    return ", ".join(f"{column.name} {column.spark_type}" for column in table.columns)


def arrow(table: Table) -> pa.Schema:
    """The columns of a table as Arrow has them.

    Raises:
        KeyError: It has a decimal, which no analytic gives.
    """
    return pa.schema([(column.name, _KINDS[column.type]) for column in table.columns])
