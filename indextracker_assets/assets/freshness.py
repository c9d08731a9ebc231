"""Freshness by the calendar: which tables are without a session that is due by now.

Dagster's own policies know no holidays. Whether a day's document can be had at all is shown by the
check `documents_accepted` of its feed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import dagster as dg

from indextracker.acquiring.deliveries import current
from indextracker.building import staleness
from indextracker.building.needs import SESSION_FEEDS, refined_tables, ways
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker_assets.runs import mark
from indextracker_assets.specs import asset_key
from indextracker_catalogue import Table

CHECK = "fresh"
# One missing session is often the publisher's doing, a week of them nobody's intention.
BEHIND_IS_AN_ERROR = 5


@dataclass(frozen=True)
class Lag:
    """How far a table is behind: the last session due, the newest there, and how many between."""

    due: date | None
    newest: date | None
    behind: int


def watched() -> dict[Table, frozenset[str]]:
    """The tables that are watched, documents and bars, and the feeds that each rests on."""
    found = {FEEDS[name].table: frozenset([name]) for name in SESSION_FEEDS}
    for table in refined_tables():
        if table.layer == "gold" and not table.is_whole:
            found[table] = frozenset[str]().union(*ways(table))
    return found


def lags(platform: Platform, now: datetime) -> dict[Table, Lag]:
    """How far each watched table is behind the sessions that its feeds owe by now.

    A session that turned out to be closed is owed by nobody.
    """
    calendar, tables = platform.calendar, watched()
    today = now.astimezone(calendar.timezone).date()
    first = max(platform.settings.lake.start, calendar.start)
    passed = calendar.sessions(first, today) if first <= today else []
    recent = passed[-2 * BEHIND_IS_AN_ERROR :]
    answers = current(platform.lake, SESSION_FEEDS, recent) if recent else {}
    states = {(feed, session): answer.state for (feed, session), answer in answers.items()}
    built = staleness.built(platform.lake, [table.path for table in tables], recent)

    def one(table: Table, feeds: frozenset[str]) -> Lag:
        def owed(session: date) -> bool:
            found = {states.get((feed, session)) for feed in feeds}
            return "closed" not in found and all(FEEDS[f].due(session) <= now for f in feeds)

        def there(session: date) -> bool:
            if table.layer == "bronze":
                return all(states.get((feed, session)) == "accepted" for feed in feeds)
            return session in built[table.path]

        due = [session for session in recent if owed(session)]
        newest = max(filter(there, due), default=None)
        behind = sum(1 for session in due if newest is None or session > newest)
        return Lag(due[-1] if due else None, newest, behind)

    return {table: one(table, feeds) for table, feeds in tables.items()}


def freshness_checks() -> dg.AssetChecksDefinition:
    """One step with a check per watched table."""
    tables = {asset_key(table): table for table in watched()}

    @dg.multi_asset_check(
        name="last_sessions_due",
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
        found = lags(platform, platform.clock())
        for check in sorted(context.selected_asset_check_keys):
            yield _result(check.asset_key, found[tables[check.asset_key]])

    return last_sessions_due


def _result(key: dg.AssetKey, found: Lag) -> dg.AssetCheckResult:
    error = found.behind >= BEHIND_IS_AN_ERROR
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
