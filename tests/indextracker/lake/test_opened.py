"""Tables that are kept open are never read as they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.good_rows import SESSION, rows

from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t

TABLE, KEY = t.FUTURES_TRADES, str(SESSION)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """One that has opened its table."""
    made = Lake(str(tmp_path / "lake"), "simulated")
    made.replace(TABLE, rows(TABLE, {}), [KEY])
    assert made.row_counts(TABLE, [KEY]) == {KEY: 1}
    return made


def other(lake: Lake) -> Lake:
    return Lake(lake.root, lake.world)


def test_what_another_process_wrote_is_read_at_once(lake: Lake) -> None:
    other(lake).replace(TABLE, rows(TABLE, {}, {"line": 2}), [KEY])
    assert lake.row_counts(TABLE, [KEY]) == {KEY: 2}
    assert lake.open(TABLE).version() == other(lake).open(TABLE).version()


@pytest.mark.parametrize("commits", [1, 2, 5])
def test_a_table_that_was_moved_away_and_made_again_is_another(lake: Lake, commits: int) -> None:
    """With fewer commits than were known, as many, and more."""
    shutil.rmtree(lake.path(TABLE))
    assert not lake.exists(TABLE)
    assert lake.row_counts(TABLE, [KEY]) == {KEY: 0}
    for _ in range(commits):
        other(lake).replace(TABLE, rows(TABLE, {}, {"line": 2}, {"line": 3}), [KEY])
    assert lake.row_counts(TABLE, [KEY]) == {KEY: 3}
    lake.replace(TABLE, rows(TABLE, {}), [KEY])
    assert other(lake).row_counts(TABLE, [KEY]) == {KEY: 1}


def test_a_table_moved_away_between_two_reads_is_opened_anew(lake: Lake) -> None:
    shutil.rmtree(lake.path(TABLE))
    other(lake).replace(TABLE, rows(TABLE, {}, {"line": 2}, {"line": 3}), [KEY])
    assert lake.row_counts(TABLE, [KEY]) == {KEY: 3}


def test_a_question_is_asked_once_of_each_version(lake: Lake) -> None:
    asked: list[int] = []

    def count() -> int:
        asked.append(lake.total_rows(TABLE))
        return asked[-1]

    assert [lake.answer(TABLE, "count", count) for _ in range(3)] == [1, 1, 1]
    assert lake.answer(TABLE, "another", count) == 1
    other(lake).replace(TABLE, rows(TABLE, {}, {"line": 2}), [KEY])
    assert [lake.answer(TABLE, "count", count) for _ in range(3)] == [2, 2, 2]
    shutil.rmtree(lake.path(TABLE))
    assert [lake.answer(TABLE, "count", count) for _ in range(2)] == [0, 0]
    assert asked == [1, 1, 2, 0, 0]
