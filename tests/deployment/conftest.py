"""Stand-ins for AWS: moto for its services, PostgreSQL from PyPI, the metadata of a task; and what
deployment/aws makes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

import boto3
import pytest
import requests
from deployment.clouds import LAKES, LOGS, Cloud, metadata_of_a_task
from deployment.synthesis import LIBRARY, Assembly, synthesised
from moto.server import ThreadedMotoServer
from redshift_local.server import PASSWORD, USER, postgresql


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """One PostgreSQL, one S3 and one task for all tests; nothing of it is in the environment."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with (
        tempfile.TemporaryDirectory(prefix="dagster-", ignore_cleanup_errors=True) as folder,
        postgresql(folder) as database,
        metadata_of_a_task() as metadata,
    ):
        place = f"{USER}:{PASSWORD}@/postgres?host={database.socket.parent}"
        yield Cloud(
            {
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ALLOW_HTTP": "true",
                "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
                "AWS_ACCESS_KEY_ID": "testing",
                "AWS_SECRET_ACCESS_KEY": "testing",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_REGION": "us-east-1",
                "ECS_CONTAINER_METADATA_URI_V4": metadata,
                "INDEXTRACKER_DAGSTER_DATABASE": f"postgresql+psycopg2://{place}",
                "INDEXTRACKER_LOGS_BUCKET": LOGS,
            },
            PASSWORD,
        )
    server.stop()


@pytest.fixture
def on_aws(cloud: Cloud) -> Iterator[Cloud]:
    """The environment of a process on AWS, with its buckets; as it was before afterwards."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("INDEXTRACKER_", "DAGSTER_", "AWS_")):
            del os.environ[name]
    os.environ.update(cloud.environment)
    requests.post(f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset", timeout=10)
    for bucket in (LOGS, LAKES):
        boto3.client("s3").create_bucket(Bucket=bucket)
    yield cloud
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The templates, made once: a dozen seconds."""
    if not (LIBRARY / "installed").exists() or not shutil.which("node"):
        said = "CDK is not installed: make .venv/cdk/installed, with Node"
        # As with whatever else a test needs.
        (pytest.fail if os.environ.get("INDEXTRACKER_REQUIRE_SAMPLES") == "1" else pytest.skip)(
            said
        )
    try:
        return synthesised(tmp_path_factory.mktemp("cdk"))
    except subprocess.CalledProcessError as error:
        pytest.fail(f"{error.stdout}{error.stderr}")
