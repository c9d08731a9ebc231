"""An engine in a process of its own: PySpark knows one kind of session in a process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from indextracker import settings as environment
from indextracker.engines import Host, engine
from indextracker.engines.sessions import SessionEngine
from indextracker.lake import Lake
from indextracker.streams.arrivals import EVENTS
from indextracker.streams.opening import stream_at
from indextracker.streams.spark.query import SparkConsumer
from indextracker_catalogue import Key
from indextracker_spark.job import SparkJob
from indextracker_spark.jobs import JOBS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from indextracker.engines import JobRun
    from indextracker.streams.model import Stream


class ChildError(RuntimeError):
    """Something failed over there; its text is what the engine said."""


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
        self._ask(
            {
                "job": job.name,
                "lake": lake,
                "keys": list(keys),
                "earlier": list(earlier),
                "through_dagster": self.through_dagster,
            }
        )

    @contextmanager
    def consuming(
        self, subject: str, stream: Stream, lake: Lake, beside: Mapping[str, str] | None = None
    ) -> Iterator[str]:
        """Has a subject's stream appended to a lake by Spark, for the length of a block.

        Args:
            subject: Its name.
            stream: Its stream.
            lake: The lake.
            beside: Settings of alerts; with them quotes are shown and alerts sent, as beside the
                command.

        Yields:
            The address of the live view; empty without one.
        """
        from support.waiting import eventually  # the child, which runs this file, does not find it

        known = len(self._shown())
        self._ask({"consume": [subject, stream.address, lake.root, beside]})
        try:
            if beside is not None:
                eventually(lambda: len(self._shown()) > known)
            yield self._shown()[-1] if beside is not None else ""
        finally:
            self._ask({"consume": None})

    def _shown(self) -> list[str]:
        """The addresses of live views, as the process has told them."""
        return re.findall(r"shows quotes from (\S+)/live", self.log.read_text())

    def _ask(self, request: Mapping[str, object]) -> None:
        assert self.child.stdin and self.child.stdout
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


class Served:
    """What the child process has: an engine, and at times a consumer of Spark on its session."""

    def __init__(self) -> None:
        settings = environment.load()
        environment.export(settings)
        self.engine, self.lender = engine(settings), Lender()
        self._through_dagster = False
        self._threads, self._stop = ThreadPoolExecutor(1), Event()
        self._consuming: Future[None] | None = None

    def do(self, asked: Mapping[str, Any]) -> None:
        match asked:
            case {"consume": [subject, stream, root, beside]}:
                assert isinstance(self.engine, SessionEngine)
                with self.engine.session("a query"):  # Spark has started when this is answered
                    lake = Lake(root, "simulated")
                consumer = SparkConsumer(
                    self.engine.session, stream_at(stream), lake, EVENTS[subject]
                )
                self._stop.clear()
                work = partial(_with_listeners, consumer, lake, beside) if beside else consumer.run
                self._consuming = self._threads.submit(work, self._stop)
            case {"consume": None}:
                self._stop.set()
                if self._consuming:
                    self._consuming.result()
            case _:
                self._run(asked)

    def _run(self, asked: Mapping[str, Any]) -> None:
        if asked["through_dagster"] != self._through_dagster:
            self.engine.close()
            self._through_dagster = asked["through_dagster"]
        job, host = JOBS[asked["job"]], self.lender if self._through_dagster else None
        self.engine.run(job, asked["lake"], asked["keys"], host, asked["earlier"])


def _with_listeners(
    consumer: SparkConsumer, lake: Lake, settings: Mapping[str, str], stop: Event
) -> None:
    """Runs a consumer of quotes with the live view and alerts, as the command does."""
    from indextracker.live.view import View
    from indextracker.metrics import Metrics
    from indextracker.settings import Settings
    from indextracker.streams.running import consume
    from indextracker_cli import alerting, living

    watcher = alerting.watcher(Settings(**settings), lake, lambda: consumer)
    assert watcher
    with living.shown(View(lake), consumer, Metrics(), 0):
        consume(lake, [consumer], stop, [watcher.run])


def serve() -> None:
    """Does what standard input asks for, a line each; answers with what went wrong."""
    answers = os.fdopen(os.dup(1), "w")  # Spark writes to standard output too
    os.dup2(2, 1)
    served = Served()
    for line in sys.stdin:
        try:
            served.do(json.loads(line))
            said = ""
        except Exception as error:  # noqa: BLE001 - all that goes wrong is for the parent
            said = f"{type(error).__name__}: {error}"
        answers.write(f"{json.dumps([said, served.lender.lent])}\n")
        answers.flush()
    served.engine.close()


if __name__ == "__main__":
    serve()
