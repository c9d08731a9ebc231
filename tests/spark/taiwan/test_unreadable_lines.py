"""A line that cannot be read goes to the rejects, and stops neither its session nor its table."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from spark.taiwan.test_reading import KINDS, SESSION, bronze_rows
from support.keys import keys

from indextracker.building.reference_tables import REFERENCES
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import taiwan as t
from indextracker_spark.job import run
from indextracker_spark.jobs import JOBS


@pytest.mark.parametrize("kind", KINDS)
def test_the_rest_goes_on(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    _, table, _, lines = KINDS[kind]
    lake = Lake(str(tmp_path / "lake"), "simulated")
    lake.replace(
        table, pa.Table.from_pylist(bronze_rows(kind), arrow_schema(table)), [str(SESSION)]
    )
    for reference in (t.INDICES, t.ETFS):
        lake.replace(reference, REFERENCES[reference].made())
    well = [number for number, reason in enumerate(lines.values()) if reason is None]
    found = 0
    for job in (job for job in JOBS.values() if table in job.reads):
        lake.ensure([job.writes])
        run(spark, lake.root, job, keys([SESSION]))
        if job.writes is t.REJECTS:
            rejected = lake.rows(t.REJECTS, [str(SESSION)]).to_table()["line"].to_pylist()
            assert sorted(rejected) == [n for n in range(len(lines)) if n not in well]
        else:
            found += lake.row_counts(job.writes, [str(SESSION)])[str(SESSION)]
    assert found == (0 if kind in ("totals", "combinations") else len(well))
