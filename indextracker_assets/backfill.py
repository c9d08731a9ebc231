"""A backfill from the command line: acquire, refine what was accepted, build the marts.

Runs on the instance under DAGSTER_HOME, so that the UI shows it, and in this process, so that it
takes seconds. A run of Dagster's marks each of its partitions: a refining run therefore holds only
sessions whose documents are there, and takes a contiguous range of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

import dagster as dg

from indextracker.acquiring.deliveries import current, unasked
from indextracker.building import staleness
from indextracker.building.earlier import known
from indextracker.building.needs import SESSION_FEEDS, YEARLY_FEEDS, needs_of
from indextracker.building.planning import Span, spans
from indextracker.building.reports import Report, counted, rejected
from indextracker.building.staleness import Needs
from indextracker.feeds import FEEDS, feeds_of
from indextracker.platform import Platform
from indextracker.system.failpoints import failpoint
from indextracker_assets import jobs, outcomes, partitions
from indextracker_assets.assets.bronze import AGAIN, remark
from indextracker_assets.assets.documents import STEPS
from indextracker_assets.assets.marts import has_models
from indextracker_assets.assets.warehouse import loaded_of
from indextracker_assets.definitions import work_defs
from indextracker_assets.pools import make_places
from indextracker_assets.resources import cancel_job_runs
from indextracker_assets.runs import (
    cancel_own_runs,
    end_killed_runs,
    open_instance,
    process_tag,
    run_here,
    shield_children,
    task_tags,
)
from indextracker_assets.specs import asset_key, key_at, raw_key
from indextracker_catalogue import TABLES, Whole

LAYERS = ("bronze", "silver", "gold", "warehouse", "marts")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def backfill(
    platform: Platform,
    sessions: Sequence[date],
    *,
    feeds: Iterable[str] | None = None,
    to_layer: str = "marts",
    again: bool = False,
    tables: Collection[str] = (),
    when_interrupted: Callable[[Callable[[], None]], None] = lambda _: None,
) -> Report:
    """Brings sessions from their publishers to the layer asked for.

    What was asked for is built again even where it is not stale: the code may have changed.

    Args:
        platform: Source, lake, engine and warehouse, and the subject that is meant; its `progress`
            receives how far this is.
        sessions: Trading sessions, in order; one still to come is not asked for.
        feeds: Feeds to ask, all of the subject by default; only jobs whose feeds are all named run.
        to_layer: The last of LAYERS to fill.
        again: Whether to ask anew for documents that were accepted before.
        tables: Paths of silver and gold that alone are built, from what is there: no publisher is
            asked, and neither what they rest on nor what rests on them is built.
        when_interrupted: Handed what is to be called, from another thread, before this process ends
            in the middle: it ends runs in Dagster's records and job runs of EMR Serverless.
    """
    reached = LAYERS[: LAYERS.index(to_layer) + 1]
    report = Report()
    runs = _Runs(platform, report)
    when_interrupted(runs.cancel)
    feeds = list(feeds_of(platform.subject) if feeds is None else feeds)
    if not tables:
        _acquire(platform, runs, sessions, feeds, AGAIN if again else {})
    _tell_states(platform, report, sessions, feeds)
    wanted = _named(needs_of(platform.subject, reached), feeds)
    if tables:
        wanted = {path: need for path, need in wanted.items() if path in tables}
    if not report.failures:
        _refine(platform, runs, wanted, sessions, reached, tables)
    for path in _tables(() if tables else feeds, wanted):
        if platform.lake.exists(TABLES[path]):
            keys = [session.isoformat() for session in sessions]
            counts = platform.lake.row_counts(TABLES[path], keys)
            report.tables[path] = sum(counts.values())
    report.rejects = rejected(platform.lake, sessions, feeds)
    return report


class _Runs:
    """Launches runs and notes what they took and what broke."""

    def __init__(self, platform: Platform, report: Report) -> None:
        self._instance = open_instance(platform.settings.dagster.home)
        end_killed_runs(self._instance)
        make_places(self._instance)
        # The user starts the command again: nothing is retried without being asked for.
        self._tags = {**task_tags(platform.settings), "dagster/max_retries": "0"}
        self._env = platform.settings.deployment.env
        self._defs = work_defs(platform)
        self._progress = platform.progress
        self._subject = platform.subject
        self.report = report

    def run(
        self,
        job: str,
        keys: Sequence[dg.AssetKey] | None = None,
        span: Span | None = None,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Runs a kind of job for some of its assets over a range of sessions, to its end."""
        run_id = str(uuid.uuid4())
        shield_children()
        self._listen(run_id, span)
        of_span = partitions.tags(span) if span else {}
        result = run_here(
            self._instance,
            self._defs.resolve_job_def(jobs.job_name(job, self._subject)),
            run_id,
            env=self._env,
            keys=keys,
            tags={
                **process_tag(run_id),
                **self._tags,
                **of_span,
                **tags,
            },
            config=_QUIET,
        )
        failpoint("run-ended")
        seconds = self.report.seconds
        for event in result.get_step_success_events():
            step = event.step_key or ""
            layer = layer_of(step)
            took = event.step_success_data.duration_ms / 1000
            seconds[layer] = round(seconds.get(layer, 0.0) + took, 3)
        events = result.filter_events(lambda _: True)
        if job == jobs.ACQUIRE:  # dbt observes as well
            self.report.remarks += [remark(event) for event in events if event.is_asset_observation]
        self.report.failures += outcomes.failures(events, job, span)
        self.report.warnings += outcomes.warned(events)

    def cancel(self) -> None:
        """Ends what runs, as cancelled."""
        cancel_own_runs(self._instance)
        cancel_job_runs()

    def _listen(self, run_id: str, span: Span | None) -> None:
        """Reports the tables that a refining run begins and ends to progress."""
        # What has no sessions is refreshed on the side, and no part of what was announced.
        counted = dict.fromkeys(_refined(span), len(span.sessions)) if span else {}

        loading = f"raw_sessions{self._subject.suffix}"

        def heard(event: dg.EventLogEntry) -> None:
            layer, _, name = (event.step_key or "").partition("__")
            if not event.is_dagster_event or layer not in ("silver", "gold", loading):
                return
            if event.get_dagster_event().is_step_start:
                self._progress.advance(0, f"{layer}/{name}" if name else "the warehouse")
            elif event.get_dagster_event().is_step_success and layer != loading:
                self._progress.advance(counted.get(f"{layer}/{name}", 0))

        self._instance.add_event_listener(run_id, heard)


def _acquire(
    platform: Platform,
    runs: _Runs,
    sessions: Sequence[date],
    feeds: Sequence[str],
    tags: Mapping[str, str],
) -> None:
    """Asks for documents."""
    due = [session for session in sessions if session <= platform.today]
    of_sessions = [feed for feed in feeds if feed in SESSION_FEEDS]
    documents = len(due) * len(of_sessions)
    platform.progress.begin("asking for documents", documents, "documents")
    if yearly := [feed for feed in feeds if feed in YEARLY_FEEDS and due]:
        runs.run(jobs.ACQUIRE, [asset_key(FEEDS[feed].table) for feed in yearly], tags=tags)
    for span in spans(dict.fromkeys(of_sessions, due), platform.calendar):
        runs.run(jobs.ACQUIRE, [asset_key(FEEDS[feed].table) for feed in span.names], span, tags)


def _tell_states(
    platform: Platform, report: Report, sessions: Sequence[date], feeds: Iterable[str]
) -> None:
    """Reports what is known of each session and feed."""
    of_sessions = [feed for feed in feeds if feed in SESSION_FEEDS]
    due = [session for session in sessions if session <= platform.today]
    keys = [session.isoformat() for session in due]
    answers = current(platform.lake, of_sessions, keys) if due else {}
    now = platform.clock()
    for session in sessions:
        report.sessions[session] = {
            feed: answers.get((feed, session.isoformat()))
            or unasked(feed, session.isoformat(), now)
            for feed in of_sessions
        }


def _refine(
    platform: Platform,
    runs: _Runs,
    wanted: Needs,
    sessions: Sequence[date],
    reached: Collection[str],
    tables: Collection[str],
) -> None:
    """Builds tables, their copies in the warehouse, and the marts."""
    asked = [session.isoformat() for session in sessions]
    calendars = known(platform.lake, platform.calendar_of)
    possible = staleness.accepted(platform.lake, wanted, asked, calendars)
    days = {path: [date.fromisoformat(key) for key in keys] for path, keys in possible.items()}
    plan = spans(days, platform.calendar)
    of_sessions = sum(len(span.sessions) for span in plan)
    parts = sum(len(span.sessions) * len(_refined(span)) for span in plan)
    platform.progress.begin(f"computing {counted(of_sessions, 'session')}", parts)
    if alone := [asset_key(TABLES[path]) for path in tables if TABLES[path].is_whole]:
        runs.run(jobs.REFINE, alone)
    for number, span in enumerate(plan):
        if runs.report.failures:
            return
        keys = [key_at(path) for path in span.names]
        if not number and not tables:
            # What has no sessions, and all the others read.
            keys += jobs.reference_keys(platform.subject)
            if "warehouse" in reached:
                keys += [raw_key(t) for t in loaded_of(platform.subject).get(Whole(), [])]
        runs.run(jobs.REFINE, keys, span)
    wanted_too = "marts" in reached and not tables and has_models(platform.subject)
    if wanted_too and plan and not runs.report.failures:
        platform.progress.begin("starting dbt")
        runs.run(jobs.BUILD_MARTS)


def _named(wanted: Needs, feeds: Iterable[str]) -> Needs:
    """The tables that some way of named feeds alone fills, and those ways."""
    named = set(feeds)
    kept = {
        path: replace(need, ways=[way for way in need.ways if way.feeds and named >= {*way.feeds}])
        for path, need in wanted.items()
    }
    return {path: need for path, need in kept.items() if need.ways}


def _tables(feeds: Iterable[str], refined: Iterable[str]) -> list[str]:
    """The tables of sessions in the lake that a backfill of some feeds fills."""
    bronze = [FEEDS[feed].table.path for feed in feeds if feed in SESSION_FEEDS]
    return [*bronze, *(path for path in refined if path in TABLES)]


def _refined(span: Span) -> list[str]:
    """The tables of a run that are computed; all that is loaded is one step."""
    return [path for path in span.names if path in TABLES]


def layer_of(step: str) -> str:
    """The layer that a step fills: it is named after its asset, or after a part of loading."""
    if step.startswith("raw_"):
        return "warehouse"
    if step.startswith(STEPS):
        return "bronze"
    return "marts" if step.startswith("marts") else step.split("__", maxsplit=1)[0]
