"""The marts on Redshift change in one transaction, when all that was built has passed."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redshift_local import Cluster
from warehouses.markets import READERS, Rows, answer, build

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse, dbt_runs, warehouse
from indextracker.warehouse.slices import LOADED
from indextracker_catalogue import Sessions

DAY = "2022-03-03"  # most of the market is of this session
MARTS = "index_history", "derivative_detail_history", "derivative_detail", "derivative"
BEFORE, AFTER = (28, 41, 6, 3), (10, 10, 2, 2)
COUNTS = "select " + ", ".join(f"(select count(*) from {mart})" for mart in MARTS)
# What is published is marked: a session that is published again loses its mark.
MARK = "update published.int_index_history set price_open = price_open + 1000000"
MARKED = "select distinct session_date from published.int_index_history where price_open > 1000000"


@pytest.fixture
def settings(
    in_cluster: Warehouse, on_cluster: Callable[..., Settings], tmp_path: Path
) -> Settings:
    """A warehouse with the market, built and published."""
    return on_cluster(tmp_path, like=database(str(in_cluster.address)))


@pytest.fixture
def made(settings: Settings) -> Warehouse:
    return warehouse(settings)


@pytest.fixture
def loaded_anew(market: Lake, made: Warehouse, tmp_path: Path) -> Warehouse:
    """In which a session was loaded that holds nothing any more."""
    shutil.copytree(market.root, tmp_path / "changed")
    changed = Lake(str(tmp_path / "changed"), "simulated")
    of_sessions = [table for table in LOADED if isinstance(table.timeline, Sessions)]
    for table in of_sessions:
        changed.replace(table, arrow_schema(table).empty_table(), [DAY])
    made.load(changed, of_sessions, [DAY])
    return made


def database(address: str) -> str:
    return urlsplit(address).path.strip("/")


def seen(made: Warehouse) -> tuple[int, ...]:
    [found] = answer(made, COUNTS)
    return found


def test_readers_see_what_was_and_then_what_is(loaded_anew: Warehouse, tmp_path: Path) -> None:
    found: list[tuple[int, ...]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            found.append(seen(loaded_anew))

    reader = threading.Thread(target=read)
    reader.start()
    build(loaded_anew, tmp_path / "target")
    stop.set()
    reader.join()
    found.append(seen(loaded_anew))
    assert set(found) == {BEFORE, AFTER}
    assert found == sorted(found, reverse=True)
    assert found.count(BEFORE) > 3


def test_what_fails_a_test_is_not_published(
    loaded_anew: Warehouse, settings: Settings, running: Cluster, tmp_path: Path
) -> None:
    twice = "insert into raw.loads select * from raw.loads where key = '2022-03-02'"
    running.behind.sql(twice, database(settings.warehouse.address))
    with pytest.raises(dbt_runs.DbtError, match="loads_one_row_per_session"):
        build(loaded_anew, tmp_path / "target")
    assert seen(loaded_anew) == BEFORE


def test_a_publication_that_fails_changes_nothing_and_the_next_repairs(
    loaded_anew: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Granting comes last, when all else is done.
    monkeypatch.setenv("INDEXTRACKER_READERS", "nobody_there")
    with pytest.raises(dbt_runs.DbtError, match='role "nobody_there" does not exist'):
        build(loaded_anew, tmp_path / "target")
    assert seen(loaded_anew) == BEFORE
    monkeypatch.setenv("INDEXTRACKER_READERS", READERS)
    build(loaded_anew, tmp_path / "target")
    assert seen(loaded_anew) == AFTER


def test_a_run_publishes_the_sessions_that_were_loaded_anew_and_no_other(
    loaded_anew: Warehouse, settings: Settings, running: Cluster, tmp_path: Path
) -> None:
    running.behind.sql(MARK, database(settings.warehouse.address))
    build(loaded_anew, tmp_path / "target")
    left: Rows = running.behind.sql(f"{MARKED} order by 1", database(settings.warehouse.address))
    assert left == [(dt.date(2022, 3, 2),), (dt.date(2022, 3, 4),)]


def test_another_definition_publishes_everything_anew(
    made: Warehouse, settings: Settings, running: Cluster, tmp_path: Path
) -> None:
    here = database(settings.warehouse.address)
    running.behind.sql(MARK, here)
    running.behind.sql("update intermediate.built_sessions set definition = 'of before'", here)
    described = {name: says for name, _, says in made.relations()}
    build(made, tmp_path / "target")
    assert seen(made) == BEFORE
    assert running.behind.sql(MARKED, here) == []
    assert {name: says for name, _, says in made.relations()} == described
    granted = "select has_table_privilege('{}', 'marts.{}', 'select')"
    assert running.behind.sql(granted.format(READERS, "index_history"), here) == [(True,)]


def test_docs_are_one_page(made: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "target"
    build(made, folder)
    dbt_runs.write_docs(made, folder)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "derivative_detail_history" in page
    assert "marts_building" in page


def test_no_log_and_no_result_holds_the_password(
    made: Warehouse, settings: Settings, tmp_path: Path
) -> None:
    assert settings.warehouse.password
    build(made, tmp_path / "target")
    password = settings.warehouse.password.get_secret_value().encode()
    written = [path for path in (tmp_path / "target").rglob("*") if path.is_file()]
    assert len(written) > 100
    assert [path for path in written if password in path.read_bytes()] == []
