"""Closed days are found by a step in each publisher's pool, whichever feed a run asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import dagster as dg
import pytest
from support.archives import MakePlatform
from support.ticks import Harness

from indextracker.acquiring.deliveries import current
from indextracker.feeds import FEEDS, Feed
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Answer, Source
from indextracker.platform import Platform
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets import jobs
from indextracker_assets.definitions import work_defs
from indextracker_assets.partitions import tags_between
from indextracker_assets.specs import asset_key
from indextracker_simulator.server import ExchangeServer
from indextracker_simulator.taiwan.exchange import Exchange

# A Tuesday half a year ago, which the exchange's list has long forgotten, and the day after.
TYPHOON, AFTER = date(2024, 6, 18), date(2024, 6, 19)
NOW = datetime(2024, 12, 17, 19, tzinfo=timezone(timedelta(hours=8)))
# What decides: the index publisher has no data, and the daily report has no line.
DECIDING = "twse_index", "taifex_daily_futures"


class Watched(Source):
    """The simulated exchange, which notes who is asked in which step."""

    live = True

    def __init__(self, source: Source) -> None:
        self.place = source.place
        self.step = ""
        self.asked: list[tuple[str, str]] = []
        self._source = source

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        self.asked.append((self.step, feed.publisher))
        return self._source.answers(feed, session)

    def listing(self, feed: Feed) -> Mapping[date, Listed]:
        self.asked.append((self.step, feed.publisher))
        return self._source.listing(feed)

    def last_listing(self, feed: Feed) -> Mapping[date, Listed]:
        return self._source.last_listing(feed)

    def close(self) -> None:
        self._source.close()

    def heard(self, event: dg.EventLogEntry) -> None:
        if event.is_dagster_event and event.get_dagster_event().is_step_start:
            self.step = event.step_key or ""


@pytest.fixture(scope="module")
def exchange() -> Iterator[str]:
    """The address of the exchange half a year after a typhoon of which no calendar knows."""
    server = ExchangeServer(Exchange(clock=lambda: NOW, window=30, typhoons=[TYPHOON]))
    with server.in_background():
        yield server.url


@pytest.mark.parametrize("feed", DECIDING)
def test_a_step_asks_the_publisher_of_its_pool_and_no_other(
    make_platform: MakePlatform, exchange: str, feed: str
) -> None:
    prepare()
    made = make_platform(f"simulated:{exchange}", clock=lambda: NOW)
    watched = Watched(made.source)
    platform = Platform(made.settings, made.clock, engine=made.engine, source=watched)
    with dg.DagsterInstance.from_config(platform.settings.dagster.home) as instance:
        harness, run = Harness(platform, instance), "00000000-0000-4000-8000-000000000001"
        instance.add_event_listener(run, watched.heard)
        request = dg.RunRequest(
            asset_selection=[asset_key(FEEDS[feed].table)],
            tags=tags_between(str(TYPHOON), str(AFTER)),
        )
        result = harness.launch(jobs.ACQUIRE, request, run_id=run)
    assert result.success
    answers = current(platform.lake, DECIDING, [str(TYPHOON)])
    assert {answer.state for answer in answers.values()} == {"closed"}
    [shown] = result.get_asset_check_evaluations()[-1:]
    assert (shown.check_name, shown.passed) == ("documents_accepted", True)

    pools = pools_of_steps(platform)
    assert {publisher for _, publisher in watched.asked} == {"twse", "taifex"}
    for step, publisher in watched.asked:
        assert pools[step] == f"publisher/{publisher}", step


def pools_of_steps(platform: Platform) -> dict[str, str | None]:
    """The pool of each step by its key."""
    definitions = work_defs(platform)
    found = {}
    for made in (*(definitions.assets or ()), *(definitions.asset_checks or ())):
        if isinstance(made, dg.AssetSpec):
            continue  # what people import, which no step makes
        node: Any = made.node_def  # type: ignore[union-attr] - assets and checks alone are made
        if isinstance(node, dg.GraphDefinition):
            found |= {f"{node.name}.{op.name}": op.pool for op in node.node_defs}
        else:
            found[node.name] = node.pool
    return found
