"""Staleness: sessions of tables that were not built from the documents that are accepted now.

Each build of silver, gold and their copies in the warehouse is logged with the documents that it
was made from. A session whose accepted documents differ from these is stale: it was never built, a
better document came, or the table was restored to an earlier version. Building does not belong
here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.acquiring.deliveries import current
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.system.failpoints import failpoint
from indextracker_catalogue.shared.builds import BUILDS

COLUMNS = ("table_path", "session_date", "documents", "built_at")
# Per table, by path, the feeds of each way to fill it: rejects of one feed wait for no other.
Needs = Mapping[str, Sequence[frozenset[str]]]
# Per table and session the documents, as `feed=sha256` in order, by commas.
Documents = dict[str, dict[date, str]]


def accepted(lake: Lake, needs: Needs, sessions: Sequence[date] | None = None) -> Documents:
    """What can be built: the sessions for which some way to fill a table has all its documents.

    Args:
        lake: Where the log of deliveries lies.
        needs: Tables of sessions, and the feeds that they rest on.
        sessions: Sessions of interest; null for all.
    """
    feeds = frozenset[str]().union(*(some for ways in needs.values() for some in ways))
    of_session: dict[date, dict[str, str]] = {}
    for (feed, session), answer in current(lake, sorted(feeds), sessions).items():
        if answer.accepted and answer.sha256:
            of_session.setdefault(session, {})[feed] = answer.sha256
    return {
        path: {
            session: documents
            for session, digests in sorted(of_session.items())
            if (documents := _of_ways(ways, digests))
        }
        for path, ways in needs.items()
    }


def built(lake: Lake, paths: Iterable[str], sessions: Sequence[date] | None = None) -> Documents:
    """What the sessions of some tables were last built from."""
    found: Documents = {path: {} for path in paths}
    for path, session, documents, _ in _log(lake, list(found), sessions):
        found[path][session] = documents
    return found


def stale(lake: Lake, needs: Needs, sessions: Sequence[date] | None = None) -> Documents:
    """The part of `accepted` that its tables were not built from: never, or from others."""
    there = built(lake, needs, sessions)
    return {
        path: {s: documents for s, documents in possible.items() if there[path].get(s) != documents}
        for path, possible in accepted(lake, needs, sessions).items()
    }


def record(lake: Lake, documents: Mapping[str, Mapping[date, str]]) -> None:
    """Logs, in one commit, that sessions of tables are built from these and passed their checks."""
    now = datetime.now(UTC)
    rows = [
        {"table_path": path, "session_date": session, "documents": what, "built_at": now}
        for path, sessions in documents.items()
        for session, what in sessions.items()
    ]
    if rows:
        failpoint("builds-before")
        lake.append(BUILDS, pa.Table.from_pylist(rows, arrow_schema(BUILDS)))
        failpoint("builds-after")


def restate(lake: Lake, path: str, as_of: datetime) -> None:
    """Logs the documents that a table will be made from after it is restored.

    To be called before the restore: a kill in between makes sessions stale that need not be, and
    never the reverse.

    Args:
        lake: Where the table lies.
        path: The table that is to be restored.
        as_of: The instant that it goes back to.
    """
    before: dict[date, str] = {}
    for _, session, documents, built_at in _log(lake, [path], None):
        before[session] = documents if built_at <= as_of else before.get(session, "")
    record(lake, {path: before})


def _log(
    lake: Lake, paths: list[str], sessions: Sequence[date] | None
) -> Iterable[tuple[str, date, str, datetime]]:
    """The log's rows of some tables, the oldest first."""
    if not lake.exists(BUILDS):
        return []
    wanted = pc.field("table_path").isin(pa.array(paths, pa.string()))
    if sessions is not None:
        wanted &= pc.field("session_date").isin(pa.array(sessions, pa.date32()))
    rows = lake.rows(BUILDS, sessions).to_table(list(COLUMNS), filter=wanted).sort_by("built_at")
    return zip(*(rows[name].to_pylist() for name in COLUMNS), strict=True)


def _of_ways(ways: Iterable[frozenset[str]], digests: Mapping[str, str]) -> str:
    """The documents of the ways that have all of theirs."""
    feeds = {feed for way in ways if way <= digests.keys() for feed in way}
    return ",".join(f"{feed}={digests[feed]}" for feed in sorted(feeds))
