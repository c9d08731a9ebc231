"""EMR Serverless: each job is a job run of its own on an existing application.

The requests are made here and sent by the code location, since the job reports back to Dagster.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from functools import cached_property, partial

from indextracker.engines.commits import retried
from indextracker.engines.jvm import DELTA_LAKE
from indextracker.engines.packaging import Package, package
from indextracker.engines.protocol import CapacityError, EngineError, Host, JobRun
from indextracker.settings import Settings
from indextracker.system.places import place
from indextracker_catalogue import Key
from indextracker_catalogue.timeline import seen
from indextracker_spark.job import SparkJob

# A run costs a minute until it starts, and a commit holds its keys whole: about a year of sessions.
KEYS_PER_RUN = 250
# Where the image of a release keeps Delta Lake.
DELTA_OF_THE_IMAGE = (
    "/usr/share/aws/delta/lib/delta-spark.jar",
    "/usr/share/aws/delta/lib/delta-storage.jar",
)
# Without room for a job: after these, half an hour in all, it fails.
PAUSES_SECONDS = (60, 120, 240, 480, 900)
# A job that hangs costs until somebody sees it.
TIMEOUT_MINUTES = 180
_NO_ROOM = re.compile("capacity|quota|throttl|no free ip", re.IGNORECASE)


def job_run(
    settings: Settings,
    packaged: Package,
    job: SparkJob,
    lake: str,
    keys: Sequence[Key],
    earlier: Sequence[Key] = (),
) -> JobRun:
    """The job run of a job and the keys that it replaces; `earlier` are those of its look-back."""
    root, logs = settings.engine.emr_code, f"{settings.engine.emr_code}/logs/"
    configuration = DELTA_LAKE | {
        "spark.jars": ",".join(DELTA_OF_THE_IMAGE),
        "spark.submit.pyFiles": f"{root}/code/{packaged.code}",
        "spark.archives": f"{root}/code/{packaged.environment}#environment",
        "spark.emr-serverless.driverEnv.PYTHONPATH": "./environment",
    }
    submit = {
        "entryPoint": f"{root}/code/{packaged.entry}",
        "entryPointArguments": [
            *("--lake", lake, "--job", job.name, *keys),
            *(("--earlier", *earlier) if earlier else ()),
        ],
        "sparkSubmitParameters": " ".join(
            f"--conf {name}={value}" for name, value in configuration.items()
        ),
    }
    parameters = {
        "applicationId": settings.engine.emr_application,
        "executionRoleArn": settings.engine.emr_role,
        "name": job.name,
        "jobDriver": {"sparkSubmit": submit},
        "configurationOverrides": {
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": logs}}
        },
        "executionTimeoutMinutes": TIMEOUT_MINUTES,
        "tags": {"indextracker": settings.world},
    }
    return JobRun(parameters, tuple(keys), f"{root}/messages", logs)


def is_out_of_room(said: str) -> bool:
    """Whether EMR Serverless failed for want of capacity, by the text of its failure."""
    return bool(_NO_ROOM.search(said))


class EmrEngine:
    """Runs jobs on EMR Serverless.

    Args:
        settings: Application, role, and the s3 prefix for code, messages and logs.
    """

    name = "EMR Serverless"
    alone = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(
        self,
        job: SparkJob,
        lake: str,
        keys: Sequence[Key],
        host: Host | None = None,
        earlier: Collection[Key] = (),
    ) -> None:
        """Runs a job, up to a year of sessions in one commit.

        Raises:
            EngineError: Nothing surrounds the run, or it found no room for half an hour.
        """
        if host is None:
            raise EngineError(
                "EMR Serverless reports to Dagster and runs within it alone: use `indextracker "
                "backfill`, or set INDEXTRACKER_ENGINE=sail here"
            )
        known = {*keys, *earlier}
        for first in range(0, max(len(keys), 1), KEYS_PER_RUN):
            batch = keys[first : first + KEYS_PER_RUN]
            before = [key for key in seen(batch, known, job.look_back) if key not in batch]
            wanted = job_run(self._settings, self._package, job, lake, batch, before)
            retried(partial(_submitted, host, wanted))

    def close(self) -> None:
        """Nothing is held: an idle application stops without being told to."""

    @cached_property
    def _package(self) -> Package:
        packaged = package()
        packaged.deliver(place(self._settings.engine.emr_code).below("code"))
        return packaged


def _submitted(host: Host, wanted: JobRun) -> None:
    for pause in PAUSES_SECONDS:
        try:
            host.submit(wanted)
        except CapacityError:
            time.sleep(pause)
        else:
            return
    host.submit(wanted)
