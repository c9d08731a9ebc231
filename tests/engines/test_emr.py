"""Jobs on EMR Serverless: our side as in production, AWS's side by a stand-in."""

import gzip
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.plan.objects import StepFailureData
from support import emr_standin, one_sail, stores
from support.keys import keys
from support.market import MONDAY, ORDINARY, source

from indextracker.acquiring.acquisition import acquire
from indextracker.building.reference_tables import REFERENCES
from indextracker.engines import emr
from indextracker.feeds import FEEDS
from indextracker.lake.digest import contents
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_assets import resources
from indextracker_assets.assets.silver_gold import refined_assets
from indextracker_assets.partitions import partitions_of
from indextracker_catalogue import TABLES
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_spark.jobs import JOBS

LEVELS, BARS = TABLES["silver/index_levels"], TABLES["gold/index_bars"]
SESSIONS = (ORDINARY, date(2024, 12, 13), MONDAY)
FULL = "Worker could not be allocated as the application has exceeded maximumCapacity settings"


@pytest.fixture(scope="module")
def store() -> Iterator[stores.Store]:
    """To which the environment leads."""
    with stores.serving() as started, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(started).items():
            patch.setenv(name, value)
        yield started


def environment(store: stores.Store) -> dict[str, str]:
    return store.environment() | {
        "AWS_ALLOW_HTTP": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


@pytest.fixture(scope="module")
def settings(store: stores.Store, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Of a lake on S3 with the facts of three sessions, of which Spark has made nothing yet."""
    settings = Settings(
        lake=f"s3://{stores.BUCKET}/lake",
        engine="emr",
        emr_application="app",
        emr_role="arn:aws:iam::123456789012:role/jobs",
        emr_code=f"s3://{stores.BUCKET}/emr",
        dagster_home=str(tmp_path_factory.mktemp("emr")),
        start=ORDINARY,
    )
    platform = Platform(settings, clock=clock)
    exchange = Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))
    with source(exchange) as http:
        acquire(platform.lake, FEEDS["twse_index"], [*map(str, SESSIONS)], http)
    for table, reference in REFERENCES.items():
        platform.lake.replace(table, reference.made())
    # There is no application yet that could be asked.
    assert materialised(platform, LEVELS.path).success
    return settings


def clock() -> datetime:
    return datetime(2024, 12, 18, tzinfo=UTC)


@pytest.fixture
def application(
    store: stores.Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[emr_standin.Application]:
    made = emr_standin.Application(emr_standin.Image(environment(store)))
    with emr_standin.serving(made) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_EMR_SERVERLESS", address)
        monkeypatch.setattr(resources, "POLL_SECONDS", 0.2)
        yield made


@pytest.fixture
def platform(application: emr_standin.Application, settings: Settings) -> Platform:
    return Platform(settings, clock=clock)


def materialised(platform: Platform, table: str = BARS.path) -> dg.ExecuteInProcessResult:
    assets = refined_assets(platform, partitions_of(platform))
    (asset,) = (one for one in assets if one.key.path == table.split("/"))
    return dg.materialize(
        [asset],
        resources={"platform": platform},
        tags={
            "dagster/asset_partition_range_start": SESSIONS[0].isoformat(),
            "dagster/asset_partition_range_end": SESSIONS[-1].isoformat(),
        },
        raise_on_error=False,
    )


def failure(result: dg.ExecuteInProcessResult) -> StepFailureData:
    (failed,) = (event for event in result.all_events if event.is_step_failure)
    return failed.step_failure_data


def waiting_does(what: Callable[[float], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens while Pipes waits for a job that runs, and nowhere else."""
    clock = SimpleNamespace(sleep=what, time=time.time)
    monkeypatch.setattr("dagster_aws.pipes.clients.emr_serverless.time", clock)


def test_a_job_waits_for_room_runs_and_reports_its_sessions(
    java: int,
    application: emr_standin.Application,
    platform: Platform,
    store: stores.Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(emr, "time", SimpleNamespace(sleep=pauses.append))
    application.refusals.append(FULL)
    result = materialised(platform)
    assert result.success, application.runs[-1].printed.decode()[-3000:]
    assert pauses == [60]
    assert [run.state for run in application.runs] == ["FAILED", "SUCCESS"]

    # What the job reported of each session stands beside what was counted afterwards.
    counted = platform.lake.row_counts(BARS, [*map(str, SESSIONS)])
    assert all(counted.values())
    events = result.asset_materializations_for_node("gold__index_bars")
    assert {event.partition for event in events} == {day.isoformat() for day in SESSIONS}
    for event in events:
        rows = counted[event.partition or ""]
        assert event.metadata["rows of gold/index_bars"].value == rows
        assert event.metadata["dagster/partition_row_count"].value == rows
        assert event.metadata["job run"].value == "run1"
    # The link leads to where the driver's output is kept.
    prefix = "emr/logs/applications/app/jobs/run1/"
    assert events[0].metadata["log"].value == (
        f"https://console.aws.amazon.com/s3/buckets/{stores.BUCKET}?prefix={prefix}"
    )
    (log,) = store.names(prefix)
    body = store.client().get_object(Bucket=stores.BUCKET, Key=log)["Body"].read()
    assert gzip.decompress(body) == application.runs[1].printed

    # The same rows as by Sail.
    on_emr = contents(platform.lake, BARS)
    one_sail.engine().run(JOBS[BARS.path], platform.lake.root, keys(SESSIONS))
    assert contents(platform.lake, BARS) == on_emr


def test_a_failed_job_says_why_and_where_it_printed(
    application: emr_standin.Application, platform: Platform
) -> None:
    application.refusals.append("Job failed. ExitCode: 1.")
    result = materialised(platform)
    failed = failure(result).user_failure_data
    assert failed is not None
    assert "job run run0 of EMR Serverless failed: Job failed. ExitCode: 1." in (
        failed.description or ""
    )
    assert failed.metadata["log"].value.endswith("?prefix=emr/logs/applications/app/jobs/run0/")
    assert len(application.runs) == 1


def test_an_interrupted_run_cancels_its_job(
    application: emr_standin.Application, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    application.hangs = True

    def interrupted(seconds: float) -> None:
        raise DagsterExecutionInterruptedError

    waiting_does(interrupted, monkeypatch)
    assert not materialised(platform).success
    assert [run.state for run in application.runs] == ["CANCELLED"]


def test_a_job_that_nobody_waits_for_any_longer_is_cancelled(
    application: emr_standin.Application, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    application.hangs = True

    def lost(seconds: float) -> None:
        raise OSError("the network is down")

    waiting_does(lost, monkeypatch)
    result = materialised(platform)
    assert "run0 of EMR Serverless failed: the network is down" in (
        failure(result).error_display_string
    )
    assert [run.state for run in application.runs] == ["CANCELLED"]
