"""Files of a slice: what the log says of them, what readers find in them, what a kill leaves."""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from support.good_rows import SESSION, key, rows
from support.programs import begin, waiting

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.upkeep import maintain
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue import taiwan as t

KEY = str(SESSION)
# Those that the library fills; jobs fill the others, whose logs tell less.
FILLED = [
    table
    for table in TABLES.values()
    if table.writes == "replace"
    and not table.derived_partition
    and (table.layer == "bronze" or not table.by_job)
]
OF_FILES = ("path", "size_bytes", "modification_time")
LONG = 5_000


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def keys(table: Table) -> list[str]:
    if table.is_whole:
        return []
    return [KEY if table.timeline.is_dated else key(table)]


@pytest.mark.parametrize("table", FILLED, ids=lambda table: table.path)
def test_the_log_says_what_delta_rs_would_say(lake: Lake, table: Table, tmp_path: Path) -> None:
    nulls = {name: None for name in table.column_names if name not in table.key}
    given = rows(table, {}, nulls)
    lake.replace(table, given, keys(table))
    other = f"{tmp_path}/other"
    write_deltalake(
        other,
        given.cast(arrow_schema(table)),
        partition_by=list(table.partition_columns),
        configuration=lake.open(table).metadata().configuration,
    )
    ours, theirs = (
        pa.table(delta.get_add_actions(flatten=True)).drop_columns(OF_FILES).to_pylist()
        for delta in (lake.open(table), DeltaTable(other))
    )
    assert ours == theirs


def test_the_latest_time_of_a_file_is_not_cut_below_itself(lake: Lake) -> None:
    closed_at = datetime(2024, 12, 16, 1, 2, 3, 456_789, UTC)
    lake.replace(t.SESSIONS, rows(t.SESSIONS, {"closed_at": closed_at}))
    [file] = pa.table(lake.open(t.SESSIONS).get_add_actions(flatten=True)).to_pylist()
    assert file["min.closed_at"] <= closed_at <= file["max.closed_at"]
    assert file["max.closed_at"] - closed_at < timedelta(milliseconds=1)


@pytest.mark.parametrize("letter", ["x", "中"])
def test_a_row_is_found_whatever_the_length_of_its_texts(lake: Lake, letter: str) -> None:
    """Parquet keeps no bounds of long texts; delta-rs would read null from it."""
    table, text = t.TAIFEX_FUTURES, letter * LONG
    lake.replace(table, rows(table, {"text": text}, {"line": 2, "text": "short"}), [KEY])
    with lake.sql([table]) as connection:
        for sought, line in ((text, 1), ("short", 2)):
            found = connection.execute(
                f"select count(*) from {table.name} where text = ?", [sought]
            ).fetchall()
            assert found == [(1,)], line


def test_encoded_strings_are_strings_to_readers(lake: Lake) -> None:
    table = t.TAIFEX_FUTURES
    plain = rows(table, {}, {"line": 2, "product": "MTX", "text": None})
    strings = [field.name for field in plain.schema if pa.types.is_string(field.type)]
    encoded = plain
    for name in strings:
        place = encoded.schema.get_field_index(name)
        encoded = encoded.set_column(place, name, plain[name].dictionary_encode())
    lake.replace(table, encoded, [KEY])
    assert lake.rows(table).to_table().select(table.column_names).to_pylist() == plain.to_pylist()
    [file] = Path(lake.path(table)).rglob("*.parquet")
    assert {pq.read_schema(file).field(name).type for name in strings} == {pa.string()}


KILLED = """
import sys
from support.good_rows import SESSION, rows
from indextracker.lake import Lake
from indextracker.system import failpoints
from indextracker_catalogue import TABLES
lake, table = Lake(sys.argv[1], "simulated"), TABLES[sys.argv[2]]
sys.stdin.readline()
failpoints.arm("written-aside")
lake.replace(table, rows(table, {}), [] if table.is_whole else [str(SESSION)])
"""


@pytest.mark.parametrize("table", [t.INDICES, t.TAIFEX_FUTURES], ids=lambda table: table.path)
def test_what_a_kill_leaves_is_seen_by_nobody_and_removed(lake: Lake, table: Table) -> None:
    lake.replace(table, rows(table, {}), keys(table))
    before = files(lake, table)
    writer = waiting(KILLED, lake.root, table.path)
    begin([writer])
    assert writer.wait(60) == -signal.SIGKILL
    [left] = files(lake, table) - before
    assert lake.total_rows(table) == 1
    os.utime(left, (0, 0))
    maintain(lake, table, 1)
    assert files(lake, table) == before


def files(lake: Lake, table: Table) -> set[Path]:
    """Its files, without those of its log."""
    folder = Path(lake.path(table))
    return {file for file in folder.rglob("*") if file.is_file() and "_delta_log" not in file.parts}
