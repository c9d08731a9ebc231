"""Column lineage: which columns of its parents each column of a dbt model comes from, by its SQL.

dagster-dbt finds the same, in every run and with queries to the warehouse, which takes 6 s. It
depends only on the project, so here it is computed once for each state of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from sqlglot import exp
from sqlglot.lineage import Node, lineage
from sqlglot.schema import MappingSchema

# Per column of a model: schema, table and column of each parent's column that it is made of.
Origins = dict[str, list[tuple[str, str, str]]]


def column_origins(
    manifest: Mapping[str, Any], raw_columns: Mapping[str, Sequence[str]]
) -> dict[str, Origins]:
    """The origins of each model's columns, by the model's `schema.name`.

    Args:
        manifest: dbt's, of a compiled project.
        raw_columns: Columns of the tables of schema `raw`, which the project does not list.

    Raises:
        SqlglotError: A model's SQL cannot be read.
    """
    dialect = manifest["metadata"]["adapter_type"]
    models = {n: node for n, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    schema = MappingSchema(dialect=dialect)

    def add(place: str, table: str, columns: Iterable[str]) -> None:
        known = exp.table_(table, db=place, catalog=_catalog(manifest))
        schema.add_table(known, dict.fromkeys(columns, "varchar"), dialect=dialect)

    for table, names in raw_columns.items():
        add("raw", table, names)
    found: dict[str, Origins] = {}
    # Parents first: the columns of a model are those that its SQL gives, described or not.
    above = {name: model["depends_on"]["nodes"] for name, model in models.items()}
    for name in filter(models.__contains__, TopologicalSorter(above).static_order()):
        place, table = models[name]["schema"], models[name]["alias"]
        columns = lineage(None, models[name]["compiled_code"], schema=schema, dialect=dialect)
        add(place, table, columns)
        found[f"{place}.{table}"] = {c: sorted(_leaves(node)) for c, node in columns.items()}
    return found


def raw_columns(origins: Mapping[str, Origins], model: str, column: str) -> set[tuple[str, str]]:
    """The tables and columns of schema `raw` that a model's column comes from in the end.

    Args:
        origins: What `column_origins` found.
        model: `schema.name` of a model.
        column: One of its columns.
    """
    found: set[tuple[str, str]] = set()
    for schema, table, name in origins[model][column]:
        of_raw = schema == "raw"
        found |= {(table, name)} if of_raw else raw_columns(origins, f"{schema}.{table}", name)
    return found


def _catalog(manifest: Mapping[str, Any]) -> str:
    """The database that all models name."""
    return str(next(iter(manifest["nodes"].values()))["database"])


def _leaves(root: Node) -> set[tuple[str, str, str]]:
    """The columns of tables that a column ends in."""
    return {
        (node.expression.db, node.expression.name, exp.to_column(node.name).name)
        for node in root.walk()
        if isinstance(node.expression, exp.Table)
    }
