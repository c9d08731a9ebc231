"""The way in by Spark as a cluster runs it: submitted, from Kinesis to a lake on S3.

Python there has what was sent along and nothing else: as on EMR Serverless, but for its own builds
of Spark, IAM, and workers on other machines.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import click
import pytest
from engines.older_spark import RELEASES
from engines.test_streams_by_spark import drain, lines, numbers, once
from support import kinesis, stores
from support.emr_standin import Software
from support.sources import PROJECT
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.consuming import Consumer
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import Record
from indextracker.streams.spark import main
from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS

# As of `make test-images`; each is some 470 MB to install.
OLDER = os.environ.get("INDEXTRACKER_TEST_IMAGES", "")
ENTRY = Path(main.__file__)
# What is installed here stands for the archive that is sent along.
SENT = (PROJECT, PROJECT / "catalogue", PROJECT / "spark", Path(click.__file__).parents[1])


def put(stream: KinesisStream, first: int, end: int) -> None:
    assert (
        stream.put([Record(str(n), line) for n, line in enumerate(lines(range(first, end)))]) == []
    )


@pytest.mark.parametrize("release", ["", *filter(None, OLDER.split(","))])
def test_a_submitted_job_appends_until_it_is_killed(
    java: int, release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    software = RELEASES[release].installed() if release else Software()
    with stores.serving() as store, kinesis.moto() as client:
        environment = store.environment() | {
            "AWS_ENDPOINT_URL_KINESIS": client.meta.endpoint_url,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ALLOW_HTTP": "true",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        stream, lake = KinesisStream("live-markets", client), Lake("s3://markets/lake", "simulated")
        stream.create(2)
        put(stream, 0, 100)
        command = [
            *(software.spark / "bin" / "spark-submit", "--master", "local[2]"),
            *("--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.ui.enabled=false"),
            *(ENTRY, "--lake", lake.root, "--world", "simulated"),
            *("--stream", "kinesis://live", "markets"),
        ]
        log = tmp_path / "log"
        with log.open("w") as told:
            job = subprocess.Popen(
                [str(word) for word in command],
                env=environment
                | {
                    "PATH": os.environ["PATH"],
                    **{n: os.environ[n] for n in ("JAVA_HOME",) if n in os.environ},
                    "HOME": str(tmp_path),
                    "PYSPARK_PYTHON": str(software.python),
                    "PYTHONPATH": os.pathsep.join(map(str, SENT)),
                    "SPARK_LOCAL_IP": "127.0.0.1",
                },
                cwd=tmp_path,
                stdout=told,
                stderr=told,
                start_new_session=True,
            )
        try:
            eventually(lambda: lake.exists(QUOTE_EVENTS))  # Spark has started
            eventually(lambda: lake.total_rows(QUOTE_EVENTS) == 100)
            put(stream, 100, 200)
            eventually(lambda: lake.total_rows(QUOTE_EVENTS) == 200)
        except BaseException:
            print(log.read_text()[-5000:])  # noqa: T201 - why
            raise
        finally:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
        put(stream, 200, 300)
        drain(Consumer(stream, lake, EVENTS))
        assert numbers(lake) == once(300)
