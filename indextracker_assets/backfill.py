"""A backfill from the command line: acquire, refine what was accepted, build the marts.

Runs on the instance under DAGSTER_HOME, so that the UI shows it, and in this process, so that it
takes seconds. A run of Dagster's marks each of its partitions: a refining run therefore holds only
keys whose documents are there, and takes a contiguous range of them. A run is of one time line, and
so of one subject: what fails in it stops no other subject's. Which subjects and keys are meant is
decided by who calls.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType

import dagster as dg

from indextracker.acquiring.deliveries import current, unasked
from indextracker.building import staleness
from indextracker.building.earlier import known
from indextracker.building.needs import needs_of
from indextracker.building.planning import Span, spans
from indextracker.building.reports import Report, counted, rejected
from indextracker.building.staleness import Needs
from indextracker.feeds import FEEDS, feeds_of
from indextracker.platform import Platform
from indextracker.system.failpoints import failpoint
from indextracker.warehouse import dbt_runs
from indextracker_assets import jobs, outcomes, partitions
from indextracker_assets.assets.bronze import AGAIN, remark
from indextracker_assets.assets.documents import STEPS
from indextracker_assets.assets.warehouse import loaded_of, loading
from indextracker_assets.definitions import marts_defs, table_defs
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
from indextracker_catalogue import TABLES, Key, Subject, Table, Timeline, Whole, tables_of

LAYERS = ("bronze", "silver", "gold", "warehouse", "marts")
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Backfills:
    """Backfills of a process, one after the other, by one instance and one set of definitions.

    Args:
        platform: Source, lake, engine and warehouse; its `progress` receives how far this is.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        dagster = platform.settings.dagster
        self.instance = open_instance(dagster.home, dagster.database)
        end_killed_runs(self.instance)
        make_places(self.instance)
        # The user starts the command again: nothing is retried without being asked for.
        self.tags = {**task_tags(platform.settings), "dagster/max_retries": "0"}
        self.defs = table_defs(platform)
        self._with_marts: Future[dg.Definitions] | None = None

    def run(
        self,
        subject: Subject,
        keys: Mapping[Timeline, Sequence[Key]],
        *,
        feeds: Iterable[str] | None = None,
        to_layer: str = "marts",
        again: bool = False,
        tables: Collection[str] = (),
        asking: bool = True,
    ) -> Report:
        """Brings keys of a subject's time lines from their publishers to the layer asked for.

        What was asked for is built again even where it is not stale: the code may have changed.

        Args:
            subject: Whose feeds and tables.
            keys: Per time line its keys, in order; one still to come is not asked for.
            feeds: Feeds to ask, all of the subject by default; only jobs whose feeds are all named
                run.
            to_layer: The last of LAYERS to fill.
            again: Whether to ask anew for documents that were accepted before.
            tables: Paths of silver and gold that alone are built, from what is there: no publisher
                is asked, and neither what they rest on nor what rests on them is built.
            asking: Whether documents are asked for; without, all is built from what is there.
        """
        platform, report = self._platform, Report()
        reached = LAYERS[: LAYERS.index(to_layer) + 1]
        feeds = list(feeds_of(subject) if feeds is None else feeds)
        wanted = _named(subject, needs_of(subject, reached), feeds)
        if tables:
            wanted = {path: need for path, need in wanted.items() if path in tables}
        runs = _Runs(platform, self, subject, report)
        if asking and not tables:
            _acquire(platform, runs, keys, feeds, AGAIN if again else {})
        if asking:
            _tell_states(platform, subject, report, keys, feeds)
        else:
            report.sessions = {key: {} for of_line in keys.values() for key in of_line}
        if not report.failures:
            _refine(platform, runs, wanted, keys, reached, tables)
        for table in _tables(subject, () if tables else feeds, wanted):
            if platform.lake.exists(table):
                counts = platform.lake.row_counts(table, keys.get(table.timeline, ()))
                report.tables[table.path] = sum(counts.values())
        every = {*feeds} >= {*feeds_of(subject)}
        imported = [table.name for table in tables_of(subject) if table.imported and every]
        report.rejects = rejected(platform.lake, subject, keys, [*feeds, *imported])
        return report

    def load_marts(self) -> None:
        """Begins to load what builds the marts, while tables are computed: it takes seconds."""

        def loaded() -> dg.Definitions:
            found = dg.Definitions.merge(self.defs, marts_defs())
            dbt_runs.load()
            return found

        self._with_marts = self._with_marts or ThreadPoolExecutor(1).submit(loaded)

    def definitions(self, job: str) -> dg.Definitions:
        """What a kind of job is found in."""
        of_marts = job == jobs.BUILD_MARTS and self._with_marts
        return of_marts.result() if of_marts else self.defs

    def cancel(self) -> None:
        """Ends what runs, as cancelled, in Dagster's records and on EMR Serverless.

        To be called, from another thread, before this process ends in the middle.
        """
        cancel_own_runs(self.instance)
        cancel_job_runs()

    def close(self) -> None:
        """Closes Dagster's records, which SQLite then has in one file each."""
        self.instance.dispose()


class _Runs:
    """Launches the runs of a subject, and notes what they took and what broke."""

    def __init__(
        self, platform: Platform, backfills: Backfills, subject: Subject, report: Report
    ) -> None:
        self._backfills = backfills
        self._env = platform.settings.deployment.env
        self._progress = platform.progress
        self.subject = subject
        self.report = report

    def load_marts(self) -> None:
        """Begins to load what builds the marts."""
        self._backfills.load_marts()

    def run(
        self,
        job: str,
        keys: Sequence[dg.AssetKey] | None = None,
        span: Span | None = None,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Runs a kind of job for some of its assets over a range of keys, to its end."""
        run_id = str(uuid.uuid4())
        shield_children()
        self._listen(run_id, span)
        of_span = partitions.tags(span) if span else {}
        defs = self._backfills.definitions(job)
        result = run_here(
            self._backfills.instance,
            defs.resolve_job_def(jobs.job_name(job, self.subject, span.timeline if span else None)),
            run_id,
            env=self._env,
            keys=keys,
            tags={
                **process_tag(run_id),
                **self._backfills.tags,
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

    def _listen(self, run_id: str, span: Span | None) -> None:
        """Reports the tables that a refining run begins and ends to progress."""
        # What has no keys is refreshed on the side, and no part of what was announced.
        counted = dict.fromkeys(_refined(span), len(span.keys)) if span else {}
        copies = loading(self.subject, span.timeline) if span else None

        def heard(event: dg.EventLogEntry) -> None:
            layer, _, name = (event.step_key or "").partition("__")
            if not event.is_dagster_event or layer not in ("silver", "gold", copies):
                return
            if event.get_dagster_event().is_step_start:
                self._progress.advance(0, f"{layer}/{name}" if name else "the warehouse")
            elif event.get_dagster_event().is_step_success and layer != copies:
                self._progress.advance(counted.get(f"{layer}/{name}", 0))

        self._backfills.instance.add_event_listener(run_id, heard)


def _acquire(
    platform: Platform,
    runs: _Runs,
    keys: Mapping[Timeline, Sequence[Key]],
    feeds: Sequence[str],
    tags: Mapping[str, str],
) -> None:
    """Asks for documents."""
    due = {timeline: _begun(platform, timeline, of_line) for timeline, of_line in keys.items()}
    keyed = [FEEDS[feed] for feed in feeds if not FEEDS[feed].timeline.at_once]
    documents = sum(len(due.get(feed.timeline, ())) for feed in keyed)
    platform.progress.begin("asking for documents", documents, "documents")
    at_once = [asset_key(FEEDS[feed].table) for feed in feeds if FEEDS[feed].timeline.at_once]
    if at_once and any(due.values()):
        runs.run(jobs.ACQUIRE, at_once, tags=tags)
    for timeline, of_line in due.items():
        wanted = {feed.name: of_line for feed in keyed if feed.timeline == timeline}
        for span in spans(wanted, platform.calendar_of(timeline)):
            runs.run(jobs.ACQUIRE, [asset_key(FEEDS[f].table) for f in span.names], span, tags)


def _begun(platform: Platform, timeline: Timeline, keys: Sequence[Key]) -> list[Key]:
    """The keys that are not still to come."""
    present = platform.calendar_of(timeline).key_at(platform.clock())
    return [key for key in keys if key <= present]


def _tell_states(
    platform: Platform,
    subject: Subject,
    report: Report,
    keys: Mapping[Timeline, Sequence[Key]],
    feeds: Iterable[str],
) -> None:
    """Reports what is known of each key and feed."""
    now = platform.clock()
    for timeline, of_line in keys.items():
        asked = [feed for feed in feeds if FEEDS[feed].timeline == timeline]
        if not asked or _beside(subject, timeline):
            continue
        begun = _begun(platform, timeline, of_line)
        answers = current(platform.lake, asked, begun) if begun else {}
        for key in of_line:
            states = {feed: answers.get((feed, key)) or unasked(feed, key, now) for feed in asked}
            report.sessions.setdefault(key, {}).update(states)


def _beside(subject: Subject, timeline: Timeline) -> bool:
    """Whether documents of a time line are no part of what is told: years beside sessions."""
    return timeline.at_once and timeline != subject.timeline


def _refine(
    platform: Platform,
    runs: _Runs,
    wanted: Needs,
    keys: Mapping[Timeline, Sequence[Key]],
    reached: Collection[str],
    tables: Collection[str],
) -> None:
    """Builds tables, their copies in the warehouse, and the marts."""
    plan = _plan(platform, wanted, keys)
    parts = sum(len(span.keys) * len(_refined(span)) for span in plan)
    platform.progress.begin(f"computing {_in_words(runs.subject, plan)}", parts)
    marts_too = (
        plan and "marts" in reached and not tables and dbt_runs.has_models(runs.subject.name)
    )
    if marts_too:
        runs.load_marts()
    if alone := [asset_key(TABLES[path]) for path in tables if TABLES[path].is_whole]:
        runs.run(jobs.REFINE, alone)
    for number, span in enumerate(plan):
        if runs.report.failures:
            return
        assets = [key_at(path) for path in span.names]
        if not tables:
            assets += _without_keys(runs.subject, reached, first=not number)
        runs.run(jobs.REFINE, assets, span)
    if marts_too and not runs.report.failures:
        platform.progress.begin("starting dbt")
        runs.run(jobs.BUILD_MARTS)


def _without_keys(subject: Subject, reached: Collection[str], *, first: bool) -> list[dg.AssetKey]:
    """What has no keys: all of it in the first run, and in others what is made of their keys."""
    gathered = jobs.gathered_tables(subject)
    found = jobs.reference_keys(subject) if first else [asset_key(table) for table in gathered]
    if "warehouse" in reached:
        copies = loaded_of(subject).get(Whole(), [])
        found += [raw_key(table) for table in copies if first or table in gathered]
    return found


def _plan(platform: Platform, wanted: Needs, keys: Mapping[Timeline, Sequence[Key]]) -> list[Span]:
    """The runs that build what can be built, a time line after the other."""
    calendars = known(platform.lake, platform.calendar_of)
    found: list[Span] = []
    for timeline, of_line in keys.items():
        needs = {path: need for path, need in wanted.items() if need.timeline == timeline}
        if needs and of_line:
            possible = staleness.accepted(platform.lake, needs, of_line, calendars)
            found += spans(possible, platform.calendar_of(timeline))
    return found


def _in_words(subject: Subject, plan: Sequence[Span]) -> str:
    """How much there is to compute, such as `3 sessions and 72 hours`."""
    counts = {subject.timeline.unit: 0} if not plan else {}
    for span in plan:
        unit = span.timeline.unit
        counts[unit] = counts.get(unit, 0) + len(span.keys)
    return " and ".join(counted(count, unit.removesuffix("s")) for unit, count in counts.items())


def _named(subject: Subject, wanted: Needs, feeds: Iterable[str]) -> Needs:
    """The tables that some way of named feeds alone fills, and those ways.

    What rests on no feed of the subject is wanted where all its feeds are: documents of another
    subject are there, or are that one's to ask for.
    """
    named, own = set(feeds), {*feeds_of(subject)}
    kept = {
        path: replace(
            need,
            ways=[
                way
                for way in need.ways
                if named >= own & {*way.feeds} and (own & {*way.feeds} or named >= own)
            ],
        )
        for path, need in wanted.items()
    }
    return {path: need for path, need in kept.items() if need.ways}


def _tables(subject: Subject, feeds: Iterable[str], refined: Iterable[str]) -> list[Table]:
    """The tables with keys in the lake that a backfill of some feeds fills."""
    bronze = (FEEDS[feed].table for feed in feeds)
    told = (table for table in bronze if not _beside(subject, table.timeline))
    return [*told, *(TABLES[path] for path in refined if path in TABLES)]


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
