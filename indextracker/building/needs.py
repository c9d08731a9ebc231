"""What each table rests on, as its jobs declare it: documents of feeds, and tables without one.

Importing this imports pyspark, as `jobs` does.
Which builds are out of date is found in `staleness`.
"""

from __future__ import annotations

from collections.abc import Collection

from indextracker.building.jobs import JOBS, Sources, optional, sources, writers
from indextracker.building.staleness import Need, Needs, Way
from indextracker.feeds import FEEDS
from indextracker_catalogue import SUBJECTS, Subject, Table, tables_of
from indextracker_catalogue.job import Job


def refined_tables() -> list[Table]:
    """The tables that jobs write, in the order of their declaration."""
    return list(dict.fromkeys(job.writes for job in JOBS.values()))


def kept_tables() -> list[Table]:
    """The tables with keys of silver or gold that the library writes itself, as things happen."""
    return [
        table
        for subject in SUBJECTS.values()
        for table in tables_of(subject)
        if table.layer != "bronze" and not table.by_job and not table.is_whole
    ]


def raw_path(table: Table) -> str:
    """The table's copy in the warehouse, as the log of builds has it."""
    return f"raw/{table.name}"


def ways_of(job: Job) -> list[Way]:
    """What a job rests on in the end, and how far back.

    Tables in one piece count where there is nothing else, or where they say what holds of a key: a
    new row of other reference data makes no key stale that rests on documents.
    """
    of_feeds = {feed.table: name for name, feed in FEEDS.items()}
    spared = frozenset(of_feeds.get(table, table.path) for table in optional(job))

    def way(below: Sources) -> Way:
        keyed = {t: n for t, n in below.items() if not t.is_whole or t.holds} or below
        return Way(
            feeds={of_feeds[table]: n for table, n in keyed.items() if table in of_feeds},
            tables={table: n for table, n in keyed.items() if table not in of_feeds},
            optional=spared,
        )

    return [way(below) for below in sources(job)]


def ways(table: Table) -> list[Way]:
    """What each job that fills a table rests on."""
    return [way for job in writers(table) for way in ways_of(job)]


def need(table: Table) -> Need:
    """What a table needs."""
    return Need(table.timeline, ways(table))


def needs(layers: Collection[str] = ("silver", "gold", "warehouse")) -> Needs:
    """The tables with keys in some layers, copies in the warehouse included, and what they need."""
    found = {}
    for table in refined_tables():
        if not table.is_whole and table.layer in layers:
            found[table.path] = need(table)
            if "warehouse" in layers and table.in_warehouse:
                found[raw_path(table)] = need(table)
    for table in kept_tables():
        # Of names the copies are renewed by whoever writes the tables: nothing else knows when.
        if "warehouse" in layers and table.in_warehouse and table.timeline.is_dated:
            found[raw_path(table)] = copied(table)
    return found


def copied(table: Table) -> Need:
    """What the copy of a table needs that no job fills: the table."""
    return Need(table.timeline, [Way({}, {table: 0})])


def needs_of(subject: Subject, layers: Collection[str] = ("silver", "gold", "warehouse")) -> Needs:
    """The part of `needs` that is a subject's."""
    own = {path for table in tables_of(subject) for path in (table.path, raw_path(table))}
    return {path: need for path, need in needs(layers).items() if path in own}
