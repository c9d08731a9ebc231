"""All jobs of all subjects, by name and by the table that they write.

A subject's jobs stand in the module of its name, as JOBS; a new job is added there alone.
"""

from __future__ import annotations

from indextracker_spark import taiwan
from indextracker_spark.job import Job
from indextracker_spark.tables import Table

SUBJECTS = (taiwan,)

JOBS: dict[str, Job] = {job.name: job for subject in SUBJECTS for job in subject.JOBS}


def writers(table: Table) -> tuple[Job, ...]:
    """The jobs that fill a table."""
    return tuple(job for job in JOBS.values() if job.writes is table)


def sources(job: Job) -> frozenset[Table]:
    """The tables without a job on which a job rests in the end: bronze and reference data.

    Of a table that it reads in slices, what fills the other slices does not count.
    """
    found: set[Table] = set()
    for table in job.reads:
        own = job.slice_of(table)
        above = [one for one in writers(table) if one.slice_of(table) == own or not own]
        found |= {table} if not above else frozenset().union(*(sources(one) for one in above))
    return frozenset(found)
