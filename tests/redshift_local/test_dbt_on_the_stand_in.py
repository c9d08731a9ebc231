"""The unmodified dbt-redshift builds a small project on the stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from redshift_local import Cluster

PROJECT = Path(__file__).with_name("project")
BARS = "insert into raw.bars values ('{}', '{}', '{}', {})"


class Dbt:
    """dbt in a process of its own, as `make` or Dagster starts it."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.target = folder / "target"
        self.environment = os.environ | {
            "REDSHIFT_HOST": cluster.host,
            "REDSHIFT_PORT": str(cluster.port),
            "REDSHIFT_USER": cluster.user,
            "REDSHIFT_PASSWORD": cluster.password,
            "REDSHIFT_DATABASE": cluster.database,
            "DBT_LOG_PATH": str(folder / "logs"),
            "DBT_TARGET_PATH": str(self.target),
        }

    def run(self, *words: str) -> dict[str, str]:
        """The status of every node of a command that is to succeed."""
        done = subprocess.run(
            [Path(sys.executable).with_name("dbt"), *words, "--quiet"],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        results = self.written("run_results.json")["results"]
        return {one["unique_id"].split(".", 2)[2]: one["status"] for one in results}

    def written(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.target / name).read_text())
        return document


@pytest.fixture(scope="module")
def dbt(redshift: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """A warehouse that was built once, then again after a session had come and one had changed."""
    redshift.sql("create user reader password 'Reader-secret-1'")
    redshift.sql("create schema raw")
    redshift.sql(
        "create table raw.bars (session_date date not null, name varchar(256) not null,"
        " bar_start timestamp not null, open double precision)"
    )
    redshift.sql(BARS.format("2022-03-03", "TAIEX", "2022-03-03 01:00:00", 17900.5))
    redshift.sql(BARS.format("2022-03-04", "TAIEX", "2022-03-04 01:00:00", 17800.5))
    built = Dbt(redshift, tmp_path_factory.mktemp("dbt"))
    first = built.run("build")
    redshift.sql("update raw.bars set open = 1 where session_date = '2022-03-04'")
    redshift.sql(BARS.format("2022-03-07", "TWII", "2022-03-07 01:00:00", 17700.5))
    redshift.journal.clear()
    second = built.run("build")
    assert first == second
    assert set(first.values()) == {"success", "pass"}
    assert len(first) == 8
    return built


def test_a_strategy_of_several_statements_replaces_sessions(dbt: Dbt, redshift: Cluster) -> None:
    assert redshift.sql("select name, price_open from marts.bars order by session_date") == [
        ("TAIEX", 17900.5),
        ("TAIEX", 1.0),
        ("TWII", 17700.5),
    ]
    (replacing,) = {
        one.connection
        for one in redshift.journal
        if "delete from" in one.sent and '"bars"' in one.sent
    }
    sent = [one.sent for one in redshift.journal if one.connection == replacing]
    deletes = [at for at, one in enumerate(sent) if "delete from" in one and '"bars"' in one]
    inserts = [at for at, one in enumerate(sent) if "insert into" in one and '"bars"' in one]
    assert len(deletes) == len(inserts) == 1
    assert deletes < inserts
    assert not any("commit" in one.lower() for one in sent[deletes[0] : inserts[0]])


def test_delete_and_insert_renews_by_key(dbt: Dbt, redshift: Cluster) -> None:
    query = "select name, cast(bar_start as text) from marts.last_bars order by name"
    assert redshift.sql(query) == [
        ("TAIEX", "2022-03-04 01:00:00"),
        ("TWII", "2022-03-07 01:00:00"),
    ]


def test_keys_outlive_the_renaming_of_a_table(dbt: Dbt, redshift: Cluster) -> None:
    shown = redshift.sql(
        """select "table", diststyle, sortkey1, sortkey_num from svv_table_info
        where schema = 'marts' order by "table" """
    )
    assert shown == [
        ("bars", "KEY(name)", "name", 2),
        ("last_bars", "EVEN", "AUTO(SORTKEY)", 0),
        ("names", "ALL", "id", 1),
    ]


def test_a_contract_makes_the_declared_columns(dbt: Dbt, redshift: Cluster) -> None:
    assert redshift.sql(
        """select column_name, data_type, is_nullable, remarks from svv_redshift_columns
        where schema_name = 'marts' and table_name = 'names' order by ordinal_position"""
    ) == [
        ("id", "bigint", "NO", "A hash of the name."),
        ("name", "character varying(256)", "NO", "It, as published."),
        ("weight", "numeric(12,4)", "YES", None),
    ]


def test_macros_of_dbt_mean_what_they_mean_on_redshift(dbt: Dbt, redshift: Cluster) -> None:
    assert redshift.sql(
        "select cast(bar_end as text), days, letters from marts.late_bars where name = 'TWII'"
    ) == [("2022-03-07 01:01:00", 0, 4)]


def test_readers_are_granted_what_they_read(dbt: Dbt, redshift: Cluster) -> None:
    granted = redshift.sql(
        """select relation_name, identity_type from svv_relation_privileges
        where identity_name = 'reader' and privilege_type = 'SELECT' order by 1"""
    )
    assert granted == [
        (name, "user") for name in ("bars", "last_bars", "late_bars", "names", "stg_bars")
    ]


def test_the_docs_show_the_catalogue(dbt: Dbt) -> None:
    dbt.run("docs", "generate")
    catalog = dbt.written("catalog.json")
    assert not catalog["errors"]
    names = catalog["nodes"]["model.small.names"]
    assert names["metadata"]["comment"] == "One row per name."
    assert names["columns"]["weight"]["type"] == "numeric(12,4)"
    assert names["stats"]["diststyle"]["value"] == "ALL"
    assert names["stats"]["rows"]["value"] == 2
    assert "source.small.raw.bars" in catalog["sources"]
