"""The jobs of all subjects that run on Spark, by name.

They are collected from the subjects' folders: a new job is added to JOBS of its subject alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from indextracker_catalogue import SUBJECTS
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


JOBS: dict[str, SparkJob] = find_jobs(FLOOR, SUBJECTS)
