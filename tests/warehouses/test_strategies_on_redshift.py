"""Runs of strategies in the marts on Redshift: the rows that they are in DuckDB."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.homes import Home
from support.price_collections import put_collection
from warehouses.markets import answer, settings_of

from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse import warehouse

GRID = ("strategy", "run", "crossover", "--on", "prices", "--set", "fast=5,10", "--cost-bps", "5")
# Columns are named, since a warehouse may order them otherwise; bars are many.
ASKED = {
    "dim_strategy": "id, strategy, source_digest, account_kind, runs, universes",
    "fct_strategy_run": "run_id, strategy_id, kind, parameters, universe, first_date, last_date, "
    "terms, tickers, bars, trades, profit, cagr, sharpe, max_drawdown, cost_paid, deflated_sharpe",
    "fct_strategy_equity": "run_id, count(*), count(bar_return), min(equity), max(equity), "
    "min(bar_return), max(bar_return), min(bar_at), max(bar_at)",
}


def test_runs_are_the_same_rows_in_the_marts_of_both(
    s3: Any, on_cluster: Callable[..., Settings], tmp_path: Path
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
    for reached in ({}, cluster):
        done = home.run(*GRID, **reached)
        assert done.returncode == 0, done.stderr
    in_file = warehouse(settings_of(tmp_path, warehouse=str(home.warehouse)))
    in_cluster = warehouse(settings)
    for mart, columns in ASKED.items():
        grouped = " group by run_id" if "count(" in columns else ""
        asked = f"select {columns} from {mart}{grouped} order by 1"
        expected = answer(in_file, asked)
        # A grid of two runs, whose equity is theirs.
        assert len(expected) == {"dim_strategy": 1, "fct_strategy_run": 3}.get(mart, 2)
        assert answer(in_cluster, asked) == expected, mart
