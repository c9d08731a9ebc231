"""dbt's docs are whole: every table, column, test and macro says what it is.

What dbt knows of the project (its manifest) is compared with what there is in the warehouse (its
catalog): a column that a model selects and nobody described is in the second alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.small_market import Build, run_dbt


@dataclass(frozen=True)
class Docs:
    """What dbt's docs are made of."""

    manifest: dict[str, Any]
    catalog: dict[str, Any]

    def said(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """What the project says of the things of these kinds, by their ids."""
        return {
            name: node
            for kind in kinds
            for name, node in self.manifest[kind].items()
            if node["package_name"] == "indextracker" and node["resource_type"] != "operation"
        }

    def relations(self) -> dict[str, dict[str, Any]]:
        """The models and the tables of raw."""
        nodes = self.said("nodes", "sources")
        return {
            n: node for n, node in nodes.items() if node["resource_type"] in {"model", "source"}
        }


@pytest.fixture(scope="module")
def docs(build: Build, database: Path) -> Docs:
    """The docs of the small market that was built already."""
    assert build.exit_code == 0, build.output
    target = database.parent / "target"
    made = run_dbt(database, target, "docs", "generate", "--no-compile")
    assert made.exit_code == 0, made.output
    return Docs(
        json.loads((target / "manifest.json").read_text(encoding="utf-8")),
        json.loads((target / "catalog.json").read_text(encoding="utf-8")),
    )


def test_every_table_and_its_columns_are_those_that_are_described(docs: Docs) -> None:
    there = docs.catalog["nodes"] | docs.catalog["sources"]
    described = {name: set(node["columns"]) for name, node in docs.relations().items()}
    assert described == {name: set(relation["columns"]) for name, relation in there.items()}


def test_nothing_is_without_a_description(docs: Docs) -> None:
    said = {
        name: node["description"]
        for name, node in docs.said("nodes", "sources", "macros", "exposures", "unit_tests").items()
    }
    said |= {
        f"{name}.{column}": told["description"]
        for name, node in docs.relations().items()
        for column, told in node["columns"].items()
    }
    said |= {
        f"{name}({argument['name']})": argument["description"]
        for name, macro in docs.said("macros").items()
        for argument in macro["arguments"]
    }
    assert len(said) > 1000
    assert [name for name, description in said.items() if not description.strip()] == []


def test_descriptions_of_columns_are_sentences(docs: Docs) -> None:
    described = {
        f"{name}.{column}": told["description"].strip()
        for name, node in docs.relations().items()
        for column, told in node["columns"].items()
    }
    assert [(name, text) for name, text in described.items() if text[-1:] not in {".", ")"}] == []
