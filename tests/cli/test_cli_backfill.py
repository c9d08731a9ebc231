"""Backfills by the command: of real documents, and twice."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable
from support.homes import RANGE, Home

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
