"""Descriptions of the tables and columns of schema `raw`, as stored in the warehouse.

They come from the catalogue; each warehouse's own module stores them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from indextracker.warehouse.slices import LOADED

# What the loader keeps beside the copies of the lake's tables.
BOOKS = {
    "loads": (
        "One row per subject and key that was ever loaded, with the id of the load that last "
        "touched it in any table."
    ),
    "world": "One row: whose data the warehouse holds, simulated or real.",
}

# By table and column; a table itself has no column.
Descriptions = Mapping[tuple[str, str], str]


def of_raw() -> Descriptions:
    """The description of each table of schema `raw`, and of each of its columns."""
    said = {(name, ""): meaning for name, meaning in BOOKS.items()}
    for table in LOADED:
        said[table.name, ""] = table.meaning
        said |= {(table.name, column.name): column.description for column in table.columns}
    return said


def comments(found: Descriptions, schema: str) -> Iterator[str]:
    """The statements that give the tables of `raw` their descriptions, where they have others.

    Args:
        found: What they have now.
        schema: The schema's name as it is written in SQL.
    """
    for (table, column), text in of_raw().items():
        if found.get((table, column)) != text:
            what = f'column {schema}.{table}."{column}"' if column else f"table {schema}.{table}"
            quoted = text.replace("'", "''")
            yield f"comment on {what} is '{quoted}'"
