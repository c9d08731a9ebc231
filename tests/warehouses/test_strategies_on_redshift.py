"""Runs of strategies in the marts on Redshift, and in PostgreSQL: the rows of DuckDB's marts."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redshift_local import Cluster
from support.homes import Home
from support.price_collections import put_collection
from warehouses.markets import answer, settings_of

from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse import warehouse

GRID = ("strategy", "run", "crossover", "--on", "prices", "--set", "fast=5,10", "--cost-bps", "5")
# Columns are named, since a warehouse may order them otherwise; bars are many.
RESULTS = "indextracker_simulated"
ASKED = {
    "dim_strategy": "id, strategy, source_digest, account_kind, runs, universes",
    "fct_strategy_run": "run_id, strategy_id, kind, parameters, universe, first_date, last_date, "
    "terms, tickers, bars, trades, profit, cagr, sharpe, max_drawdown, cost_paid, deflated_sharpe",
    "fct_strategy_equity": "run_id, count(*), count(bar_return), min(equity), max(equity), "
    "min(bar_return), max(bar_return), min(bar_at), max(bar_at)",
}


def test_runs_are_the_same_rows_in_the_marts_of_both(
    s3: Any, running: Cluster, on_cluster: Callable[..., Settings], tmp_path: Path
) -> None:
    home = Home(tmp_path)
    put_collection(Lake(str(home.lake), "simulated"))
    settings = on_cluster(tmp_path)
    assert settings.warehouse.password
    cluster = {
        "INDEXTRACKER_WAREHOUSE": settings.warehouse.address,
        "INDEXTRACKER_WAREHOUSE_PASSWORD": settings.warehouse.password.get_secret_value(),
        "INDEXTRACKER_STAGING": settings.warehouse.staging,
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
    }
    running.behind.sql("create database results", "postgres")
    results = f"postgresql://{running.user}:{running.password}@/results?host={running.behind.socket.parent}"
    to_results = {"INDEXTRACKER_STRATEGY_DATABASE": results}
    killed = home.run(*GRID, **to_results, INDEXTRACKER_FAILPOINT="strategy-results")
    assert killed.returncode == -signal.SIGKILL
    assert not running.behind.sql("select 1 from pg_tables where tablename ~ 'strategy'", "results")
    for reached in ({}, cluster):
        done = home.run(*GRID, **to_results, **reached)
        assert done.returncode == 0, done.stderr
        assert running.password not in done.stdout + done.stderr
        # As of an edition before: a table of other columns.
        for statement in ("drop column sharpe", "add column other int") * (not reached):
            running.behind.sql(f"alter table {RESULTS}.fct_strategy_run {statement}", "results")
    in_file = warehouse(settings_of(tmp_path, warehouse=str(home.warehouse)))
    in_cluster = warehouse(settings)
    for mart, columns in ASKED.items():
        grouped = " group by run_id" if "count(" in columns else ""
        asked = f"select {columns} from {mart}{grouped} order by 1"
        expected = answer(in_file, asked)
        # A grid of two runs, whose equity is theirs.
        assert len(expected) == {"dim_strategy": 1, "fct_strategy_run": 3}.get(mart, 2)
        assert answer(in_cluster, asked) == expected, mart
        asked = asked.replace(f"from {mart}", f"from {RESULTS}.{mart}")
        assert [*map(tuple, running.behind.sql(asked, "results"))] == expected, mart
