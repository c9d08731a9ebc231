"""An engine in a process of its own: PySpark knows one kind of session in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indextracker import settings as environment
from indextracker.engines import Host, engine
from indextracker_catalogue import Key
from indextracker_spark.job import SparkJob
from indextracker_spark.jobs import JOBS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from indextracker.engines import JobRun


class ChildError(RuntimeError):
    """A job failed over there; its text is what the engine said."""


class EngineProcess:
    """The engine of some settings, run by a child process from its first job to `close`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        named = {f"INDEXTRACKER_{name.upper()}": value for name, value in settings.items()}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "INDEX"))}
        self.log = folder / "engine.log"
        self.through_dagster = False
        self.lent = 0  # sessions that Dagster's resource has given
        self.child = subprocess.Popen(
            [sys.executable, __file__],
            env=inherited | {"INDEXTRACKER_DAGSTER_HOME": str(folder), **named},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log.open("w"),
            text=True,
        )

    def run(
        self,
        job: SparkJob,
        lake: str,
        keys: Sequence[Key],
        host: Host | None = None,
        earlier: Collection[Key] = (),
    ) -> None:
        assert self.child.stdin and self.child.stdout
        request = {
            "job": job.name,
            "lake": lake,
            "keys": list(keys),
            "earlier": list(earlier),
            "through_dagster": self.through_dagster,
        }
        self.child.stdin.write(f"{json.dumps(request)}\n")
        self.child.stdin.flush()
        answer = self.child.stdout.readline()
        assert answer, f"the engine's process died:\n{self.log.read_text()[-3000:]}"
        said, self.lent = json.loads(answer)
        if said:
            raise ChildError(said)

    def close(self) -> None:
        if self.child.stdin:
            self.child.stdin.close()
        self.child.wait(timeout=60)


class Lender:
    """The host of a Dagster step, as far as it lends a session."""

    def __init__(self) -> None:
        self.lent = 0

    def session(self, configuration: Mapping[str, str]) -> SparkSession:
        from indextracker_assets.resources import StepHost

        self.lent += 1
        return StepHost(context=None).session(configuration)

    def submit(self, job_run: JobRun) -> None:
        raise AssertionError("an engine with a session submits nothing")


def serve() -> None:
    """Runs the jobs that standard input names, a line each; answers with what went wrong."""
    settings = environment.load()
    environment.export(settings)
    ours, lender, before = engine(settings), Lender(), False
    answers = os.fdopen(os.dup(1), "w")  # Spark writes to standard output too
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["through_dagster"] != before:
            ours.close()
            before = asked["through_dagster"]
        try:
            job, host = JOBS[asked["job"]], lender if before else None
            ours.run(job, asked["lake"], asked["keys"], host, asked["earlier"])
            said = ""
        except Exception as error:  # noqa: BLE001 - all that goes wrong is for the parent
            said = f"{type(error).__name__}: {error}"
        answers.write(f"{json.dumps([said, lender.lent])}\n")
        answers.flush()
    ours.close()


if __name__ == "__main__":
    serve()
