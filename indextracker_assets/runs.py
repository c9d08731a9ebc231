"""Runs and their processes: opening runs, tagging them, ending killed ones, repeating failed ones.

A run whose process was killed never ends: Dagster would show it as running for good and keep its
place in the queue.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from deltalake.exceptions import DeltaError
from filelock import FileLock
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from indextracker.acquiring.turns import MOST_COUNTED, pause
from indextracker.settings import Settings
from indextracker.system.installation import shipped
from indextracker_assets.internals import (
    SINGLETON_REPOSITORY_NAME,
    InMemoryJob,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
    current_ecs_task,
    execute_run,
    location_origins_from_yaml_paths,
)

PROCESS = "indextracker/process"
DIGEST = "indextracker/digest"
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
FIRST_PAUSE = timedelta(minutes=10)
TRIES_AGAIN = 2
PAUSE_SECONDS = 10


# Of PostgreSQL's locks for applications, one that nothing else in Dagster's database takes.
_OPENING = 0x1DE7

_marked: set[str] = set()


def open_instance(home: str, database: SecretStr | None = None) -> dg.DagsterInstance:
    """The instance under DAGSTER_HOME.

    One process at a time opens it: of two that find it empty, one would fail to create its tables.

    Args:
        home: DAGSTER_HOME.
        database: Address of the PostgreSQL that keeps its records, which other machines open too.
    """
    with ExitStack() as alone:
        alone.enter_context(FileLock(Path(home) / ".opening.lock", fallback_to_soft=False))
        if database:
            engine = create_engine(database.get_secret_value(), poolclass=NullPool)
            connection = alone.enter_context(engine.connect())  # its end gives the lock back
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": _OPENING})
        return dg.DagsterInstance.get()


def run_here(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    run_id: str,
    *,
    env: str,
    keys: Sequence[dg.AssetKey] | None,
    tags: Mapping[str, str],
    config: Mapping[str, object],
) -> dg.ExecuteJobResult:
    """Runs a job, or some of its assets, in this process to its end.

    `execute_in_process` would do, but for where the run is from: the runs timeline of the UI shows
    no run of which it does not know that.

    Args:
        instance: Where the run is recorded.
        job: A job of the code location.
        run_id: Id of the new run.
        env: The deployment, whose workspace names the code location.
        keys: Assets of the job; null for all.
        tags: Tags of the run.
        config: Configuration of the run.
    """
    place = "deployment/workspace.yaml" if env == "aws" else "deployment/local/workspace.yaml"
    workspace = shipped(place)
    [location] = location_origins_from_yaml_paths([str(workspace)])
    repository = RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME)
    run = instance.create_run_for_job(
        job,
        run_id=run_id,
        run_config=config,
        tags=tags,
        asset_selection=frozenset(keys) if keys else None,
        remote_job_origin=RemoteJobOrigin(repository, job.name),
    )
    return execute_run(InMemoryJob(job), run, instance)


def process_tag(run_id: str) -> dict[str, str]:
    """Names this process in a run's tags; with the run's id, since retries inherit tags."""
    return {PROCESS: f"{socket.gethostname()}:{os.getpid()}:{run_id}"}


def task_tags(settings: Settings) -> dict[str, str]:
    """Names the task of ECS that this process runs in, for a run that no launcher started.

    On AWS run monitoring ends every run whose task it does not find.

    Raises:
        RuntimeError: This process is in no task.
    """
    if settings.deployment.env != "aws":
        return {}
    try:
        task = current_ecs_task()
    except (TypeError, OSError) as error:
        raise RuntimeError(
            "on AWS a backfill runs as a task of ECS, and there is none around this process: run "
            "monitoring would end it; start it by `aws ecs run-task` or from Dagster's pages"
        ) from error
    return {"ecs/task_arn": task.task_arn, "ecs/cluster": task.cluster}


def mark(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext | dg.OpExecutionContext,
) -> None:
    """Notes which process runs a run that Dagster launched; every step calls it first."""
    run, tag = context.run, process_tag(context.run.run_id)
    if run.run_id not in _marked and not tag.items() <= run.tags.items():
        context.instance.add_run_tags(run.run_id, tag)
        _marked.add(run.run_id)


@contextmanager
def transient() -> Iterator[None]:
    """Repeats a step after a pause where a disk or a mount failed it.

    Full disks and lost mounts pass; a mistake in the program does not.
    """
    try:
        yield
    except (OSError, DeltaError) as error:
        raise dg.RetryRequested(TRIES_AGAIN, PAUSE_SECONDS) from error


def end_killed_runs(instance: dg.DagsterInstance) -> list[str]:
    """Ends the runs whose process is gone; returns their ids."""
    ended = []
    # One that is killed before its first step stays as it was created.
    begun = [status for status in UNFINISHED if status != dg.DagsterRunStatus.QUEUED]
    for run in instance.get_runs(dg.RunsFilter(statuses=begun)):
        host, _, rest = run.tags.get(PROCESS, "").partition(":")
        process, _, run_id = rest.partition(":")
        if (host, run_id) == (socket.gethostname(), run.run_id) and not _lives(int(process)):
            instance.report_run_failed(run, "the process of this run was killed")
            ended.append(run.run_id)
    return ended


def shield_children() -> None:
    """Has the processes that this thread starts not hear Ctrl-C, which a terminal sends to all.

    They would print tracebacks of their own, and end with this process anyway. To be called before
    each run: multiprocessing takes the shield away when it starts its tracker. The main thread,
    which has to hear Ctrl-C itself, is left as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])


def cancel_own_runs(instance: dg.DagsterInstance) -> None:
    """Ends the runs of this process, which is about to end, as cancelled."""
    for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED)):
        if process_tag(run.run_id).items() <= run.tags.items():
            instance.report_run_canceled(run, "interrupted by the user who started it")


def under_way(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether a run of a job is queued or running."""
    return bool(instance.get_runs(dg.RunsFilter(job_name=job, statuses=UNFINISHED), limit=1))


def attempt(instance: dg.DagsterInstance, digest: str, now: datetime) -> str | None:
    """The key of a run to request for what a digest stands for; None while it is not yet time.

    The first is requested at once; after one that failed, the next waits, longer each time.
    """
    records = instance.get_run_records(dg.RunsFilter(tags={DIGEST: digest}), limit=MOST_COUNTED)
    if records:
        last = records[0]
        if not last.dagster_run.is_finished:
            return None
        ended = last.end_time or last.create_timestamp.timestamp()
        if now < datetime.fromtimestamp(ended, UTC) + pause(len(records), FIRST_PAUSE):
            return None
    return f"{digest}:{len(records)}"


def _lives(process: int) -> bool:
    """Whether another process has this id."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()
