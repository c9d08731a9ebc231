"""`indextracker strategy …` over a collection of price files: runs, grids, years, their check."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.homes import Home
from support.price_collections import companies_file, put_collection, tickers

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import TABLES

ON = ("--on", "prices")
GOLD = ("--to-layer", "gold")
RUN = ("strategy", "run", "crossover", *ON)
OF_RUNS = [path for path in TABLES if path.startswith("gold/strategy_")]
LOOKS_AHEAD = '''"""Buys before a rise."""
from pyspark.sql import Window
from pyspark.sql import functions as F

from indextracker_spark.strategies.model import Strategy


def positions(prices, parameters):
    """Holds what will have risen a bar later."""
    later = F.lead("close").over(Window.partitionBy("ticker").orderBy("at"))
    rises = F.when(later > F.col("close"), 1.0).otherwise(0.0)
    return prices.select("ticker", "at", rises.alias("target"))


STRATEGY = Strategy(
    name="oracle",
    title="Oracle",
    meaning="Holds what will have risen a bar later.",
    parameters=(),
    history_rows=lambda parameters: 0,
    sizing="weight",
    by="ticker",
    positions=positions,
)
'''


def lake_of(home: Home) -> Lake:
    return Lake(str(home.lake), "simulated")


def made(folder: Path) -> Home:
    folder.mkdir(exist_ok=True)
    home = Home(folder)
    put_collection(lake_of(home))
    return home


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a collection of three companies, to whose lake runs are only added."""
    return made(tmp_path_factory.mktemp("strategies"))


def runs(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["runs"].values())


def one(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    [run] = runs(done)
    return run


def figures(run: dict[str, Any], scope: str = "run") -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in run["figures"] if row["scope"] == scope}


def rows(home: Home, table: str, run_id: str) -> list[dict[str, Any]]:
    of = TABLES[table]
    found = lake_of(home).rows(of, [run_id]).to_table().to_pylist()
    return [row for row in found if row["run_id"] == run_id]


def test_shipped_strategies_are_listed_with_their_parameters(empty: Home) -> None:
    done = empty.run("strategy", "list")
    assert done.returncode == 0, done.stderr
    assert "crossover: Moving-average crossover." in done.stdout
    assert "--set fast=20" in done.stdout
    told = json.loads(empty.run("strategy", "list", "--json").stdout)
    assert told["crossover"]["parameters"]["fast"]["default"] == 20


def test_a_run_is_kept_with_its_figures(home: Home, tmp_path: Path) -> None:
    companies = companies_file(tmp_path)
    terms = ("--cost-bps", "5", "--from", "2016-01-01", "--companies", str(companies))
    run = one(home.run(*RUN, *GOLD, *terms, "--json"))
    assert (run["first_date"], run["last_date"]) == ("2016-01-01", "2019-12-31")
    assert run["parameters"] == {"fast": 20, "slow": 100}
    assert (run["tickers"], run["accounts"]) == (3, "ticker")
    equity = rows(home, "gold/strategy_equity", run["run_id"])
    assert len(equity) == 1043
    accounts = rows(home, "gold/strategy_accounts", run["run_id"])
    assert len(accounts) == run["bars"] == 3 * 1043
    last = max(row["bar_at"] for row in equity)
    together = sum(row["equity"] for row in accounts if row["bar_at"] == last)
    assert together == pytest.approx(equity[-1]["equity"])
    assert figures(run)["all"]["profit"] == pytest.approx(together - 3 * 10_000)
    assert figures(run, "ticker").keys() == tickers(3).keys()
    assert figures(run, "sector").keys() == {*tickers(3).values()}
    assert figures(run, "year").keys() == {"2016", "2017", "2018", "2019"}
    by_year = sum(row["profit"] for row in figures(run, "year").values())
    assert by_year == pytest.approx(figures(run)["all"]["profit"])
    paid = sum(row["cost"] for row in rows(home, "gold/strategy_trades", run["run_id"]))
    assert 0 < paid == pytest.approx(figures(run)["all"]["cost_paid"])
    assert run["trades"] == len(rows(home, "gold/strategy_trades", run["run_id"]))


def test_a_trade_leads_to_the_line_of_its_file(home: Home) -> None:
    run = one(home.run(*RUN, *GOLD, "--json"))
    trade = rows(home, "gold/strategy_trades", run["run_id"])[0]
    prices = lake_of(home).rows(TABLES["silver/file_prices"], ["prices"]).to_table().to_pylist()
    [bar] = [
        row
        for row in prices
        if (row["document"], row["line"]) == (trade["document"], trade["line"])
    ]
    assert (bar["ticker"], bar["at"]) == (trade["ticker"], trade["filled_at"])
    assert trade["price"] == pytest.approx(bar["open"])


def test_the_same_run_is_the_same_and_is_not_run_again(home: Home) -> None:
    first = one(home.run(*RUN, *GOLD, "--set", "fast=7", "--json"))
    lake = lake_of(home)
    versions = {path: lake.open(TABLES[path]).version() for path in OF_RUNS}
    again = one(home.run(*RUN, *GOLD, "--set", "slow=100", "--set", "fast=7.0", "--json"))
    assert again == first
    assert {path: lake.open(TABLES[path]).version() for path in OF_RUNS} == versions
    other = one(home.run(*RUN, *GOLD, "--set", "fast=7", "--cash", "500", "--json"))
    assert other["run_id"] != first["run_id"]


def test_history_before_the_first_day_is_looked_back_to(home: Home) -> None:
    """What is held in a later year is what a run from the beginning holds then."""
    late = one(home.run(*RUN, *GOLD, "--from", "2018-01-01", "--json"))
    whole = one(home.run(*RUN, *GOLD, "--json"))
    wanted = {
        (row["ticker"], row["bar_at"]): row["target"]
        for row in rows(home, "gold/strategy_positions", whole["run_id"])
    }
    decided = rows(home, "gold/strategy_positions", late["run_id"])
    first = min(row["bar_at"] for row in rows(home, "gold/strategy_equity", late["run_id"]))
    later = [row for row in decided if row["bar_at"] > first]
    assert later
    assert all(wanted[row["ticker"], row["bar_at"]] == row["target"] for row in later)
    for row in (row for row in decided if row["bar_at"] == first):
        before = [at for ticker, at in wanted if ticker == row["ticker"] and at <= first]
        assert wanted[row["ticker"], max(before)] == row["target"]


def test_a_grid_keeps_its_runs_and_which_is_best(home: Home) -> None:
    grid = one(home.run(*RUN, *GOLD, "--set", "fast=5,10", "--set", "slow=50,100", "--json"))
    assert (grid["kind"], grid["parameters"]) == ("grid", {"fast": [5, 10], "slow": [50, 100]})
    parts = rows(home, "gold/strategy_parts", grid["run_id"])
    assert len(parts) == 4
    [best] = [part for part in parts if part["is_best"]]
    assert best["sharpe"] == max(part["sharpe"] for part in parts)
    chosen = one(home.run("strategy", "compare", best["part_run_id"], "--json"))
    assert figures(grid)["all"]["profit"] == figures(chosen)["all"]["profit"]
    assert figures(chosen)["all"]["deflated_sharpe"] is None
    assert 0 <= figures(grid)["all"]["deflated_sharpe"] <= 1


def test_walking_forward_tests_years_after_their_training(home: Home) -> None:
    values = ("--set", "fast=5,10", "--set", "slow=50,100", "--walk-forward", "2")
    chain = one(home.run(*RUN, *GOLD, *values, "--json"))
    assert (chain["kind"], chain["first_date"]) == ("walk_forward", "2016-01-01")
    parts = rows(home, "gold/strategy_parts", chain["run_id"])
    parts.sort(key=lambda row: row["part"])
    assert [str(part["first_date"])[:4] for part in parts] == ["2016", "2017", "2018", "2019"]
    equity = sorted(
        rows(home, "gold/strategy_equity", chain["run_id"]), key=lambda row: row["bar_at"]
    )
    grown = 10_000.0
    for part in parts:
        of_year = rows(home, "gold/strategy_equity", part["part_run_id"])
        of_year.sort(key=lambda row: row["bar_at"])
        grown *= of_year[-1]["equity"] / sum(row["paid_in"] for row in of_year)
    assert equity[-1]["equity"] == pytest.approx(grown)
    short = home.run(*RUN, *GOLD, *values[:-1], "6")
    assert short.returncode == 1
    assert "no day after 6 years of training" in short.stderr


def test_a_run_that_was_killed_is_made_again(tmp_path: Path) -> None:
    undisturbed, killed = made(tmp_path / "undisturbed"), Home(tmp_path / "killed")
    shutil.copytree(undisturbed.folder, killed.folder)
    expected = one(undisturbed.run(*RUN, *GOLD, "--json"))
    for point in ("strategy-before", "strategy-after"):
        done = killed.run(*RUN, *GOLD, "--json", INDEXTRACKER_FAILPOINT=point)
        assert done.returncode == -signal.SIGKILL, done.stderr
        there = lake_of(killed).total_rows(TABLES["gold/strategy_runs"])
        assert there == (point == "strategy-after")
    # It was complete when it was killed after, and is found.
    assert one(killed.run(*RUN, *GOLD, "--json"))["figures"] == expected["figures"]
    for path in OF_RUNS:
        if path != "gold/strategy_runs":
            table = TABLES[path]
            assert digest(lake_of(killed), table) == digest(lake_of(undisturbed), table), path


def test_a_strategy_that_looks_ahead_is_found(home: Home, tmp_path: Path) -> None:
    fine = home.run("strategy", "check", "crossover", *ON)
    assert fine.returncode == 0, fine.stderr
    assert fine.stdout == "crossover decides the same whatever comes later\n"
    (tmp_path / "oracle.py").write_text(LOOKS_AHEAD)
    found = home.run("strategy", "check", str(tmp_path / "oracle.py"), *ON)
    assert found.returncode == 1, found.stderr
    assert found.stdout.startswith("oracle looks ahead")
    assert any(ticker in found.stdout for ticker in tickers(3))


def test_runs_are_compared_by_the_beginning_of_their_ids(home: Home) -> None:
    ids = [
        one(home.run(*RUN, *GOLD, "--set", f"fast={fast}", "--json"))["run_id"] for fast in (7, 9)
    ]
    done = home.run("strategy", "compare", *(run_id[:8] for run_id in ids))
    assert done.returncode == 0, done.stderr
    for said in (*ids, "sharpe", "max_drawdown", "equity 2019"):
        assert said in done.stdout
    assert [run["run_id"] for run in runs(home.run("strategy", "compare", *ids, "--json"))] == ids


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "crosover", *ON), "there is no strategy 'crosover': did you mean crossover?"),
        (("run", "crossover", "--on", "price"), "no prices called 'price': did you mean prices?"),
        (("run", "crossover", *ON, "--set", "quick=1"), "crossover has no parameter quick"),
        (("run", "crossover", *ON, "--from", "2030-01-01"), "there are those of 2014-01-01"),
        (("compare", "0000"), "there is no run '0000'"),
    ],
)
def test_what_is_wrong_is_said(home: Home, arguments: tuple[str, ...], said: str) -> None:
    done = home.run("strategy", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_runs_are_in_the_marts(home: Home) -> None:
    run = one(home.run(*RUN, "--set", "fast=11", "--json"))
    told = home.run(
        *("query", "--json"),
        "select s.strategy, r.trades, r.sharpe, count(*) as bars from fct_strategy_run as r"
        " join dim_strategy as s on r.strategy_id = s.id join fct_strategy_equity using (run_id)"
        f" where run_id = '{run['run_id']}' group by all",
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == [
        {
            "strategy": "crossover",
            "trades": run["trades"],
            "sharpe": figures(run)["all"]["sharpe"],
            "bars": len(rows(home, "gold/strategy_equity", run["run_id"])),
        }
    ]
    again = home.run(*RUN, "--set", "fast=11", "--json")
    assert one(again) == run
    files = home.run("query", "--json", "select distinct collection from raw.file_documents")
    assert [found["collection"] for found in json.loads(files.stdout)] == [ON[1]]
