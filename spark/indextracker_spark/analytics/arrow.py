"""Rows of the catalogue's tables in Arrow, as functions over groups take and give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from indextracker_catalogue import Table
from indextracker_catalogue.model import ARROW, DECIMAL

INSTANT = pa.timestamp("us", "UTC")


def schema_of(table: Table) -> str:
    """The columns of a table, as Spark writes them."""
    return ", ".join(f"{column.name} {column.spark_type}" for column in table.columns)


def arrow_of(table: Table) -> pa.Schema:
    """The columns of a table, as Arrow has them."""
    return pa.schema([(column.name, _kind(column.type)) for column in table.columns])


def starts(rows: pa.Table, keys: Sequence[str]) -> npt.NDArray[np.int64]:
    """Where groups begin in rows that are ordered by their keys; none of no rows."""
    differs = np.zeros(max(rows.num_rows - 1, 0), bool)
    for name in keys:
        codes = rows[name].combine_chunks().dictionary_encode().indices.to_numpy()
        differs |= codes[1:] != codes[:-1]
    return np.flatnonzero(np.append(rows.num_rows > 0, differs))


def of_table(table: Table, columns: Mapping[str, Any]) -> pa.Table:
    """Rows of a table from a column each; nan is null."""
    made = {}
    for field in arrow_of(table):
        values = columns[field.name]
        if not isinstance(values, pa.Array | pa.ChunkedArray):
            values = pa.array(values, from_pandas=True)
        made[field.name] = values.cast(field.type)
    return pa.table(made)


def of_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows of a table one by one; a cell that is not given is null, and nan too."""
    schema = arrow_of(table)
    columns = [
        pa.array([row.get(field.name) for row in rows], field.type, from_pandas=True)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _kind(name: str) -> pa.DataType:
    """Arrow's own type of a type of the catalogue."""
    if decimal := DECIMAL.fullmatch(name):
        return pa.decimal128(*map(int, decimal.groups()))
    return INSTANT if name == "timestamp" else pa.type_for_alias(ARROW[name])
