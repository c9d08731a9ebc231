"""Two backfills at once both end, with the tables of one after the other.

Of overlapping ranges of one subject, and of two subjects, which write the same logs and publish the
same warehouse.
"""

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
from indextracker.warehouse import dbt_runs
from indextracker_catalogue import TABLES, subject_of

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


def test_backfills_of_two_subjects_at_once_leave_the_tables_of_each(
    commands: Commands,
    source: str,
    light_friday: Reference,
    india_friday: Reference,
    tmp_path: Path,
) -> None:
    home = new_home(tmp_path / "home", source)
    pair = [
        start(commands, home, arguments)
        for arguments in (
            backfill(FRIDAY, FRIDAY, LIGHT),
            backfill(FRIDAY, FRIDAY, subject="india"),
        )
    ]
    assert [run.wait() for run in pair] == [0, 0], pair[0].said()
    found = home.contents()
    for name, alone in (("taiwan", light_friday), ("india", india_friday)):
        own = {path: held for path, held in alone.contents.items() if owner(path) == name}
        assert own
        assert differing({path: found.get(path) for path in own}, own) == []
    alone = [runs(reference.home.dagster) for reference in (light_friday, india_friday)]
    assert runs(home.dagster) == alone[0] + alone[1]


def owner(path: str) -> str | None:
    """The subject whose table something is: of the lake, loaded from it, or a mart."""
    schema, _, name = path.replace('"', "").replace(".", "/").partition("/")
    if schema == "marts":
        built = dbt_runs.relations().items()
        return next((subject for subject, found in built if f"marts.{name}" in found), None)
    found = [table for table in TABLES.values() if name == table.name]
    subject = subject_of(found[0]) if found else None
    return subject.name if subject else None
