"""The marts on Redshift change in one transaction, when all that was built has passed."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from redshift_local import Cluster
from warehouses.loading import database_of
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

Copied = Callable[[Path], Settings]


@dataclass(frozen=True)
class Renewed:
    """What came of a build after a session was loaded anew, which holds nothing any more.

    Attributes:
        settings: Of its warehouse.
        seen: What a reader was answered meanwhile, and at last.
        marked: The sessions that were not published again.
        folder: Where dbt wrote what it did, and its docs.
    """

    settings: Settings
    seen: list[tuple[int, ...]]
    marked: Rows
    folder: Path


@pytest.fixture(scope="module")
def copied(in_cluster: Warehouse, on_cluster: Callable[..., Settings]) -> Copied:
    """Makes warehouses with the market, built and published."""
    built = str(in_cluster.address).rpartition("/")[2]
    return lambda folder: on_cluster(folder, like=built)


@pytest.fixture(scope="module")
def renewed(
    copied: Copied,
    market: Lake,
    running: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
) -> Renewed:
    folder = tmp_path_factory.mktemp("renewed")
    settings = copied(folder)
    here = database_of(settings)
    made = load_anew(warehouse(settings), market, folder)
    running.behind.sql(MARK, here)
    found: list[tuple[int, ...]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            found.append(seen(made))

    reader = threading.Thread(target=read)
    reader.start()
    build(made, folder / "target")
    stop.set()
    reader.join()
    found.append(seen(made))
    marked = running.behind.sql(f"{MARKED} order by 1", here)
    dbt_runs.write_docs(made, folder / "target")
    return Renewed(settings, found, marked, folder / "target")


@pytest.fixture
def settings(copied: Copied, tmp_path: Path) -> Settings:
    return copied(tmp_path)


@pytest.fixture
def made(settings: Settings) -> Warehouse:
    return warehouse(settings)


@pytest.fixture
def loaded_anew(market: Lake, made: Warehouse, tmp_path: Path) -> Warehouse:
    return load_anew(made, market, tmp_path)


def load_anew(made: Warehouse, market: Lake, folder: Path) -> Warehouse:
    """Loads a session that holds nothing any more."""
    shutil.copytree(market.root, folder / "changed")
    changed = Lake(str(folder / "changed"), "simulated")
    of_sessions = [table for table in LOADED if isinstance(table.timeline, Sessions)]
    for table in of_sessions:
        changed.replace(table, arrow_schema(table).empty_table(), [DAY])
    made.load(changed, of_sessions, [DAY])
    return made


def seen(made: Warehouse) -> tuple[int, ...]:
    [found] = answer(made, COUNTS)
    return found


def test_readers_see_what_was_and_then_what_is(renewed: Renewed) -> None:
    assert set(renewed.seen) == {BEFORE, AFTER}
    assert renewed.seen == sorted(renewed.seen, reverse=True)
    assert renewed.seen.count(BEFORE) > 3


def test_a_run_publishes_the_sessions_that_were_loaded_anew_and_no_other(renewed: Renewed) -> None:
    assert renewed.marked == [(dt.date(2022, 3, 2),), (dt.date(2022, 3, 4),)]


def test_docs_are_one_page(renewed: Renewed) -> None:
    page = (renewed.folder / "index.html").read_text(encoding="utf-8")
    assert "derivative_detail_history" in page
    assert "marts_building" in page


def test_no_log_and_no_result_holds_the_password(renewed: Renewed) -> None:
    assert renewed.settings.warehouse.password
    password = renewed.settings.warehouse.password.get_secret_value().encode()
    written = [path for path in renewed.folder.rglob("*") if path.is_file()]
    assert len(written) > 100
    assert [path for path in written if password in path.read_bytes()] == []


def test_what_fails_a_test_is_not_published(
    loaded_anew: Warehouse, settings: Settings, running: Cluster, tmp_path: Path
) -> None:
    twice = "insert into raw.loads select * from raw.loads where key = '2022-03-02'"
    running.behind.sql(twice, database_of(settings))
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


def test_another_definition_publishes_everything_anew(
    made: Warehouse, settings: Settings, running: Cluster, tmp_path: Path
) -> None:
    here = database_of(settings)
    running.behind.sql(MARK, here)
    running.behind.sql("update intermediate.built_sessions set definition = 'of before'", here)
    described = {name: says for name, _, says in made.relations()}
    build(made, tmp_path / "target")
    assert seen(made) == BEFORE
    assert running.behind.sql(MARKED, here) == []
    assert {name: says for name, _, says in made.relations()} == described
    granted = "select has_table_privilege('{}', 'marts.{}', 'select')"
    assert running.behind.sql(granted.format(READERS, "index_history"), here) == [(True,)]
