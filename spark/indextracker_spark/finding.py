"""The jobs that subjects give, found by their folders. What they are does not belong here."""

from __future__ import annotations

from collections.abc import Iterable

from indextracker_catalogue import TABLES, subject_of
from indextracker_catalogue.subjects import modules, once
from indextracker_spark.job import SparkJob

FLOOR = "indextracker_spark"


def find_jobs(floor: str, subjects: Iterable[str]) -> dict[str, SparkJob]:
    """The jobs that the folders of the subjects give as JOBS, by name.

    Raises:
        ValueError: A name is declared twice; it says where.
    """
    packages = [found[-1] for subject in subjects if (found := modules(floor, subject))]
    jobs = [(job, package.__name__) for package in packages for job in package.JOBS]
    once(((job.name, place) for job, place in jobs), "the job")
    return {job.name: job for job, _ in jobs}


def job_named(name: str) -> SparkJob:
    """A job by its name, of whose subject alone anything is imported.

    Jobs of other subjects may compute by packages that this machine has not.

    Raises:
        KeyError: There is none of that name.
    """
    subject = subject_of(TABLES["/".join(name.split("/")[:2])])
    return find_jobs(FLOOR, [] if subject is None else [subject.name])[name]
