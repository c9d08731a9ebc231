"""Backfills by the command with the lake in a bucket: whole, killed, and two at once."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from s3.bucket_homes import FILLED, SMALL, BucketHome, digests
from support.content import check_as_before
from support.homes import RANGE, Home
from support.stores import BUCKET, Store

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker.lake.versions import versions
from indextracker_catalogue import SUBJECTS, TABLES, tables_of
from indextracker_catalogue.shared.deliveries import DELIVERIES

NewHome = Callable[..., BucketHome]
WHOLE = f"s3://{BUCKET}/whole/lake"
FRIDAY = ("--from", "2024-12-13", "--to", "2024-12-13")
MONDAY = ("--from", "2024-12-16", "--to", "2024-12-16")
BARS = TABLES["gold/etf_bars"]


@pytest.fixture(scope="module")
def whole(store: Store, source: str, tmp_path_factory: pytest.TempPathFactory) -> BucketHome:
    """A home with two simulated sessions up to the marts."""
    home = BucketHome(tmp_path_factory.mktemp("whole"), source, store=store, address=WHOLE)
    done = home.run_by_path("backfill", "taiwan", *RANGE)
    assert done.returncode == 0, done.stderr
    return home


def filled(lake: str) -> dict[str, str]:
    """What the tables hold that a small backfill fills."""
    opened = Lake(lake, "simulated")
    return {path: digest(opened, TABLES[path]) for path in FILLED}


@pytest.fixture(scope="module")
def expected(whole: BucketHome) -> dict[str, str]:
    """What the whole backfill made of the tables that a small one fills."""
    return filled(whole.lake)


@pytest.mark.timeout(1200)
def test_a_bucket_holds_what_a_folder_holds(whole: BucketHome) -> None:
    """Every table of the lake, raw and the marts; and every document."""
    check_as_before(whole)
    with Lake(WHOLE, "simulated").sql([DELIVERIES]) as connection:
        answered = connection.execute(
            "select distinct sha256 from deliveries where sha256 is not null"
        ).fetchall()
    kept = whole.store.names("whole/lake/landing/")
    assert {name.rpartition("/")[2] for name in kept} == {sha256 for (sha256,) in answered}
    # Nothing of the lake is on this machine.
    assert not list(whole.folder.rglob("*.parquet"))


def test_running_it_again_changes_nothing(whole: BucketHome) -> None:
    before, documents = whole.digests(), whole.store.names("whole/lake/landing/")
    done = whole.backfill()
    assert done.returncode == 0, done.stderr
    assert whole.digests() == before
    assert whole.store.names("whole/lake/landing/") == documents


def test_every_command_knows_the_bucket(whole: BucketHome) -> None:
    done = whole.run("status", "taiwan", *RANGE, "--json")
    told = json.loads(done.stdout)
    assert told["lake"] == WHOLE
    assert {state["state"] for day in told["sessions"].values() for state in day.values()} == {
        "accepted"
    }
    done = whole.run("doctor")
    assert done.returncode == 0, done.stdout
    assert f"lake can be written: {WHOLE}" in done.stdout
    assert re.search(r"lake: \d+ tables of the simulated world", done.stdout)
    done = whole.run("tables")
    assert re.search(r"gold/etf_bars\s+│\s+\d+", done.stdout), done.stderr


def test_a_table_is_maintained_asked_as_it_was_and_restored(whole: BucketHome) -> None:
    lake = Lake(WHOLE, "simulated")
    rows, before = lake.total_rows(BARS), digests(WHOLE)
    asked = "select count(*) from gold.etf_bars"
    for as_of, count in (("0", 0), ("1", rows)):
        done = whole.run("query", "--lake", "--as-of", as_of, "--csv", asked)
        assert done.stdout.split()[-1] == str(count), done.stderr
    done = whole.run("maintain", "--tables", "bronze/deliveries,gold/etf_bars")
    assert done.returncode == 0, done.stderr
    assert digests(WHOLE) == before
    done = whole.run("restore", "gold/etf_bars", "--as-of", "0")
    assert done.returncode == 0, done.stderr
    assert f"rows: {rows} -> 0" in done.stdout
    assert lake.total_rows(BARS) == 0
    back = str(versions(lake.place(BARS))[-2].number)
    done = whole.run("restore", "gold/etf_bars", "--as-of", back)
    assert done.returncode == 0, done.stderr
    assert digests(WHOLE) == before


def test_a_backfill_killed_again_and_again_goes_on_where_it_stopped(
    expected: dict[str, str], new_home: NewHome, prefix: str
) -> None:
    home = new_home("killed", prefix)
    for failpoint in ("landing-after", "bronze-after", "job-after:3"):
        done = home.backfill(INDEXTRACKER_FAILPOINT=failpoint)
        assert done.returncode == -signal.SIGKILL, done.stderr
    done = home.backfill()
    assert done.returncode == 0, done.stderr
    assert filled(prefix) == expected


@pytest.mark.exhaustive
def test_india_killed_in_a_bucket_goes_on_where_it_stopped(
    whole: BucketHome, source: str, new_home: NewHome, tmp_path: Path
) -> None:
    """Its instruments are a table in one piece, and its prices look back; Taiwan is beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    undisturbed = Home(folder, source)
    asked = ("backfill", "india", *RANGE, "--to-layer", "gold")
    done = undisturbed.run(*asked)
    assert done.returncode == 0, done.stderr
    before = digests(WHOLE)
    home = new_home("killed", WHOLE)
    for failpoint in ("bronze-after:4", "whole-after", "job-after:8"):
        done = home.backfill("gold", "india", INDEXTRACKER_FAILPOINT=failpoint)
        assert done.returncode == -signal.SIGKILL, done.stderr
    done = home.backfill("gold", "india")
    assert done.returncode == 0, done.stderr
    expected = digests(str(undisturbed.lake))
    found = digests(WHOLE)
    of_india = {table.path for table in tables_of(SUBJECTS["india"])} & expected.keys()
    assert {"silver/instruments", "gold/equities_adjusted"} <= of_india
    assert {path: found[path] for path in of_india} == {path: expected[path] for path in of_india}
    assert {path: found[path] for path in before.keys() - of_india} == {
        path: before[path] for path in before.keys() - of_india
    }


def test_the_jvm_fills_a_bucket_with_the_same(
    java: int, expected: dict[str, str], new_home: NewHome, prefix: str
) -> None:
    home = new_home("jvm", prefix)
    done = home.backfill(INDEXTRACKER_ENGINE="spark")
    assert done.returncode == 0, done.stderr
    assert filled(prefix) == expected
    commit = Lake(prefix, "simulated").open(BARS).history(1)[0]
    assert commit["engineInfo"].startswith("Apache-Spark/")


def test_two_machines_at_once_lose_no_commit(
    expected: dict[str, str], new_home: NewHome, prefix: str
) -> None:
    """Locks keep processes of one machine apart; between machines it is each commit's condition."""
    homes = [new_home(name, prefix) for name in ("one", "other")]
    started = [
        home.begun("backfill", "taiwan", *days, *SMALL)
        for home, days in zip(homes, (FRIDAY, MONDAY), strict=True)
    ]
    for run in started:
        done = run.ended()
        assert done.returncode == 0, done.stderr
    assert filled(prefix) == expected
    with Lake(prefix, "simulated").sql([DELIVERIES]) as connection:
        log = connection.execute(
            "select session_date::varchar, state from deliveries where feed = 'finmind_trades'"
            " order by 1"
        ).fetchall()
    assert log == [("2024-12-13", "accepted"), ("2024-12-16", "accepted")]


def test_an_archive_in_a_bucket_is_a_source(
    new_home: NewHome, store: Store, prefix: str, samples: Path
) -> None:
    for file in (samples / "taifex").glob("*2021_07_26*.zip"):
        store.client().upload_file(str(file), BUCKET, f"archive/2021/{file.name}")
    home = new_home("archive", prefix, source=f"archive:s3://{BUCKET}/archive")
    day = ("--from", "2021-07-26", "--to", "2021-07-26")
    feeds = ("--feeds", "taifex_volume_totals", "--to-layer", "bronze")
    done = home.run("backfill", "taiwan", *day, *feeds, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["sessions"]["2021-07-26"]["taifex_volume_totals"]["state"] == "accepted"
    assert told["tables"]["bronze/taifex_volume_totals"] > 0
