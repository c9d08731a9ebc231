"""Maintenance makes files few and frees what no version needs; rows and documents stay."""

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from support.good_rows import SESSION, key, put, rows
from support.programs import begin, waiting

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker.lake.upkeep import maintain
from indextracker.system.documents import Document
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.shared.deliveries import DELIVERIES

pytestmark = pytest.mark.slow

DAY_SECONDS = 86_400
BY_LAYOUT = pytest.mark.parametrize(
    "table", [t.FUTURES_TRADES, t.CONTRACTS], ids=lambda table: table.partitioned
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def data_files(lake: Lake, table: Table) -> set[Path]:
    return {f for f in Path(lake.path(table)).rglob("*.parquet") if "_delta_log" not in f.parts}


def age(lake: Lake, table: Table, days: float, *, removed_days: float | None = None) -> None:
    """Makes all that a table has look so old, and what was removed removed so long ago."""
    now = time.time()
    removed = now - (days if removed_days is None else removed_days) * DAY_SECONDS
    for file in Path(lake.path(table)).rglob("*.parquet"):
        os.utime(file, (now - days * DAY_SECONDS,) * 2)
    for commit in Path(lake.path(table), "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in actions:
            if "remove" in action:
                action["remove"]["deletionTimestamp"] = int(removed * 1000)
            if "commitInfo" in action:
                action["commitInfo"]["timestamp"] = int(removed * 1000)
        commit.write_text("".join(f"{json.dumps(action)}\n" for action in actions))


def replace(lake: Lake, table: Table, times: int) -> None:
    for number in range(times):
        lake.replace(table, rows(table, {"expiry": f"2025{number + 1:02}"}), [str(SESSION)])


def test_a_log_of_many_files_becomes_one(lake: Lake) -> None:
    for number in range(12):
        day = SESSION + timedelta(days=number % 5)
        lake.append(DELIVERIES, rows(DELIVERIES, {"session_date": day, "feed": str(number)}))
    before = digest(lake, DELIVERIES)
    done = maintain(lake, DELIVERIES, 30)
    assert (done.files_before, done.files_after) == (12, 1)
    assert done.bytes_after < done.bytes_before
    # The old ones stay for those who go back.
    assert done.bytes_freed == 0
    assert done.bytes_kept == done.bytes_before
    assert digest(lake, DELIVERIES) == digest(lake, DELIVERIES, as_of=12) == before


@BY_LAYOUT
def test_doing_it_twice_does_nothing_the_second_time(lake: Lake, table: Table) -> None:
    replace(lake, table, 3)
    maintain(lake, table, 1)
    version, files = lake.open(table).version(), data_files(lake, table)
    done = maintain(lake, table, 1)
    assert (done.files_before, done.bytes_before) == (done.files_after, done.bytes_after)
    assert done.bytes_freed == 0
    assert (lake.open(table).version(), data_files(lake, table)) == (version, files)


@BY_LAYOUT
def test_versions_outside_the_retention_are_freed(lake: Lake, table: Table) -> None:
    replace(lake, table, 4)
    before = digest(lake, table)
    assert len(data_files(lake, table)) == 4
    age(lake, table, 40)
    done = maintain(lake, table, 30)
    assert (done.files_after, done.bytes_kept) == (1, 0)
    assert done.bytes_freed > 0
    assert len(data_files(lake, table)) == 1
    assert digest(lake, table) == before
    with pytest.raises(LookupError, match="files needed have been removed"):
        lake.rows(table, as_of=2)


@pytest.mark.parametrize("checkpointed", [False, True])
@BY_LAYOUT
def test_versions_within_the_retention_can_be_read(
    lake: Lake, table: Table, *, checkpointed: bool
) -> None:
    """Files of old that were replaced lately: a checkpoint forgets them after a week."""
    replace(lake, table, 4)
    found = [digest(lake, table, as_of=version) for version in range(5)]
    age(lake, table, 40, removed_days=10)
    if checkpointed:
        lake.open(table).create_checkpoint()
    done = maintain(lake, table, 30)
    assert done.bytes_freed == 0
    assert [digest(lake, table, as_of=version) for version in range(5)] == found
    done = maintain(lake, table, 9)
    assert done.bytes_freed > 0
    assert digest(lake, table) == found[-1]


def test_what_a_killed_write_left_goes_when_it_is_old(lake: Lake) -> None:
    table = t.FUTURES_TRADES
    replace(lake, table, 1)
    [file] = data_files(lake, table)
    orphans = [file.with_name(f"part-{name}.parquet") for name in ("old", "young")]
    for orphan in orphans:
        orphan.write_bytes(file.read_bytes())
    os.utime(orphans[0], (time.time() - 2 * DAY_SECONDS,) * 2)
    done = maintain(lake, table, 1)
    assert done.bytes_freed == file.stat().st_size
    # A young one may be of a write that has yet to commit.
    assert data_files(lake, table) == {file, orphans[1]}


def test_documents_are_kept_for_good(lake: Lake) -> None:
    document = lake.landing.put(Document.of("old", b"a document of old"))
    for file in Path(lake.root, "landing").rglob("*"):
        os.utime(file, (0, 0))
    for table in (DELIVERIES, t.TAIFEX_FUTURES):
        put(lake, table, rows(table, {}))
    for table in lake.tables():
        maintain(lake, table, 1)
    assert lake.landing.get(document).read() == b"a document of old"


@pytest.mark.parametrize("days", [0, -1, 31])
def test_a_retention_that_cannot_be_kept_is_refused(lake: Lake, days: int) -> None:
    replace(lake, t.CONTRACTS, 2)
    with pytest.raises(ValueError, match="for 1 to 30 days"):
        maintain(lake, t.CONTRACTS, days)
    assert lake.open(t.CONTRACTS).version() == 2


WRITER = """
import sys
from datetime import timedelta
from support.good_rows import SESSION, rows
from support.programs import begin, waiting
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
lake, table = Lake(sys.argv[1], "simulated"), TABLES[sys.argv[2]]
sys.stdin.readline()
for number in range(10):
    day = SESSION + timedelta(days=number % 5)
    changed = {"session_date": day, "expiry": f"20250{number // 5 + 1}"}
    lake.replace(table, rows(table, changed), [str(day)])
"""


@BY_LAYOUT
def test_a_writer_at_work_loses_nothing(lake: Lake, table: Table) -> None:
    """Without a lock even: each begins again where the other won."""
    lake.ensure([table])
    with waiting(WRITER, lake.root, table.path) as writer:
        begin([writer])
        while writer.poll() is None:
            maintain(lake, table, 1)
    assert writer.returncode == 0
    maintain(lake, table, 1)
    with lake.sql([table]) as connection:
        query = f"select session_date, expiry from {table.name} order by 1"
        found = connection.execute(query).fetchall()
    assert found == [(SESSION + timedelta(days=day), "202502") for day in range(5)]


def test_every_table_can_be_maintained(lake: Lake) -> None:
    for table in TABLES.values():
        for _ in range(2):
            put(lake, table, rows(table, {}))
        before = digest(lake, table)
        maintain(lake, table, 1)
        assert digest(lake, table) == before
        if not table.is_whole:
            left = 1 if table.writes == "replace" else 2
            assert lake.row_counts(table, [key(table)]) == {key(table): left}
