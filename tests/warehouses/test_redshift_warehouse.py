"""Loading into Redshift: slices, checks, what a failure or a kill leaves behind, who may read."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pyarrow as pa
import pytest
import redshift_connector
from redshift_local import Cluster
from warehouses.markets import BUCKET, READERS, Rows, answer, settings_of
from warehouses.test_both_warehouses import EVERY_MART

from indextracker.lake import Lake, WorldMismatchError
from indextracker.lake.arrow import arrow_schema
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse, WarehouseError, WarehouseMissingError
from indextracker.warehouse.redshift import LoadError, RedshiftWarehouse
from indextracker.warehouse.slices import LOADED
from indextracker.warehouse.staging import StagingArea
from indextracker_catalogue import TABLES, Column, Table

BARS = TABLES["gold/futures_bars"]
CONTRACTS = TABLES["silver/contracts"]
INDICES = TABLES["silver/indices"]
# The last session of a year, the first of the next, and the one after.
DAYS = (dt.date(2024, 12, 31), dt.date(2025, 1, 2), dt.date(2025, 1, 3))
KEYS = [str(day) for day in DAYS]
OnCluster = Callable[..., Settings]


def rows_of(table: Table, sessions: Sequence[dt.date], mark: int, count: int = 3) -> pa.Table:
    """So many rows a session, that carry a mark in every number."""
    return pa.Table.from_pylist(
        [
            {column.name: _value(column, session, number, mark) for column in table.columns}
            for session in sessions
            for number in range(count)
        ],
        arrow_schema(table),
    )


def _value(column: Column, session: dt.date, number: int, mark: int) -> Any:
    opening = dt.datetime.combine(session, dt.time(1), dt.UTC)
    values = {
        "string": f"{column.name} {number} 臺",
        "date": session,
        "timestamp": opening + dt.timedelta(minutes=number, microseconds=1),
        "boolean": bool(number % 2),
        "double": mark + number / 8,
        "int": mark,
        "bigint": mark,
    }
    return values.get(column.type, Decimal(mark))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"), "simulated")
    made.ensure(LOADED)
    return made


@pytest.fixture
def settings(on_cluster: OnCluster, tmp_path: Path) -> Settings:
    return on_cluster(tmp_path)


@pytest.fixture
def warehouse(settings: Settings) -> RedshiftWarehouse:
    return RedshiftWarehouse(settings)


def put(lake: Lake, table: Table, sessions: Sequence[dt.date], mark: int, count: int = 3) -> None:
    lake.replace(table, rows_of(table, sessions, mark, count), [*map(str, sessions)])


def counts(warehouse: Warehouse, table: Table) -> Rows:
    """Rows of each session, with their marks."""
    return answer(
        warehouse,
        f'select session_date, count(*), min(contracts), max(contracts) from "raw".{table.name}'
        " group by session_date order by session_date",
    )


def staged(s3: Any, settings: Settings) -> list[str]:
    """Keys below the place of this warehouse."""
    database = urlsplit(settings.warehouse.address).path.strip("/")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="staging/").get("Contents", [])
    return [item["Key"] for item in found if f"-{database}/" in item["Key"]]


def test_rows_arrive_as_they_are(lake: Lake, warehouse: RedshiftWarehouse) -> None:
    put(lake, BARS, DAYS[:1], mark=7, count=1)
    assert warehouse.load(lake, [BARS], KEYS[:1])[BARS.path] == 1
    [row] = answer(warehouse, "select * from futures_bars")
    named = dict(zip(BARS.column_names, row, strict=True))
    assert named["product"] == "product 0 臺"
    assert named["session_date"] == DAYS[0]
    assert named["bar_start"] == dt.datetime.fromisoformat(
        "2024-12-31T01:00:00.000001"
    )  # UTC, without a zone
    assert (named["open"], named["trades"], named["scale_minutes"]) == (7.0, 7, 7)
    assert named["price_sum"] == Decimal("7.0000")


def test_loading_replaces_the_asked_sessions_alone(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    assert warehouse.load(lake, [BARS], KEYS)[BARS.path] == 9
    put(lake, BARS, DAYS, mark=2, count=5)
    # The first and the last: what lies between them is not meant.
    assert warehouse.load(lake, [BARS], [KEYS[0], KEYS[2]])[BARS.path] == 10
    expected = [(DAYS[0], 5, 2, 2), (DAYS[1], 3, 1, 1), (DAYS[2], 5, 2, 2)]
    assert counts(warehouse, BARS) == expected
    # Once more changes nothing.
    warehouse.load(lake, [BARS], [KEYS[0], KEYS[2]])
    assert counts(warehouse, BARS) == expected


def test_a_session_that_is_empty_in_the_lake_becomes_empty(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    lake.replace(BARS, rows_of(BARS, [], 1), [KEYS[1]])
    assert warehouse.load(lake, [BARS], [KEYS[1]])[BARS.path] == 0
    assert [day for day, *_ in counts(warehouse, BARS)] == [DAYS[0], DAYS[2]]


def test_a_table_without_sessions_is_replaced_whole(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    for rows in (5, 2):
        lake.replace(INDICES, rows_of(INDICES, [DAYS[0]], 1, count=rows))
        assert warehouse.load(lake, [INDICES], [])[INDICES.path] == rows
    assert answer(warehouse, "select count(*) from indices") == [(2,)]


def test_a_table_of_another_shape_comes_with_all_its_sessions(
    lake: Lake, warehouse: RedshiftWarehouse, running: Cluster, settings: Settings
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    before = loads(warehouse)
    running.behind.sql(
        "update raw.definitions set ddl = 'of an older release'", database_of(settings)
    )
    warehouse.load(lake, [BARS], KEYS[:1])
    assert [count for _, count, *_ in counts(warehouse, BARS)] == [3, 3, 3]
    after = loads(warehouse)
    assert all(after[day] != before[day] for day in DAYS)


def test_only_what_was_loaded_is_noted_as_loaded_anew(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    before = loads(warehouse)
    assert list(before) == list(DAYS)
    warehouse.load(lake, [BARS], KEYS[1:2])
    after = loads(warehouse)
    assert {day for day in DAYS if after[day] != before[day]} == {DAYS[1]}


def loads(warehouse: RedshiftWarehouse) -> dict[dt.date, str]:
    """The load that last touched each session."""
    noted = answer(warehouse, 'select "key", load_id from loads where length("key") = 10')
    return {dt.date.fromisoformat(key): load for key, load in noted}


def database_of(settings: Settings) -> str:
    return urlsplit(settings.warehouse.address).path.strip("/")


def test_a_load_is_one_transaction_of_plain_copies(
    lake: Lake, warehouse: RedshiftWarehouse, running: Cluster
) -> None:
    put(lake, BARS, DAYS, mark=1)
    put(lake, CONTRACTS, DAYS, mark=1)
    warehouse.load(lake, [BARS, CONTRACTS], KEYS[:1])
    running.journal.clear()
    warehouse.load(lake, [BARS, CONTRACTS], KEYS[1:])
    sent = [statement.sent.lower() for statement in running.journal]
    copies = [text for text in sent if text.startswith("copy")]
    assert len(copies) == 2
    assert all("iam_role default format as parquet" in text for text in copies)
    # Never from a Delta table: its prefix holds removed files, and files have no partition columns.
    assert all("/staging/" in text for text in copies)
    first, last = sent.index(copies[0]), len(sent) - 1 - sent[::-1].index("commit")
    assert not [text for text in sent[first:last] if text.startswith(("commit", "begin"))]
    written = [text for text in sent if re.match(r'(delete from|insert into) "raw"', text)]
    assert {sent.index(text) > first for text in written[:4]} == {True}


def test_nothing_stays_staged(
    lake: Lake, warehouse: RedshiftWarehouse, settings: Settings, s3: Any
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    assert staged(s3, settings) == []


# What is wrong with the rows, and what the error says of it.
BROKEN = {
    "twice": (lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]), "more than once"),
    "keyless": (
        lambda rows: rows.set_column(1, "product", pa.nulls(len(rows), pa.string())),
        "9 rows have nulls in their key",
    ),
    "wide": (
        lambda rows: rows.set_column(1, "product", pa.array(["臺" * 86] * len(rows))),
        "product",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_rows_that_break_the_table_are_not_loaded(
    kind: str,
    lake: Lake,
    warehouse: RedshiftWarehouse,
    settings: Settings,
    s3: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    broken, says = BROKEN[kind]
    rows = broken(rows_of(BARS, DAYS, mark=2))
    monkeypatch.setattr(
        "indextracker.warehouse.slices.rows",
        lambda *_: pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()),
    )
    with pytest.raises((LoadError, redshift_connector.Error), match=says):
        warehouse.load(lake, [BARS], KEYS)
    monkeypatch.undo()
    assert counts(warehouse, BARS) == [(day, 3, 1, 1) for day in DAYS]
    assert staged(s3, settings) == []


def test_rows_that_are_lost_on_the_way_are_missed(
    lake: Lake, warehouse: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    export = StagingArea.export
    monkeypatch.setattr(
        StagingArea,
        "export",
        lambda self, table, rows: (export(self, table, rows)[0], 10),
    )
    with pytest.raises(LoadError, match="10 rows were exported and 9 arrived"):
        warehouse.load(lake, [BARS], KEYS)


LOADER = """
import sys
from indextracker.system import failpoints
from indextracker.lake import Lake
from indextracker.settings import load
from indextracker.warehouse import warehouse
from indextracker_catalogue import TABLES
settings = load()
failpoints.arm(settings.deployment.failpoint)
tables = [TABLES["gold/futures_bars"], TABLES["silver/contracts"]]
warehouse(settings).load(Lake(settings.lake.address, "simulated"), tables, sys.argv[1:])
"""


def load_elsewhere(settings: Settings, failpoint: str = "") -> int:
    """Loads all sessions in a process of its own, that may die on the way."""
    given = {
        "LAKE": settings.lake.address,
        "STAGING": settings.warehouse.staging,
        "WAREHOUSE": settings.warehouse.address,
        "WAREHOUSE_PASSWORD": settings.warehouse.password.get_secret_value(),
        "DAGSTER_HOME": settings.dagster.home,
        "FAILPOINT": failpoint,
    }
    done = subprocess.run(
        [sys.executable, "-c", LOADER, *map(str, DAYS)],
        env=os.environ | {f"INDEXTRACKER_{name}": value for name, value in given.items()},
        check=False,
        timeout=120,
    )
    return done.returncode


@pytest.mark.parametrize("failpoint", ["copied", "copied:2", "warehouse-before"])
def test_a_killed_load_leaves_nothing_and_the_next_one_repairs(
    failpoint: str, lake: Lake, warehouse: RedshiftWarehouse, settings: Settings, s3: Any
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    put(lake, BARS, DAYS, mark=2)
    put(lake, CONTRACTS, DAYS, mark=2)
    assert load_elsewhere(settings, failpoint) == -9
    assert counts(warehouse, BARS) == [(day, 3, 1, 1) for day in DAYS]
    orphans = staged(s3, settings)
    assert orphans
    assert load_elsewhere(settings) == 0
    assert counts(warehouse, BARS) == [(day, 3, 2, 2) for day in DAYS]
    assert staged(s3, settings) == []


def test_two_loads_at_once_are_one_after_the_other(
    lake: Lake, warehouse: RedshiftWarehouse, settings: Settings
) -> None:
    put(lake, BARS, DAYS, mark=1)
    put(lake, CONTRACTS, DAYS, mark=1)
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: load_elsewhere(settings), range(3)))
    assert done == [0, 0, 0]
    assert counts(warehouse, BARS) == [(day, 3, 1, 1) for day in DAYS]


def test_a_writer_waits_for_the_other(lake: Lake, settings: Settings, running: Cluster) -> None:
    order = []
    put(lake, BARS, DAYS, mark=1)
    second = threading.Thread(
        target=lambda: order.append(
            ("second", RedshiftWarehouse(settings).load(lake, [BARS], KEYS)[BARS.path])
        )
    )
    first = RedshiftWarehouse(settings)
    with first.writing():
        second.start()
        waiting = "select count(*) from pg_locks where not granted"
        while running.sql(waiting) == [(0,)]:
            assert second.is_alive()
        # Nobody who reads waits, and who writes may begin to write again.
        RedshiftWarehouse(settings).published_yet()
        first.load(lake, [BARS], KEYS[:1])
        order.append(("first", 3))
    second.join(60)
    assert order == [("first", 3), ("second", 9)]


def test_nothing_is_read_before_it_is_loaded(warehouse: RedshiftWarehouse) -> None:
    assert not warehouse.published_yet()
    with (
        pytest.raises(WarehouseMissingError, match="run a backfill first"),
        warehouse.reading(),
    ):
        pass


def test_a_warehouse_of_the_other_world_is_refused(
    lake: Lake, warehouse: RedshiftWarehouse, settings: Settings, tmp_path: Path
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    assert warehouse.published_yet()
    real = Settings(**(settings.by_name() | {"source": "live"}))
    foreign = Lake(str(tmp_path / "foreign"), "real")
    foreign.ensure(LOADED)
    with pytest.raises(WorldMismatchError, match=r"holds simulated data.*INDEXTRACKER_WAREHOUSE"):
        RedshiftWarehouse(real).load(foreign, [BARS], KEYS)
    assert counts(warehouse, BARS) == [(day, 3, 1, 1) for day in DAYS]


def test_readers_cannot_write_and_see_one_state(lake: Lake, warehouse: RedshiftWarehouse) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    with warehouse.reading() as connection:
        asked = "select max(contracts) from futures_bars"
        assert list(connection.execute(asked).fetchall()[0]) == [1]
        put(lake, BARS, DAYS, mark=2)
        warehouse.load(lake, [BARS], KEYS)
        assert list(connection.execute(asked).fetchall()[0]) == [1]
        with pytest.raises(redshift_connector.Error, match="read-only"):
            connection.execute('delete from "raw".futures_bars')
    assert answer(warehouse, asked) == [(2,)]


def test_tables_are_spread_and_sorted_as_declared(
    in_cluster: Warehouse,
) -> None:
    """An empty table is not told of, here or by Redshift."""
    found = {
        (schema, name): (style, first, number)
        for schema, name, style, first, number in answer(
            in_cluster,
            'select schema, "table", diststyle, sortkey1, sortkey_num from svv_table_info',
        )
    }
    declared = {
        ("raw", table.name): (
            f"KEY({table.distribution_key})" if table.distribution_key else "ALL",
            table.sort_key[0],
            len(table.sort_key),
        )
        for table in LOADED
        if ("raw", table.name) in found
    }
    assert len(declared) > 15  # the tables with rows in the small market
    assert {key: found[key] for key in declared} == declared
    assert found["raw", "indices"][0] == found["raw", "products"][0] == "ALL"
    assert found["raw", "futures_bars"] == ("KEY(product)", "session_date", 2)
    assert found["raw", "option_bars"] == ("KEY(strike)", "session_date", 2)
    histories = {
        "int_index_history": "KEY(index_id)",
        "int_derivative_history": "KEY(derivative_detail_id)",
        "int_spread_history": "KEY(spread_id)",
    }
    for schema in ("intermediate", "published"):
        for name, style in histories.items():
            assert found[schema, name] == (style, "session_date", 2)
    for name in ("index", "derivative", "derivative_detail", "derivative_detail_code", "spread"):
        assert found["marts_building", name][0] == "ALL"
        assert found["marts", name][0] == "ALL"


def test_the_role_reads_marts_and_nothing_else(
    in_cluster: Warehouse, running: Cluster, tmp_path: Path
) -> None:
    running.sql(f"create user reader password 'Reader-secret-1' in role {READERS}")
    address = str(in_cluster.address).replace(running.user, "reader")
    reader = RedshiftWarehouse(
        settings_of(tmp_path, warehouse=address, warehouse_password="Reader-secret-1")
    )
    assert answer(reader, "select count(*) from index_history") == [(28,)]
    assert {name for name, *_ in reader.relations()} == {
        *(f"marts.{mart}" for mart in EVERY_MART),
        "raw.world",
    }
    for hidden in ('"raw".index_bars', "intermediate.int_contracts", "published.int_index_history"):
        with pytest.raises(redshift_connector.Error, match="permission denied"):
            answer(reader, f"select * from {hidden}")


def test_iam_gives_the_password(s3: Any, on_cluster: OnCluster, tmp_path: Path) -> None:
    boto3.client("redshift").create_cluster(
        ClusterIdentifier="market",
        NodeType="ra3.large",
        MasterUsername="admin",
        MasterUserPassword="Master-secret-1",
    )
    named = on_cluster(tmp_path, warehouse_password=None)
    asked = Settings(
        **(named.by_name() | {"warehouse": f"{named.warehouse.address}?cluster=market"})
    )
    login = RedshiftWarehouse(asked)._login()
    assert login.user.endswith(":awsuser")
    assert len(login.password) > 20
    assert login.password not in repr(login)


def test_a_way_over_the_network_is_encrypted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def connect(**given: Any) -> Any:
        asked.append(given)
        raise ConnectionRefusedError("refuses")

    monkeypatch.setattr(redshift_connector, "connect", connect)
    address = "redshift://me@cluster.example.org/market"
    away = Settings(**(settings.by_name() | {"warehouse": address}))
    for place in (away, settings):
        with pytest.raises(WarehouseError, match="refuses"):
            RedshiftWarehouse(place).published_yet()
    assert [(given["ssl"], given["sslmode"]) for given in asked] == [
        (True, "verify-full"),
        (False, "verify-full"),
    ]
    assert asked[0]["port"] == 5439


def test_who_is_not_let_in_is_told_why_without_the_password(
    settings: Settings, on_cluster: OnCluster, tmp_path: Path
) -> None:
    stranger = on_cluster(tmp_path, warehouse_password="Wrong-secret-1")
    with pytest.raises(WarehouseError, match=r"cannot be opened .*password") as raised:
        RedshiftWarehouse(stranger).published_yet()
    assert "Wrong-secret-1" not in str(raised.value)


def write_at_once(settings: Settings) -> list[Exception]:
    """Opens the warehouse for writing four times at the same instant; tells what failed."""
    at_once = threading.Barrier(4)
    failed: list[Exception] = []

    def write() -> None:
        at_once.wait()
        try:
            with RedshiftWarehouse(settings).writing():
                pass
        except Exception as error:  # noqa: BLE001 - any is a failure
            failed.append(error)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    return failed


def test_two_make_a_warehouse_at_the_same_instant(settings: Settings) -> None:
    assert write_at_once(settings) == []


OF_BEFORE = """
drop table raw.loads;
create table raw.loads (session_date date not null, load_id varchar(36) not null);
insert into raw.loads values ('2024-12-31', 'a');
create schema intermediate;
create table intermediate.built_sessions (
    session_date date not null, load_id varchar(36) not null, definition varchar(32) not null
);
insert into intermediate.built_sessions values ('2024-12-31', 'a', 'd');
create table intermediate.run_sessions (session_date date not null, load_id varchar(36))
"""


def test_books_of_before_there_were_subjects_get_theirs(
    lake: Lake, warehouse: RedshiftWarehouse, running: Cluster, settings: Settings
) -> None:
    """Whoever opens it first, and no other; what is loaded then is noted beside the old rows."""
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    here = database_of(settings)
    for statement in OF_BEFORE.split(";"):
        running.behind.sql(statement, here)
    assert write_at_once(settings) == []
    books = {
        name: running.behind.sql(f"select * from {name}", here)
        for name in ("raw.loads", "intermediate.built_sessions")
    }
    assert books == {
        "raw.loads": [("taiwan", "2024-12-31", "a")],
        "intermediate.built_sessions": [("taiwan", "2024-12-31", "a", "d")],
    }
    left = "select count(*) from information_schema.tables where table_name like '%session%'"
    assert running.behind.sql(f"{left} and table_schema = 'intermediate'", here) == [(1,)]
    warehouse.load(lake, [BARS], KEYS[1:2])
    assert loads(warehouse).keys() == {*DAYS[:2]}
    assert loads(warehouse)[DAYS[0]] == "a"


def test_readers_do_not_wait_for_a_writer(lake: Lake, warehouse: RedshiftWarehouse) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    with warehouse.writing():
        found = {name: rows for name, rows, _ in warehouse.relations()}
        spread = answer(warehouse, "select count(*) from svv_table_info")
    assert found["raw.futures_bars"] == 9
    assert found["raw.writer"] == 1
    assert spread == [(5,)]
