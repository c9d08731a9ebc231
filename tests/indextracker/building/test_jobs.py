"""Incomplete declarations are errors when the jobs are loaded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indextracker.building.jobs import JOBS, in_order, verify
from indextracker_catalogue import SUBJECTS, TABLES, subject_of
from indextracker_spark.job import SparkJob

SESSIONS = JOBS["gold/index_sessions"]
assert isinstance(SESSIONS, SparkJob)
NEW = replace(SESSIONS.writes, name="index_extremes")


def test_what_is_declared_is_whole() -> None:
    verify(JOBS.values(), TABLES.values())


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_a_table_without_a_job_is_told(layer: str) -> None:
    told = f"^{layer}/index_extremes is declared and no job writes it: add its SparkJob"
    with pytest.raises(ValueError, match=told):
        verify(JOBS.values(), [*TABLES.values(), replace(NEW, layer=layer)])


def test_bronze_reference_data_and_logs_need_no_job() -> None:
    others = [replace(NEW, layer="bronze"), replace(NEW, by_job=False)]
    verify(JOBS.values(), [*TABLES.values(), *others])


@pytest.mark.parametrize("role", ["writes", "inputs"])
def test_a_job_of_an_undeclared_table_is_told(role: str) -> None:
    job = replace(SESSIONS, **{role: NEW if role == "writes" else (NEW,)})
    with pytest.raises(
        ValueError, match="has the table gold/index_extremes, which is not declared"
    ):
        verify([*JOBS.values(), job], TABLES.values())


def test_a_subject_comes_after_those_that_it_is_computed_of() -> None:
    order = [subject.name for subject in in_order()]
    assert sorted(order) == sorted(SUBJECTS)
    for job in JOBS.values():
        own = subject_of(job.writes)
        for other in map(subject_of, job.reads):
            if own and other:
                assert order.index(other.name) <= order.index(own.name)
