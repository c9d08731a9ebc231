"""Every job that fills a table, by name: those that read lines in Arrow, and those of Spark.

A job is declared in the folder of its subject, lines among `indextracker.readings` and whatever is
computed of facts in `indextracker_spark`. Importing this imports pyspark, since jobs are declared
with their functions; no session is started.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import product
from typing import Final

from indextracker.building.filling import fill
from indextracker.engines.protocol import Engine, Host
from indextracker.lake import Lake
from indextracker.readings import FILLINGS, Filling
from indextracker_catalogue import SUBJECTS, TABLES, Key, Subject, Table, subject_of
from indextracker_catalogue.job import Job
from indextracker_spark.job import SparkJob
from indextracker_spark.jobs import JOBS as OF_SPARK

# Tables, and how many keys before each built one a job sees of them.
Sources = Mapping[Table, int]

# Those of Spark last, since they read what the others fill.
JOBS: Final[dict[str, Filling | SparkJob]] = {
    **{job.name: job for job in FILLINGS},
    **OF_SPARK,
}


def verify(jobs: Iterable[Job], tables: Iterable[Table]) -> None:
    """Says what is declared by halves.

    Raises:
        ValueError: A table of silver or gold has no job, or a job has a table that is not declared.
    """
    jobs, tables = list(jobs), list(tables)
    written = {job.writes for job in jobs}
    for table in tables:
        if table.layer != "bronze" and table.by_job and table not in written:
            raise ValueError(
                f"{table.path} is declared and no job writes it: add its SparkJob to JOBS of its "
                "subject, or its Records to the subject's readings (reference data and logs, which "
                "the library writes, say by_job=False)"
            )
    for job in jobs:
        for table in (job.writes, *job.reads):
            if table not in tables:
                raise ValueError(
                    f"the job {job.name} has the table {table.path}, which is not declared: name "
                    "it in a module of its subject in indextracker_catalogue/"
                )


verify(JOBS.values(), TABLES.values())


def in_order() -> list[Subject]:
    """The subjects, each after those whose tables its own are computed of.

    Raises:
        graphlib.CycleError: Two are computed of each other.
    """
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(SUBJECTS, ()))
    for job in JOBS.values():
        own, *others = map(subject_of, (job.writes, *job.reads))
        if own is not None:
            order.add(own.name, *(of.name for of in others if of is not None and of != own))
    return [SUBJECTS[name] for name in order.static_order()]


def writers(table: Table) -> tuple[Filling | SparkJob, ...]:
    """The jobs that fill a table."""
    return tuple(job for job in JOBS.values() if job.writes is table)


def sources(job: Job) -> list[Sources]:
    """What a job rests on in the end: bronze, and tables in one piece, such as reference data.

    Of a table that it reads in slices, what fills the other slices does not count. Where several
    documents give its rows, any of them is enough.

    Returns:
        The sets of tables of which each is enough, with how far the job looks back on each table.
    """
    parts: list[list[Sources]] = []
    documents: list[Sources] = []
    for table, look_back in zip(job.reads, job.look_backs, strict=True):
        own = job.slice_of(table)
        # What a table in one piece is made of has no key to wait for.
        above = [
            one
            for one in writers(table)
            if not table.is_whole and (one.slice_of(table) == own or not own)
        ]
        if not above and isinstance(job, Filling) and table not in job.others:
            documents.append({table: look_back})
        elif not above:
            parts.append([{table: look_back}])
        parts += (
            [{source: look_back + n for source, n in each.items()} for each in sources(one)]
            for one in above
        )
    found: dict[frozenset[Table], Sources] = {}
    for choice in product(*parts, *([documents] if documents else [])):
        together = _furthest(choice)
        key = frozenset(together)
        found[key] = _furthest((found.get(key, {}), together))
    return [one for key, one in found.items() if not any(other < key for other in found)]


def reach(table: Table) -> int:
    """How many keys before each that is built are seen of a table, by whatever rests on it."""
    return max(
        (
            look_back + reach(job.writes)
            for job in JOBS.values()
            for read, look_back in zip(job.reads, job.look_backs, strict=True)
            if read is table and not job.writes.is_whole
        ),
        default=0,
    )


def optional(job: Job) -> set[Table]:
    """The tables of `sources` that need not be there for a key."""
    without: set[Table] = set()
    needed: set[Table] = set()
    for table in job.reads:
        above = [] if table.is_whole else writers(table)
        below = {source for one in above for each in sources(one) for source in each} or {table}
        spared = below if table in job.optional else set().union(*map(optional, above))
        without |= spared
        needed |= below - spared
    return without - needed


def _furthest(some: Iterable[Sources]) -> Sources:
    """The tables of all, each with its longest look-back."""
    found: dict[Table, int] = {}
    for table, look_back in (item for one in some for item in one.items()):
        found[table] = max(found.get(table, 0), look_back)
    return found


def run(
    job: Filling | SparkJob,
    lake: Lake,
    engine: Engine,
    keys: Sequence[Key],
    host: Host | None = None,
    earlier: Collection[Key] = (),
) -> None:
    """Replaces a job's slice of some keys, by whatever its kind of jobs runs on.

    Args:
        job: What to run.
        lake: Where its tables are, all of them there.
        engine: What runs jobs of Spark; others are run in this process.
        keys: Keys to replace; none where the table is in one piece.
        host: The program around the run; None where the library is used alone.
        earlier: At least the keys of the look-back of each key, where the job has one.
    """
    if isinstance(job, SparkJob):
        engine.run(job, lake.address, keys, host, earlier)
    else:
        fill(lake, job, keys)
