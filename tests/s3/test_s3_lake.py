"""Delta tables in a bucket: slices, earlier versions, maintenance, and writers at once."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from support.good_rows import SESSION, rows
from support.programs import begin, waiting
from support.stores import BUCKET, Store

from indextracker.lake import Lake, NoSuchVersionError, VacuumedError, WorldMismatchError
from indextracker.lake.digest import digest
from indextracker.lake.restoring import plan, restore
from indextracker.lake.upkeep import maintain
from indextracker.lake.versions import versions
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.shared.deliveries import DELIVERIES

TUESDAY = date(2024, 12, 17)
BY_LAYOUT = pytest.mark.parametrize(
    "table", [t.FUTURES_TRADES, t.CONTRACTS], ids=lambda table: table.partitioned
)


@pytest.fixture
def lake(prefix: str) -> Lake:
    return Lake(prefix, "simulated")


def write(lake: Lake, table: Table, sessions: list[date], expiry: str) -> None:
    changes = [{"session_date": session, "expiry": expiry} for session in sessions]
    lake.replace(table, rows(table, *changes), [*map(str, sessions)])
    time.sleep(0.002)  # commits are dated to the millisecond


@pytest.mark.parametrize(
    "table", [t.FUTURES_TRADES, t.CONTRACTS, t.INDICES, DELIVERIES], ids=lambda table: table.path
)
def test_a_table_holds_what_it_holds_in_a_folder(lake: Lake, table: Table, tmp_path: Path) -> None:
    local = Lake(str(tmp_path), "simulated")
    for place in (lake, local):
        if table.writes == "append":
            place.append(table, rows(table, {}))
        else:
            place.replace(table, rows(table, {}), [str(SESSION)])
    assert digest(lake, table) == digest(local, table)
    assert lake.tables() == [table]
    assert lake.total_rows(table) == 1


@BY_LAYOUT
def test_a_slice_is_replaced_in_one_commit(lake: Lake, table: Table) -> None:
    write(lake, table, [SESSION, TUESDAY], "202412")
    write(lake, table, [TUESDAY], "202501")
    found = lake.rows(table).to_table().to_pylist()
    assert {row["session_date"]: row["expiry"] for row in found} == {
        SESSION: "202412",
        TUESDAY: "202501",
    }
    assert [version.number for version in versions(lake.place(table))] == [0, 1, 2]
    assert lake.row_counts(table, [str(SESSION), str(TUESDAY)]) == {
        str(SESSION): 1,
        str(TUESDAY): 1,
    }


@BY_LAYOUT
def test_a_table_is_read_as_it_was_and_goes_back(lake: Lake, table: Table) -> None:
    write(lake, table, [SESSION, TUESDAY], "202412")
    good = digest(lake, table)
    write(lake, table, [TUESDAY], "202501")
    worse = digest(lake, table)
    [_, first, second] = versions(lake.place(table))
    just_before = second.committed_at - timedelta(milliseconds=1)
    assert digest(lake, table, as_of=first.number) == good
    assert digest(lake, table, as_of=just_before) == good
    assert digest(lake, table, as_of=second.committed_at) == worse
    with pytest.raises(NoSuchVersionError, match="no version 7: it has 0 to 2"):
        lake.open(table, 7)
    planned = plan(lake, table, 1)
    assert planned.keys == {str(TUESDAY): (1, 1)}
    restore(lake, planned)
    assert digest(lake, table) == good
    assert not plan(lake, table, 1).changed


@BY_LAYOUT
def test_files_become_few_and_those_of_old_versions_stay(lake: Lake, table: Table) -> None:
    for number in range(1, 7):
        write(lake, table, [SESSION + timedelta(days=number % 3)], f"2025{number:02}")
    before, as_of = digest(lake, table), digest(lake, table, as_of=4)
    done = maintain(lake, table, 30)
    # Of a year, what a replacement leaves is one file beside its own.
    assert done.files_before == (3 if table.partitioned == "key" else 2)
    assert done.files_after == (3 if table.partitioned == "key" else 1)
    assert (done.bytes_freed, done.bytes_kept > 0) == (0, True)
    assert digest(lake, table) == before
    assert digest(lake, table, as_of=4) == as_of
    version = lake.open(table).version()
    maintain(lake, table, 30)
    assert lake.open(table).version() == version


def test_files_that_are_gone_are_counted(lake: Lake, store: Store) -> None:
    write(lake, t.CONTRACTS, [SESSION], "202412")
    write(lake, t.CONTRACTS, [SESSION], "202501")
    [file] = lake.open(t.CONTRACTS, 1).file_uris()
    store.client().delete_object(Bucket=BUCKET, Key=file.removeprefix(f"s3://{BUCKET}/"))
    with pytest.raises(VacuumedError, match="as of version 1: 1 of the 1 files"):
        lake.rows(t.CONTRACTS, as_of=1)
    with pytest.raises(VacuumedError, match="1 of the 1 files"):
        plan(lake, t.CONTRACTS, 1)
    assert lake.total_rows(t.CONTRACTS) == 1


def test_the_other_world_is_refused(lake: Lake, prefix: str) -> None:
    lake.ensure([t.CONTRACTS])
    with pytest.raises(WorldMismatchError, match=f"{prefix} holds simulated data"):
        Lake(prefix, "real").ensure([t.INDICES])
    assert lake.tables() == [t.CONTRACTS]


# writers at once

WRITER = """
import sys
from datetime import date
from support.good_rows import rows
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
from indextracker_catalogue.shared.deliveries import DELIVERIES
lake, writer = Lake(sys.argv[1], "simulated"), int(sys.argv[2])
contracts = TABLES["silver/contracts"]
sys.stdin.readline()
for number in range(10):
    lake.append(DELIVERIES, rows(DELIVERIES, {"feed": f"{writer} {number}"}))
    day = date(2024, 12, 2 + writer)
    given = rows(contracts, {"session_date": day, "expiry": f"{number}"})
    lake.replace(contracts, given, [str(day)])
"""


def test_writers_at_once_lose_no_commit(lake: Lake, prefix: str) -> None:
    """None of them holds a lock, as if each were a machine: they create the tables too."""
    writers = [waiting(WRITER, prefix, number) for number in range(4)]
    begin(writers)
    assert [writer.wait(300) for writer in writers] == [0, 0, 0, 0]
    feeds = lake.rows(DELIVERIES).to_table()["feed"].to_pylist()
    assert sorted(feeds) == sorted(f"{writer} {n}" for writer in range(4) for n in range(10))
    last = lake.rows(t.CONTRACTS).to_table().select(["session_date", "expiry"]).to_pylist()
    assert {row["session_date"].day: row["expiry"] for row in last} == dict.fromkeys(
        range(2, 6), "9"
    )
    assert len(last) == 4
    # Each commit is a version of its own, and so is putting the log's small files together.
    known = versions(lake.place(DELIVERIES))
    appends = [version for version in known if version.operation == "WRITE"]
    assert len(appends) == 40
    assert [version.number for version in known] == list(range(len(known)))


RIVAL = """
import sys
from indextracker.lake import Lake, WorldMismatchError
from indextracker_catalogue import TABLES
sys.stdin.readline()
try:
    Lake(sys.argv[1], sys.argv[2]).ensure([TABLES["silver/indices"]])
except WorldMismatchError:
    sys.exit(3)
"""


def test_of_two_worlds_at_once_one_has_the_lake(prefix: str, store: Store) -> None:
    rivals = [waiting(RIVAL, prefix, world) for world in ("simulated", "real")]
    begin(rivals)
    assert sorted(rival.wait(120) for rival in rivals) == [0, 3]
