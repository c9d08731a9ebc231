"""The jobs of all subjects that run on Spark, by name.

They are collected from the subjects' folders: a new job is added to JOBS of its subject alone.
"""

from __future__ import annotations

from indextracker_catalogue import SUBJECTS
from indextracker_spark.finding import FLOOR, find_jobs
from indextracker_spark.job import SparkJob

JOBS: dict[str, SparkJob] = find_jobs(FLOOR, SUBJECTS)
