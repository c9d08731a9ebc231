"""A backfill from the command line: acquire, refine what was accepted, build the marts.

Runs on the instance under DAGSTER_HOME, so that the UI shows it, and in this process, so that it
takes seconds. A run of Dagster's marks each of its partitions: a refining run therefore holds only
sessions whose documents are there, and takes a contiguous range of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

import dagster as dg

from indextracker import staleness
from indextracker.deliveries import NEVER_ASKED, current
from indextracker.failpoints import failpoint
from indextracker.feeds import FEEDS
from indextracker.needs import SESSION_FEEDS, YEARLY_FEEDS, needs
from indextracker.platform import Platform
from indextracker.remarks import Remark
from indextracker.staleness import Needs
from indextracker_assets import jobs
from indextracker_assets.assets.bronze import AGAIN, remark
from indextracker_assets.assets.warehouse import LOADED
from indextracker_assets.definitions import work_defs
from indextracker_assets.planning import Span, keys_of, spans
from indextracker_assets.pools import make_places
from indextracker_assets.runs import (
    end_killed_runs,
    open_instance,
    process_tag,
    run_here,
    task_tags,
)
from indextracker_assets.specs import asset_key, raw_key
from indextracker_spark.tables import TABLES

LAYERS = ("bronze", "silver", "gold", "warehouse", "marts")
# A step is named after its asset, or after the loader's two parts.
_LAYER_OF_STEP = {"raw_reference": "warehouse", "raw_sessions": "warehouse", "marts": "marts"}
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Answer:
    """What is known of one session and feed after the backfill."""

    state: str
    reason: str | None


@dataclass
class Report:
    """What a backfill found and made.

    Attributes:
        sessions: Per session asked for and feed, its state and reason.
        tables: Rows of those sessions, by table path.
        seconds: Time spent in steps, by layer.
        failures: What broke, a sentence each.
        remarks: What became of accepted documents, and which files of an archive differ from them.
    """

    sessions: dict[date, dict[str, Answer]] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def incomplete(self) -> dict[date, dict[str, Answer]]:
        """Sessions that lack a document, with what lacks."""
        lacking = {
            day: {f: a for f, a in answers.items() if a.state not in ("accepted", "closed")}
            for day, answers in self.sessions.items()
        }
        return {day: answers for day, answers in lacking.items() if answers}

    @property
    def exit_code(self) -> int:
        """0 when every session is complete or known closed, 2 when some lack, 1 when it broke."""
        if self.failures:
            return 1
        return 2 if self.incomplete else 0


def backfill(
    platform: Platform,
    sessions: Sequence[date],
    *,
    feeds: Iterable[str] = tuple(FEEDS),
    to_layer: str = "marts",
    again: bool = False,
    progress: Progress = lambda _: None,
) -> Report:
    """Brings sessions from their publishers to the layer asked for.

    What was asked for is built again even where it is not stale: the code may have changed.

    Args:
        platform: Source, lake, engine and warehouse.
        sessions: Trading sessions, in order; one still to come is not asked for.
        feeds: Feeds to ask; only jobs whose feeds are all named run.
        to_layer: The last of LAYERS to fill.
        again: Whether to ask anew for documents that were accepted before.
        progress: Told in a few words what is being done.
    """
    reached = LAYERS[: LAYERS.index(to_layer) + 1]
    report = Report()
    runs = _Runs(platform, report)
    feeds = list(feeds)
    _acquire(platform, runs, sessions, feeds, progress, AGAIN if again else {})
    wanted = _named(needs(reached), feeds)
    plan = spans(staleness.accepted(platform.lake, wanted, sessions), platform.calendar)
    for number, span in enumerate(plan):
        if report.failures:
            return report
        keys = keys_of(span)
        if not number:
            # What has no sessions, and all the others read.
            keys += jobs.REFERENCE_KEYS
            if "warehouse" in reached:
                keys += [raw_key(table) for table in LOADED if table.storage == "whole"]
        progress(f"refining {span.first} to {span.last}: {len(keys)} tables")
        runs.run(jobs.REFINE, keys, span)
    if "marts" in reached and plan and not report.failures:
        progress("building and testing the marts, writing their docs")
        runs.run(jobs.BUILD_MARTS)
    for path in _tables(feeds, wanted):
        if platform.lake.exists(TABLES[path]):
            counts = platform.lake.row_counts(TABLES[path], sessions)
            report.tables[path] = sum(counts.values())
    return report


class _Runs:
    """Launches runs and notes what they took and what broke."""

    def __init__(self, platform: Platform, report: Report) -> None:
        self._instance = open_instance(platform.settings.dagster_home)
        end_killed_runs(self._instance)
        make_places(self._instance)
        # Whoever started the command starts it again: nothing is retried behind its back.
        self._tags = {**task_tags(platform.settings), "dagster/max_retries": "0"}
        self._env = platform.settings.env
        self._defs = work_defs(platform)
        self.report = report

    def run(
        self,
        job: str,
        keys: Sequence[dg.AssetKey] | None = None,
        span: Span | None = None,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Runs a job for some of its assets over a range of sessions, to its end."""
        run_id = str(uuid.uuid4())
        result = run_here(
            self._instance,
            self._defs.resolve_job_def(job),
            run_id,
            env=self._env,
            keys=keys,
            tags={**process_tag(run_id), **self._tags, **(span.tags if span else {}), **tags},
            config=_QUIET,
        )
        failpoint("run-ended")
        seconds = self.report.seconds
        for event in result.get_step_success_events():
            step = event.step_key or ""
            layer = _LAYER_OF_STEP.get(step) or step.split("__")[0]
            took = event.step_success_data.duration_ms / 1000
            seconds[layer] = round(seconds.get(layer, 0.0) + took, 3)
        if job == jobs.ACQUIRE:  # dbt observes as well
            observed = result.filter_events(lambda event: event.is_asset_observation)
            self.report.remarks += [remark(event) for event in observed]
        broken = result.filter_events(lambda event: event.is_step_failure)
        # A run can fail between its steps as well: its database is gone, say.
        broken = broken or result.filter_events(lambda event: event.is_job_failure)
        self.report.failures += [f"{e.step_key or job}: {sentence(e)}" for e in broken]


def sentence(event: dg.DagsterEvent) -> str:
    """What a failed step, or run, says, without its traceback."""
    if event.is_step_failure:
        told = event.step_failure_data.user_failure_data
        if told and told.description:
            return told.description
        error = event.step_failure_data.error
    else:
        error = event.job_failure_data.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else "failed without a message"


def _acquire(
    platform: Platform,
    runs: _Runs,
    sessions: Sequence[date],
    feeds: Sequence[str],
    progress: Progress,
    tags: Mapping[str, str],
) -> None:
    """Asks for documents, and reports each session's states."""
    today = platform.clock().astimezone(platform.calendar.timezone).date()
    due = [session for session in sessions if session <= today]
    of_sessions = [feed for feed in feeds if feed in SESSION_FEEDS]
    if yearly := [feed for feed in feeds if feed in YEARLY_FEEDS and due]:
        progress(f"acquiring the years: {', '.join(yearly)}")
        runs.run(jobs.ACQUIRE, [asset_key(FEEDS[feed].table) for feed in yearly], tags=tags)
    for span in spans(dict.fromkeys(of_sessions, due), platform.calendar):
        progress(f"acquiring {span.first} to {span.last}: {', '.join(span.names)}")
        runs.run(jobs.ACQUIRE, [asset_key(FEEDS[feed].table) for feed in span.names], span, tags)
    answers = current(platform.lake, of_sessions, due) if due else {}
    for session in sessions:
        unasked = Answer("not_yet", "the session is still to come")
        if session <= today:
            unasked = Answer("missing", NEVER_ASKED)
        known = ((feed, answers.get((feed, session))) for feed in of_sessions)
        runs.report.sessions[session] = {
            feed: Answer(found.state, found.reason) if found else unasked for feed, found in known
        }


def _named(wanted: Needs, feeds: Iterable[str]) -> Needs:
    """The tables that some way of named feeds alone fills, and those ways."""
    named = set(feeds)
    kept = {path: [way for way in ways if way and way <= named] for path, ways in wanted.items()}
    return {path: ways for path, ways in kept.items() if ways}


def _tables(feeds: Iterable[str], refined: Iterable[str]) -> list[str]:
    """The tables of sessions in the lake that a backfill of some feeds fills."""
    bronze = [FEEDS[feed].table.path for feed in feeds if feed in SESSION_FEEDS]
    return [*bronze, *(path for path in refined if path in TABLES)]
