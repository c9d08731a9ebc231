"""A stand-in for EMR Serverless: its address, and an image that runs the entry point.

It answers the requests that boto3 makes, so that everything on our side of the wire is as in
production. A job run is a spark-submit on this machine, by an interpreter that has nothing of this
project: code and environment come from S3, as there. What it cannot show: sizes and starts of
workers, IAM, EMR's own file system and its own builds of Spark and Delta Lake.

    python tests/engines/emr_standin.py      prints its address and serves until it is stopped
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pyspark

from indextracker.engines import jvm

JOB_RUNS = re.compile(r"/applications/(\w+)/jobruns(?:/(\w+)(/dashboard)?)?")
DRIVER_ENVIRONMENT = "spark.emr-serverless.driverEnv."
OF_THE_IMAGE = "/usr/share/aws/delta/lib/"


@dataclass
class Run:
    """A job run: what was asked, and what became of it."""

    asked: dict[str, Any]
    number: int
    state: str = "SUBMITTED"
    details: str = ""
    driver: subprocess.Popen[bytes] | None = None
    printed: bytes = b""


@dataclass
class Application:
    """One application and its job runs.

    Attributes:
        refusals: What becomes of the next job runs, in order, instead of being run.
        hangs: Whether job runs go on until they are cancelled, instead of being run.
    """

    image: Image
    refusals: list[str] = field(default_factory=list)
    hangs: bool = False
    runs: list[Run] = field(default_factory=list)

    def start(self, asked: dict[str, Any]) -> Run:
        run = Run(asked, len(self.runs))
        self.runs.append(run)
        if self.refusals:
            run.state, run.details = "FAILED", self.refusals.pop(0)
        elif self.hangs:
            run.state = "RUNNING"
        else:
            threading.Thread(target=self.image.run, args=(run,), daemon=True).start()
        return run

    def cancel(self, run: Run) -> None:
        run.state = "CANCELLED"
        if run.driver:
            os.killpg(run.driver.pid, signal.SIGKILL)


@dataclass(frozen=True)
class Software:
    """What an image brings: by default what is installed here.

    Attributes:
        spark: Home of Spark.
        python: Python without packages.
        jars: What it has beside Spark; none stands for Delta Lake and S3 as they are here.
    """

    spark: Path = Path(pyspark.__file__).parent
    python: Path = Path(sys.base_prefix) / "bin" / "python3"
    jars: tuple[Path, ...] = ()


class Image:
    """A driver of EMR Serverless: Spark and Delta Lake, Python without packages, and S3."""

    def __init__(self, environment: Mapping[str, str], software: Software | None = None) -> None:
        self._environment = dict(environment)
        self._software = software or Software()
        self._store = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def run(self, run: Run) -> None:
        """Runs the entry point to its end and keeps what it printed where it was told to."""
        with tempfile.TemporaryDirectory(prefix="emr-") as folder:
            command, environment = self._prepare(run, Path(folder))
            run.driver = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            run.state = "RUNNING"
            run.printed, _ = run.driver.communicate()
        self._log(run)
        if run.state == "RUNNING":
            ended = run.driver.returncode
            run.details = f"Job failed. ExitCode: {ended}." if ended else ""
            run.state = "FAILED" if ended else "SUCCESS"

    def _prepare(self, run: Run, folder: Path) -> tuple[list[str], dict[str, str]]:
        submit = run.asked["jobDriver"]["sparkSubmit"]
        words = shlex.split(submit["sparkSubmitParameters"])
        assert words[::2] == ["--conf"] * (len(words) // 2), words
        asked = dict(word.split("=", 1) for word in words[1::2])
        environment = {
            name.removeprefix(DRIVER_ENVIRONMENT): asked.pop(name)
            for name in list(asked)
            if name.startswith(DRIVER_ENVIRONMENT)
        }
        assert all(jar.startswith(OF_THE_IMAGE) for jar in asked.pop("spark.jars").split(","))
        archive, _, name = asked.pop("spark.archives").partition("#")
        with zipfile.ZipFile(self._fetched(archive, folder)) as opened:
            opened.extractall(folder / name)
        asked["spark.submit.pyFiles"] = str(
            self._fetched(asked.pop("spark.submit.pyFiles"), folder)
        )
        configuration = jvm.configuration(on_s3=True) | asked
        configuration.pop("spark.pyspark.python")
        if self._software.jars:
            configuration["spark.jars"] = ",".join(map(str, self._software.jars))
        command = [
            str(self._software.spark / "bin" / "spark-submit"),
            *(part for item in configuration.items() for part in ("--conf", "=".join(item))),
            str(self._fetched(submit["entryPoint"], folder)),
            *submit["entryPointArguments"],
        ]
        return command, {
            "PATH": os.environ["PATH"],
            **{name: os.environ[name] for name in ("JAVA_HOME",) if name in os.environ},
            "HOME": str(folder),
            "SPARK_HOME": str(self._software.spark),
            "PYSPARK_PYTHON": str(self._software.python),
            **self._environment,
            **environment,
        }

    def _fetched(self, address: str, folder: Path) -> Path:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        place = folder / Path(key).name
        self._store.download_file(bucket, key, str(place))
        return place

    def _log(self, run: Run) -> None:
        monitoring = run.asked["configurationOverrides"]["monitoringConfiguration"]
        address = monitoring["s3MonitoringConfiguration"]["logUri"]
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        key = f"{prefix}applications/app/jobs/run{run.number}/SPARK_DRIVER/stdout.gz"
        self._store.put_object(Bucket=bucket, Key=key, Body=gzip.compress(run.printed))


@contextmanager
def serving(application: Application) -> Iterator[str]:
    """The address of the application, for as long as the block lasts."""
    handler = type("Handler", (_Handler,), {"application": application})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for run in application.runs:
            if run.driver and run.driver.poll() is None:
                application.cancel(run)


class _Handler(BaseHTTPRequestHandler):
    """The five requests of EMR Serverless's API that our side makes."""

    application: Application

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        run = self.application.start(asked)
        self._answer({"applicationId": "app", "jobRunId": f"run{run.number}", "arn": "arn:of-none"})

    def do_GET(self) -> None:
        found = JOB_RUNS.match(self.path)
        if not found:
            about = {"applicationId": "app", "type": "Spark", "releaseLabel": "stand-in"}
            return self._answer({"application": about})
        if found[3]:
            return self._answer({"url": "https://dashboard.of.none/"})
        run = self._run(found[2])
        return self._answer(
            {
                "jobRun": {
                    "applicationId": "app",
                    "jobRunId": found[2],
                    "state": run.state,
                    "stateDetails": run.details,
                }
            }
        )

    def do_DELETE(self) -> None:
        found = JOB_RUNS.match(self.path)
        assert found
        self.application.cancel(self._run(found[2]))
        self._answer({"applicationId": "app", "jobRunId": found[2]})

    def _run(self, name: str) -> Run:
        return self.application.runs[int(name.removeprefix("run"))]

    def _answer(self, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""


def main() -> None:
    """Serves until it is stopped; what AWS_* variables say of S3 is passed to the jobs."""
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    with serving(Application(Image(aws))) as address:
        print(address, flush=True)  # noqa: T201 - whoever started it reads it there
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    main()
