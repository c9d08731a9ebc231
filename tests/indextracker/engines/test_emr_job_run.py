"""The requests to EMR Serverless, as values."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
import pyarrow as pa
import pytest
from botocore.validate import ParamValidator
from deltalake import write_deltalake
from support.keys import keys

from indextracker.engines import CapacityError, emr
from indextracker.engines.packaging import Package
from indextracker.settings import Settings
from indextracker_spark.jobs import JOBS

PACKAGE = Package("main-1.py", "indextracker_spark-2.zip", "environment-3.zip", {})
SETTINGS = Settings(
    engine="emr",
    lake="s3://markets/lake",
    emr_application="00fkht2eodujab09",
    emr_role="arn:aws:iam::123456789012:role/jobs",
    emr_code="s3://markets/emr",
)
JOB = JOBS["gold/index_bars"]
SESSIONS = ["2024-12-13", "2024-12-16"]
EARLIER = ["2024-12-11", "2024-12-12"]


def test_a_job_run() -> None:
    found = emr.job_run(SETTINGS, PACKAGE, JOB, "s3://markets/lake", SESSIONS, EARLIER)
    submit = found.parameters["jobDriver"]["sparkSubmit"]
    words = submit["sparkSubmitParameters"].split(" ")
    assert words[::2] == ["--conf"] * (len(words) // 2)
    configuration = dict(word.split("=", 1) for word in words[1::2])
    assert configuration == {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.databricks.delta.properties.defaults.enableDeletionVectors": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.hadoop.parquet.compression.codec.zstd.level": "1",
        "spark.jars": (
            "/usr/share/aws/delta/lib/delta-spark.jar,/usr/share/aws/delta/lib/delta-storage.jar"
        ),
        "spark.submit.pyFiles": "s3://markets/emr/code/indextracker_spark-2.zip",
        "spark.archives": "s3://markets/emr/code/environment-3.zip#environment",
        "spark.emr-serverless.driverEnv.PYTHONPATH": "./environment",
    }
    assert submit["entryPoint"] == "s3://markets/emr/code/main-1.py"
    assert submit["entryPointArguments"] == [
        *("--lake", "s3://markets/lake", "--job", "gold/index_bars"),
        *("2024-12-13", "2024-12-16", "--earlier", "2024-12-11", "2024-12-12"),
    ]
    assert {name: value for name, value in found.parameters.items() if name != "jobDriver"} == {
        "applicationId": "00fkht2eodujab09",
        "executionRoleArn": "arn:aws:iam::123456789012:role/jobs",
        "name": "gold/index_bars",
        "configurationOverrides": {
            "monitoringConfiguration": {
                "s3MonitoringConfiguration": {"logUri": "s3://markets/emr/logs/"}
            }
        },
        "executionTimeoutMinutes": 180,
        "tags": {"indextracker": "simulated"},
    }
    assert (found.keys, found.messages) == (tuple(SESSIONS), "s3://markets/emr/messages")


def test_the_longest_job_run_is_one_that_the_service_takes() -> None:
    days = keys(date(2024, 1, 1) + timedelta(day) for day in range(emr.KEYS_PER_RUN))
    found = emr.job_run(SETTINGS, PACKAGE, JOB, "s3://markets/lake", days)
    service = botocore.session.get_session().get_service_model("emr-serverless")
    shape = service.operation_model("StartJobRun").input_shape
    # boto3 fills the token in.
    asked = {**found.parameters, "clientToken": "0" * 36}
    report = ParamValidator().validate(asked, shape)
    assert not report.has_errors(), report.generate_report()
    arguments = service.shape_for("SparkSubmit").members["entryPointArguments"]
    given = found.parameters["jobDriver"]["sparkSubmit"]["entryPointArguments"]
    assert len(given) <= arguments.metadata["max"]


class FullCluster:
    """Has room for a job at last, or never."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.submitted: list[emr.JobRun] = []

    def session(self, configuration: Mapping[str, str]) -> Any:
        raise AssertionError("a job of EMR Serverless needs no session here")

    def submit(self, job_run: emr.JobRun) -> None:
        self.submitted.append(job_run)
        if len(self.submitted) <= self.refusals:
            raise CapacityError("full")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(emr, "time", SimpleNamespace(sleep=found.append))
    monkeypatch.setattr(emr, "package", lambda: PACKAGE)
    return found


def test_a_year_of_sessions_is_one_commit_and_waits_for_room(
    pauses: list[float], tmp_path: Path
) -> None:
    write_deltalake(tmp_path / "gold" / "index_bars", pa.table({"a": [0]}))
    cluster = FullCluster(refusals=2)
    days = keys(date(2024, 1, 1) + timedelta(day) for day in range(251))
    emr.EmrEngine(SETTINGS).run(JOB, str(tmp_path), days, cluster)
    assert [len(run.keys) for run in cluster.submitted] == [250, 250, 250, 1]
    assert pauses == [60, 120]


def test_without_room_for_half_an_hour_it_fails(pauses: list[float], tmp_path: Path) -> None:
    write_deltalake(tmp_path / "gold" / "index_bars", pa.table({"a": [0]}))
    cluster = FullCluster(refusals=100)
    with pytest.raises(CapacityError, match="full"):
        emr.EmrEngine(SETTINGS).run(JOB, str(tmp_path), SESSIONS, cluster)
    assert len(cluster.submitted) == 6
    assert sum(pauses) == 30 * 60


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("Worker could not be allocated as it exceeded maximumCapacity settings", True),
        ("ServiceQuotaExceededException: too many vCPUs", True),
        ("An error occurred (ThrottlingException) when calling StartJobRun", True),
        ("Job failed, please check complete logs. ExitCode: 1.", False),
        ("", False),
    ],
)
def test_what_will_pass_by_itself(said: str, passes: bool) -> None:
    assert emr.is_out_of_room(said) is passes
