"""What a schedule requests by its time line: the newest key that is due, or all keys together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg
import pytest
from support.backfills import TAIWAN

from indextracker.feeds import feeds_of
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_assets import automation
from indextracker_assets.partitions import tags_between
from indextracker_catalogue import Schedule, Sessions, Timeline, Years


def requested(
    timeline: Timeline, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> dg.RunRequest | str:
    """What Taiwan's documents of a time line are requested by, at an instant."""
    subject = replace(TAIWAN, schedules=(Schedule("asked", timeline, "* * * * *"),), freshness="")
    monkeypatch.setattr(automation, "SUBJECTS", {subject.name: subject})
    monkeypatch.setattr(automation, "feeds_of", lambda _: feeds_of(TAIWAN))
    [schedule] = automation.schedules(Platform(Settings(), lambda: at))
    with dg.DagsterInstance.ephemeral() as instance:
        tick = schedule.evaluate_tick(
            dg.build_schedule_context(instance, scheduled_execution_time=at)
        )
    assert schedule.job_name == "acquire"
    [request] = tick.run_requests or [str(tick.skip_message)]
    return request


@pytest.mark.parametrize(
    ("hour", "key"),
    [
        (12, "2024-12-16"),  # in the evening of Taipei
        (1, "2024-12-13"),  # on Monday morning nothing of the day is due
    ],
)
def test_the_newest_session_that_is_due_is_requested(
    hour: int, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2024, 12, 16, hour, tzinfo=UTC)
    request = requested(Sessions("XTAI"), at, monkeypatch)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == key
    assert tags_between(key, key).items() <= request.tags.items()


def test_a_closed_day_requests_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2024, 12, 14, 12, tzinfo=UTC)
    reason = requested(Sessions("XTAI"), at, monkeypatch)
    assert reason == "2024-12-14 is no trading day; the next one is 2024-12-16"


def test_what_is_requested_all_at_once_has_no_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    request = requested(Years(), datetime(2024, 12, 16, tzinfo=UTC), monkeypatch)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "2024"
    assert request.asset_selection == [dg.AssetKey(["bronze", "twse_holidays"])]
    assert not any("partition" in tag for tag in request.tags)
