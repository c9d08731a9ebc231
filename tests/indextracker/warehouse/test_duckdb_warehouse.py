"""The warehouse in a DuckDB file: slices, shapes, publishing, and who may open what when."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from indextracker.lake import Lake, WorldMismatchError
from indextracker.lake.arrow import arrow_schema
from indextracker.warehouse import DuckDBWarehouse, WarehouseError, WarehouseMissingError
from indextracker_catalogue import TABLES, Column, Table

BARS = TABLES["gold/futures_bars"]  # a folder of files per session
CONTRACTS = TABLES["silver/contracts"]  # a folder per year
INDICES = TABLES["silver/indices"]  # replaced whole
LOADED = [table for table in TABLES.values() if table.in_warehouse]
# The last session of a year, the first of the next, and the one after.
DAYS = (date(2024, 12, 31), date(2025, 1, 2), date(2025, 1, 3))
KEYS = [str(day) for day in DAYS]


def rows_of(table: Table, sessions: Sequence[date], mark: int, count: int = 3) -> pa.Table:
    """So many rows a session, that carry a mark in every number."""
    return pa.Table.from_pylist(
        [
            {column.name: _value(column, session, number, mark) for column in table.columns}
            for session in sessions
            for number in range(count)
        ],
        arrow_schema(table),
    )


def _value(column: Column, session: date, number: int, mark: int) -> Any:
    opening = datetime.combine(session, time(1), UTC)
    values = {
        "string": f"{column.name} {number}",
        "date": session,
        "timestamp": opening + timedelta(minutes=number),
        "boolean": bool(number % 2),
        "double": mark + number / 8,
        "int": mark,
        "bigint": mark,
    }
    return values.get(column.type, Decimal(mark))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return warehouse_in(tmp_path)


def warehouse_in(folder: Path, world: str = "simulated") -> DuckDBWarehouse:
    return DuckDBWarehouse(
        str(folder / "warehouse" / "warehouse.duckdb"),
        str(folder / "warehouse" / ".warehouse.duckdb.building"),
        world,
    )


def put(lake: Lake, table: Table, sessions: Sequence[date], mark: int, count: int = 3) -> None:
    lake.replace(table, rows_of(table, sessions, mark, count), [*map(str, sessions)])


def built(warehouse: DuckDBWarehouse, sql: str) -> list[tuple[Any, ...]]:
    """An answer of the private file."""
    with duckdb.connect(str(warehouse.private)) as connection:
        return connection.execute(sql).fetchall()


def contents(warehouse: DuckDBWarehouse, table: Table) -> dict[date, tuple[int, str]]:
    """Rows of each session, and what tells their versions apart."""
    query = (
        f"select session_date, count(*), md5(string_agg(t::varchar, '|' order by t::varchar))"
        f" from raw.{table.name} as t group by 1 order by 1"
    )
    return {day: (count, text) for day, count, text in built(warehouse, query)}


@pytest.mark.parametrize("table", [BARS, CONTRACTS], ids=lambda table: table.partitioned)
def test_loading_replaces_the_asked_sessions_alone(
    lake: Lake, warehouse: DuckDBWarehouse, table: Table
) -> None:
    put(lake, table, DAYS, mark=1)
    assert warehouse.load(lake, [table], KEYS)[table.path] == 9
    before = contents(warehouse, table)
    assert list(before) == list(DAYS)

    put(lake, table, DAYS, mark=1, count=5)
    # The first and the last: what lies between them is not meant.
    asked = [KEYS[0], KEYS[2]]
    assert warehouse.load(lake, [table], asked)[table.path] == 10
    after = contents(warehouse, table)
    assert {day: count for day, (count, _) in after.items()} == dict(
        zip(DAYS, (5, 3, 5), strict=True)
    )
    assert after[DAYS[1]] == before[DAYS[1]]


@pytest.mark.parametrize("table", [BARS, CONTRACTS], ids=lambda table: table.partitioned)
def test_a_session_that_is_empty_in_the_lake_becomes_empty(
    lake: Lake, warehouse: DuckDBWarehouse, table: Table
) -> None:
    put(lake, table, DAYS, mark=1)
    warehouse.load(lake, [table], KEYS)
    lake.replace(table, rows_of(table, [], 1), [KEYS[1]])
    assert warehouse.load(lake, [table], [KEYS[1]])[table.path] == 0
    assert list(contents(warehouse, table)) == [DAYS[0], DAYS[2]]


def test_a_table_without_sessions_is_replaced_whole(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    lake.replace(INDICES, rows_of(INDICES, [DAYS[0]], 1, count=5))
    warehouse.load(lake, [INDICES], [])
    lake.replace(INDICES, rows_of(INDICES, [DAYS[0]], 1, count=2))
    assert warehouse.load(lake, [INDICES], [])[INDICES.path] == 2
    assert built(warehouse, "select count(*) from raw.indices") == [(2,)]


def test_loading_twice_changes_nothing(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    before = contents(warehouse, BARS)
    warehouse.load(lake, [BARS], KEYS)
    assert contents(warehouse, BARS) == before


def test_all_tables_are_there_after_the_first_load(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    """A model can read a table that nothing was loaded into yet."""
    put(lake, BARS, DAYS[:1], mark=1)
    warehouse.load(lake, [BARS], KEYS[:1])
    columns = built(
        warehouse,
        "select table_name, list(column_name order by column_index), list(is_nullable order by"
        " column_index) from duckdb_columns() where schema_name = 'raw' group by 1",
    )
    nullable = {name: dict(zip(names, nulls, strict=True)) for name, names, nulls in columns}
    del nullable["world"], nullable["loads"]  # the loader's own books
    assert nullable == {
        table.name: {name: name not in table.key for name in table.column_names} for table in LOADED
    }


def test_tables_and_columns_are_described_also_those_of_before(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    described = (
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'raw'"
    )
    wanted = {
        (table.name, column.name): column.description
        for table in LOADED
        for column in table.columns
    }
    for _ in range(2):
        warehouse.load(lake, [], KEYS)
        found = {(table, column): says for table, column, says in built(warehouse, described)}
        assert {key: found[key] for key in wanted} == wanted
        built(warehouse, "comment on column raw.futures_bars.contracts is null")
    volume = wanted["futures_bars", "contracts"]
    assert volume == "Contracts traded outright. Unit: contracts."
    tables = built(warehouse, "select comment from duckdb_tables() where schema_name = 'raw'")
    assert all(says for (says,) in tables)


def test_a_table_of_the_lake_without_a_new_column_gets_it_first(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    optional = next(name for name in BARS.column_names if name not in BARS.key)
    earlier = replace(BARS, columns=tuple(c for c in BARS.columns if c.name != optional))
    with_less = rows_of(BARS, DAYS[:1], mark=1).drop_columns([optional])
    lake.replace(earlier, with_less, KEYS[:1])
    assert warehouse.load(lake, [BARS], KEYS[:1]) == {BARS.path: with_less.num_rows}
    found = built(warehouse, f"select count(*), count({optional}) from raw.{BARS.name}")
    assert found == [(with_less.num_rows, 0)]


def test_a_table_of_the_lake_that_is_new_comes_with_all_its_sessions(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    for table in (BARS, CONTRACTS):
        put(lake, table, DAYS, mark=1)
    loaded = warehouse.load(lake, [BARS], [KEYS[1]])
    assert loaded == {BARS.path: 9, CONTRACTS.path: 9}


@pytest.mark.parametrize(
    "change",
    [
        "drop column product_assumed",
        "add column remark varchar",
        "rename column expiry to expires",
        "alter column product_assumed type varchar",
        "alter column product drop not null",
    ],
)
def test_a_table_of_another_shape_is_built_anew_with_all_its_sessions(
    lake: Lake, warehouse: DuckDBWarehouse, change: str
) -> None:
    put(lake, CONTRACTS, DAYS, mark=1)
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [CONTRACTS, BARS], KEYS)
    before = contents(warehouse, CONTRACTS)
    built(warehouse, f"alter table raw.contracts {change}")
    assert warehouse.load(lake, [BARS], [KEYS[0]]) == {CONTRACTS.path: 9, BARS.path: 3}
    assert contents(warehouse, CONTRACTS) == before


def test_a_load_that_fails_leaves_nothing_behind(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    before = contents(warehouse, BARS)
    put(lake, BARS, DAYS, mark=2)
    # The second table is not in the lake: the first has been replaced by then.
    with pytest.raises(Exception, match="spread_bars"):
        warehouse.load(lake, [BARS, TABLES["gold/spread_bars"]], KEYS)
    assert contents(warehouse, BARS) == before


ZONE_SCRIPT = """
import duckdb, json, sys
from indextracker.lake import Lake
from indextracker.warehouse import DuckDBWarehouse
from indextracker_catalogue import TABLES
lake, published, private = sys.argv[1:]
bars = TABLES["gold/futures_bars"]
warehouse = DuckDBWarehouse(published, private, "simulated")
warehouse.load(Lake(lake, "simulated"), [bars], ["2024-12-31"])
with warehouse.writing():
    warehouse.publish({})
with warehouse.reading() as connection:
    found = connection.execute(
        "select min(bar_start)::varchar, typeof(min(bar_start)), count(*) filter"
        " (bar_start between '2024-12-31 01:00:00' and '2024-12-31 01:01:00') from futures_bars"
    ).fetchall()
with duckdb.connect(published, read_only=True) as connection:
    found += connection.execute("select min(bar_start)::varchar from raw.futures_bars").fetchall()
print(json.dumps(found))
"""


@pytest.mark.parametrize("zone", ["UTC", "Asia/Taipei", "America/New_York"])
def test_times_are_utc_without_a_zone_for_every_client(
    lake: Lake, tmp_path: Path, zone: str
) -> None:
    put(lake, BARS, DAYS[:1], mark=1)
    places = (lake.root, str(tmp_path / "published.duckdb"), str(tmp_path / "private.duckdb"))
    done = subprocess.run(
        [sys.executable, "-c", ZONE_SCRIPT, *places],
        env={"PATH": "/usr/bin:/bin", "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    first = "2024-12-31 01:00:00"
    assert json.loads(done.stdout) == [[first, "TIMESTAMP", 2], [first]]


def test_nothing_is_published_before_it_is_asked_for(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    with (
        pytest.raises(WarehouseMissingError, match="run a backfill first"),
        warehouse.reading(),
    ):
        pass


def published_marks(warehouse: DuckDBWarehouse) -> list[tuple[Any, ...]]:
    with warehouse.reading() as connection:
        return connection.execute("select distinct contracts from futures_bars").fetchall()


def publish(lake: Lake, warehouse: DuckDBWarehouse, mark: int, count: int = 3) -> None:
    put(lake, BARS, DAYS, mark, count)
    warehouse.load(lake, [BARS], KEYS)
    with warehouse.writing():
        warehouse.publish({})


def test_readers_see_what_was_published_last(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    publish(lake, warehouse, mark=1)
    assert published_marks(warehouse) == [(1,)]
    put(lake, BARS, DAYS, mark=2)
    warehouse.load(lake, [BARS], KEYS)
    assert published_marks(warehouse) == [(1,)]
    publish(lake, warehouse, mark=3)
    assert published_marks(warehouse) == [(3,)]


def test_readers_cannot_write(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    publish(lake, warehouse, mark=1)
    with (
        warehouse.reading() as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("delete from raw.futures_bars")


def test_a_lost_private_file_is_made_from_the_published_one(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    publish(lake, warehouse, mark=1)
    warehouse.private.unlink()
    put(lake, BARS, DAYS[:1], mark=2)
    warehouse.load(lake, [BARS], KEYS[:1])
    marks = built(
        warehouse, "select contracts, count(*) from raw.futures_bars group by 1 order by 1"
    )
    assert marks == [(1, 6), (2, 3)]


READER = """
import sys
from pathlib import Path
from indextracker.warehouse import DuckDBWarehouse
published, private, stop = sys.argv[1:]
reads, marks = 0, set()
while not Path(stop).exists():
    with DuckDBWarehouse(published, private, "simulated").reading() as connection:
        found = connection.execute(
            "select session_date, count(*), min(contracts), max(contracts)"
            " from futures_bars group by 1"
        ).fetchall()
    assert len(found) == 3, found
    assert {row[1] for row in found} == {2000}, found
    assert len({mark for row in found for mark in row[2:]}) == 1, found
    if not reads:
        print("reading", flush=True)
    reads += 1
    marks.add(found[0][2])
print(reads, len(marks))
"""


def test_readers_never_wait_and_never_see_half(
    lake: Lake, warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    """Another process reads without pause while new versions are loaded and published."""
    publish(lake, warehouse, mark=0, count=2000)
    stop = tmp_path / "stop"
    places = (str(warehouse.published), str(warehouse.private), str(stop))
    with subprocess.Popen(
        [sys.executable, "-c", READER, *places],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "reading\n"
        versions = [rows_of(BARS, DAYS, mark, 2000) for mark in (1, 2)]
        for number in range(12):
            lake.replace(BARS, versions[number % 2], KEYS)
            warehouse.load(lake, [BARS], KEYS)
            with warehouse.writing():
                warehouse.publish({})
        stop.touch()
        output, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    reads, marks = map(int, output.split())
    assert reads > 12
    assert marks > 1


@pytest.mark.parametrize("world", ["simulated", "real"])
def test_a_warehouse_of_the_other_world_is_refused(lake: Lake, tmp_path: Path, world: str) -> None:
    other = "real" if world == "simulated" else "simulated"
    foreign = Lake(str(tmp_path / "foreign"), other)
    publish(Lake(str(tmp_path / world), world), warehouse_in(tmp_path, world), mark=1)
    before = (tmp_path / "warehouse" / "warehouse.duckdb").read_bytes()
    refused = warehouse_in(tmp_path, other)
    with (
        pytest.raises(WorldMismatchError, match=f"holds {world} data.*INDEXTRACKER_WAREHOUSE"),
        refused.reading(),
    ):
        pass
    put(foreign, BARS, DAYS, mark=2)
    with pytest.raises(WorldMismatchError, match=f"this run is of the {other} world"):
        refused.load(foreign, [BARS], KEYS)
    assert (tmp_path / "warehouse" / "warehouse.duckdb").read_bytes() == before


HOLDER = """
import sys, time, duckdb
from indextracker.warehouse import DuckDBWarehouse
published, private, how = sys.argv[1:]
if how == "writing":
    with DuckDBWarehouse(published, private, "simulated").writing():
        print("held", flush=True)
        time.sleep(600)
connection = duckdb.connect(private)
print("held", flush=True)
time.sleep(1)
"""


@pytest.fixture
def held(warehouse: DuckDBWarehouse) -> Callable[[str], subprocess.Popen[str]]:
    """Starts a process that holds the private file."""

    def hold(how: str) -> subprocess.Popen[str]:
        places = (str(warehouse.published), str(warehouse.private))
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, *places, how], stdout=subprocess.PIPE, text=True
        )
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        return holder

    return hold


def test_a_killed_writer_holds_nobody_up(
    lake: Lake, warehouse: DuckDBWarehouse, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    put(lake, BARS, DAYS, mark=1)
    with held("writing") as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert warehouse.load(lake, [BARS], KEYS)[BARS.path] == 9


def test_what_a_killed_run_left_behind_is_waited_for(
    lake: Lake, warehouse: DuckDBWarehouse, held: Callable[[str], subprocess.Popen[str]]
) -> None:
    """The dbt of a killed run holds the file, without the lock of its parent, for a while."""
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    with held("opened") as holder:
        assert warehouse.load(lake, [BARS], KEYS)[BARS.path] == 9
        assert holder.poll() == 0


# who opens it


def test_an_older_duckdb_opens_what_is_published(
    lake: Lake, warehouse: DuckDBWarehouse, older_duckdb: Callable[[Path, str], list[list[Any]]]
) -> None:
    publish(lake, warehouse, mark=7)
    asked = "select contracts, count(*), min(bar_start)::varchar from futures_bars group by 1"
    assert older_duckdb(warehouse.published, asked) == [[7, 9, "2024-12-31 01:00:00"]]


def test_a_warehouse_for_newer_ones_alone_is_converted_by_the_next_run(
    lake: Lake, warehouse: DuckDBWarehouse, older_duckdb: Callable[[Path, str], list[list[Any]]]
) -> None:
    """What versions before wrote: files in the form of the DuckDB that wrote them."""
    publish(lake, warehouse, mark=1)
    newer = warehouse.private.with_name("newer")
    with duckdb.connect(str(newer)) as connection:
        connection.execute(f"attach '{warehouse.private}' as known (read_only)")
        connection.execute("copy from database known to newer")
        connection.execute("create view marts.v as from raw.world")
        connection.execute("comment on view marts.v is 'which world it is'")
    newer.replace(warehouse.private)
    with warehouse.writing():
        warehouse.publish({})
    asked = "select v.name, comment, (select count(*) from futures_bars) from v, duckdb_views()"
    asked += " where view_name = 'v'"
    assert older_duckdb(warehouse.published, asked) == [["simulated", "which world it is", 9]]
    assert published_marks(warehouse) == [(1,)]


def test_a_reader_says_who_keeps_the_file_from_it(lake: Lake, warehouse: DuckDBWarehouse) -> None:
    publish(lake, warehouse, mark=1)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(warehouse.published)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseError) as refused, warehouse.reading():
            pass
        holder.kill()
    assert f"process {holder.pid} has it open for writing" in str(refused.value)
    assert "read_only=True" in str(refused.value)
    assert "away" not in str(refused.value)
    assert "delete" not in str(refused.value)


def test_a_writer_says_who_keeps_the_private_file(
    lake: Lake,
    warehouse: DuckDBWarehouse,
    held: Callable[[str], subprocess.Popen[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(lake, warehouse, mark=1)
    monkeypatch.setattr("indextracker.warehouse.duckdb.ORPHAN_SECONDS", 0.0)
    with held("opened") as holder:
        with pytest.raises(WarehouseError) as refused:
            warehouse.load(lake, [BARS], KEYS)
        holder.kill()
    assert f"{warehouse.private} cannot be opened now: process {holder.pid} has it open" in str(
        refused.value
    )
    assert "away" not in str(refused.value)


AWAY = "move it and .warehouse.duckdb.building beside it away"
NO_WAREHOUSE = {
    "no database": (b"no database" * 1000, AWAY),
    "torn": (None, AWAY),
    "of something else": (None, "set INDEXTRACKER_WAREHOUSE to another file"),
    "a folder": (None, "leave the file as it is"),
}


@pytest.mark.parametrize("kind", NO_WAREHOUSE)
def test_a_remedy_is_that_of_the_trouble(lake: Lake, warehouse: DuckDBWarehouse, kind: str) -> None:
    publish(lake, warehouse, mark=1)
    file = warehouse.published
    body, remedy = NO_WAREHOUSE[kind]
    whole = file.read_bytes()
    file.unlink()
    if kind == "of something else":
        duckdb.connect(str(file)).execute("create table here (n integer)").close()
    elif kind == "a folder":
        file.mkdir()
    else:
        file.write_bytes(body or whole[:8000])
    with pytest.raises(WarehouseError, match=remedy), warehouse.reading():
        pass


def test_books_of_before_there_were_subjects_get_theirs(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    put(lake, BARS, DAYS[:1], mark=1)
    warehouse.load(lake, [BARS], KEYS[:1])
    with duckdb.connect(str(warehouse.private)) as connection:
        connection.execute("create or replace table raw.loads (session_date date, load_id varchar)")
        connection.execute("insert into raw.loads values ('2024-12-31', 'a')")
        connection.execute("create schema intermediate")
        built = "(session_date date, load_id varchar, definition varchar)"
        connection.execute(f"create table intermediate.built_sessions {built}")
        connection.execute("insert into intermediate.built_sessions values ('2024-12-31','a','d')")
        connection.execute("create table intermediate.run_sessions (session_date date)")
    for _ in range(2):
        with warehouse.writing(), warehouse.built() as connection:
            loads = connection.execute("from raw.loads").fetchall()
            built_sessions = connection.execute("from intermediate.built_sessions").fetchall()
        assert loads == [("taiwan", "2024-12-31", "a")]
        assert built_sessions == [("taiwan", "2024-12-31", "a", "d")]


# What dbt keeps, and a table and a view upon it that it builds of a toy.
TOYS_PASSED = """
create schema if not exists intermediate;
create or replace table intermediate.run_sessions (subject varchar, key varchar);
create or replace table intermediate.built_sessions as
    select subject, key, load_id, 'd' as definition from raw.loads;
create or replace table marts.toys as select 1 as good;
create or replace view marts.all_toys as select * from marts.toys;
comment on table marts.toys is 'Toys.';
"""
TOYS_BROKEN = """
insert into intermediate.run_sessions values ('toys', 'run');
drop view marts.all_toys;
create or replace table marts.toys as select 0 as good, 'bad' as row;
create or replace table marts.more_toys as select 0 as good;
"""


def test_what_of_a_subject_did_not_pass_stays_as_it_was_published(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    relations = {"toys": ["marts.toys", "marts.all_toys", "marts.more_toys"]}

    def publish_with(statements: str, mark: int) -> list[tuple[Any, ...]]:
        put(lake, BARS, DAYS, mark)
        warehouse.load(lake, [BARS], KEYS)
        with warehouse.writing() as file:
            with duckdb.connect(str(file)) as connection:
                connection.execute(statements)
                connection.execute(
                    "update intermediate.built_sessions as b set load_id = l.load_id"
                    " from raw.loads as l where l.subject = b.subject and l.key = b.key"
                )
            warehouse.publish(relations)
        with warehouse.reading() as connection:
            assert published_marks(warehouse) == [(mark,)]
            return (
                connection.execute(
                    "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
                    " union all select view_name, null from duckdb_views()"
                    " where schema_name = 'marts' order by 1"
                ).fetchall()
                + connection.execute("from marts.all_toys").fetchall()
            )

    passed = publish_with(TOYS_PASSED, mark=1)
    assert passed == [("all_toys", None), ("toys", "Toys."), (1,)]
    assert publish_with(TOYS_BROKEN, mark=2) == passed


def test_what_was_loaded_and_not_built_is_not_published(
    lake: Lake, warehouse: DuckDBWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    with warehouse.writing() as file:
        with duckdb.connect(str(file)) as connection:
            connection.execute(TOYS_PASSED)
        warehouse.publish({})
    put(lake, BARS, DAYS, mark=2)
    warehouse.load(lake, [BARS], KEYS)
    with warehouse.writing():
        warehouse.publish({})
    assert published_marks(warehouse) == [(1,)]
