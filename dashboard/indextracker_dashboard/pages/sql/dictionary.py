"""The data dictionary beside the SQL: tables and columns of lake and warehouse, looked up by words.

The dictionary itself is the catalogue's, and in the warehouse the comments of tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from indextracker import Lakehouse
from indextracker_catalogue import TABLES
from indextracker_dashboard.data import Data

LISTED = 40
_RELATIONS = """
    select schema_name || '.' || table_name, comment
    from (
        select schema_name, table_name, comment from duckdb_tables()
        union all select schema_name, view_name, comment from duckdb_views() where not internal
    ) where schema_name in ('marts', 'staging', 'raw')
    order by schema_name <> 'marts', 1
"""
_COLUMNS = """
    select schema_name || '.' || table_name, column_name, lower(data_type), comment
    from duckdb_columns() where schema_name in ('marts', 'staging', 'raw') order by 1, column_index
"""


@dataclass(frozen=True)
class Entry:
    """A table: its name in SQL, what it means, and its columns with type and meaning."""

    name: str
    meaning: str
    columns: tuple[tuple[str, str, str], ...]

    def has(self, words: Iterable[str]) -> bool:
        """Whether all words are found in it."""
        text = " ".join(
            (self.name, self.meaning, *(part for column in self.columns for part in column))
        ).casefold()
        return all(word in text for word in words)


def of_lake(lakehouse: Lakehouse) -> tuple[Entry, ...]:
    """What the lake has, as the catalogue declares it."""
    del lakehouse
    return tuple(
        Entry(
            f"{table.layer}.{table.name}",
            table.meaning,
            tuple((column.name, column.type, column.meaning) for column in table.columns),
        )
        for table in sorted(TABLES.values(), key=lambda table: table.layer, reverse=True)
    )


def of_warehouse(lakehouse: Lakehouse) -> tuple[Entry, ...]:
    """What is published of the warehouse.

    Raises:
        WarehouseMissingError: Nothing is yet.
        QuestionError: It is one that does not tell.
    """
    columns: dict[str, list[tuple[str, str, str]]] = {}
    for row in lakehouse.sql(_COLUMNS, of="warehouse").arrow().to_pylist():
        name, *column = row.values()
        columns.setdefault(name, []).append((column[0], column[1], column[2] or ""))
    return tuple(
        Entry(name, meaning or "", tuple(columns.get(name, ())))
        for name, meaning in (
            tuple(row.values())
            for row in lakehouse.sql(_RELATIONS, of="warehouse").arrow().to_pylist()
        )
    )


def found(of: str, looked_for: str, data: Data) -> list[Component]:
    """The tables in which all words are found; by default all, up to a number.

    Raises:
        LookupError: The lakehouse or the warehouse is not there.
    """
    entries = data.ask(of_lake if of == "lake" else of_warehouse)
    words = looked_for.casefold().split()
    fitting = [entry for entry in entries if entry.has(words)]
    said = f"{len(fitting)} table{'' if len(fitting) == 1 else 's'}"
    if len(fitting) > LISTED:
        said += f", the first {LISTED}"
    return [html.P(said, className="counted"), *(_shown(entry) for entry in fitting[:LISTED])]


def _shown(entry: Entry) -> Component:
    # One text: thousands of components keep a browser busy for seconds.
    columns = "\n".join(f"{name} {kind}\n    {meaning}" for name, kind, meaning in entry.columns)
    return html.Details(
        [html.Summary(html.Code(entry.name)), html.P(entry.meaning), html.Pre(columns)]
    )
