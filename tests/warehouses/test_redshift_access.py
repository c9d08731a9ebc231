"""Who may read Redshift, what they see, and how a connection is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import redshift_connector
from redshift_local import Cluster
from warehouses.loading import BARS, DAYS, KEYS, counts, put
from warehouses.markets import READERS, answer, settings_of
from warehouses.test_both_warehouses import EVERY_MART

from indextracker.lake import Lake, WorldMismatchError
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse, WarehouseError, WarehouseMissingError
from indextracker.warehouse.redshift import RedshiftWarehouse

OnCluster = Callable[..., Settings]


def test_nothing_is_read_before_it_is_loaded(on_cluster: OnCluster, tmp_path: Path) -> None:
    warehouse = RedshiftWarehouse(on_cluster(tmp_path))
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
    foreign.ensure([BARS])
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
