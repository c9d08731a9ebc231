"""Earlier versions of the lake by the command: queried, restored, and removed by maintenance."""

from __future__ import annotations

import csv
import shutil
import signal
import subprocess
import time
from datetime import date
from pathlib import Path

import pytest
from cli.good_trades import trades
from support.homes import Home
from support.keys import keys

from indextracker.building.staleness import built, record
from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker.lake.versions import versions
from indextracker.system.documents import Document
from indextracker.system.locks import Locks
from indextracker_catalogue import TABLES

FUTURES = TABLES["silver/futures_trades"]
FRIDAY, MONDAY = date(2024, 12, 13), date(2024, 12, 16)


@pytest.fixture
def lake(empty: Home) -> Lake:
    """Futures trades of two sessions, built; then Monday's built anew with other rows."""
    made = Lake(str(empty.lake), "simulated")
    for contracts, sessions in ((4, (FRIDAY, MONDAY)), (9, (MONDAY,))):
        made.replace(FUTURES, trades(sessions, contracts), [*map(str, sessions)])
        record(made, {FUTURES.path: dict.fromkeys(keys(sessions), f"taifex_futures={contracts}")})
        time.sleep(0.01)  # commits are dated to the millisecond
    return made


def contracts(home: Home, *arguments: str) -> list[tuple[str, str]]:
    sql = "select session_date, sum(contracts) as contracts from Silver.futures_trades group by 1"
    done = home.run("query", "--lake", "--csv", f"{sql} order by 1", *arguments)
    assert done.returncode == 0, done.stderr
    return [
        (row["session_date"], row["contracts"]) for row in csv.DictReader(done.stdout.splitlines())
    ]


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


NOW = [("2024-12-13", "4"), ("2024-12-16", "9")]
THEN = [("2024-12-13", "4"), ("2024-12-16", "4")]


def test_the_lake_is_asked_as_it_is_and_as_it_was(empty: Home, lake: Lake) -> None:
    first = versions(lake.place(FUTURES))[1].committed_at
    assert contracts(empty) == NOW
    assert contracts(empty, "--as-of", "1") == THEN
    assert contracts(empty, "--as-of", "0") == []
    assert contracts(empty, "--as-of", f"{first:%Y-%m-%dT%H:%M:%S.%f}") == THEN
    assert contracts(empty, "--as-of", first.isoformat()) == THEN
    assert contracts(empty, "--as-of", "2100-01-01") == NOW


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--lake", "select * from silver.futures_trade"), "perhaps silver/futures_trades"),
        (("--lake", "select * from trades_of_futures"), "named layer.table"),
        (("--lake", "select * from gold.futures_bars"), "no gold/futures_bars yet: backfill first"),
        (("--lake", "select nothing from silver.futures_trades"), "nothing"),
        (("--lake", "delete from silver.futures_trades"), "delete is not a query"),
        (("--lake", "--as-of", "9", "select * from silver.futures_trades"), "has no version 9"),
        (
            ("--lake", "--as-of", "1999-01-01", "select * from silver.builds"),
            "did not exist at 1999",
        ),
        (("--lake", "--as-of", "soon", "select 1"), "neither a version number nor a time"),
        (
            ("--lake", "--as-of", "1", "select * from silver.builds, silver.futures_trades"),
            "give a time",
        ),
        (("--as-of", "1", "select 1"), "add --lake"),
    ],
)
def test_a_question_that_cannot_be_answered(
    empty: Home, lake: Lake, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(empty.run("query", *arguments))
    assert lake.open(FUTURES).version() == 2


def test_a_table_is_taken_back_and_again_forward(empty: Home, lake: Lake) -> None:
    good, worse = digest(lake, FUTURES, as_of=1), digest(lake, FUTURES)

    dry = empty.run("restore", FUTURES.path, "--as-of", "1", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "nothing was changed" in dry.stdout
    assert lake.open(FUTURES).version() == 2

    done = empty.run_by_path("restore", FUTURES.path, "--as-of", "1")
    assert done.returncode == 0, done.stderr
    assert "rows: 4 -> 4" in done.stdout
    assert "sessions that differ: 1 (2024-12-16)" in done.stdout
    assert f"simulated data: {lake.root}" in done.stderr
    assert "backfill taiwan --from 2024-12-16 --to 2024-12-16" in done.stdout
    assert digest(lake, FUTURES) == good
    # What it was built from goes back too, so that what is wrong with it is found stale.
    assert built(lake, [FUTURES.path])[FUTURES.path] == dict.fromkeys(
        keys((FRIDAY, MONDAY)), "taifex_futures=4"
    )

    again = empty.run("restore", FUTURES.path, "--as-of", "1")
    assert again.returncode == 0, again.stderr
    assert "nothing to restore" in again.stdout
    assert lake.open(FUTURES).version() == 3

    assert empty.run("restore", "silver.futures_trades", "--as-of", "2").returncode == 0
    assert digest(lake, FUTURES) == worse


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("silver/futures_trdes", "--as-of", "1"), "perhaps silver/futures_trades"),
        (("platinum/x", "--as-of", "1"), "`indextracker tables` lists them"),
        (("silver/futures_trades", "--as-of", "7"), "has no version 7: it has 0 to 2"),
        (
            ("silver/futures_trades", "--as-of", "yesterday"),
            "no instant 'yesterday', and a time is",
        ),
        (("silver/futures_trades",), "--as-of"),
        (("silver/option_trades", "--as-of", "1"), "no silver/option_trades yet"),
    ],
)
def test_what_cannot_be_restored_is_said(
    empty: Home, lake: Lake, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(empty.run("restore", *arguments))
    assert lake.open(FUTURES).version() == 2


def test_files_that_maintenance_removed_cannot_be_restored(empty: Home, lake: Lake) -> None:
    now = set(lake.open(FUTURES).file_uris())
    for file in set(lake.open(FUTURES, 1).file_uris()) - now:
        Path(file).unlink()
    said = refused(empty.run("restore", FUTURES.path, "--as-of", "1"))
    assert "files needed have been removed by maintenance" in said
    assert lake.open(FUTURES).version() == 2


def test_restoring_waits_for_who_writes_the_table(empty: Home, lake: Lake) -> None:
    with Locks.beside(lake.root).table(FUTURES.path):
        process = empty.start("restore", FUTURES.path, "--as-of", "1")
        assert process.stderr
        assert process.stderr.readline() == f"simulated data: {lake.root}\n"
        assert "which writes silver/futures_trades" in process.stderr.readline()
        assert lake.open(FUTURES).version() == 2
    with process:
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert lake.open(FUTURES).version() == 3


def test_maintaining_thins_the_history_of_dagster(home: Home) -> None:
    """Its size is told, and all of its runs are younger than what is thinned."""
    runs = sorted(path.name for path in (home.dagster / "history" / "runs").glob("*.db"))
    done = home.run_by_path("maintain")
    assert done.returncode == 0, done.stderr
    assert f"Dagster's history {home.dagster}: " in done.stderr
    assert "the logs of 0 runs from before the last 30 days were removed" in done.stderr
    assert sorted(path.name for path in (home.dagster / "history" / "runs").glob("*.db")) == runs


def test_maintaining_says_what_it_did(empty: Home, lake: Lake) -> None:
    landed = lake.landing.put(Document.of("one", b"a document"))
    before = {table: digest(lake, table) for table in lake.tables()}
    done = empty.run("maintain", "--retain-days", "1")
    assert done.returncode == 0, done.stderr
    rows = {
        cells[0]: cells[1:]
        for line in done.stdout.splitlines()
        if (cells := line.split()) and cells[0] in TABLES
    }
    assert rows["silver/builds"][:2] == ["2", "1"]
    assert rows["silver/futures_trades"][:2] == ["2", "2"]
    heading = " ".join(done.stdout.partition("bronze/")[0].split())
    assert "files files size size" in heading
    assert "before after before after" in heading
    assert "version of the last day can be read" in done.stderr
    assert {table: digest(lake, table) for table in lake.tables()} == before
    assert lake.landing.get(landed).read() == b"a document"

    version = lake.open(TABLES["silver/builds"]).version()
    assert empty.run("maintain", "--retain-days", "1").returncode == 0
    assert lake.open(TABLES["silver/builds"]).version() == version


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--retain-days", "0"), "1<=x<=30"),
        (("--tables", "silver/buids"), "perhaps silver/builds"),
        (("--tables", "silver/builds,gold/index_bars"), "has no gold/index_bars yet"),
        (("--tables", ","), "names no table"),
    ],
)
def test_what_cannot_be_maintained_is_said(
    empty: Home, lake: Lake, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(empty.run("maintain", *arguments))
    assert lake.open(TABLES["silver/builds"]).version() == 2


RESTORE = ("restore", FUTURES.path, "--as-of", "1")


@pytest.mark.parametrize(
    ("command", "place", "version"),
    [
        (RESTORE, "restore-before", 2),
        (RESTORE, "restore-after", 1),
        (("maintain",), "compact-after", 2),
        (("maintain",), "vacuum-after", 2),
    ],
)
def test_killed_on_the_way_it_is_finished_by_running_it_again(
    empty: Home, lake: Lake, command: tuple[str, ...], place: str, version: int
) -> None:
    found = [digest(lake, FUTURES, as_of=number) for number in range(3)]
    killed = empty.run(*command, INDEXTRACKER_FAILPOINT=place)
    assert killed.returncode == -signal.SIGKILL
    assert digest(lake, FUTURES) == found[version]
    done = empty.run(*command)
    assert done.returncode == 0, done.stderr
    assert digest(lake, FUTURES) == found[1 if command is RESTORE else 2]
    if command is RESTORE:
        assert set(built(lake, [FUTURES.path])[FUTURES.path].values()) == {"taifex_futures=4"}


def test_a_lake_that_was_maintained_and_taken_back_is_built_on(home: Home, tmp_path: Path) -> None:
    """With the real engine: Sail goes on where delta-rs has compacted and restored."""
    lake = Lake(str(shutil.copytree(home.lake, tmp_path / "lake")), "simulated")
    other = Home(tmp_path, home.source)
    table = TABLES["gold/futures_bars"]
    before = digest(lake, table)
    assert other.run("maintain", "--retain-days", "1").returncode == 0
    assert other.run("restore", table.path, "--as-of", "0").returncode == 0
    assert lake.total_rows(table) == 0
    days = ("--from", "2024-12-13", "--to", "2024-12-16")
    done = other.run("backfill", "taiwan", *days, "--to-layer", "gold")
    assert done.returncode == 0, done.stderr
    assert digest(lake, table) == before
