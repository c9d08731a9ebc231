"""Faults on the way to a cluster are retried, or nothing is loaded and a sentence says why."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from redshift_local import cluster
from support.faulty import Plan, Way, between
from warehouses.loading import BARS, DAYS, KEYS, counts, put, staged
from warehouses.markets import settings_of

from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse.redshift import LoadError, RedshiftWarehouse
from indextracker_catalogue import TABLES

LATER = TABLES["gold/option_bars"]  # of two tables it is loaded second


@pytest.fixture(scope="module")
def way(s3: object) -> Iterator[Way]:
    """The store as this program and the cluster reach it."""
    with between(os.environ["AWS_ENDPOINT_URL"]) as made:
        yield made


@pytest.fixture(scope="module")
def far_settings(way: Way, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with cluster(way.address) as started, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", way.address)
        yield settings_of(
            tmp_path_factory.mktemp("far"),
            warehouse=started.address,
            warehouse_password=started.password,
        )


@pytest.fixture
def loaded_once(far_settings: Settings, way: Way, tmp_path: Path) -> tuple[Lake, RedshiftWarehouse]:
    """A warehouse with rows, and a lake with newer ones."""
    way.plan = lambda *_: None
    way.faults.clear()
    lake, warehouse = Lake(str(tmp_path / "lake"), "simulated"), RedshiftWarehouse(far_settings)
    for table in (BARS, LATER):
        put(lake, table, DAYS, mark=1)
    warehouse.load(lake, [BARS, LATER], KEYS)
    for table in (BARS, LATER):
        put(lake, table, DAYS, mark=2)
    return lake, warehouse


def at_files(method: str, *faults: str | None) -> Plan:
    """What becomes of the requests for staged files: the faults in their turn, then none."""
    turns = itertools.chain(faults, itertools.repeat(None))
    return lambda asked, path, number: (
        next(turns) if asked == method and ".parquet" in path else None
    )


@pytest.mark.parametrize(
    ("method", "faults"),
    [
        ("PUT", ("503", "500", "503")),
        ("PUT", ("reset", None, "lost answer")),
        ("PUT", ("torn upload",)),
        ("PUT", ("slow",)),
        ("GET", ("slow",)),
    ],
)
def test_what_passes_is_borne(
    method: str, faults: tuple[str, ...], way: Way, loaded_once: tuple[Lake, RedshiftWarehouse]
) -> None:
    lake, warehouse = loaded_once
    way.plan = at_files(method, *faults)
    warehouse.load(lake, [BARS, LATER], KEYS)
    assert way.faults.total() == len([fault for fault in faults if fault])
    assert counts(warehouse, BARS) == [(day, 3, 2, 2) for day in DAYS]


@pytest.mark.parametrize(
    ("method", "fault", "said"),
    [
        ("PUT", "403", "could not be staged"),
        ("GET", "403", "could not be copied"),
        ("GET", "torn answer", "could not be copied"),
    ],
)
def test_what_lasts_leaves_all_as_it_was(
    method: str,
    fault: str,
    said: str,
    way: Way,
    loaded_once: tuple[Lake, RedshiftWarehouse],
    far_settings: Settings,
    s3: object,
) -> None:
    """The files of the first table arrive, and none of the second."""
    lake, warehouse = loaded_once
    way.plan = lambda asked, path, number: (
        fault if asked == method and f"/{LATER.name}/" in path else None
    )
    with pytest.raises(LoadError, match=said) as caught:
        warehouse.load(lake, [BARS, LATER], KEYS)
    assert way.faults[fault] >= 1
    told = str(caught.value)
    assert told.startswith(f"{LATER.path}: ")
    assert far_settings.warehouse.password
    assert far_settings.warehouse.password.get_secret_value() not in told
    for table in (BARS, LATER):
        assert counts(warehouse, table) == [(day, 3, 1, 1) for day in DAYS]
    way.plan = lambda *_: None
    warehouse.load(lake, [BARS, LATER], KEYS)
    assert counts(warehouse, BARS) == [(day, 3, 2, 2) for day in DAYS]
    assert staged(s3, far_settings) == []


def test_files_that_cannot_be_removed_wait_for_the_next_load(
    way: Way,
    loaded_once: tuple[Lake, RedshiftWarehouse],
    far_settings: Settings,
    s3: object,
) -> None:
    lake, warehouse = loaded_once
    way.plan = lambda asked, path, number: "403" if asked == "POST" and "delete" in path else None
    warehouse.load(lake, [BARS], KEYS)
    assert counts(warehouse, BARS) == [(day, 3, 2, 2) for day in DAYS]
    assert staged(s3, far_settings)
    way.plan = lambda *_: None
    warehouse.load(lake, [BARS], KEYS)
    assert staged(s3, far_settings) == []
