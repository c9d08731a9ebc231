"""The command as a task of ECS runs it: every setting of AWS, its records shared with others."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
from deployment.clouds import CLUSTER, LAKES, TASK, Cloud, instance
from support.commands import commands

from indextracker.settings import cache
from indextracker_assets.specs import key_at

COMMAND = Path(sys.executable).parent / "indextracker"
SECRET = "indextracker/production"
WAREHOUSE_PASSWORD = "warehouse-s3cret"
FEEDS = "twse_index"
DAYS = [date(2024, 12, 12), date(2024, 12, 13)]


@pytest.fixture
def deployed(on_aws: Cloud) -> dict[str, str]:
    """What a task's definition sets, beside what `on_aws` holds."""
    boto3.client("secretsmanager").create_secret(
        Name=SECRET, SecretString=json.dumps({"warehouse_password": WAREHOUSE_PASSWORD})
    )
    return {
        "PATH": "/usr/bin:/bin",
        **on_aws.environment,
        "DAGSTER_CODE_HOST": "code.indextracker.internal",
        "INDEXTRACKER_ENV": "aws",
        "INDEXTRACKER_SOURCE": "simulated",
        "INDEXTRACKER_LAKE": f"s3://{LAKES}/lake",
        "INDEXTRACKER_ENGINE": "sail",
        "INDEXTRACKER_WAREHOUSE": "redshift://loader@127.0.0.1:1/market",
        "INDEXTRACKER_COPY_ROLE": "arn:aws:iam::123456789012:role/copy",
        "INDEXTRACKER_SECRET": SECRET,
        "INDEXTRACKER_START": "2024-12-02",
    }


def asked(day: date) -> list[str]:
    """The arguments of a backfill of a session to silver."""
    days = ["--from", str(day), "--to", str(day)]
    return ["backfill", "taiwan", *days, "--feeds", FEEDS, "--to-layer", "silver", "--json"]


Start = Callable[[date, dict[str, str], Path], subprocess.Popen[str]]


@pytest.fixture
def backfill() -> Iterator[Start]:
    """Starts tasks that backfill a session to silver; they are gone afterwards."""
    with ExitStack() as stack:

        def start(day: date, environment: dict[str, str], home: Path) -> subprocess.Popen[str]:
            task = subprocess.Popen(
                [COMMAND, *asked(day)],
                env={
                    **environment,
                    "HOME": str(home),
                    "XDG_CACHE_HOME": str(cache().parent),
                    "INDEXTRACKER_DAGSTER_HOME": str(home),
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(task)
            stack.callback(task.kill)
            return task

        yield start


def test_two_tasks_share_one_instance(
    on_aws: Cloud,
    deployed: dict[str, str],
    backfill: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = [backfill(day, deployed, tmp_path / str(day)) for day in DAYS]
    reports: dict[str, Any] = {}
    for task in tasks:
        out, err = task.communicate(timeout=400)
        assert task.returncode == 0, out + err
        for secret in (on_aws.password, WAREHOUSE_PASSWORD):
            assert secret not in out + err
        reports |= json.loads(out)["sessions"]
    assert {day: states["twse_index"]["state"] for day, states in reports.items()} == {
        str(day): "accepted" for day in DAYS
    }
    with instance("aws", tmp_path / "elsewhere", monkeypatch) as aws:
        for path in ("bronze/twse_index", "silver/index_levels"):
            there = aws.get_materialized_partitions(key_at(path))
            assert there == {str(day) for day in DAYS}, path
        runs = [run for run in aws.get_runs() if run.job_name in ("acquire", "refine")]
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        assert sorted(run.job_name for run in runs) == ["acquire", "acquire", "refine", "refine"]
        # So that run monitoring finds the task of a run that Dagster did not launch.
        for run in runs:
            assert (run.tags["ecs/task_arn"], run.tags["ecs/cluster"]) == (TASK, CLUSTER)
        keys = aws.event_log_storage.get_concurrency_keys()
        assert {"publisher/twse", "table/silver/index_levels"} <= keys
        assert aws.event_log_storage.get_concurrency_run_ids() == set()
        for run in runs:
            for entry in aws.all_logs(run.run_id):
                text = f"{entry}"
                assert on_aws.password not in text
                assert WAREHOUSE_PASSWORD not in text


def refused(deployed: dict[str, str], home: Path) -> str:
    """What a backfill says that does not begin."""
    output, errors = home / "output", home / "errors"
    places = {"HOME": str(home), "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster")}
    run = commands().start(deployed | places, *asked(DAYS[0]), log=output, errors=errors)
    assert run.wait() == 1
    assert output.read_text() == ""
    return errors.read_text()


def test_a_backfill_outside_of_a_task_is_refused(deployed: dict[str, str], tmp_path: Path) -> None:
    del deployed["ECS_CONTAINER_METADATA_URI_V4"]
    assert "on AWS a backfill runs as a task of ECS" in refused(deployed, tmp_path)


def test_a_deployment_names_all_missing_settings_at_once(
    deployed: dict[str, str], tmp_path: Path
) -> None:
    for name in ("LAKE", "COPY_ROLE", "DAGSTER_DATABASE"):
        del deployed[f"INDEXTRACKER_{name}"]
    assert refused(deployed, tmp_path).strip() == (
        "error: on AWS nothing has a default: set INDEXTRACKER_LAKE, "
        "INDEXTRACKER_DAGSTER_DATABASE, INDEXTRACKER_COPY_ROLE"
    )
