"""Adapters to Dagster's libraries: S3's client, a Spark session, Pipes to EMR Serverless.

Paths come from the lake; the configuration of sessions and job runs comes from the engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import dagster as dg
from dagster import PipesClientCompletedInvocation, PipesMessageReader

from indextracker.engines import CapacityError, JobRun
from indextracker.engines.emr import is_out_of_room
from indextracker.system.places import REQUEST_TRIES, Bucket, Place, place

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

POLL_SECONDS = 5.0
ENDED = ("SUCCESS", "FAILED", "CANCELLING", "CANCELLED")


def lake_place(address: str) -> Place:
    """The place of a lake; a bucket is reached by the client of Dagster's S3 resource."""
    if not address.startswith("s3://"):
        return place(address)

    def client() -> Any:
        from dagster_aws.s3 import S3Resource  # noqa: PLC0415 - a second

        return S3Resource(max_attempts=REQUEST_TRIES).get_client()

    return Bucket(address, client)


class StepHost:
    """The Dagster step that an engine's job runs in.

    Args:
        context: Of the asset that is being materialised.
    """

    def __init__(self, context: dg.AssetExecutionContext) -> None:
        self._context = context

    def session(self, configuration: Mapping[str, str]) -> SparkSession:
        """The session of dagster-pyspark; it stays open for the steps that follow."""
        from dagster_pyspark import LazyPySparkResource  # noqa: PLC0415 - loads pyspark

        session: SparkSession = LazyPySparkResource(spark_config=dict(configuration)).spark_session
        return session

    def submit(self, job_run: JobRun) -> None:
        """Runs a job run through Pipes and puts what it reports into the asset's metadata.

        Raises:
            CapacityError: There is no room for it now.
            dg.Failure: It failed, with a link to its log, or reported nothing of some session.
        """
        from boto3.session import Session  # noqa: PLC0415 - half a second

        watched = _Watched(Session().client("emr-serverless"))
        _WAITED_FOR.add(watched)
        try:
            done = self._piped(job_run, watched)
        except Exception as error:
            said = f"{watched.run.get('stateDetails', '')} {error}".strip()
            if is_out_of_room(said):
                raise CapacityError(said) from error
            what = f"job run {watched.run['jobRunId']}" if watched.run else "a job run"
            raise dg.Failure(
                f"{what} of EMR Serverless failed: {said}", metadata=_notes(job_run, watched.run)
            ) from error
        finally:
            watched.cancel()
            _WAITED_FOR.discard(watched)
        self._note(job_run, watched.run, done)

    def _piped(self, job_run: JobRun, client: _Watched) -> PipesClientCompletedInvocation:
        from boto3.session import Session  # noqa: PLC0415
        from dagster_aws.pipes import PipesEMRServerlessClient, PipesS3ContextInjector  # noqa: PLC0415

        store = Session().client("s3")
        bucket, _, prefix = job_run.messages.removeprefix("s3://").partition("/")
        pipes = PipesEMRServerlessClient(
            client=client,
            context_injector=PipesS3ContextInjector(
                bucket=bucket, client=store, key_prefix=f"{prefix}/"
            ),
            message_reader=_reader(bucket, prefix, store),
            poll_interval=POLL_SECONDS,
        )
        # Pipes tells a job its partition only where there is one.
        keys = job_run.keys
        return pipes.run(
            context=self._context,
            start_job_run_params=dict(job_run.parameters),
            extras={"partition_keys": keys},
        )

    def _note(
        self, job_run: JobRun, run: Mapping[str, Any], done: PipesClientCompletedInvocation
    ) -> None:
        notes: dict[str, Any] = _notes(job_run, run)
        rows = {
            session: count
            for message in done.get_custom_messages()
            for session, count in message["rows"].items()
        }
        keys = job_run.keys or ("",)
        if missing := [key for key in keys if key not in rows]:
            raise dg.Failure(
                f"job run {run['jobRunId']} of EMR Serverless succeeded but reported nothing of "
                f"{', '.join(missing) or 'its table'}: see its output",
                metadata=notes,
            )
        for key in keys:
            counted = notes | {f"rows of {job_run.parameters['name']}": rows[key]}
            self._context.add_asset_metadata(counted, self._context.asset_key, key or None)


class _Watched:
    """A client of EMR Serverless that remembers what it last heard of the job run it started."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.run: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def start_job_run(self, **parameters: Any) -> Any:
        answer = self._client.start_job_run(**parameters)
        self.run = {"jobRunId": answer["jobRunId"], "applicationId": answer["applicationId"]}
        return answer

    def get_job_run(self, **parameters: Any) -> Any:
        answer = self._client.get_job_run(**parameters)
        self.run |= answer["jobRun"]
        return answer

    def cancel_job_run(self, **parameters: Any) -> Any:
        self.run["state"] = "CANCELLING"
        return self._client.cancel_job_run(**parameters)

    def cancel(self) -> None:
        """Cancels the job run if it has not ended, since nothing waits for it any longer."""
        if self.run and self.run.get("state") not in ENDED:
            self.cancel_job_run(
                applicationId=self.run["applicationId"], jobRunId=self.run["jobRunId"]
            )


# The job runs that steps of this process wait for.
_WAITED_FOR: set[_Watched] = set()


def cancel_job_runs() -> None:
    """Cancels the job runs that this process waits for: it is about to end."""
    for watched in list(_WAITED_FOR):
        watched.cancel()


def _reader(bucket: str, prefix: str, store: Any) -> PipesMessageReader:
    """Reads messages below a prefix: Dagster's own reader has them at the root of the bucket."""
    from dagster_aws.pipes import PipesS3MessageReader  # noqa: PLC0415

    class Reader(PipesS3MessageReader):
        @contextmanager
        def get_params(self) -> Iterator[dict[str, Any]]:
            with super().get_params() as params:
                yield {**params, "key_prefix": f"{prefix}/{params['key_prefix']}"}

    return Reader(bucket=bucket, client=store, interval=POLL_SECONDS)


def _notes(job_run: JobRun, run: Mapping[str, Any]) -> dict[str, Any]:
    """What a run shows of its job run: which one it was, and where it printed."""
    if not run:
        return {}
    place = f"{job_run.logs}applications/{run['applicationId']}/jobs/{run['jobRunId']}/"
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    return {
        "job run": run["jobRunId"],
        "log": dg.MetadataValue.url(
            f"https://console.aws.amazon.com/s3/buckets/{bucket}?prefix={quote(prefix)}"
        ),
    }
