"""What the code calls on AWS: recorded from representative work, and no more than was reviewed.

`recorded_calls.json` has who called what on which resource; tests/deployment/test_rights.py holds
the policies against it. After a change of what is called, renew it and review the difference:
`INDEXTRACKER_TEST_RENEW=1 .venv/bin/python -m pytest tests/deployment/test_recorded_calls.py`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import boto3
import dagster as dg
import pytest
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.compute_log_manager import ComputeIOType
from dagster_aws.ecs import EcsRunLauncher
from deployment.clouds import CLUSTER, TASK, Cloud, instance
from deployment.recording import ACCOUNT, REGION, Recording, serving
from redshift_local import cluster
from support import emr_standin
from support.market import source
from support.waiting import eventually

from indextracker.acquiring.acquisition import acquire
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker.lake.upkeep import maintain
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.warehouse.redshift import RedshiftWarehouse
from indextracker_assets import resources
from indextracker_assets.alerts import Failure, TopicAlert
from indextracker_assets.assets.silver_gold import refined_assets
from indextracker_assets.partitions import partitions_of
from indextracker_assets.secrets import unlocked
from indextracker_catalogue import TABLES
from indextracker_simulator.taiwan.exchange import Exchange

KEPT = Path(__file__).with_name("recorded_calls.json")
# Before the environment is made another.
RENEWED = bool(os.environ.get("INDEXTRACKER_TEST_RENEW"))
DAY = date(2024, 12, 12)
LAKE, WORK, LOGS = (f"indextracker-{what}-{ACCOUNT}-{REGION}" for what in ("lake", "work", "logs"))
SECRET = "indextracker/production"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:indextracker"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/indextracker-{{}}"
SETTINGS = {
    "lake": f"s3://{LAKE}/lake",
    "engine": "emr",
    "emr_application": "app",
    "emr_role": ROLE.format("spark"),
    "emr_code": f"s3://{WORK}/code",
    "stream": "kinesis://indextracker",
    "secret": SECRET,
    "start": "2024-12-02",
}


@dg.job
def nothing() -> None:
    """A run to be started."""


@pytest.fixture(scope="module")
def recorder(cloud: Cloud) -> Iterator[Recording]:
    """Notes what is asked of a stand-in to which the environment leads."""
    with serving() as made, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("INDEXTRACKER_", "DAGSTER_"))]:
            patch.delenv(name)
        ours = {"AWS_ENDPOINT_URL": made.address, "AWS_ACCESS_KEY_ID": "nobody"}
        for name, value in (cloud.environment | ours).items():
            patch.setenv(name, value)
        patch.setenv("INDEXTRACKER_LOGS_BUCKET", LOGS)
        for bucket in (LAKE, WORK, LOGS):
            boto3.client("s3").create_bucket(Bucket=bucket)
        secret = json.dumps({"finmind_token": "of-nobody"})
        boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=secret)
        boto3.client("sns").create_topic(Name="indextracker")
        boto3.client("kinesis").create_stream(StreamName="indextracker-trades", ShardCount=1)
        yield made


@contextmanager
def acting_as(principal: str) -> Iterator[dict[str, str]]:
    """This process asks with the key of a principal; and so does who gets the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", principal)
        # boto3's own session would keep the key that it was first asked with.
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        yield dict(os.environ)


def _aws(principal: str) -> dict[str, str]:
    """What libraries of AWS read in a process of a principal."""
    given = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return given | {"AWS_ACCESS_KEY_ID": principal}


def _materialised(
    platform: Platform, path: str, aws: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    assets = refined_assets(platform, partitions_of(platform))
    (asset,) = (one for one in assets if one.key.path == path.split("/"))
    tags = {f"dagster/asset_partition_range_{end}": DAY.isoformat() for end in ("start", "end")}
    return dg.materialize(
        [asset],
        instance=aws,
        resources={"platform": platform},
        tags=tags,
        raise_on_error=False,
    )


def _of_a_run(recorder: Recording, home: Path, patch: pytest.MonkeyPatch) -> None:
    """Documents, facts, a job of EMR and one that is cancelled, what steps print; an alert."""
    application = emr_standin.Application(emr_standin.Image(_aws("spark")))
    patch.setattr(resources, "POLL_SECONDS", 0.2)
    with (
        acting_as("run"),
        emr_standin.serving(application) as emr,
        instance("aws", home, patch) as aws,
    ):
        recorder.pass_jobs_to(emr)
        settings = unlocked(Settings(**SETTINGS, dagster_home=str(home)))
        platform = Platform(settings, clock=lambda: datetime(2024, 12, 18, tzinfo=UTC))
        with source(Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))) as http:
            acquire(platform.lake, FEEDS["twse_index"], [str(DAY)], http)
        for table, reference in REFERENCES.items():
            platform.lake.replace(table, reference.made())
        for path in ("silver/index_levels", "gold/index_bars"):
            assert _materialised(platform, path, aws).success, path
        application.hangs = True
        clock = SimpleNamespace(sleep=_interrupted, time=time.time)
        patch.setattr("dagster_aws.pipes.clients.emr_serverless.time", clock)
        assert not _materialised(platform, "gold/index_bars", aws).success
        maintain(platform.lake, TABLES["gold/index_bars"], 7)
        TopicAlert(TOPIC).send(Failure("0a1b", "refine", (), None))
        _load(platform.lake, home)


def _interrupted(_: float) -> None:
    raise DagsterExecutionInterruptedError


def _load(lake: Lake, home: Path) -> None:
    """Rows of the lake go to Redshift, which reads them with a role of its own."""
    with cluster(os.environ["AWS_ENDPOINT_URL"]) as redshift:
        settings = Settings(
            **SETTINGS,
            dagster_home=str(home),
            staging=f"s3://{WORK}/lake-staging",
            copy_role=ROLE.format("copy"),
            warehouse=f"redshift://{redshift.user}@{redshift.host}:{redshift.port}/dev",
            warehouse_password=redshift.password,
        )
        loaded = RedshiftWarehouse(settings).load(lake, [TABLES["gold/index_bars"]], [str(DAY)])
        assert loaded["gold/index_bars"] > 0


def _of_streams(home: Path) -> None:
    """Events are put into Kinesis, and brought into the lake, of which they may be the first."""
    boto3.client("s3").delete_object(Bucket=LAKE, Key="lake/world")
    told = {f"INDEXTRACKER_{name.upper()}": value for name, value in SETTINGS.items()}
    environment = {
        **_aws("live"),
        **told,
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "INDEXTRACKER_ENGINE": "sail",
        "INDEXTRACKER_DAGSTER_HOME": str(home),
        "INDEXTRACKER_SETTINGS": os.devnull,
    }
    stream = [str(Path(sys.executable).parent / "indextracker"), "stream"]
    subprocess.run(
        [*stream, "trades", "--count", "500"], env=environment, check=True, capture_output=True
    )
    with subprocess.Popen(
        [*stream, "run", "trades"], env=environment, stderr=subprocess.PIPE
    ) as run:
        try:
            lake = Lake(SETTINGS["lake"], "simulated")
            eventually(lambda: lake.total_rows(TABLES["bronze/trade_records"]) >= 500)
        finally:
            run.terminate()
            run.communicate()


def _of_dagster(recorder: Recording, home: Path, patch: pytest.MonkeyPatch) -> None:
    """The daemon starts a run, looks after it, asks why it ended; pages show what it printed."""
    ec2 = boto3.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.0.0.0/28")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    attached = {
        "type": "ElasticNetworkInterface",
        "details": [
            {"name": "subnetId", "value": subnet},
            {"name": "networkInterfaceId", "value": interface["NetworkInterfaceId"]},
        ],
    }
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/indextracker"}}
    log["options"] |= {"awslogs-stream-prefix": "run", "awslogs-region": REGION}
    container = {"name": "daemon", "image": "image", "environment": [], "logConfiguration": log}
    definition = {
        "family": "run",
        "taskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/run:1",
        "containerDefinitions": [container, container | {"name": "run"}],
        "cpu": "256",
        "memory": "1024",
    }
    task = {
        "taskArn": TASK,
        "clusterArn": CLUSTER,
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "attachments": [attached],
        "lastStatus": "RUNNING",
        "containers": [{"name": "daemon", "exitCode": 1, "runtimeId": "0a1b"}],
    }
    of_run = {
        "ecs:DescribeTaskDefinition": {"taskDefinition": definition},
        "ecs:RegisterTaskDefinition": {"taskDefinition": definition},
        "ecs:RunTask": {"tasks": [task], "failures": []},
        "ecs:StopTask": {"task": task},
    }
    recorder.answer(of_run | {"ecs:DescribeTasks": {"tasks": [task]}})
    with acting_as("dagster"), instance("aws", home, patch) as aws:
        location = RegisteredCodeLocationOrigin("indextracker")
        repository = RemoteRepositoryOrigin(location, "__repository__")
        code = RepositoryPythonOrigin(
            executable_path="python",
            code_pointer=ModuleCodePointer("indextracker_assets.definitions", "defs"),
            container_image="image",
            entry_point=["dagster"],
            container_context={"ecs": {"task_role_arn": ROLE.format("run")}},
        )
        run = aws.create_run_for_job(
            job_def=nothing,
            remote_job_origin=RemoteJobOrigin(repository, "nothing"),
            job_code_origin=JobPythonOrigin("nothing", code),
        )
        launcher = aws.run_launcher
        assert isinstance(launcher, EcsRunLauncher)
        launcher.launch_run(LaunchRunContext(run, None))
        started = aws.get_run_by_id(run.run_id)
        assert started
        assert launcher.check_run_worker_health(started).status == WorkerStatus.RUNNING
        launcher.get_run_worker_debug_info(started)
        ended = task | {"lastStatus": "STOPPED"}
        recorder.answer({"ecs:DescribeTasks": {"tasks": [ended]}})
        launcher.check_run_worker_health(started)
        recorder.answer({"ecs:DescribeTasks": {"tasks": [task]}})
        assert launcher.terminate(run.run_id)
        aws.compute_log_manager.get_log_keys_for_log_key_prefix([run.run_id], ComputeIOType.STDERR)
        aws.compute_log_manager.get_log_data([run.run_id, "compute_logs", "step"])


def _compare(recorder: Recording, *principals: str) -> None:
    """What principals called is what was reviewed, or is from now on."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    found: dict[str, dict[str, list[str]]] = {principal: {} for principal in principals}
    for key, action, resource in recorder.calls():
        # The stand-in for Redshift reads with a key of its own.
        by = {"redshift-local": "copy"}.get(key, key)
        if by in found:
            # Rows are staged below the address of the warehouse, whose port is any.
            place = re.sub(r"127\.0\.0\.1-\d+-dev", "market", resource)
            found[by].setdefault(action, []).extend([place] if place else [])
    if RENEWED:
        KEPT.write_text(json.dumps(kept | found, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    else:
        assert found == {principal: kept[principal] for principal in principals}


# It starts a JVM: a minute and more, and the policies are held against what it found last.
@pytest.mark.exhaustive
def test_a_run_calls_what_was_reviewed(
    recorder: Recording, java: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _of_a_run(recorder, tmp_path / "run", monkeypatch)
    _compare(recorder, "run", "spark", "copy")


def test_streams_call_what_was_reviewed(recorder: Recording, tmp_path: Path) -> None:
    _of_streams(tmp_path)
    _compare(recorder, "live")


def test_dagster_calls_what_was_reviewed(
    recorder: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _of_dagster(recorder, tmp_path / "dagster", monkeypatch)
    _compare(recorder, "dagster")
