"""An S3 and a cluster on this machine, and the warehouses that the small market is built in."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from redshift_local import Cluster, cluster
from warehouses.loading import database_of
from warehouses.markets import BUCKET, READERS, built, lake_of_the_market, settings_of

from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse
from indextracker.warehouse.redshift import RedshiftWarehouse


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """A client of an S3 in this process, to which the environment leads."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    server.stop()


@pytest.fixture(scope="session")
def running(s3: Any) -> Iterator[Cluster]:
    """One cluster for all tests; a warehouse is a database of its own."""
    with cluster(os.environ["AWS_ENDPOINT_URL"]) as started:
        started.sql(f"create role {READERS}")
        started.behind.sql("create database pristine template dev", "postgres")
        yield started


@pytest.fixture(scope="session")
def on_cluster(running: Cluster) -> Callable[..., Settings]:
    """Settings of a new database of the cluster, a copy of another one."""
    numbers = count(1)

    def made(folder: Path, like: str = "pristine", **given: Any) -> Settings:
        database = f"market{next(numbers)}"
        running.behind.sql(f"create database {database} template {like}", "postgres")
        address = f"redshift://{running.user}@{running.host}:{running.port}/{database}"
        password = {"warehouse_password": running.password}
        return settings_of(folder, warehouse=address, **(password | given))

    return made


@pytest.fixture(scope="session")
def loaded_with_nothing(
    on_cluster: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A database with every table of `raw`, which it takes seconds to make, and no rows."""
    folder = tmp_path_factory.mktemp("nothing")
    settings = on_cluster(folder)
    RedshiftWarehouse(settings).load(Lake(str(folder / "lake"), "simulated"), [], [])
    return database_of(settings)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty one, beside the settings of a warehouse."""
    return Lake(str(tmp_path / "lake"), "simulated")


@pytest.fixture
def settings(
    on_cluster: Callable[..., Settings], loaded_with_nothing: str, tmp_path: Path
) -> Settings:
    """Of a warehouse in which the tables are made and no row is loaded."""
    return on_cluster(tmp_path, like=loaded_with_nothing)


@pytest.fixture
def warehouse(settings: Settings) -> RedshiftWarehouse:
    return RedshiftWarehouse(settings)


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with the small market; who changes it, copies it."""
    return lake_of_the_market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="session")
def in_file(market: Lake, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The market in DuckDB."""
    folder = tmp_path_factory.mktemp("duckdb")
    settings = settings_of(folder, warehouse=str(folder / "warehouse.duckdb"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("INDEXTRACKER_DBT_DATABASE", settings.warehouse.private)
        return built(settings, market, folder / "target")


@pytest.fixture(scope="session")
def in_cluster(
    market: Lake, on_cluster: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The market in Redshift."""
    folder = tmp_path_factory.mktemp("redshift")
    return built(on_cluster(folder), market, folder / "target")
