"""A write that lost a race starts again; one that is simply wrong does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from support import one_sail

from indextracker.engines.commits import TRIES, retried

# As they came from races of four writers, November 2026.
SAIL = "Failed to commit transaction: 0"
JVM = (
    "An error occurred while calling o307.save.\n: io.delta.exceptions.ConcurrentAppendException: "
    "[DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT] Transaction conflict detected. a concurrent "
    "WRITE added data to table delta.`file:/lake/gold/bars` committed at version 5."
)
CONNECT = JVM.partition("Exception: ")[2]
JOB_RUN = f"job run 00f1 of EMR Serverless failed: Job failed. Last few exceptions: {JVM}"


@pytest.mark.parametrize("said", [SAIL, JVM, CONNECT, JOB_RUN])
def test_a_loser_starts_again(said: str) -> None:
    attempts = []

    def write() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise RuntimeError(said)

    retried(write)
    assert len(attempts) == 3


@pytest.mark.parametrize(
    "said",
    [
        "no such column",
        "[DELTA_REPLACE_WHERE_MISMATCH] Written data does not conform to the condition",
        "java.lang.OutOfMemoryError: Java heap space",
    ],
)
def test_any_other_failure_is_raised_at_once(said: str) -> None:
    attempts = []

    def write() -> None:
        attempts.append(1)
        raise RuntimeError(said)

    with pytest.raises(RuntimeError) as raised:
        retried(write)
    assert (str(raised.value), len(attempts)) == (said, 1)


def test_a_write_that_loses_for_ever_ends() -> None:
    attempts = []

    def write() -> None:
        attempts.append(1)
        raise RuntimeError(SAIL)

    with pytest.raises(RuntimeError, match=SAIL):
        retried(write)
    assert len(attempts) == TRIES


def test_writers_of_one_slice_on_sail_all_come_through(tmp_path: Path) -> None:
    """None fails, and the slice is the last one's; without a second try most races lose one."""
    table = str(tmp_path / "table")
    write_deltalake(table, pa.table({"key": ["a", "b"], "n": [0, 0]}), partition_by=["key"])
    spark = one_sail.engine()._start()

    def replace(n: int) -> None:
        rows = spark.createDataFrame([("a", n)], "key string, n bigint")
        into = rows.write.format("delta").mode("overwrite")
        into.option("replaceWhere", "key in ('a')").save(table)

    with ThreadPoolExecutor() as writers:
        for one in [writers.submit(retried, partial(replace, n)) for n in range(1, 5)]:
            one.result()
    assert DeltaTable(table).version() == 4
    rows = DeltaTable(table).to_pyarrow_table().to_pylist()
    (n,) = (row["n"] for row in rows if row["key"] == "a")
    assert n in range(1, 5)
    assert [row["n"] for row in rows if row["key"] == "b"] == [0]
