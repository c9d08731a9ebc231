"""A write that lost a race starts again; one that is simply wrong does not."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from indextracker.engines.commits import TRIES, retried


@pytest.fixture
def table(tmp_path: Path) -> str:
    write_deltalake(tmp_path / "table", pa.table({"a": [0]}))
    return str(tmp_path / "table")


def commit(table: str, value: int) -> None:
    write_deltalake(table, pa.table({"a": [value]}), mode="append")


def test_a_loser_starts_again_from_the_winners_snapshot(table: str) -> None:
    attempts = []

    def write() -> None:
        attempts.append(DeltaTable(table).version())
        if len(attempts) < 3:
            commit(table, len(attempts))  # another run wins
            raise RuntimeError("lost")
        commit(table, 99)

    retried(write, table)
    assert attempts == [0, 1, 2]
    assert DeltaTable(table).to_pyarrow_dataset().count_rows() == 4


def test_a_failure_without_a_rival_is_raised_at_once(table: str) -> None:
    attempts = []

    def write() -> None:
        attempts.append(1)
        raise RuntimeError("no such column")

    with pytest.raises(RuntimeError, match="no such column"):
        retried(write, table)
    assert len(attempts) == 1


def test_a_write_that_loses_for_ever_ends(table: str) -> None:
    attempts = []

    def write() -> None:
        attempts.append(1)
        commit(table, 1)
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        retried(write, table)
    assert len(attempts) == TRIES
