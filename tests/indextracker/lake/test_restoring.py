"""A table goes back to what it held, as a new version, and says what that changes."""

from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable, Field, Schema
from support.good_rows import SESSION, rows

from indextracker.lake import Lake, NoSuchVersionError, TableShapeError, VacuumedError
from indextracker.lake.digest import digest
from indextracker.lake.restoring import plan, restore
from indextracker.lake.upkeep import maintain
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t

TUESDAY, WEDNESDAY = date(2024, 12, 17), date(2024, 12, 18)
BY_LAYOUT = pytest.mark.parametrize(
    "table", [t.FUTURES_TRADES, t.CONTRACTS], ids=lambda table: table.partitioned
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def write(lake: Lake, table: Table, expiries: dict[date, list[str]]) -> None:
    changes = [
        {"session_date": day, "expiry": expiry, "line": line}
        for day, found in expiries.items()
        for line, expiry in enumerate(found)
    ]
    lake.replace(table, rows(table, *changes), [*map(str, expiries)])


@BY_LAYOUT
def test_going_back_is_a_new_version_with_the_old_rows(lake: Lake, table: Table) -> None:
    write(lake, table, {SESSION: ["202412"], TUESDAY: ["202412"]})
    good = digest(lake, table)
    write(lake, table, {TUESDAY: ["202501", "202502"]})
    write(lake, table, {WEDNESDAY: ["202501"]})
    worse = digest(lake, table)

    planned = plan(lake, table, 1)
    assert (planned.current.number, planned.target.number) == (3, 1)
    assert (planned.rows_before, planned.rows_after) == (4, 2)
    assert planned.keys == {str(TUESDAY): (2, 1), str(WEDNESDAY): (1, 0)}
    assert planned.target.committed_at < planned.until <= planned.current.committed_at
    assert digest(lake, table) == worse

    restore(lake, planned)
    assert digest(lake, table) == good
    assert lake.open(table).version() == 4
    # What was current before is a version too: the way back is open.
    restore(lake, plan(lake, table, 3))
    assert digest(lake, table) == worse
    # And it can be written on.
    write(lake, table, {WEDNESDAY: ["202503"]})
    assert lake.total_rows(table) == 4


@BY_LAYOUT
def test_going_back_twice_changes_nothing_the_second_time(lake: Lake, table: Table) -> None:
    write(lake, table, {SESSION: ["202412"]})
    write(lake, table, {SESSION: ["202501"]})
    restore(lake, plan(lake, table, 1))
    again = plan(lake, table, 1)
    assert not again.changed
    assert again.keys == {}
    restore(lake, again)
    assert lake.open(table).version() == 3


def test_a_table_without_sessions_goes_back(lake: Lake) -> None:
    for name in ("one", "other"):
        lake.replace(t.INDICES, rows(t.INDICES, {"index_name": name}))
    planned = plan(lake, t.INDICES, 1)
    assert (planned.changed, planned.keys) == (True, {})
    restore(lake, planned)
    assert lake.rows(t.INDICES).to_table()["index_name"].to_pylist() == ["one"]
    assert not plan(lake, t.INDICES, 1).changed


def test_compacting_is_no_difference(lake: Lake) -> None:
    for day in (SESSION, TUESDAY, WEDNESDAY):
        write(lake, t.CONTRACTS, {day: ["202412"]})
    maintain(lake, t.CONTRACTS, 30)
    assert lake.open(t.CONTRACTS).version() == 4
    assert not plan(lake, t.CONTRACTS, 3).changed


def test_what_cannot_be_restored_is_left_alone(lake: Lake) -> None:
    table = t.FUTURES_TRADES
    write(lake, table, {SESSION: ["202412"]})
    write(lake, table, {SESSION: ["202501"]})
    with pytest.raises(NoSuchVersionError, match="has no version 7: it has 0 to 2"):
        plan(lake, table, 7)
    for file in DeltaTable(lake.path(table), 1).file_uris():
        Path(file).unlink()
    with pytest.raises(VacuumedError, match="1 of the 1 files"):
        plan(lake, table, 1)
    assert lake.open(table).version() == 2


def test_a_version_of_another_shape_is_refused(lake: Lake) -> None:
    table = t.INDICES
    lake.ensure([t.CLOSURES])
    names = [field for field in arrow_fields(lake) if field.name != "market"]
    DeltaTable.create(lake.path(table), Schema([*names, Field("venue", "string")]))
    with pytest.raises(TableShapeError, match="venue is stored and no longer declared"):
        plan(lake, table, 0)


def arrow_fields(lake: Lake) -> list[Field]:
    other = Lake(f"{lake.root}-shape", "simulated")
    other.ensure([t.INDICES])
    return list(other.open(t.INDICES).schema().fields)
