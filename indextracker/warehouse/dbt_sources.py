"""dbt's sources: the tables of schema `raw` as the catalogue describes them, with their tests.

`python -m indextracker.warehouse.dbt_sources` writes the file that dbt reads, `--check` fails when
it is stale. The descriptions come from `descriptions`, the tests from `dbt_project/raw_tests.yml`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from indextracker.system.installation import shipped
from indextracker.warehouse.descriptions import BOOKS
from indextracker.warehouse.slices import LOADED
from indextracker_catalogue import Column, Table

PLACE = "dbt_project/models/taiwan/staging/sources.yml"
TESTS = "dbt_project/raw_tests.yml"
HEAD = f"""\
# Written by `make docs` from the declarations in catalogue/indextracker_catalogue/ and the tests in
# {TESTS}: change those, never this file.
"""
SCHEMA = (
    "Tables of the lake, copied as they are, session by session. Timestamps are UTC without a zone."
)

Tests = Mapping[str, Mapping[str, Any]]


def render(tables: Iterable[Table], tests: Tests) -> str:
    """The file as dbt reads it.

    Args:
        tables: Tables that the warehouse has, in the order in which they are listed.
        tests: By table: `data_tests`, as dbt writes them, and `columns`, those of a column.

    Raises:
        ValueError: A test is of a table, or of a column, that is not there.
    """
    listed = [{"name": "loads", "description": BOOKS["loads"]} | _tests(tests.get("loads", {}))]
    listed += [_table(table, tests.get(table.name, {})) for table in tables]
    if unknown := set(tests) - {table["name"] for table in listed}:
        raise ValueError(f"{TESTS} tests {sorted(unknown)}, which no table of raw is called")
    source = {"name": "raw", "schema": "raw", "description": SCHEMA, "tables": listed}
    text = yaml.safe_dump({"sources": [source]}, sort_keys=False, allow_unicode=True, width=96)
    return f"{HEAD}{text}"


def current() -> str:
    """The file of the project as it stands."""
    return render(LOADED, yaml.safe_load(shipped(TESTS).read_text(encoding="utf-8")))


def main(arguments: list[str] | None = None) -> None:
    """Writes the file, or says whether it is up to date."""
    parser = argparse.ArgumentParser(prog="python -m indextracker.warehouse.dbt_sources")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    place, text = shipped(PLACE), current()
    if not parser.parse_args(arguments).check:
        place.write_text(text, encoding="utf-8")
    elif not place.exists() or place.read_text(encoding="utf-8") != text:
        sys.exit(f"{PLACE} is stale: renew it with `make docs`")


def _table(table: Table, tests: Mapping[str, Any]) -> dict[str, Any]:
    of_columns = tests.get("columns", {})
    if unknown := set(of_columns) - set(table.column_names):
        raise ValueError(f"{TESTS} tests {sorted(unknown)}, no columns of {table.name}")
    columns = [_column(column, of_columns.get(column.name, [])) for column in table.columns]
    described = {"name": table.name, "description": table.meaning, "columns": columns}
    return described | _tests(tests)


def _column(column: Column, tests: list[Any]) -> dict[str, Any]:
    described = {
        "name": column.name,
        "description": column.description,
        "data_type": column.warehouse_type,
    }
    return described | _tests({"data_tests": tests})


def _tests(tests: Mapping[str, Any]) -> dict[str, Any]:
    return {"data_tests": tests["data_tests"]} if tests.get("data_tests") else {}


if __name__ == "__main__":
    main()
