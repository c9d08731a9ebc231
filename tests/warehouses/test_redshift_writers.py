"""Who writes into Redshift: killed on the way, several at once, and beside readers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from redshift_local import Cluster
from warehouses.loading import BARS, CONTRACTS, DAYS, KEYS, counts, database_of, loads, put, staged
from warehouses.markets import answer

from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse.redshift import RedshiftWarehouse

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
    # Which is loaded before them.
    assert answer(warehouse, "select count(*) from contracts") == [(0,)]
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


def test_two_make_a_warehouse_at_the_same_instant(
    on_cluster: Callable[..., Settings], tmp_path: Path
) -> None:
    assert write_at_once(on_cluster(tmp_path)) == []


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
