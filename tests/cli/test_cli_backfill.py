"""Backfills by the command: of real documents, twice, and killed on the way."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from deltalake import DeltaTable
from support.homes import RANGE, WAIT_SECONDS, Home

FUTURES = ("--feeds", "taifex_futures,taifex_volume_totals")


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one object on standard output."""
    [line] = done.stdout.splitlines()
    return json.loads(line)


def test_a_real_session_agrees_with_the_exchange(
    new_home: Callable[..., Home], samples: Path
) -> None:
    home = new_home(f"archive:{samples}")
    day = ("--from", "2021-07-26", "--to", "2021-07-26")
    done = home.run("backfill", "taiwan", *day, *FUTURES, "--json")
    assert done.returncode == 0, done.stderr
    report = answer(done)
    assert set(report) == {"sessions", "tables", "seconds", "warnings", "rejects"}
    assert report["rejects"] == []
    good = {"state": "accepted", "reason": None}
    assert report["sessions"] == {
        "2021-07-26": {"taifex_futures": good, "taifex_volume_totals": good}
    }
    assert set(report["seconds"]) == {"bronze", "silver", "gold", "warehouse", "marts"}

    with duckdb.connect() as connection:
        for path in (
            "bronze/taifex_volume_totals",
            "silver/futures_trades",
            "silver/futures_spreads",
        ):
            rows = DeltaTable(home.lake / path).to_pyarrow_dataset()
            connection.register(path.partition("/")[2], rows)
            assert report["tables"][path] == rows.count_rows()
        connection.execute(
            "create view computed as select product, sum(volume) as volume from ("
            " select product, 2 * contracts as volume from futures_trades union all"
            " select product, 4 * contracts from futures_spreads) group by product"
        )
        contracts = "select volume / 2 from computed where product = 'TX'"
        assert connection.execute(contracts).fetchall() == [(143_336,)]
        compared = connection.execute(
            "select count(*), count(*) filter (coalesce(volume, 0) = cast(total_volume as bigint))"
            " from taifex_volume_totals full join computed using (product)"
            " where product is distinct from ''"
        )
        assert compared.fetchall() == [(232, 232)]


def test_the_file_of_dawn_is_no_session(new_home: Callable[..., Home], samples: Path) -> None:
    home = new_home(f"archive:{samples}/taifex/early-partial")
    day = ("--from", "2024-12-16", "--to", "2024-12-16")
    done = home.run("backfill", "taiwan", *day, *FUTURES, "--json")
    assert done.returncode == 2, done.stderr
    states = answer(done)["sessions"]["2024-12-16"]
    assert states["taifex_futures"]["state"] == "partial"
    assert "dawn" in states["taifex_futures"]["reason"]
    assert states["taifex_volume_totals"]["state"] == "missing"
    written = [path.parent.parent for path in home.lake.glob("*/*/_delta_log/*.json")]
    filled = {path.name for path in written if DeltaTable(path).to_pyarrow_dataset().count_rows()}
    assert filled == {"deliveries"}
    # The bytes are kept all the same.
    assert sum(path.is_file() for path in (home.lake / "landing").rglob("*")) == 1


def test_running_it_again_changes_nothing(home: Home) -> None:
    before = home.contents()
    log = DeltaTable(home.lake / "bronze" / "deliveries").version()
    landing = sorted((home.lake / "landing").rglob("*"))
    done = home.run("backfill", "taiwan", *RANGE, "--json")
    assert done.returncode == 0, done.stderr
    assert home.contents() == before
    assert DeltaTable(home.lake / "bronze" / "deliveries").version() == log
    assert sorted((home.lake / "landing").rglob("*")) == landing


def _first_commit(home: Home, table: str) -> Path:
    """What a table's first rows leave behind: version 0 only created it."""
    return home.lake / table / "_delta_log" / f"{1:020}.json"


@pytest.mark.timeout(900)
def test_a_killed_backfill_goes_on_where_it_stopped(
    home: Home, empty: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after a bronze commit, while refining and while dbt builds, then left to end."""
    signs = (
        _first_commit(empty, "bronze/taifex_futures"),
        _first_commit(empty, "silver/futures_spreads"),
        empty.docs / "dbt.log",
    )
    for sign in signs:
        assert not sign.exists()
        _kill_at(empty, sign)
        assert not empty.warehouse.exists()
    done = empty.run("backfill", "taiwan", *RANGE, "--json")
    assert done.returncode == 0, done.stderr
    assert empty.contents() == home.contents()
    monkeypatch.setenv("DAGSTER_HOME", str(empty.dagster))
    _check_that_no_run_is_left_running()


def _kill_at(home: Home, sign: Path) -> None:
    begun = home.begun("backfill", "taiwan", *RANGE)
    deadline = time.monotonic() + WAIT_SECONDS
    while not sign.exists():
        assert begun.run.wait(0) is None, f"it ended before {sign} was there"
        assert time.monotonic() < deadline, f"{sign} never came"
    begun.run.kill()
    assert begun.run.wait() == -signal.SIGKILL


def _check_that_no_run_is_left_running() -> None:
    with dg.DagsterInstance.get() as instance:
        statuses = [run.status for run in instance.get_runs()]
    assert statuses.count(dg.DagsterRunStatus.FAILURE) == 3
    assert set(statuses) == {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS}
