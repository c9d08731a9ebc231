"""Runs whose process was killed, pauses between tries, and alerts."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.archives import MakePlatform
from support.ticks import QUIET, Harness

from indextracker.acquiring.turns import LONGEST_PAUSE, pause
from indextracker.feeds import feeds_of
from indextracker_assets.alerts import Failure, LogAlert
from indextracker_assets.automation import failed_runs
from indextracker_assets.runs import (
    DIGEST,
    FIRST_PAUSE,
    PROCESS,
    attempt,
    end_killed_runs,
    process_tag,
)
from indextracker_catalogue import SUBJECTS

NOW = datetime.now(UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@dg.op
def breaks() -> None:
    raise RuntimeError("https://publisher.example/?token=secret")


@dg.job
def broken() -> None:
    breaks()


def started(instance: dg.DagsterInstance, process: str) -> str:
    """A run that a process began and never ended."""
    run = instance.create_run_for_job(broken, status=dg.DagsterRunStatus.STARTED)
    instance.add_run_tags(run.run_id, {PROCESS: process.replace("RUN", run.run_id)})
    return run.run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


def test_runs_of_killed_processes_are_ended_and_no_others(instance: dg.DagsterInstance) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    host, _, _ = process_tag("x")[PROCESS].split(":")
    mine = started(instance, f"{host}:{child.pid}:RUN")
    elsewhere = started(instance, f"other:{child.pid}:RUN")
    inherited = started(instance, f"{host}:{child.pid}:of-the-run-before")
    unmarked = started(instance, "")
    assert end_killed_runs(instance) == []
    child.kill()
    child.wait()
    assert end_killed_runs(instance) == [mine]
    assert status(instance, mine) == dg.DagsterRunStatus.FAILURE
    for run_id in (elsewhere, inherited, unmarked):
        assert status(instance, run_id) == dg.DagsterRunStatus.STARTED


def test_what_failed_is_tried_again_ever_more_rarely(instance: dg.DagsterInstance) -> None:
    assert attempt(instance, "d", NOW) == "d:0"
    ends = []
    for tries in (1, 2, 3):
        broken.execute_in_process(
            instance=instance, tags={DIGEST: "d"}, raise_on_error=False, run_config=QUIET
        )
        ends.append(datetime.now(UTC))
        wait = FIRST_PAUSE * 2 ** (tries - 1)
        assert attempt(instance, "d", ends[-1] + wait - timedelta(seconds=30)) is None
        assert attempt(instance, "d", ends[-1] + wait) == f"d:{tries}"
    assert attempt(instance, "another", NOW) == "another:0"


def test_what_is_under_way_is_not_asked_for_twice(instance: dg.DagsterInstance) -> None:
    run = instance.create_run_for_job(broken, tags={DIGEST: "d"})
    assert status(instance, run.run_id) == dg.DagsterRunStatus.NOT_STARTED
    assert attempt(instance, "d", NOW + LONGEST_PAUSE * 2) is None


@given(tries=st.integers(1, 10**6), minutes=st.integers(1, 60))
def test_pauses_double_and_have_an_end(tries: int, minutes: int) -> None:
    first = timedelta(minutes=minutes)
    assert first <= pause(tries, first) <= LONGEST_PAUSE
    assert pause(tries + 1, first) in (pause(tries, first) * 2, LONGEST_PAUSE)


def test_an_alert_names_the_run_and_no_text_of_its_error(
    instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    result = broken.execute_in_process(
        instance=instance,
        tags={"dagster/asset_partition_range_start": "2024-12-13"}
        | {"dagster/asset_partition_range_end": "2024-12-16"},
        raise_on_error=False,
        run_config=QUIET,
    )
    [event] = result.filter_events(lambda event: event.is_job_event and event.is_failure)
    told: list[Failure] = []

    class Alert:
        def send(self, failure: Failure) -> None:
            told.append(failure)
            LogAlert().send(failure)

    context = dg.build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_instance=instance,
        dagster_run=result.dagster_run,
        dagster_event=event,
    ).for_run_failure()
    with caplog.at_level(logging.ERROR, "indextracker.alerts"):
        failed_runs(Alert())(context)
    assert told == [Failure(result.run_id, "broken", ("breaks",), "2024-12-13 to 2024-12-16")]
    assert f"run {result.run_id} (broken of 2024-12-13 to 2024-12-16) failed at breaks" in (
        caplog.text
    )
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"failed_runs": "RUNNING", "killed_runs": "RUNNING"}),
        ({"alerts": "none"}, {"killed_runs": "RUNNING"}),
        (
            {"automation": "running", "alerts": "log"},
            {
                "failed_runs": "RUNNING",
                "killed_runs": "RUNNING",
                "arrivals": "RUNNING",
                **{
                    f"{name}{subject.suffix}": "RUNNING"
                    for subject in SUBJECTS.values()
                    for name in ("outstanding_documents", "stale_sessions", "freshness_of_today")
                    # A stream has no documents to ask for, nor a moment by which they are due.
                    if feeds_of(subject) or name == "stale_sessions"
                },
                **{
                    schedule.name: "RUNNING"
                    for subject in SUBJECTS.values()
                    for schedule in subject.schedules
                },
            },
        ),
    ],
)
def test_nothing_is_acquired_unless_the_settings_say_so(
    make_platform: MakePlatform,
    instance: dg.DagsterInstance,
    settings: dict[str, str],
    expected: dict[str, str],
) -> None:
    defs = Harness(make_platform(**settings), instance).defs
    repository = defs.get_repository_def()
    found = [*repository.schedule_defs, *repository.sensor_defs]
    running = {one.name: one.default_status.name for one in found}
    assert {name: s for name, s in running.items() if s == "RUNNING"} == expected
    evening = repository.get_schedule_def("documents_of_today")
    assert (evening.cron_schedule, evening.execution_timezone) == ("30 18 * * *", "Asia/Taipei")
