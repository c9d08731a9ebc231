"""The feeds whose documents each table is made from, derived from its jobs.

Importing this imports pyspark, since jobs are declared with their functions; no session is started.
Which builds are out of date is found in `staleness`.
"""

from __future__ import annotations

from collections.abc import Collection

from indextracker.building.staleness import Needs
from indextracker.feeds import FEEDS
from indextracker_catalogue import Table
from indextracker_catalogue.timeline import Years
from indextracker_spark.job import Job
from indextracker_spark.jobs import JOBS, sources, writers

SESSION_FEEDS = tuple(name for name, feed in FEEDS.items() if feed.timeline != Years())
YEARLY_FEEDS = tuple(name for name, feed in FEEDS.items() if feed.timeline == Years())


def refined_tables() -> list[Table]:
    """The tables that jobs write, in the order of their declaration."""
    return list(dict.fromkeys(job.writes for job in JOBS.values()))


def raw_path(table: Table) -> str:
    """The table's copy in the warehouse, as the log of builds has it."""
    return f"raw/{table.name}"


def feeds_of(job: Job) -> frozenset[str]:
    """The feeds of sessions whose documents a job rests on."""
    below = sources(job)
    return frozenset(name for name in SESSION_FEEDS if FEEDS[name].table in below)


def ways(table: Table) -> list[frozenset[str]]:
    """The feeds of each job that fills a table."""
    return [feeds_of(job) for job in writers(table)]


def needs(layers: Collection[str] = ("silver", "gold", "warehouse")) -> Needs:
    """The tables of sessions in some layers, copies in the warehouse included, and their feeds."""
    found = {}
    for table in refined_tables():
        if not table.is_whole and table.layer in layers:
            found[table.path] = ways(table)
            if "warehouse" in layers and table.in_warehouse:
                found[raw_path(table)] = ways(table)
    return found
