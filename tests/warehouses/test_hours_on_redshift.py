"""A mart of hours on Redshift: exactly the hours that were loaded anew are built and published.

No subject has one yet, so it is the toy exchange's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from newcomer.house import built

from indextracker.settings import Settings


def test_hours_are_published_by_hour(
    s3: Any, on_cluster: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = on_cluster(tmp_path)
    assert settings.warehouse.password
    house = built(tmp_path / "house")
    house.run("-m", "indextracker.warehouse.dbt_sources")
    said = house.run(
        str(Path(__file__).with_name("hours_inside.py")),
        environment={name: value for name, value in os.environ.items() if name.startswith("AWS_")},
        lake=tmp_path / "lake",
        dagster_home=tmp_path / "dagster",
        warehouse=settings.warehouse.address,
        warehouse_password=settings.warehouse.password.get_secret_value(),
        staging=settings.warehouse.staging,
    )
    assert json.loads(said.splitlines()[-1]) == [
        ["2024-12-14 22:00:00", 1001.0],
        ["2024-12-14 23:00:00", 3.0],
        ["2024-12-15 00:00:00", 4.0],
    ]
