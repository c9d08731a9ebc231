"""Where the columns of a model come from, told from its SQL alone."""

from __future__ import annotations

from typing import Any

from indextracker.warehouse.column_lineage import column_origins


def model(name: str, code: str, *parents: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "database": "warehouse",
        "schema": "marts",
        "alias": name,
        "compiled_code": code,
        "depends_on": {"nodes": list(parents)},
        "columns": {},
    }


def test_a_model_whose_columns_are_not_described_has_origins_too() -> None:
    """Also where a model is listed before the one that it reads."""
    nodes = {
        "model.tide": model("tide", 'select * from "warehouse"."marts"."hours"', "model.hours"),
        "model.hours": model(
            "hours", 'select hour, height as metres from "warehouse"."raw"."tides"', "source.tides"
        ),
    }
    manifest = {"metadata": {"adapter_type": "duckdb"}, "nodes": nodes}
    assert column_origins(manifest, {"tides": ["hour", "height"]}) == {
        "marts.hours": {"hour": [("raw", "tides", "hour")], "metres": [("raw", "tides", "height")]},
        "marts.tide": {
            "hour": [("marts", "hours", "hour")],
            "metres": [("marts", "hours", "metres")],
        },
    }
