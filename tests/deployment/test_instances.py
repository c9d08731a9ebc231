"""The dagster.yaml of each environment: what kind of instance it makes, and that it works."""

from __future__ import annotations

from pathlib import Path

import boto3
import dagster as dg
import pytest
from dagster._core.instance.config import PoolGranularity
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import DefaultRunLauncher
from dagster._serdes import serialize_value
from dagster_aws.ecs import EcsRunLauncher
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager
from dagster_postgres import PostgresEventLogStorage, PostgresRunStorage, PostgresScheduleStorage
from deployment.clouds import LOGS, Cloud, instance

from indextracker_assets.event_log import KeptEventLog
from indextracker_assets.jobs import ACQUIRE, BUILD_MARTS, REFINE, SUBJECT, jobs_of
from indextracker_catalogue import SUBJECTS


def test_one_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance("local", tmp_path / "dagster", monkeypatch) as local:
        assert isinstance(local.event_log_storage, KeptEventLog)
        assert isinstance(local.run_launcher, DefaultRunLauncher)
        pools = local.event_log_storage.get_pool_config()
        assert pools.default_pool_limit is None
        assert not local.telemetry_enabled
        assert local.run_retries_enabled
        assert local.run_retries_max_retries == 2
        assert not local.run_retries_retry_on_asset_or_op_failure


def test_aws(on_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance("aws", tmp_path / "dagster", monkeypatch) as aws:
        assert isinstance(aws.event_log_storage, PostgresEventLogStorage)
        assert isinstance(aws.run_storage, PostgresRunStorage)
        assert isinstance(aws.schedule_storage, PostgresScheduleStorage)
        assert isinstance(aws.compute_log_manager, S3ComputeLogManager)
        assert isinstance(aws.run_launcher, EcsRunLauncher)
        assert aws.run_launcher.run_resources == {"cpu": "1024", "memory": "4096"}
        assert aws.run_launcher.secrets_tags == []
        pools = aws.event_log_storage.get_pool_config()
        assert (pools.default_pool_limit, pools.pool_granularity) == (1, PoolGranularity.OP)
        assert not aws.telemetry_enabled
        assert aws.run_monitoring_enabled
        assert aws.run_monitoring_start_timeout_seconds == 600
        assert aws.run_monitoring_max_resume_run_attempts == 0
        assert aws.run_monitoring_settings["free_slots_after_run_end_seconds"] == 60
        assert aws.run_retries_enabled
        assert aws.run_retries_max_retries == 2
        assert not aws.run_retries_retry_on_asset_or_op_failure


@pytest.mark.parametrize("variable", ["INDEXTRACKER_DAGSTER_DATABASE", "INDEXTRACKER_LOGS_BUCKET"])
def test_aws_names_the_variable_that_is_missing(
    on_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    with pytest.raises(Exception, match=f'environment variable "{variable}".* not set'):
        _ = instance("aws", tmp_path / "dagster", monkeypatch).compute_log_manager


def test_what_launches_a_run_holds_no_password(
    on_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task is launched by a command that ECS shows to everybody who may look."""
    with instance("aws", tmp_path / "dagster", monkeypatch) as aws:
        reference = aws.get_ref()
        assert isinstance(reference, InstanceRef)
        assert on_aws.password not in serialize_value(reference)
        assert "INDEXTRACKER_DAGSTER_DATABASE" in serialize_value(reference)


@dg.asset
def talkative() -> None:
    print("printed by a step")  # noqa: T201


def test_a_run_is_kept_in_postgresql_and_its_output_in_s3(
    on_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with instance("aws", tmp_path / "dagster", monkeypatch) as aws:
        run = dg.materialize([talkative], instance=aws).dagster_run
    # Another machine has nothing but its environment.
    with instance("aws", tmp_path / "other", monkeypatch) as elsewhere:
        found = elsewhere.get_run_by_id(run.run_id)
        assert found
        assert found.status == dg.DagsterRunStatus.SUCCESS
        [event] = elsewhere.fetch_materializations(talkative.key, limit=1).records
        assert event.run_id == run.run_id
    bucket = boto3.client("s3")
    listed = bucket.list_objects_v2(Bucket=LOGS, Prefix=f"dagster/storage/{run.run_id}/")
    keys = [item["Key"] for item in listed["Contents"]]
    [printed] = [key for key in keys if key.endswith(".out")]
    body = bucket.get_object(Bucket=LOGS, Key=printed)["Body"].read().decode()
    assert body == "printed by a step\n"


@pytest.mark.parametrize("environment", ["local", "aws"])
def test_a_subject_that_waits_leaves_threads_and_places_to_the_others(
    on_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    with instance(environment, tmp_path / "dagster", monkeypatch) as found:
        for ticks in (found.get_sensor_settings(), found.get_scheduler_settings()):
            assert ticks["use_threads"]
            assert ticks["num_workers"] > len(SUBJECTS)
        queue = found.get_concurrency_config().run_queue_config
    assert queue
    [limit] = queue.tag_concurrency_limits
    assert limit["key"] == SUBJECT
    assert limit["value"] == {"applyLimitPerUniqueValue": True}
    assert queue.max_concurrent_runs > limit["limit"] * (len(SUBJECTS) - 1)


def test_each_job_is_tagged_with_its_subject() -> None:
    kinds = (ACQUIRE, REFINE, BUILD_MARTS)
    tagged = {
        subject.name: {job.tags[SUBJECT] for kind in kinds for job in jobs_of(kind, subject)}
        for subject in SUBJECTS.values()
    }
    assert tagged == {name: {name} for name in SUBJECTS}
