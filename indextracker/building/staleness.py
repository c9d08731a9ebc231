"""Which keys of which tables were not built from what there is now.

Silver, gold and their copies in the warehouse follow from documents, or from tables that no feed
fills. Each build is logged with what it came from; what differs is stale, whether it was never
built, whether a better document came, or whether the table went back to an earlier version. Where
a table looks back, what came of a key makes stale those after it too. Building is done elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.metadata import version

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.acquiring.deliveries import current, filed
from indextracker.building import periods
from indextracker.building.earlier import Known, before
from indextracker.calendars import Calendar
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.digest import digest
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import TABLES, Days, Key, Table, Timeline, Whole
from indextracker_catalogue.shared.builds import BUILDS

COLUMNS = ("table_path", "session_date", "documents", "built_at", "key")
SHORT = 16  # digits of a digest of digests


@dataclass(frozen=True)
class Way:
    """What one way to fill a table rests on.

    Attributes:
        feeds: Its feeds, whose documents of a key have to be there; each with how many keys before
            it count too.
        tables: Likewise the tables that it rests on in the end and that no feed fills.
        optional: Feeds, and paths of tables, that count where they are there and need not be.
    """

    feeds: Mapping[str, int]
    tables: Mapping[Table, int] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Need:
    """What a table needs: the ways to fill it, of which each does without the others.

    Contracts of options, for example, do not wait for the document of futures.
    """

    timeline: Timeline
    ways: Sequence[Way]


# Per table, by path.
Needs = Mapping[str, Need]
# Per table and key what it is built from, as `feed=sha256` in order, by commas; `feed-5=...` is the
# digest of what five keys before it rest on.
Documents = dict[str, dict[Key, str]]


def accepted(
    lake: Lake, needs: Needs, keys: Collection[Key] | None = None, known: Known | None = None
) -> Documents:
    """What can be built: the keys for which some way to fill a table has all that it needs.

    Args:
        lake: Where the logs lie.
        needs: Tables with keys, and what they rest on.
        keys: Keys of interest; None for all.
        known: Gives the calendar of a time line; only what looks back needs it.

    Raises:
        ValueError: A table looks back, and no calendar says how far that is.
    """
    there = _There(lake, needs, keys, known)
    return {path: dict(there.of(need)) for path, need in needs.items()}


def built(lake: Lake, paths: Iterable[str], keys: Collection[Key] | None = None) -> Documents:
    """What the keys of some tables were last built from; a table in one piece has the key ``."""
    found: Documents = {path: {} for path in paths}
    for path, key, documents, _ in _log(lake, list(found), keys):
        found[path][key] = documents
    return found


def stale(
    lake: Lake, needs: Needs, keys: Collection[Key] | None = None, known: Known | None = None
) -> Documents:
    """The part of `accepted` that its tables were not built from: never, or from others."""
    return behind(accepted(lake, needs, keys, known), built(lake, needs, keys))


def behind(possible: Documents, there: Documents) -> Documents:
    """The part of what can be built that is not what there is."""
    return {
        path: {key: what for key, what in keys.items() if there[path].get(key) != what}
        for path, keys in possible.items()
    }


def contents(lake: Lake, tables: Iterable[Table]) -> str:
    """What a table in one piece is made from: the rows of those that it reads, and this release.

    By what they hold and not by their versions: a table that is written anew with equal rows makes
    nothing stale. The release counts since such tables hold rules, as of expiries, which are code.
    """
    rows = sorted(f"{table.path}={digest(lake, table)}" for table in tables)
    return ",".join([f"indextracker={version('indextracker')}", *rows])


def record(lake: Lake, documents: Mapping[str, Mapping[Key, str]]) -> None:
    """Logs, in one commit, that keys of tables are built from these and passed their checks."""
    now = datetime.now(UTC)
    rows = [
        {
            "table_path": path,
            "session_date": _day(path, key) or now.date(),
            "documents": what,
            "built_at": now,
            "key": key,
        }
        for path, keys in documents.items()
        for key, what in keys.items()
    ]
    if rows:
        failpoint("builds-before")
        lake.append(BUILDS, pa.Table.from_pylist(rows, arrow_schema(BUILDS)))
        failpoint("builds-after")


def restate(lake: Lake, path: str, as_of: datetime) -> None:
    """Logs the documents that a table will be made from after it is restored.

    To be called before the table goes back: a kill in between makes keys stale that need not be,
    and never the reverse.

    Args:
        lake: Where the table lies.
        path: The table that is to be restored.
        as_of: The instant that it goes back to.
    """
    past: dict[Key, str] = {}
    for _, key, documents, built_at in _log(lake, [path], None):
        past[key] = documents if built_at <= as_of else past.get(key, "")
    record(lake, {path: past})


def doubt(lake: Lake) -> None:
    """Logs that nothing of the lake, nor of its copies in the warehouse, is known to be up to date.

    For who is about to take all of it back: where that ends in the middle, what the next runs find
    is stale, and they build it.
    """
    paths = [*TABLES, *(f"raw/{table.name}" for table in TABLES.values() if table.in_warehouse)]
    found = built(lake, paths)
    sure = {path: [key for key, what in keys.items() if what] for path, keys in found.items()}
    record(lake, {path: dict.fromkeys(keys, "") for path, keys in sure.items()})


class _There:
    """What there is now to build from: accepted documents, and tables that no feed fills."""

    def __init__(
        self, lake: Lake, needs: Needs, keys: Collection[Key] | None, known: Known | None
    ) -> None:
        self._lake = lake
        self._keys = keys
        self._known = known
        ways = [(need.timeline, way) for need in needs.values() for way in need.ways]
        lines: dict[str, Timeline] = {feed: line for line, way in ways for feed in way.feeds}
        back = max((n for _, way in ways for n in way.feeds.values()), default=0)
        # What looks back rests on documents from before the first key; these are few to read.
        asked = None if keys is None or back else keys
        self._documents: dict[str, dict[Key, str]] = {feed: {} for feed in lines}
        for (feed, key), answer in current(lake, sorted(lines), asked).items():
            if answer.accepted and answer.sha256:
                self._documents[feed][key] = answer.sha256
        self._tables = {
            table: self._marks(table) for table in {t for _, way in ways for t in way.tables}
        }

    def _marks(self, table: Table) -> Mapping[Key, str]:
        if table.holds:
            return periods.marks(self._lake, table)
        if table.is_whole:
            return {"": digest(self._lake, table)}
        return self._lake.marks(table)

    def of(self, need: Need) -> Iterator[tuple[Key, str]]:
        """The keys that can be built, in order, with what each is built from."""
        for key in sorted(self._candidates(need) if self._keys is None else {*self._keys}):
            found = {part for way in need.ways for part in self._parts(need.timeline, way, key)}
            if found:
                yield key, ",".join(sorted(found))

    def _candidates(self, need: Need) -> set[Key]:
        """The keys of which anything is there."""
        feeds = {feed for way in need.ways for feed in way.feeds}
        tables = {table for way in need.ways for table in way.tables if not table.is_whole}
        found = [self._documents[feed] for feed in feeds]
        return {key for there in (*found, *(self._tables[t] for t in tables)) for key in there}

    def _parts(self, timeline: Timeline, way: Way, key: Key) -> list[str]:
        """What a way takes for a key; nothing where something of it is missing."""
        sources: list[tuple[str, Mapping[Key, str], int]] = [
            (feed, self._documents[feed], n) for feed, n in way.feeds.items()
        ]
        sources += [
            (t.path, self._tables[t], n) for t, n in way.tables.items() if not t.is_whole or t.holds
        ]
        if not sources:
            # It rests on tables in one piece alone, such as a calendar: any key can be built.
            return [f"{t.path}={self._tables[t]['']}" for t in way.tables]
        if any(key not in there and name not in way.optional for name, there, _ in sources):
            return []
        found = [f"{name}={there[key]}" for name, there, _ in sources if key in there]
        for name, there, look_back in sources:
            if look_back:
                earlier = before(self._calendar(timeline), key, look_back)
                what = "\n".join(f"{one} {there[one]}" for one in earlier if one in there)
                found.append(f"{name}-{look_back}={_short(what)}")
        return found

    def _calendar(self, timeline: Timeline) -> Calendar:
        if self._known is None:
            raise ValueError(f"a table of {timeline.name} looks back: say by which calendar")
        return self._known(timeline)


def _log(
    lake: Lake, paths: list[str], keys: Collection[Key] | None
) -> Iterable[tuple[str, Key, str, datetime]]:
    """The log's rows of some tables, the oldest first."""
    if not lake.exists(BUILDS):
        return
    lines = {_timeline(path) for path in paths}
    wanted = pc.field("table_path").isin(pa.array(paths, pa.string()))
    days = None
    if keys is not None and Whole() not in lines:
        days = filed(lines, keys)
        values = [BUILDS.timeline.value_of(day) for day in days]
        wanted &= pc.field("session_date").isin(pa.array(values, pa.date32()))
    dataset = lake.rows(BUILDS, days)
    # A log of before keys were noted has none until it is next appended to.
    names = [name for name in COLUMNS if name in dataset.schema.names]
    for row in dataset.to_table(names, filter=wanted).sort_by("built_at").to_pylist():
        path = row["table_path"]
        key = row.get("key")
        if key is None:
            key = _timeline(path).key_of(row["session_date"])
        if keys is None or key in keys:
            yield path, key, row["documents"], row["built_at"]


def _timeline(path: str) -> Timeline:
    """The time line of a table by its path; that of a copy in the warehouse is its table's."""
    layer, _, name = path.partition("/")
    if layer == "raw":
        return next(
            (t.timeline for t in TABLES.values() if t.in_warehouse and t.name == name), _DAYS
        )
    return TABLES[path].timeline if path in TABLES else _DAYS


# What is known of no table is taken to be of days, as the log has it.
_DAYS = Days("UTC")


def _day(path: str, key: Key) -> date | None:
    """The day by which the log files a key; none of a table in one piece, and of a name."""
    timeline = _timeline(path)
    return timeline.day_of(key) if key and timeline.is_dated else None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:SHORT]
