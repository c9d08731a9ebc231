"""A job that looks back sees the keys before each one, whatever the batches of an engine."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from support import one_sail

from indextracker.engines.sessions import KEYS_PER_COMMIT, keys_per_commit
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import Column, Hours, Key, Sessions, Table, Timeline, Whole
from indextracker_catalogue.job import Input
from indextracker_catalogue.timeline import seen
from indextracker_spark.job import SparkJob

XNSE = Sessions("XNSE")
LINES = pytest.mark.parametrize("line", [XNSE, Hours()], ids=lambda line: line.name)
BACK = 5
# Weekends are missing, and more than one commit of an engine.
DAYS = [n for n in range(24) if n % 7 not in (5, 6)]
ASKED = DAYS[BACK + 1 :]


def table(name: str, line: Timeline) -> Table:
    columns = (Column(line.column, line.type, "When."), Column("price", "double", "Price."))
    return Table("gold", name, "One row per key.", columns, (line.column,), line)


def keys(line: Timeline, numbers: Sequence[int]) -> list[Key]:
    step = timedelta(hours=1) if line == Hours() else timedelta(days=1)
    return [line.key_of(datetime(2024, 12, 2) + step * number) for number in numbers]  # noqa: DTZ001


def job(line: Timeline) -> SparkJob:
    def highest(prices: DataFrame) -> DataFrame:
        window = Window.orderBy(line.column).rowsBetween(-BACK, 0)
        return prices.withColumn("price", F.max("price").over(window))

    return SparkJob(table("highs", line), (Input(table("prices", line), BACK),), highest)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


@LINES
def test_a_look_back_of_five_holds_across_the_edge_of_a_batch(lake: Lake, line: Timeline) -> None:
    due, asked = job(line), keys(line, ASKED)
    assert len(asked) > KEYS_PER_COMMIT
    (prices,) = due.reads
    # Falling, so that the highest of six keys is the first of them.
    rows = [
        {line.column: line.value_of(key), "price": -float(number)}
        for number, key in zip(DAYS, keys(line, DAYS), strict=True)
    ]
    lake.replace(
        prices,
        pa.Table.from_pylist(rows, arrow_schema(prices)),
        keys(line, DAYS),
    )
    lake.ensure([due.writes])
    one_sail.engine().run(due, lake.root, asked, earlier=keys(line, DAYS[: BACK + 1]))
    found = lake.rows(due.writes).to_table().sort_by(line.column).to_pylist()
    assert {line.key_of(row[line.column]): row["price"] for row in found} == dict(
        zip(asked, (-float(DAYS[n - BACK]) for n in range(BACK + 1, len(DAYS))), strict=True)
    )
    assert lake.open(due.writes).version() == 2


def test_a_commit_reads_at_most_twice_what_it_writes() -> None:
    prices, highs = table("prices", XNSE), table("highs", XNSE)
    far = SparkJob(highs, (Input(prices, 252),), lambda rows: rows)
    assert (keys_per_commit(job(XNSE)), keys_per_commit(far)) == (KEYS_PER_COMMIT, 252)


def test_only_the_keys_before_each_one_are_seen() -> None:
    known = keys(XNSE, range(20))
    assert seen([known[9], known[3]], known, 2) == [*known[1:4], *known[7:10]]
    assert seen([known[0]], known, 2) == known[:1]
    assert seen(known[4:6], (), 0) == known[4:6]


def test_a_job_has_one_time_line() -> None:
    days, hours = table("days", XNSE), table("hours", Hours())
    with pytest.raises(ValueError, match=r"reads gold/hours, which has those of hours"):
        SparkJob(days, (hours,), lambda rows: rows)
    names = Table("gold", "names", "A name.", (Column("name", "string", "N."),), ("name",), Whole())
    assert SparkJob(days, (days, names), lambda rows, _: rows).reads == (days, names)
    assert SparkJob(names, (days, hours), lambda rows, _: rows).look_backs == (0, 0)
