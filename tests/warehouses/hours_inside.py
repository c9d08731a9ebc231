"""Builds a mart of hours twice in a house, and prints what is published of it; runs inside of it.

Between the two, an hour changed and another came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from indextracker import settings as environment
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.warehouse import Warehouse, dbt_runs, warehouse
from indextracker_catalogue import TABLES, Table

TIDES = TABLES["silver/harbour_tides"]
OF_HARBOUR = [table for table in TABLES.values() if table.name.startswith("harbour_")]
LOADED: list[Table] = [table for table in OF_HARBOUR if table.in_warehouse]


def loaded(made: Warehouse, lake: Lake, heights: Mapping[str, float]) -> None:
    """Puts hours into lake and warehouse, then builds and publishes."""
    rows = [{"hour": TIDES.timeline.value_of(key), "height": m} for key, m in heights.items()]
    lake.replace(TIDES, pa.Table.from_pylist(rows, arrow_schema(TIDES)), [*heights])
    made.load(lake, [TIDES], [*heights])
    folder = Path("target")
    folder.mkdir(exist_ok=True)
    with made.writing():
        dbt_runs.build(made, "harbour", folder, lambda _: None)
        made.publish({})


def main() -> None:
    settings = environment.load()
    environment.export(settings)
    lake, made = Lake(settings.lake.address, settings.world), warehouse(settings)
    lake.ensure(LOADED)
    loaded(made, lake, {"2024-12-14T22": 1.0, "2024-12-14T23": 2.0})
    # What is published anew loses the mark.
    with made._connected() as connection:
        connection.cursor().execute("update published.int_tide set height = height + 1000")
        connection.commit()
    loaded(made, lake, {"2024-12-14T23": 3.0, "2024-12-15T00": 4.0})
    with made.reading() as connection:
        rows = connection.execute("select hour, height from tide order by hour").fetchall()
    print(json.dumps([[str(hour), height] for hour, height in rows]))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
