"""Two backfills of overlapping ranges at once both end, with the tables of one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.commands import Commands
from support.lakehouse import (
    FRIDAY,
    LIGHT,
    MONDAY,
    TUESDAY,
    Contents,
    Reference,
    backfill,
    copied,
    differing,
    finish,
    new_home,
    runs,
    start,
)

from indextracker.lake import Lake
from indextracker_catalogue import TABLES

SESSIONS = (FRIDAY, MONDAY, TUESDAY)
RUNS_OF_A_BACKFILL = 3  # acquire, refine, build the marts


@pytest.fixture(scope="module")
def one_after_the_other(
    commands: Commands, light_monday: Reference, tmp_path_factory: pytest.TempPathFactory
) -> Contents:
    home = copied(light_monday.home, tmp_path_factory.mktemp("sequence") / "home")
    finish(commands, home, backfill(MONDAY, TUESDAY, LIGHT))
    return home.contents()


@pytest.mark.parametrize("instances", [1, 2])
def test_two_backfills_at_once_leave_the_tables_of_one_after_the_other(
    commands: Commands,
    source: str,
    one_after_the_other: Contents,
    tmp_path: Path,
    instances: int,
) -> None:
    home = new_home(tmp_path / "home", source)
    first, second = home.dagster, home.dagster if instances == 1 else home.folder / "other"
    pair = [
        start(commands, home, arguments, INDEXTRACKER_DAGSTER_HOME=str(place))
        for place, arguments in (
            (first, backfill(FRIDAY, MONDAY, LIGHT)),
            (second, backfill(MONDAY, TUESDAY, LIGHT)),
        )
    ]
    assert [run.wait() for run in pair] == [0, 0], pair[0].said()
    assert differing(home.contents(), one_after_the_other) == []
    keys = [*map(str, SESSIONS)]
    rows = Lake(str(home.lake), "simulated").row_counts(TABLES["gold/etf_bars"], keys)
    assert all(rows[key] for key in keys)
    ended = {"SUCCESS": 2 * RUNS_OF_A_BACKFILL // instances}
    assert [runs(place) for place in {first, second}] == [ended] * instances
