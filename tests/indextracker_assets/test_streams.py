"""Tables of streams in Dagster: shown as they fill, and what is touched is built."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg
import pytest
from support.archives import MakePlatform
from support.good_rows import OPENED, rows
from support.ticks import Harness

from indextracker.lake import Lake
from indextracker_assets.specs import asset_key
from indextracker_catalogue import markets as m

NOW = OPENED + timedelta(minutes=5)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def append(lake: Lake, *moments: datetime) -> None:
    events = [
        {"sequence": str(moment.timestamp()), "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        | {"hour": moment.replace(minute=0), "arrived_at": moment}
        for moment in moments
    ]
    # What could not be read lies among the events, without their fields.
    lost = dict.fromkeys(("symbol", "price", "time", "source"))
    letters = [
        event | lost | {"sequence": f"{n}", "text": "{", "problem": "no object"}
        for n, event in enumerate(events)
    ]
    lake.append(m.QUOTE_EVENTS, rows(m.QUOTE_EVENTS, *events, *letters))


def test_what_arrives_is_noted_without_a_run_and_its_hours_are_built(
    make_platform: MakePlatform, instance: dg.DagsterInstance
) -> None:
    house = Harness(make_platform(clock=lambda: NOW), instance)
    lake = house.platform.lake
    append(lake, OPENED, OPENED + timedelta(minutes=1))
    sensor = house.defs.get_sensor_def("arrivals")
    context = dg.build_sensor_context(instance, definitions=house.defs)
    tick = sensor.evaluate_tick(context)
    [noted] = tick.asset_events
    assert isinstance(noted, dg.AssetMaterialization)
    assert noted.asset_key == asset_key(m.QUOTE_EVENTS)
    assert {name: value.value for name, value in noted.metadata.items()} == {
        "dagster/row_count": 4,
        "new_rows": 4,
        "last_arrived_at": (OPENED + timedelta(minutes=1)).timestamp(),
        "lag_seconds": 240.0,
    }
    again = dg.build_sensor_context(instance, definitions=house.defs, cursor=tick.cursor)
    assert sensor.evaluate_tick(again).asset_events == []

    house.run(house.sensor("stale_sessions_markets"))
    assert lake.row_counts(m.QUOTE_BARS, ["2024-12-16T01"]) == {"2024-12-16T01": 6}
    append(lake, OPENED - timedelta(minutes=30))
    asked = house.sensor("stale_sessions_markets")
    assert [one.keys for one in asked if not isinstance(one, str)] == [
        ("2024-12-16T00", "2024-12-16T00"),
        ("2024-12-16T01", "2024-12-16T01"),
    ]
