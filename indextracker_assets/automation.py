"""Automation: schedules, and sensors for outstanding documents, stale tables and failed runs.

Schedules and sensors decide from the calendar, the log of documents and the log of builds, so it
does not matter what started the earlier runs. They only decide: runs do the work, and locks of the
operating system keep them apart.

They are stopped by default: opening the UI must not send requests to publishers, and a second
process on the same home would start everything twice. INDEXTRACKER_AUTOMATION=running switches them
on together. `killed_runs`, which only cleans up, always runs.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import dagster as dg

from indextracker.acquiring.turns import ASKS_EVERY, turns
from indextracker.acquiring.windows import outstanding
from indextracker.building import staleness
from indextracker.building.earlier import known
from indextracker.building.freshness import watched
from indextracker.building.needs import needs_of
from indextracker.building.planning import spans
from indextracker.feeds import feeds_of
from indextracker.platform import Platform
from indextracker.streams.arrivals import EVENTS
from indextracker.streams.standing import Standing
from indextracker.warehouse import dbt_runs
from indextracker_assets import jobs
from indextracker_assets.alerts import Alert, Failure, alert
from indextracker_assets.assets.freshness import evaluations, looked_at, stand
from indextracker_assets.partitions import tags, tags_between
from indextracker_assets.pools import make_places
from indextracker_assets.runs import DIGEST, attempt, end_killed_runs, under_way
from indextracker_assets.specs import asset_key, key_at
from indextracker_catalogue import SUBJECTS, Schedule, Subject, timelines_of

Requests = Iterator[dg.RunRequest | dg.SkipReason]

REFINES_EVERY_SECONDS = 60
TIDIES_EVERY_SECONDS = 30
# The error of a step is in its own event; a failure is described by at most so many steps.
STEPS_NAMED = 5


def schedules(platform: Platform) -> list[dg.ScheduleDefinition]:
    """The schedules of each subject, and its daily look at how fresh everything is."""
    on = platform.settings.dagster.automation == "running"
    status = dg.DefaultScheduleStatus.RUNNING if on else dg.DefaultScheduleStatus.STOPPED
    asking = [
        _asking_at(platform, subject, schedule, status)
        for subject in SUBJECTS.values()
        for schedule in subject.schedules
    ]
    looking = [
        _looking(subject, status)
        for subject in SUBJECTS.values()
        if subject.freshness and watched(subject)
    ]
    return [*asking, *looking]


def _asking_at(
    platform: Platform, subject: Subject, schedule: Schedule, status: dg.DefaultScheduleStatus
) -> dg.ScheduleDefinition:
    feeds = [feed for feed in feeds_of(subject).values() if feed.timeline == schedule.timeline]

    @dg.schedule(
        name=schedule.name,
        job_name=jobs.job_name(jobs.ACQUIRE, subject, schedule.timeline),
        cron_schedule=schedule.cron,
        execution_timezone=subject.zone,
        default_status=status,
        description="Requests the documents of the session just closed.",
    )
    def documents(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        # The tick's own key, from the calendar: on a closed day the latest partition is a session
        # still to come.
        calendar = platform.calendar_of(schedule.timeline)
        key = calendar.key_at(context.scheduled_execution_time)
        if not calendar.is_key(key):
            following = calendar.next(key)
            return dg.SkipReason(f"{key} is no trading day; the next one is {following}")
        if schedule.timeline.at_once:
            return dg.RunRequest(
                run_key=key, asset_selection=[asset_key(feed.table) for feed in feeds]
            )
        # That of an hour is out when the next one has begun.
        while not any(feed.due(key) <= context.scheduled_execution_time for feed in feeds):
            key = calendar.previous(key)
        return dg.RunRequest(run_key=key, tags=tags_between(key, key))

    return documents


def _looking(subject: Subject, status: dg.DefaultScheduleStatus) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"freshness_of_today{subject.suffix}",
        job_name=jobs.job_name(jobs.FRESHNESS, subject),
        cron_schedule=subject.freshness,
        execution_timezone=subject.zone,
        default_status=status,
        description="Compares each table with the sessions that are due.",
    )
    def freshness_of_today() -> dg.RunRequest:
        return dg.RunRequest()

    return freshness_of_today


def sensors(platform: Platform) -> list[dg.SensorDefinition]:
    """The sensors: those of each subject, and what tidies up."""
    on = platform.settings.dagster.automation == "running"
    status = dg.DefaultSensorStatus.RUNNING if on else dg.DefaultSensorStatus.STOPPED
    of_subjects = [
        sensor for subject in SUBJECTS.values() for sensor in _sensors_of(platform, subject, status)
    ]

    @dg.sensor(
        name="killed_runs",
        minimum_interval_seconds=TIDIES_EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends the runs whose process was killed.",
    )
    def killed_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        make_places(context.instance)
        ended = end_killed_runs(context.instance)
        return dg.SkipReason(f"ended {', '.join(ended)}" if ended else "no run was killed")

    told = alert(platform.settings)
    tidying = [killed_runs, *([failed_runs(told)] if told else [])]
    return [*of_subjects, _arrivals(platform, status), *tidying]


def _arrivals(platform: Platform, status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """What shows the tables that consumers append to, outside of any run."""

    @dg.sensor(
        name="arrivals",
        minimum_interval_seconds=REFINES_EVERY_SECONDS,
        default_status=status,
        description="Notes how many events each stream has brought, when the last one came, and "
        "how fresh the tables are.",
    )
    def arrivals(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        noted = json.loads(context.cursor or "{}")
        found: dict[str, object] = {}
        told: list[dg.AssetMaterialization | dg.AssetCheckEvaluation] = []
        for name in EVENTS:
            subject = SUBJECTS[name]
            there = stand(platform, subject)
            if not there.rows and there.waits_since is None:
                continue  # it was never used
            before = noted.get(there.table, 0)
            found[there.table] = there.rows
            if there.rows != before:
                told.append(_materialization(there, there.rows - before, platform.clock()))
            for fresh in evaluations(platform, subject, looked_at(subject), there):
                path = fresh.asset_check_key.to_user_string()
                found[path] = [fresh.passed, fresh.severity.value]
                # A table that stays as it is makes no event a minute, but for those that grow.
                is_of_events = fresh.asset_key == key_at(there.table)
                if found[path] != noted.get(path) or (is_of_events and there.rows != before):
                    told.append(fresh)
        return dg.SensorResult(cursor=json.dumps(found), asset_events=told)

    return arrivals


def _materialization(there: Standing, new_rows: int, now: datetime) -> dg.AssetMaterialization:
    """What is noted of a table of events that has others than before."""
    lag = there.lag(now)
    metadata: dict[str, dg.MetadataValue | int | float] = {
        "dagster/row_count": there.rows,
        "new_rows": new_rows,
    }
    if there.last_at:
        metadata["last_arrived_at"] = dg.TimestampMetadataValue(there.last_at.timestamp())
    if lag is not None:
        metadata["lag_seconds"] = lag.total_seconds()
    return dg.AssetMaterialization(key_at(there.table), metadata=metadata)


def _sensors_of(
    platform: Platform, subject: Subject, status: dg.DefaultSensorStatus
) -> list[dg.SensorDefinition]:
    """What looks for outstanding documents and for stale tables of a subject."""
    acquiring, refining, marts = (
        jobs.jobs_of(kind, subject) for kind in (jobs.ACQUIRE, jobs.REFINE, jobs.BUILD_MARTS)
    )

    @dg.sensor(
        name=f"outstanding_documents{subject.suffix}",
        jobs=acquiring,
        minimum_interval_seconds=int(ASKS_EVERY.total_seconds()),
        default_status=status,
        description="Requests missing documents again that publishers still keep.",
    )
    def outstanding_documents(context: dg.SensorEvaluationContext) -> Requests:
        if any(under_way(context.instance, job.name) for job in acquiring):
            yield dg.SkipReason("documents are being acquired")
            return
        yield from _asking(platform, subject)

    @dg.sensor(
        name=f"stale_sessions{subject.suffix}",
        jobs=[*refining, *marts],
        minimum_interval_seconds=REFINES_EVERY_SECONDS,
        default_status=status,
        description="Builds the sessions of tables that were not made from the accepted documents, "
        "then the marts.",
    )
    def stale_sessions(context: dg.SensorEvaluationContext) -> Requests:
        for job in (*acquiring, *refining, *marts):
            if under_way(context.instance, job.name):
                yield dg.SkipReason(f"a run of {job.name} is under way")
                return
        now = datetime.now(UTC)
        requests = [*_refining(platform, subject, context.instance, now)]
        requests = requests or [*_following(subject, context.instance, now)]
        requests = requests or [*_publishing(subject, context.instance, now)]
        yield from requests or [dg.SkipReason("nothing is stale, or its run failed just now")]

    asking = [outstanding_documents] if acquiring else []
    building = [stale_sessions] if refining or marts else []
    return [*asking, *building]


def failed_runs(told: Alert) -> dg.SensorDefinition:
    """Tells of each run that failed."""

    @dg.run_failure_sensor(
        name="failed_runs",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sends an alert when a run failed.",
    )
    def sensor(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        first = run.tags.get("dagster/asset_partition_range_start")
        last = run.tags.get("dagster/asset_partition_range_end")
        steps = (event.step_key for event in context.get_step_failure_events())
        told.send(
            Failure(
                run_id=run.run_id,
                job=run.job_name,
                steps=tuple(step for step in steps if step)[:STEPS_NAMED],
                sessions=f"{first} to {last}" if first else None,
            )
        )

    return sensor


def _asking(platform: Platform, subject: Subject) -> Requests:
    """Runs for the outstanding documents for whom enough time has passed since they were asked."""
    now, first = platform.clock(), platform.settings.lake.start
    calendars = known(platform.lake, platform.calendar_of)
    feeds = feeds_of(subject)
    missing = outstanding(platform.lake, platform.source, calendars, feeds.values(), now)
    due, waiting = turns(platform.lake, missing, first, now)
    if at_once := [asset_key(feeds[name].table) for name in due if feeds[name].timeline.at_once]:
        yield dg.RunRequest(job_name=jobs.job_name(jobs.ACQUIRE, subject), asset_selection=at_once)
    for timeline in timelines_of(subject):
        keys = {
            name: of_feed
            for name, of_feed in due.items()
            if feeds[name].timeline == timeline and not timeline.at_once
        }
        for span in spans(keys, platform.calendar_of(timeline)):
            yield dg.RunRequest(
                job_name=jobs.job_name(jobs.ACQUIRE, subject, timeline),
                asset_selection=[asset_key(feeds[name].table) for name in span.names],
                tags=tags(span),
            )
    if not due:
        yield dg.SkipReason(
            f"no document is requested now; {waiting} documents wait for their turn"
        )


def _refining(
    platform: Platform, subject: Subject, instance: dg.DagsterInstance, now: datetime
) -> Requests:
    """Runs for what is stale, unless such a run failed a short while ago."""
    lake, needs = platform.lake, needs_of(subject)
    stale = staleness.stale(lake, needs, known=known(lake, platform.calendar_of))
    for timeline in timelines_of(subject):
        start = timeline.key_of(platform.settings.lake.start)
        of_line = {
            path: {key: what for key, what in stale[path].items() if key >= start}
            for path, need in needs.items()
            if need.timeline == timeline
        }
        for span in spans(of_line, platform.calendar_of(timeline)):
            digest = span.digest(of_line)
            if key := attempt(instance, digest, now):
                yield dg.RunRequest(
                    run_key=key,
                    job_name=jobs.job_name(jobs.REFINE, subject, timeline),
                    asset_selection=[
                        *jobs.reference_keys(subject),
                        *(key_at(path) for path in span.names),
                    ],
                    tags={**tags(span), DIGEST: digest},
                )


def _following(subject: Subject, instance: dg.DagsterInstance, now: datetime) -> Requests:
    """A run for the tables in one piece, where what they read of others was built after them."""
    for table, others in jobs.following_tables(subject).items():
        newest = _newest(instance, map(asset_key, others))
        own = _newest(instance, [asset_key(table)])
        if newest is None or own is None or own.timestamp > newest.timestamp:
            continue
        digest = f"following{subject.suffix}-{newest.run_id}"
        if key := attempt(instance, digest, now):
            yield dg.RunRequest(
                run_key=key,
                job_name=jobs.job_name(jobs.REFINE, subject),
                asset_selection=jobs.whole_keys(subject),
                tags={DIGEST: digest},
            )
        return


def _newest(instance: dg.DagsterInstance, keys: Iterable[dg.AssetKey]) -> dg.EventLogRecord | None:
    """The last time that one of some assets was materialised."""
    records = instance.get_asset_records([*keys])
    events = (record.asset_entry.last_materialization_record for record in records)
    return max((event for event in events if event), key=lambda e: e.timestamp, default=None)


def _publishing(subject: Subject, instance: dg.DagsterInstance, now: datetime) -> Requests:
    """A run for the marts, where the warehouse was loaded after they were last begun."""
    if not dbt_runs.has_models(subject.name):
        return
    marts = jobs.job_name(jobs.BUILD_MARTS, subject)
    newest = _newest(instance, jobs.raw_keys(subject))
    built = instance.get_run_records(
        dg.RunsFilter(job_name=marts, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1
    )
    if newest is None or (built and (built[0].start_time or 0) > newest.timestamp):
        return
    digest = f"marts{subject.suffix}-{newest.run_id}"
    if key := attempt(instance, digest, now):
        yield dg.RunRequest(run_key=key, job_name=marts, tags={DIGEST: digest})
