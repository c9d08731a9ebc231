"""A table as it was: by version number and by instant, and what is said when it cannot be had."""

import time
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from deltalake import DeltaTable, Schema
from support.good_rows import SESSION, rows

from indextracker.lake import (
    Lake,
    NoSuchVersionError,
    TableMissingError,
    VacuumedError,
    WorldMismatchError,
)
from indextracker.lake.upkeep import maintain
from indextracker.lake.versions import versions
from indextracker_catalogue import taiwan as t

TUESDAY = date(2024, 12, 17)
TABLE = t.CONTRACTS


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Contracts of two sessions: created, first written, one session replaced."""
    made = Lake(str(tmp_path / "lake"), "simulated")
    for mark, sessions in (("M", [SESSION, TUESDAY]), ("W", [TUESDAY])):
        changes = [{"session_date": day, "expire_code": mark} for day in sessions]
        made.replace(TABLE, rows(TABLE, *changes), [*map(str, sessions)])
        time.sleep(0.002)  # commits are dated to the millisecond
    return made


def codes(lake: Lake, as_of: int | datetime | None = None) -> list[tuple[date, str]]:
    with lake.sql([TABLE], as_of=as_of) as connection:
        query = "select session_date, expire_code from silver.contracts order by 1"
        return connection.execute(query).fetchall()


THEN = [(SESSION, "M"), (TUESDAY, "M")]
NOW = [(SESSION, "M"), (TUESDAY, "W")]


def test_each_version_is_read_by_its_number(lake: Lake) -> None:
    assert [codes(lake, number) for number in (0, 1, 2)] == [[], THEN, NOW]
    assert lake.rows(TABLE, [str(TUESDAY)], as_of=1).to_table()["expire_code"].to_pylist() == [
        "M",
        "M",
    ]


def test_the_version_of_an_instant_is_the_last_before_it(lake: Lake) -> None:
    known = versions(lake.place(TABLE))
    assert [version.number for version in known] == [0, 1, 2]
    for version in known:
        at = version.committed_at
        assert lake.open(TABLE, at).version() == version.number
        assert lake.open(TABLE, at.astimezone(timezone(timedelta(hours=8)))).version() == (
            version.number
        )
        if version.number:
            just_before = at - timedelta(milliseconds=1)
            assert lake.open(TABLE, just_before).version() == version.number - 1
    assert codes(lake, datetime(2100, 1, 1, tzinfo=UTC)) == NOW


@pytest.mark.parametrize("as_of", [3, -1, datetime(2000, 1, 1, tzinfo=UTC)], ids=str)
def test_a_version_that_never_was_is_named(lake: Lake, as_of: int | datetime) -> None:
    with pytest.raises(NoSuchVersionError, match="silver/contracts"):
        lake.rows(TABLE, as_of=as_of)


def test_a_table_that_is_not_there_has_no_past(lake: Lake) -> None:
    with pytest.raises(TableMissingError, match="no silver/rejects yet: backfill first"):
        lake.rows(t.REJECTS, as_of=0)


def test_files_that_are_gone_are_counted(lake: Lake) -> None:
    needed = DeltaTable(lake.path(TABLE), 1).file_uris()
    Path(needed[0]).unlink()
    with pytest.raises(VacuumedError, match=rf"as of version 1: 1 of the {len(needed)} files"):
        lake.rows(TABLE, as_of=1)
    assert codes(lake) == NOW


def test_commits_without_their_checkpoint_are_no_versions(lake: Lake) -> None:
    """Cleaning a log up leaves what is older than its first checkpoint unreadable."""
    lake.open(TABLE).create_checkpoint()
    for _ in range(3):
        lake.replace(TABLE, rows(TABLE, {"session_date": TUESDAY}), [str(TUESDAY)])
    log = Path(lake.path(TABLE), "_delta_log")
    (log / f"{0:020}.json").unlink()
    assert [version.number for version in versions(lake.place(TABLE))] == [2, 3, 4, 5]
    assert codes(lake, 2) == NOW
    with pytest.raises(NoSuchVersionError, match="no version 1: it has 2 to 5"):
        lake.open(TABLE, 1)
    maintain(lake, TABLE, 1)
    assert codes(lake, 2) == NOW


def test_the_other_worlds_past_is_refused(lake: Lake) -> None:
    with pytest.raises(WorldMismatchError):
        Lake(lake.root, "real").rows(TABLE, as_of=0)


def test_rows_of_before_a_column_have_it_null(lake: Lake) -> None:
    """As of then the column was not there: a view has it all the same."""
    delta = DeltaTable(lake.path(TABLE))
    fields = delta.schema().fields
    root = Path(lake.root).with_name("before")
    before = Lake(str(root), "simulated")
    before.ensure([t.CLOSURES])
    DeltaTable.create(
        before.path(TABLE),
        Schema([field for field in fields if field.name != "product_assumed"]),
        partition_by=["year"],
    )
    before.replace(TABLE, rows(TABLE, {}), [str(SESSION)])
    with before.sql([TABLE], as_of=0) as connection:
        assert connection.execute("select product_assumed from contracts").fetchall() == []
    with before.sql([TABLE]) as connection:
        assert connection.execute("select product_assumed from contracts").fetchall() == [(False,)]
