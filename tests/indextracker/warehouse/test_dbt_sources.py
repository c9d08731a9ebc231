"""dbt's sources are the catalogue's tables, in its words, with the tests of raw_tests/."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from indextracker.warehouse import dbt_sources
from indextracker.warehouse.dbt_sources import render
from indextracker_catalogue import Column, Table, Whole

VOLUMES = Table(
    layer="gold",
    name="volumes",
    meaning="One row per product: 量.",
    key=("product",),
    timeline=Whole(),
    in_warehouse=True,
    columns=(
        Column("product", "string", "Product."),
        Column("contracts", "bigint", "Traded.", "contracts"),
    ),
)


def read(tests: dict[str, Any]) -> dict[str, Any]:
    [source] = yaml.safe_load(render("toys", [VOLUMES], tests))["sources"]
    return {table["name"]: table for table in source["tables"]}


def test_each_committed_file_is_up_to_date() -> None:
    for place, text in dbt_sources.current().items():
        assert place.read_text(encoding="utf-8") == text, f"{place} is stale: run `make docs`"


def test_a_table_is_described_in_the_words_of_the_catalogue() -> None:
    assert read({})["volumes"] == {
        "name": "volumes",
        "description": "One row per product: 量.",
        "columns": [
            {"name": "product", "description": "Product.", "data_type": "varchar(256)"},
            {
                "name": "contracts",
                "description": "Traded. Unit: contracts.",
                "data_type": "bigint",
            },
        ],
    }


def test_tests_stand_with_their_table_and_their_column() -> None:
    unique, positive = {"unique_together": {"name": "once"}}, "positive"
    tests = {"volumes": {"data_tests": [unique], "columns": {"contracts": [positive]}}}
    found = read(tests)["volumes"]
    assert found["data_tests"] == [unique]
    assert found["columns"][1]["data_tests"] == [positive]
    assert "data_tests" not in found["columns"][0]


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ({"volume": {"data_tests": ["unique"]}}, r"\['volume'\], which are not tables of raw"),
        ({"volumes": {"columns": {"contract": ["unique"]}}}, r"\['contract'\], no columns of vol"),
    ],
    ids=["table", "column"],
)
def test_a_test_of_what_is_not_there_is_an_error(tests: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        render("toys", [VOLUMES], tests)
