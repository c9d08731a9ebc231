"""All jobs of all subjects, by name and by the table that they write.

They are collected from the subjects' folders: a new job is added to JOBS of its subject alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from indextracker_catalogue import SUBJECTS, TABLES, Table
from indextracker_catalogue.subjects import modules, once
from indextracker_spark.job import Job

FLOOR = "indextracker_spark"


def find_jobs(floor: str, subjects: Iterable[str]) -> dict[str, Job]:
    """The jobs that the folders of the subjects give as JOBS, by name.

    Raises:
        ValueError: A name is declared twice; it says where.
    """
    packages = [found[-1] for subject in subjects if (found := modules(floor, subject))]
    jobs = [(job, package.__name__) for package in packages for job in package.JOBS]
    once(((job.name, place) for job, place in jobs), "the job")
    return {job.name: job for job, _ in jobs}


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
                f"{table.path} is declared and no job writes it: add its Job to JOBS of its "
                "subject (reference data and logs, which the library writes, say by_job=False)"
            )
    for job in jobs:
        for table in (job.writes, *job.reads):
            if table not in tables:
                raise ValueError(
                    f"the job {job.name} has the table {table.path}, which is not declared: name "
                    "it in a module of its subject in indextracker_catalogue/"
                )


JOBS: dict[str, Job] = find_jobs(FLOOR, SUBJECTS)
verify(JOBS.values(), TABLES.values())


def writers(table: Table) -> tuple[Job, ...]:
    """The jobs that fill a table."""
    return tuple(job for job in JOBS.values() if job.writes is table)


def sources(job: Job) -> dict[Table, int]:
    """The tables without a job on which a job rests in the end, each with how far it looks back.

    They are bronze and reference data. Of a table that it reads in slices, what fills the other
    slices does not count.
    """
    found: dict[Table, int] = {}
    for table, look_back in zip(job.reads, job.look_backs, strict=True):
        own = job.slice_of(table)
        above = [one for one in writers(table) if one.slice_of(table) == own or not own]
        below = [sources(one) for one in above] or [{table: 0}]
        for source, further in (item for one in below for item in one.items()):
            found[source] = max(found.get(source, 0), look_back + further)
    return found
