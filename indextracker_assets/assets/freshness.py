"""Checks of freshness: which tables are without a session that is due by now.

Dagster's own policies have no holidays; `indextracker.building.freshness` finds what is due. The
check `documents_accepted` of a feed shows whether a day's document is there at all.
"""

from collections.abc import Iterator

import dagster as dg

from indextracker.building.freshness import Lag, lags, watched
from indextracker.platform import Platform
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key
from indextracker_catalogue import SUBJECTS, Subject

CHECK = "fresh"


def freshness_checks() -> list[dg.AssetChecksDefinition]:
    """A step for each subject, with a check per watched table."""
    return [_checks(subject) for subject in SUBJECTS.values() if watched(subject)]


def _checks(subject: Subject) -> dg.AssetChecksDefinition:
    tables = {asset_key(table): table for table in watched(subject)}

    @dg.multi_asset_check(
        name=f"last_sessions_due{subject.suffix}",
        specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=key,
                description="The newest session is the last one due by the calendar and the hour.",
            )
            for key in tables
        ],
        can_subset=True,
    )
    def last_sessions_due(
        context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[dg.AssetCheckResult]:
        mark(context)
        start = platform.settings.lake.start
        found = lags(platform.lake, subject, platform.calendar_of, start, platform.clock())
        for check in sorted(context.selected_asset_check_keys):
            yield _result(check.asset_key, found[tables[check.asset_key]])

    return last_sessions_due


def _result(key: dg.AssetKey, found: Lag) -> dg.AssetCheckResult:
    error = found.is_long
    return dg.AssetCheckResult(
        passed=found.behind == 0,
        asset_key=key,
        check_name=CHECK,
        severity=dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN,
        metadata={
            "last_session_due": str(found.due),
            "newest_session": str(found.newest),
            "sessions_behind": found.behind,
        },
    )
