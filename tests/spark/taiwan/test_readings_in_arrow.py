"""Readings in Arrow give the facts and rejects that the jobs give, to the last row."""

from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from spark.direct import FEW
from spark.frames import TODAY, Frames
from spark.taiwan.test_readable_lines import bronze, documents
from spark.taiwan.test_reading import KINDS, SESSION, bronze_rows

from indextracker.building.reference_tables import REFERENCES
from indextracker.lake.arrow import arrow_schema
from indextracker.readings import READINGS, RECORDS
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_spark.job import Job
from indextracker_spark.jobs import JOBS


def in_bronze(table: Table, lines: pa.Table) -> list[dict[str, object]]:
    return [{**row, "session_date": SESSION, "document": "0"} for row in lines.to_pylist()]


def by_job(frames: Frames, job: Job, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    table, *others = job.reads
    found = job.transform(frames.of(table, rows), *(frames.reference(other) for other in others))
    return ordered([row.asDict() for row in found.collect()])


def ordered(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """In one order, their instants without a zone, as Spark has them."""
    plain = [
        {
            name: value.replace(tzinfo=None) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in rows
    ]
    return sorted(plain, key=lambda row: sorted((name, str(value)) for name, value in row.items()))


def lines_of(table: Table, rows: list[dict[str, object]]) -> pa.Table:
    nullable = pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
    return pa.Table.from_pylist(rows, nullable)


def verify(frames: Frames, kind: str, rows: list[dict[str, object]]) -> None:
    table = KINDS[kind][1]
    reading = READINGS[table]
    lines = lines_of(table, rows)
    for job in JOBS.values():
        if job.reads[0] is not table:
            continue
        if job.writes is t.REJECTS:
            rejects = reading.rejects(lines, SESSION).to_pylist()
            found = [{**row, "session_date": SESSION, "feed": table.name} for row in rejects]
        else:
            [facts] = [
                one
                for one in RECORDS
                if one.writes is job.writes and one.slice_values == job.slice_values
            ]
            others = [REFERENCES[other].made(TODAY) for other in facts.others]
            made = facts.of(lines, SESSION, *others)
            assert made.schema.names == list(job.writes.column_names)
            found = made.to_pylist()
        assert ordered(found) == by_job(frames, job, rows), job.name


@pytest.mark.parametrize("kind", KINDS)
def test_lines_of_every_kind(frames: Frames, kind: str) -> None:
    verify(frames, kind, bronze_rows(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_documents_with_cells_of_others(frames: Frames, kind: str) -> None:
    _, table, names, _ = KINDS[kind]

    @FEW
    @given(documents(kind))
    def check(lines: list[list[str | None]]) -> None:
        verify(frames, kind, in_bronze(table, bronze(table, names, lines)))

    check()
