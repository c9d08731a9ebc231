"""Tables of streams in Dagster: shown as they fill, with how fresh they are, and built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from support.alerted import alerted
from support.archives import MakePlatform
from support.good_rows import OPENED
from support.ticks import Harness

from indextracker.streams.arrivals import EVENTS
from indextracker.streams.consuming import Consumer
from indextracker.streams.model import Record
from indextracker.streams.opening import open_stream
from indextracker_assets.specs import asset_key
from indextracker_catalogue import markets as m

CHECK = dg.AssetCheckKey(asset_key(m.QUOTE_EVENTS), "fresh")
OF_BARS = dg.AssetCheckKey(asset_key(m.QUOTE_BARS), "fresh")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@dataclass
class House:
    """The code location over a lake and a stream, with a clock that is moved."""

    make: MakePlatform
    instance: dg.DagsterInstance
    folder: Path
    put_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    cursor: str | None = None

    def __post_init__(self) -> None:
        self.now = self.put_at
        platform = self.make(clock=lambda: self.now, stream=str(self.folder))
        self.harness = Harness(platform, self.instance)
        self.lake = platform.lake
        self.stream = open_stream(platform.settings, "markets")
        self.consumer = Consumer(self.stream, self.lake, EVENTS["markets"])

    def put(self, *moments: datetime, lines: int = 0) -> None:
        """A quote of each moment, and lines that are none."""
        quotes = [
            {"symbol": "A", "price": 1.5, "source": "yahoo", "time": f"{moment:%FT%TZ}"}
            for moment in moments
        ]
        data = "\n".join([*map(json.dumps, quotes), *["{"] * lines]).encode()
        self.put_at = datetime.now(UTC)
        assert self.stream.put([Record("A", data)]) == []

    def consume(self) -> None:
        while self.consumer.step().rows:
            pass

    def look(self, after: timedelta) -> list[object]:
        """What the sensor notes, so long after the last put; Dagster gets it, as of its daemon."""
        self.now = self.put_at + after
        sensor = self.harness.defs.get_sensor_def("arrivals")
        context = dg.build_sensor_context(
            self.instance, definitions=self.harness.defs, cursor=self.cursor
        )
        tick = sensor.evaluate_tick(context)
        self.cursor = tick.cursor
        for event in tick.asset_events:
            self.instance.report_runless_asset_event(event)
        return [*tick.asset_events]

    def shown(self, key: dg.AssetCheckKey = CHECK) -> tuple[bool, str] | None:
        """What Dagster shows of a check: whether it passed, and how bad it is where not."""
        storage = self.instance.event_log_storage
        record = storage.get_latest_asset_check_execution_by_key([key]).get(key)
        if record is None or record.event is None:
            return None
        event = record.event.get_dagster_event()
        found = event.asset_check_evaluation_data
        return found.passed, "" if found.passed else found.severity.value


@pytest.fixture
def house(make_platform: MakePlatform, instance: dg.DagsterInstance, tmp_path: Path) -> House:
    return House(make_platform, instance, tmp_path / "streams")


def test_what_arrives_is_noted_without_a_run_and_its_hours_are_built(house: House) -> None:
    house.put(OPENED, OPENED + timedelta(minutes=1), lines=2)
    house.consume()
    [arrived] = {*house.lake.rows(m.QUOTE_EVENTS).to_table()["arrived_at"].to_pylist()}
    noted, fresh, *_ = house.look(timedelta(minutes=4))
    assert isinstance(noted, dg.AssetMaterialization)
    assert noted.asset_key == asset_key(m.QUOTE_EVENTS)
    assert {name: value.value for name, value in noted.metadata.items()} == {
        "dagster/row_count": 4,
        "new_rows": 4,
        "last_arrived_at": arrived.timestamp(),
        "lag_seconds": 0.0,
    }
    assert isinstance(fresh, dg.AssetCheckEvaluation)
    assert (fresh.asset_check_key, fresh.passed) == (CHECK, True)
    assert house.look(timedelta(minutes=5)) == []

    house.harness.run(house.harness.sensor("stale_sessions_markets"))
    assert house.lake.row_counts(m.QUOTE_BARS, ["2024-12-16T01"]) == {"2024-12-16T01": 6}
    house.put(OPENED - timedelta(minutes=30))
    house.consume()
    asked = house.harness.sensor("stale_sessions_markets")
    assert [one.keys for one in asked if not isinstance(one, str)] == [
        ("2024-12-16T00", "2024-12-16T00"),
        ("2024-12-16T01", "2024-12-16T01"),
    ]


def test_events_are_fresh_where_none_waits_and_stale_where_nobody_reads_them(house: House) -> None:
    assert house.look(timedelta(0)) == []
    assert house.shown() is None
    house.put(OPENED)
    house.consume()
    house.look(timedelta(0))
    assert house.shown() == (True, "")
    # A night, and holidays.
    assert house.look(timedelta(days=10)) == []

    house.put(OPENED)
    assert house.look(timedelta(seconds=50)) == []
    [late] = house.look(timedelta(minutes=2))
    assert isinstance(late, dg.AssetCheckEvaluation)
    assert 60 < float(str(late.metadata["lag_seconds"].value)) < 121
    assert house.shown() == (False, "WARN")
    assert house.look(timedelta(minutes=3)) == []
    house.look(timedelta(hours=2))
    assert house.shown() == (False, "ERROR")

    house.consume()
    house.look(timedelta(hours=2))
    assert house.shown() == (True, "")


def test_it_is_not_known_how_fresh_events_are_whose_stream_does_not_answer(house: House) -> None:
    house.put(OPENED)
    house.consume()
    house.look(timedelta(0))
    for file in (house.folder).iterdir():
        file.rename(file.with_suffix(".away"))
    [unknown] = house.look(timedelta(minutes=1))
    assert isinstance(unknown, dg.AssetCheckEvaluation)
    assert "there is no stream" in str(unknown.metadata["problem"].value)
    assert house.shown() == (False, "WARN")


def test_bars_are_fresh_where_no_hour_with_events_is_left_unbuilt(house: House) -> None:
    hour = house.put_at.replace(minute=0, second=0, microsecond=0)
    house.put(hour)
    house.consume()
    soon, later = (hour + timedelta(minutes=n) - house.put_at for n in (65, 75))
    house.look(soon)
    assert house.shown(OF_BARS) == (True, "")
    house.look(later)
    assert house.shown(OF_BARS) == (False, "WARN")

    house.harness.run(house.harness.sensor("stale_sessions_markets"))
    house.look(later)
    assert house.shown(OF_BARS) == (True, "")
    # Hours without events are due to nobody: not to who looks by hand either.
    house.now += timedelta(hours=5)
    run = house.harness.launch("freshness_markets", dg.RunRequest())
    assert run.success
    assert {check.asset_check_key: check.passed for check in run.get_asset_check_evaluations()} == {
        CHECK: True,
        OF_BARS: True,
    }


def test_what_is_decided_and_then_sent_is_in_the_mart(house: House) -> None:
    alerted(house.harness)
