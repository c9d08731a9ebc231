"""A backfill from the command line: acquire, refine what was accepted, build the marts.

Runs on the instance under DAGSTER_HOME, so that the UI shows it, and in this process, so that it
takes seconds. A run of Dagster's marks each of its partitions: a refining run therefore holds only
sessions whose documents are there, and takes a contiguous range of them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby

import dagster as dg

from indextracker.calendars import Calendar
from indextracker.deliveries import NEVER_ASKED, current
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker_assets import jobs
from indextracker_assets.assets.silver_gold import feeds_of, refined_tables
from indextracker_assets.assets.warehouse import LOADED
from indextracker_assets.definitions import build_defs
from indextracker_assets.specs import asset_key, raw_key
from indextracker_spark.jobs import writers
from indextracker_spark.tables import Table

LAYERS = ("bronze", "silver", "gold", "warehouse", "marts")
# A step is named after its asset, or after the loader's two parts.
_LAYER_OF_STEP = {"raw_reference": "warehouse", "raw_sessions": "warehouse", "marts": "marts"}
# By whom a run is run: one whose process is gone will never end by itself.
_PROCESS = "indextracker/process"
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
    """

    sessions: dict[date, dict[str, Answer]] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

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

    def accepted(self, feed: str) -> set[date]:
        """The sessions whose document of a feed is there."""
        return {day for day, answers in self.sessions.items() if answers[feed].state == "accepted"}


def backfill(
    platform: Platform,
    sessions: Sequence[date],
    *,
    feeds: Iterable[str] = tuple(FEEDS),
    to_layer: str = "marts",
    progress: Progress = lambda _: None,
) -> Report:
    """Brings sessions from their publishers to the layer asked for.

    Args:
        platform: Source, lake, engine and warehouse.
        sessions: Trading sessions, in order; one still to come is not asked for.
        feeds: Feeds to ask; only jobs whose feeds are all named run.
        to_layer: The last of LAYERS to fill.
        progress: Told in a few words what is being done.
    """
    reached = LAYERS[: LAYERS.index(to_layer) + 1]
    report = Report()
    runs = _Runs(platform, report)
    feeds = list(feeds)
    _acquire(platform, runs, sessions, feeds, progress)
    plan = _plan(report, feeds, reached)
    for days, keys in plan.items():
        for first, last in ranges(days, platform.calendar):
            if report.failures:
                return report
            progress(f"refining {first} to {last}: {len(keys)} tables")
            runs.run(jobs.REFINE, keys, first, last)
    if "marts" in reached and plan and not report.failures:
        progress("building and testing the marts, writing their docs")
        runs.run(jobs.BUILD_MARTS)
    for table in _tables(feeds, reached):
        if platform.lake.exists(table):
            counts = platform.lake.row_counts(table, sessions)
            report.tables[table.path] = sum(counts.values())
    return report


def ranges(days: Sequence[date], calendar: Calendar) -> list[tuple[date, date]]:
    """The contiguous ranges of some sessions; a holiday inside breaks none, a session does."""
    if not days:
        return []
    position = {day: n for n, day in enumerate(calendar.sessions(min(days), max(days)))}
    runs = groupby(enumerate(sorted(days)), key=lambda item: position[item[1]] - item[0])
    spans = ([day for _, day in run] for _, run in runs)
    return [(span[0], span[-1]) for span in spans]


class _Runs:
    """Launches runs and notes what they took and what broke."""

    def __init__(self, platform: Platform, report: Report) -> None:
        self._instance = dg.DagsterInstance.get()
        _fail_dead_runs(self._instance)
        self._defs = build_defs(platform)
        self.report = report

    def run(
        self,
        job: str,
        keys: Sequence[dg.AssetKey] | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> None:
        """Runs a job for some of its assets over a range of sessions, to its end."""
        tags = {_PROCESS: f"{socket.gethostname()}:{os.getpid()}"}
        if first and last:
            tags |= {
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": last.isoformat(),
            }
        result = self._defs.resolve_job_def(job).execute_in_process(
            instance=self._instance,
            asset_selection=keys,
            tags=tags,
            run_config=_QUIET,
            raise_on_error=False,
        )
        seconds = self.report.seconds
        for event in result.get_step_success_events():
            step = event.step_key or ""
            layer = _LAYER_OF_STEP.get(step) or step.split("__")[0]
            took = event.step_success_data.duration_ms / 1000
            seconds[layer] = round(seconds.get(layer, 0.0) + took, 3)
        for event in result.filter_events(lambda event: event.is_step_failure):
            self.report.failures.append(f"{event.step_key}: {_sentence(event)}")


def _fail_dead_runs(instance: dg.DagsterInstance) -> None:
    """Ends the runs of killed backfills.

    They would be shown as running for good, and hold their places in the queue of the UI.
    """
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])
    for run in instance.get_runs(unfinished):
        host, _, process = run.tags.get(_PROCESS, "").rpartition(":")
        if host == socket.gethostname() and not _lives(int(process)):
            instance.report_run_failed(run, "the process of this run was killed")


def _lives(process: int) -> bool:
    """Whether another process has this id; no run of this one has begun yet."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process != os.getpid()


def _sentence(event: dg.DagsterEvent) -> str:
    """What a failed step says, without its traceback."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error and error.cause:
        error = error.cause
    return error.message.strip() if error else "failed without a message"


def _acquire(
    platform: Platform,
    runs: _Runs,
    sessions: Sequence[date],
    feeds: Sequence[str],
    progress: Progress,
) -> None:
    """Asks for documents, and reports each session's states."""
    today = datetime.now(UTC).astimezone(platform.calendar.timezone).date()
    due = [session for session in sessions if session <= today]
    keys = [asset_key(FEEDS[feed].table) for feed in feeds]
    for first, last in ranges(due, platform.calendar):
        progress(f"acquiring {first} to {last}: {', '.join(feeds)}")
        runs.run(jobs.ACQUIRE, keys, first, last)
    answers = current(platform.lake, feeds, due) if due else {}
    for session in sessions:
        unasked = Answer("not_yet", "the session is still to come")
        if session <= today:
            unasked = Answer("missing", NEVER_ASKED)
        known = ((feed, answers.get((feed, session))) for feed in feeds)
        runs.report.sessions[session] = {
            feed: Answer(found.state, found.reason) if found else unasked for feed, found in known
        }


def _plan(
    report: Report, feeds: Sequence[str], reached: Sequence[str]
) -> dict[tuple[date, ...], list[dg.AssetKey]]:
    """Which tables to refine for which sessions: those with the same sessions together.

    The first run also refreshes what has no sessions and all the others read.
    """
    plan: dict[tuple[date, ...], list[dg.AssetKey]] = {}
    for table in refined_tables():
        good: set[date] = set()
        for needed in _named(table, feeds):
            good |= set.intersection(*(report.accepted(feed) for feed in needed))
        if good and table.storage != "whole" and table.layer in reached:
            keys = plan.setdefault(tuple(sorted(good)), [])
            keys.append(asset_key(table))
            if "warehouse" in reached and table.in_warehouse:
                keys.append(raw_key(table))
    if plan:
        first = next(iter(plan.values()))
        first.extend(jobs.REFERENCE_KEYS)
        if "warehouse" in reached:
            first.extend(raw_key(table) for table in LOADED if table.storage == "whole")
    return plan


def _tables(feeds: Sequence[str], reached: Sequence[str]) -> list[Table]:
    """The tables of sessions that a backfill of some feeds fills."""
    bronze = [FEEDS[feed].table for feed in feeds]
    return bronze + [t for t in refined_tables() if t.layer in reached and _named(t, feeds)]


def _named(table: Table, feeds: Iterable[str]) -> list[frozenset[str]]:
    """The feeds of each job of a table whose feeds are all named."""
    needed = [feeds_of(job) for job in writers(table)]
    return [some for some in needed if some and some <= set(feeds)]
