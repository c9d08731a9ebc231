"""dbt's sources: the tables of schema `raw` as the catalogue describes them, with their tests.

`python -m indextracker.warehouse.dbt_sources` writes the files that dbt reads, one a subject and
the overview of all, and `--check` fails when one is stale. The descriptions come from the
catalogue, the tests from `dbt_project/raw_tests/<subject>.yml`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from indextracker.system.installation import shipped
from indextracker.warehouse import dbt_overview
from indextracker_catalogue import SUBJECTS, Column, Table, tables_of

MODELS = "dbt_project/models/{subject}"
TESTS = "dbt_project/raw_tests/{subject}.yml"
HEAD = """\
# Written by `make docs` from the declarations in catalogue/indextracker_catalogue/ and the tests in
# dbt_project/raw_tests/{subject}.yml: change those, never this file.
"""
SCHEMA = (
    "Tables of the lake, copied as they are, session by session. Timestamps are UTC without a zone."
)

Tests = Mapping[str, Mapping[str, Any]]


def render(subject: str, tables: Iterable[Table], tests: Tests) -> str:
    """The file of a subject as dbt reads it.

    Args:
        subject: Name of the subject.
        tables: Its tables that the warehouse has, in the order in which they are listed.
        tests: By table: `data_tests`, as dbt writes them, and `columns`, those of a column.

    Raises:
        ValueError: A test is of a table, or of a column, that is not there.
    """
    listed = [_table(table, tests.get(table.name, {}), subject) for table in tables]
    if unknown := set(tests) - {table["name"] for table in listed}:
        raise ValueError(
            f"raw_tests/{subject}.yml tests {sorted(unknown)}, which are not tables of raw"
        )
    source = {"name": "raw", "schema": "raw", "description": SCHEMA, "tables": listed}
    text = yaml.safe_dump({"sources": [source]}, sort_keys=False, allow_unicode=True, width=96)
    return f"{HEAD.format(subject=subject)}{text}"


def place(subject: str) -> Path:
    """Where dbt reads the sources of a subject."""
    return shipped(MODELS.format(subject=subject)) / "staging" / "sources.yml"


def current() -> dict[Path, str]:
    """The files of the project as it stands: of each subject with models, and the overview."""
    found = {dbt_overview.place(): dbt_overview.current()}
    for name, subject in SUBJECTS.items():
        if shipped(MODELS.format(subject=name)).is_dir():
            tests = shipped(TESTS.format(subject=name))
            declared = yaml.safe_load(tests.read_text(encoding="utf-8")) if tests.exists() else {}
            tables = [table for table in tables_of(subject) if table.in_warehouse]
            found[place(name)] = render(name, tables, declared)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Writes the files, or says whether they are up to date."""
    parser = argparse.ArgumentParser(prog="python -m indextracker.warehouse.dbt_sources")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    check = parser.parse_args(arguments).check
    for file, text in current().items():
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{file} is stale: renew it with `make docs`")


def _table(table: Table, tests: Mapping[str, Any], subject: str) -> dict[str, Any]:
    of_columns = tests.get("columns", {})
    if unknown := set(of_columns) - set(table.column_names):
        raise ValueError(
            f"raw_tests/{subject}.yml tests {sorted(unknown)}, no columns of {table.name}"
        )
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
