"""Checks of freshness: which tables are without a session that is due, or without what arrived.

Dagster's own policies have no holidays, and count from the last materialisation, which a closed
market does without: `indextracker.building.freshness` finds what is due, and `streams.standing`
what waits in a stream. The check `documents_accepted` of a feed shows whether a day's document is
there at all.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta

import dagster as dg

from indextracker.building.freshness import Lag, lags, watched
from indextracker.platform import Platform
from indextracker.streams.arrivals import EVENTS
from indextracker.streams.opening import find_stream
from indextracker.streams.standing import Standing, standing
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key
from indextracker_catalogue import SUBJECTS, Subject, Table

CHECK = "fresh"
# A consumer that runs has an event in the table after a second, and one that was hindered tries
# again after thirty.
WAITS_AT_MOST = timedelta(minutes=1)
# The key of these tables: what is made of an hour is without what waits for longer.
WAITS_LONG = timedelta(hours=1)


def looked_at(subject: Subject) -> list[Table]:
    """The tables of a subject that have the check."""
    events = [EVENTS[subject.name].table] if subject.name in EVENTS else []
    return [*events, *watched(subject)]


def stand(platform: Platform, subject: Subject) -> Standing:
    """How the stream of a subject stands, and the table of its events."""
    stream = find_stream(platform.settings, subject.name)
    return standing(platform.lake, EVENTS[subject.name].table, stream)


def evaluations(
    platform: Platform, subject: Subject, tables: Collection[Table], found: Standing | None = None
) -> Iterator[dg.AssetCheckEvaluation]:
    """How fresh some tables of a subject are now.

    Args:
        platform: Lake, settings, calendars and clock.
        subject: Whose tables.
        tables: Of those that are looked at.
        found: How the stream stands, where that was asked already.
    """
    behind: Mapping[Table, Lag] = {}
    if any(table in watched(subject) for table in tables):
        start = platform.settings.lake.start
        behind = lags(platform.lake, subject, platform.calendar_of, start, platform.clock())
    for table in tables:
        if table in behind:
            yield _of_keys(table, behind[table])
        else:
            yield _of_events(table, found or stand(platform, subject), platform)


def freshness_checks() -> list[dg.AssetChecksDefinition]:
    """A step for each subject, with a check per table that is looked at."""
    return [_checks(subject) for subject in SUBJECTS.values() if looked_at(subject)]


def _checks(subject: Subject) -> dg.AssetChecksDefinition:
    tables = {asset_key(table): table for table in looked_at(subject)}
    events = EVENTS[subject.name].table if subject.name in EVENTS else None

    @dg.multi_asset_check(
        name=f"last_sessions_due{subject.suffix}",
        specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=key,
                description="What arrived in the stream up to a minute ago is in the table."
                if table is events
                else "The newest session is the last one due by the calendar and the hour.",
            )
            for key, table in tables.items()
        ],
        can_subset=True,
    )
    def last_sessions_due(
        context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        mark(context)
        wanted = [tables[check.asset_key] for check in sorted(context.selected_asset_check_keys)]
        for found in evaluations(platform, subject, wanted):
            yield dg.AssetCheckResult(
                passed=found.passed,
                asset_key=found.asset_key,
                check_name=found.check_name,
                severity=found.severity,
                metadata=found.metadata,
            )

    return last_sessions_due


def _of_keys(table: Table, found: Lag) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        passed=found.behind == 0,
        asset_key=asset_key(table),
        check_name=CHECK,
        severity=_severity(is_error=found.is_long),
        metadata={
            "last_session_due": str(found.due),
            "newest_session": str(found.newest),
            "sessions_behind": found.behind,
        },
    )


def _of_events(table: Table, found: Standing, platform: Platform) -> dg.AssetCheckEvaluation:
    """Fresh is a table with what arrived: of a stream that brings nothing, nothing is missing."""
    lag = found.lag(platform.clock())
    # Of what was never used nothing is missing.
    is_unused = lag is None and not found.rows
    waits = lag or timedelta(0)
    return dg.AssetCheckEvaluation(
        passed=is_unused or (lag is not None and waits <= WAITS_AT_MOST),
        asset_key=asset_key(table),
        check_name=CHECK,
        severity=_severity(is_error=waits > WAITS_LONG),
        metadata={"problem": found.problem}
        if lag is None
        else {"lag_seconds": lag.total_seconds()},
    )


def _severity(*, is_error: bool) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN
