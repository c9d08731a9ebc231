"""Two weeks of Lunar New Year 2024 with the clock moved: real ticks, real runs, over HTTP.

The exchange trades on Monday 5 February, closes until Wednesday the 14th, trades on the 15th, is
called off by a typhoon on Friday the 16th, of which no calendar knows, and trades on the 19th.
TWSE is away on the evening of the 5th.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from support.archives import MakePlatform
from support.backfills import TAIWAN
from support.ticks import Asked, Harness

from indextracker.acquiring.deliveries import current
from indextracker.building import staleness
from indextracker.building.freshness import Lag, lags
from indextracker.building.needs import needs_of
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets import jobs
from indextracker_assets.specs import key_at
from indextracker_catalogue import SUBJECTS, TABLES, Table
from indextracker_simulator.faults import Fault
from indextracker_simulator.randomness import generator
from indextracker_simulator.server import ExchangeServer
from indextracker_simulator.taiwan.exchange import Exchange

EVALUATED = dg.DagsterEventType.ASSET_CHECK_EVALUATION
SESSION_FEEDS = [name for name, feed in FEEDS.items() if not feed.timeline.at_once]
TAIPEI = ZoneInfo("Asia/Taipei")
BEFORE, AFTER, TYPHOON, LAST = (date(2024, 2, day) for day in (5, 15, 16, 19))
OF_THE_INDEX = {
    "silver/index_levels",
    "silver/rejects",
    "gold/index_bars",
    "gold/index_sessions",
    "raw/raw_index_bars",
    "raw/raw_index_sessions",
}


def taipei(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 2, day, hour, minute, tzinfo=TAIPEI)


@dataclass
class World:
    """The clock, the exchange's troubles, and what runs on its own."""

    now: datetime
    twse_is_away: bool = True
    harness: Harness = field(init=False)

    def draw(self, path: str, _: Any) -> Fault | None:
        if self.twse_is_away and path.startswith("/rwd/"):
            return Fault("unavailable", generator(1, "away"), 0.0)
        return None

    @property
    def platform(self) -> Platform:
        return self.harness.platform

    def lags(self, now: datetime) -> dict[Table, Lag]:
        of = self.platform
        return lags(of.lake, TAIWAN, of.calendar_of, of.settings.lake.start, now)

    def evening(self, day: int) -> list[Asked] | str:
        """The schedule's tick of a day, its runs run."""
        self.now = taipei(day, 18, 30)
        asked = self.harness.schedule("documents_of_today", self.now)
        if not isinstance(asked, str):
            self.harness.run(asked)
        return asked

    def states(self, session: date) -> dict[str, str]:
        answers = current(self.platform.lake, SESSION_FEEDS, [str(session)])
        return {feed: answer.state for (feed, _), answer in answers.items()}

    def refined(self) -> list[Asked]:
        """The stale sessions' tick, its runs run; the marts are asked for and left alone."""
        asked = self.harness.sensor("stale_sessions")
        assert not isinstance(asked, str), asked
        self.harness.run([one for one in asked if one.job == jobs.REFINE])
        return asked


@pytest.fixture(scope="module")
def world(make_platform: MakePlatform) -> Iterator[World]:
    prepare()
    world = World(taipei(5, 18, 30))
    exchange = Exchange(clock=lambda: world.now, window=5, typhoons=[TYPHOON])
    server = ExchangeServer(exchange, faults=world)  # type: ignore[arg-type]
    with server.in_background():
        platform = make_platform(f"simulated:{server.url}", clock=lambda: world.now, start=BEFORE)
        with dg.DagsterInstance.from_config(platform.settings.dagster.home) as instance:
            world.harness = Harness(platform, instance)
            yield world


def test_the_evening_of_the_last_session(world: World) -> None:
    [asked] = world.evening(5)
    assert asked.job == jobs.ACQUIRE
    assert asked.keys == (str(BEFORE), str(BEFORE))
    states = world.states(BEFORE)
    assert states.pop("twse_index") == "blocked"
    assert set(states.values()) == {"accepted"}

    [asked] = world.refined()
    assert asked.keys == (str(BEFORE), str(BEFORE))
    assert {"gold/futures_bars", "raw/raw_futures_bars", "gold/option_bars"} < asked.assets
    assert not {"gold/index_bars", "raw/raw_index_bars"} & asked.assets
    [asked] = world.refined()
    assert asked.job == jobs.BUILD_MARTS


def test_a_publisher_is_asked_again_after_a_pause_that_grows(world: World) -> None:
    reason = world.harness.sensor("outstanding_documents")
    assert "wait for their turn" in reason
    world.now += timedelta(minutes=31)
    asked = world.harness.sensor("outstanding_documents")
    of_sessions = [one for one in asked if one.keys]
    assert [(one.keys, set(one.assets)) for one in of_sessions] == [
        ((str(BEFORE), str(BEFORE)), {"bronze/twse_index"})
    ]
    world.harness.run(asked)
    world.now += timedelta(minutes=31)
    assert isinstance(world.harness.sensor("outstanding_documents"), str)


def test_what_recovers_is_refined_alone(world: World) -> None:
    world.twse_is_away = False
    reason = world.evening(6)
    assert reason == "2024-02-06 is no trading day; the next one is 2024-02-15"
    world.harness.run(world.harness.sensor("outstanding_documents"))
    assert set(world.states(BEFORE).values()) == {"accepted"}
    [asked] = world.refined()
    assert asked.keys == (str(BEFORE), str(BEFORE))
    assert (
        asked.assets - {"/".join(key.path) for key in jobs.reference_keys(TAIWAN)} == OF_THE_INDEX
    )


@pytest.mark.parametrize("day", [7, 10, 14])  # a holiday, a Saturday, the last holiday
def test_nothing_is_asked_for_on_closed_days(world: World, day: int) -> None:
    assert "is no trading day" in world.evening(day)
    assert "no document is requested now" in world.harness.sensor("outstanding_documents")
    [asked] = world.refined()
    assert asked.job == jobs.BUILD_MARTS


def test_a_dawn_file_is_no_document_and_the_full_one_is(world: World) -> None:
    world.now = taipei(15, 8)
    tags = {f"dagster/asset_partition_range_{end}": str(AFTER) for end in ("start", "end")}
    assert world.harness.launch(jobs.ACQUIRE, dg.RunRequest(tags=tags)).success
    states = world.states(AFTER)
    assert states["taifex_futures"] == states["taifex_options"] == "partial"
    assert "accepted" not in states.values()
    [asked] = world.refined()
    assert asked.job == jobs.BUILD_MARTS

    [asked] = world.evening(15)
    assert asked.keys == (str(AFTER), str(AFTER))
    assert set(world.states(AFTER).values()) == {"accepted"}
    [asked] = world.refined()
    assert asked.keys == (str(AFTER), str(AFTER))
    assert asked.assets >= OF_THE_INDEX | {"gold/futures_bars"}


def test_a_typhoon_is_found_out_by_the_next_session(world: World) -> None:
    [asked] = world.evening(16)
    assert asked.keys == (str(TYPHOON), str(TYPHOON))
    states = world.states(TYPHOON)
    # Its vendor has an empty list for a day without trades, be it for this reason or another.
    del states["finmind_trades"]
    assert set(states.values()) == {"missing", "partial"}
    for asked in world.refined():
        assert not OF_THE_INDEX & asked.assets - {"silver/rejects"}
        assert "silver/futures_trades" not in asked.assets

    [asked] = world.evening(19)
    assert asked.keys == (str(LAST), str(LAST))
    asked = world.harness.sensor("outstanding_documents")
    assert [one.keys for one in asked if one.keys] == [(str(TYPHOON), str(TYPHOON))]
    world.harness.run(asked)
    assert {world.states(TYPHOON)[feed] for feed in states} == {"closed"}
    [asked] = world.refined()
    assert asked.keys == (str(LAST), str(LAST))
    assert "no document is requested now" in world.harness.sensor("outstanding_documents")
    with world.platform.lake.sql([TABLES["silver/sessions"], TABLES["silver/closures"]]) as lake:
        query = "select previous_session_date from sessions where session_date = $day"
        assert lake.execute(query, {"day": TYPHOON}).fetchall() == []
        assert lake.execute(query, {"day": LAST}).fetchall() == [(AFTER,)]
        found = lake.execute(
            "select reason from closures where closed_date = $day", {"day": TYPHOON}
        )
        assert "the exchange was closed" in found.fetchall()[0][0]


def test_the_tables_hold_the_three_sessions(world: World) -> None:
    traded = [BEFORE, AFTER, LAST]
    for path in ("gold/futures_bars", "gold/index_bars", "gold/option_bars", "raw/contracts"):
        keys = world.harness.instance.get_materialized_partitions(key_at(path))
        assert sorted(keys) == [str(day) for day in traded], path
    lake = world.platform.lake
    assert not any(staleness.stale(lake, needs_of(SUBJECTS["taiwan"])).values())
    for table in (FEEDS["taifex_futures"].table, FEEDS["twse_index"].table):
        rows = lake.row_counts(table, [*map(str, traded), str(TYPHOON)])
        assert [day for day, count in rows.items() if count] == [*map(str, traded)]


def test_freshness_knows_the_calendar(world: World) -> None:
    found = world.lags(world.now)
    assert {lag.behind for lag in found.values()} == {0}
    assert {lag.newest for lag in found.values()} == {str(LAST)}
    # A day later, before its documents are due; and after.
    assert {lag.behind for lag in world.lags(taipei(20, 12)).values()} == {0}
    assert {lag.behind for lag in world.lags(taipei(20, 23)).values()} == {1}
    run = world.harness.launch(jobs.FRESHNESS, dg.RunRequest())
    assert run.success
    assert all(check.passed for check in run.get_asset_check_evaluations())


def test_states_are_shown_as_checks(world: World) -> None:
    key = dg.AssetCheckKey(dg.AssetKey(["bronze", "twse_index"]), "documents_accepted")
    records = world.harness.instance.event_log_storage.get_asset_check_execution_history(key, 50)
    shown = [
        record.event.get_dagster_event().asset_check_evaluation_data
        for record in records
        if record.event and record.event.dagster_event_type == EVALUATED
    ]
    newest, oldest = shown[0], shown[-1]
    assert newest.passed
    assert {name: value.value for name, value in newest.metadata.items()} == {
        "accepted": 3,
        "closed": 1,
    }
    assert not oldest.passed
    assert oldest.severity == dg.AssetCheckSeverity.WARN
    assert "2024-02-05 blocked" in str(oldest.metadata["examples"].value)
