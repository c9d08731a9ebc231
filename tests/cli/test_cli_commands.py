"""The commands' messages and exit codes."""

from __future__ import annotations

import csv
import json
import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import duckdb
import pytest
from support.homes import Home

from indextracker.feeds import feeds_of
from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS, TABLES
from indextracker_catalogue.timeline import Years

CANDLESTICKS = (
    "select * from index join index_history on index.id = index_history.index_id "
    "where index.name = 'TAIEX' and index_history.scale = 5 "
    "and datetime between '2024-12-13' and '2024-12-14' order by index_history.datetime"
)

BACKFILL = ("backfill", "taiwan")
DAY = ("--from", "2024-12-13", "--to", "2024-12-13")


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What a failed command said: a sentence on standard error, nothing else anywhere."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(done.stdout.splitlines()))


def test_help_lists_the_commands(empty: Home) -> None:
    done = empty.run_by_path("--help")
    assert done.returncode == 0
    listed = re.findall(r"^  (\w+)  ", done.stdout.partition("Commands:")[2], re.MULTILINE)
    assert listed == [
        *("alerts", "backfill", "backup", "chart", "dashboard", "doctor", "export", "files"),
        *("import", "maintain", "monitor", "query", "rebuild", "restore", "simulate", "snapshot"),
        *("status", "strategy", "stream", "tables", "ui"),
    ]


def test_backfill_says_what_it_made_and_where(backfilled: tuple[Home, str]) -> None:
    home, output = backfilled
    for table in ("bronze/twse_index", "silver/futures_trades", "gold/futures_bars"):
        assert table in output
    for place in (home.lake, home.warehouse, home.dagster):
        assert str(place) in output
    assert str(home.docs / "index.html") in output
    assert (home.docs / "index.html").stat().st_size > 100_000


def test_status_says_what_is_there(home: Home) -> None:
    done = home.run_by_path("status", "taiwan", "--from", "2024-12-12", "--to", "2024-12-16")
    assert done.returncode == 0, done.stderr
    of_taiwan = feeds_of(SUBJECTS["taiwan"])
    feeds = [name for name, feed in of_taiwan.items() if feed.timeline != Years()]
    found = {
        line.split()[0]: line.split()[1:]
        for line in done.stdout.splitlines()
        if line.split() and line.split()[0] in feeds
    }
    # The 12th was not asked for.
    assert found == {feed: ["-..", "2"] for feed in feeds}
    assert f"3 sessions, 2 complete; {2 * len(feeds)} of {3 * len(feeds)} documents" in done.stdout
    assert "newest: 2024-12-16 in bronze, silver, gold, warehouse" in done.stdout


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["query", "select 1"], ["pyarrow.dataset", "pyspark"]),
        (["query", "--lake", "select count(*) from silver.futures_trades"], ["pyspark"]),
        (["tables"], ["pyarrow.dataset", "pyspark"]),
        (["status"], []),
    ],
    ids=["query", "lake", "tables", "status"],
)
def test_what_only_reads_loads_nothing_slow(home: Home, words: list[str], more: list[str]) -> None:
    done = home.run_by_path(*words, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0, done.stderr
    loaded = re.findall(r"^import time:.*\| +([\w.]+)$", done.stderr, re.MULTILINE)
    assert "pyarrow" in loaded
    # Of pandas its first part: that Arrow looked for it is told too.
    slow = {"pandas._libs", "exchange_calendars", "requests", "dagster", "boto3", *more}
    assert not slow & {*loaded}


def test_tables_lists_lake_and_warehouse(home: Home) -> None:
    done = home.run_by_path("tables")
    assert done.returncode == 0, done.stderr
    listed = re.findall(r"^│ ([a-z_./]+) +│ +([\d,]+) │", done.stdout, re.MULTILINE)
    counts = {name: int(count.replace(",", "")) for name, count in listed}
    assert counts["silver/futures_trades"] > 50_000
    assert counts["gold/index_sessions"] == counts["raw.index_sessions"] > 0
    assert counts["marts.index"] > 30


def test_tables_lists_views_and_odd_names_too(empty: Home) -> None:
    Lake(str(empty.lake), "simulated").ensure([TABLES["silver/indices"]])
    empty.warehouse.parent.mkdir()
    with duckdb.connect(str(empty.warehouse)) as connection:
        connection.execute("create schema raw; create schema marts; create schema staging")
        connection.execute("create table raw.world as select 'simulated' as name")
        connection.execute("create table marts.index as select range as id from range(1200)")
        connection.execute("create view marts.index_history as from marts.index where id < 7")
        connection.execute("comment on view marts.index_history is 'One row per bar.'")
        connection.execute("create view staging.plain as select 1")
    done = empty.run("tables", COLUMNS="100")
    assert done.returncode == 0, done.stderr
    listed = re.findall(r"^│ ([a-z_./]+) +│ +([\d,]+) │ (.*?) *│", done.stdout, re.MULTILINE)
    assert [row[:2] for row in listed] == [
        ("silver/indices", "0"),
        ("marts.index", "1,200"),
        ("marts.index_history", "7"),
        ("staging.plain", "1"),
        ("raw.world", "1"),
    ]
    assert listed[2][2] == "One row per bar."
    asked = empty.run("tables", "*history", "raw", COLUMNS="100").stdout
    assert re.findall(r"^│ ([a-z_./]+) ", asked, re.MULTILINE) == [
        "marts.index_history",
        "raw.world",
    ]
    one = empty.run("tables", "silver/indices", COLUMNS="100").stdout
    index_id = next(
        column for column in TABLES["silver/indices"].columns if column.name == "index_id"
    )
    assert re.search(rf"index_id +│ string +│ {re.escape(index_id.meaning[:20])}", one)
    told = json.loads(empty.run("tables", "--json").stdout)
    assert told["warehouse"]["marts.index_history"]["rows"] == 7
    assert told["warehouse"]["marts.index"]["columns"][0]["type"] == "bigint"
    assert told["lake"]["silver/indices"]["meaning"] == TABLES["silver/indices"].meaning
    unknown = empty.run("tables", "silver/indeces")
    assert (unknown.returncode, "perhaps silver/indices" in unknown.stderr) == (1, True)


def test_tables_of_an_empty_lake(empty: Home) -> None:
    done = empty.run("tables")
    assert (done.returncode, "run a backfill first" in done.stdout) == (0, True)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Taipei", "America/New_York"])
def test_candlesticks_are_the_same_in_every_zone(home: Home, zone: str) -> None:
    bars = rows(home.run_by_path("query", "--csv", CANDLESTICKS, TZ=zone))
    # 09:00 to 13:30 in Taipei, no bar at the close.
    assert len(bars) == 54
    assert bars[0]["datetime"] == "2024-12-13 01:00:00"
    assert bars[-1]["datetime"] == "2024-12-13 05:25:00"
    assert all(float(bar["price_low"]) <= float(bar["price_high"]) for bar in bars)


def test_query_prints_whole_rows_for_people(home: Home) -> None:
    done = home.run("query", CANDLESTICKS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("TAIEX") == 54
    assert "54 rows" in done.stderr


def test_query_prints_what_is_stored(home: Home) -> None:
    done = home.run("query", "select '[/b] :smile: [red]' as text")
    assert (done.returncode, done.stderr.splitlines()[0]) == (0, "1 row")
    assert "[/b] :smile: [red]" in done.stdout


def test_query_cannot_write(home: Home) -> None:
    assert "read-only" in said(home.run("query", "delete from marts.index"))


def test_query_of_bad_sql(home: Home) -> None:
    assert "no_such_table" in said(home.run("query", "select * from no_such_table"))


def test_query_before_any_backfill(empty: Home) -> None:
    assert "run a backfill first" in said(empty.run("query", "select 1"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*BACKFILL, *DAY, "--feeds", "tpex"), "called 'tpex'; there are taifex_futures"),
        ((*BACKFILL, *DAY, "--feeds", "taifex_future"), "perhaps taifex_futures or"),
        ((*BACKFILL, *DAY, "--tables", "silver/contract"), "perhaps silver/contracts"),
        ((*BACKFILL, *DAY, "--tables", "bronze/twse_index"), "--feeds"),
        ((*BACKFILL, *DAY, "--feeds", ","), "names no feed"),
        ((*BACKFILL, "--from", "2024-13-01", "--to", "2024-12-13"), "not a date like 2024-12-13"),
        ((*BACKFILL, "--from", "20241213", "--to", "2024-12-13"), "not a date like 2024-12-13"),
        ((*BACKFILL, "--from", "2024-12-16", "--to", "2024-12-13"), "before it begins on"),
        ((*BACKFILL, "--from", "2019-12-31", "--to", "2020-01-02"), "INDEXTRACKER_START"),
        ((*BACKFILL, "--from", "2024-12-13", "--to", "2099-01-01"), "outside the calendar"),
        ((*BACKFILL, *DAY, "--to-layer", "platinum"), "platinum"),
        ((*BACKFILL, *DAY, "--frmo", "2024-12-13"), "--frmo"),
        (("backfill", "mars", *DAY), "mars"),
        (("query",), "SQL"),
        (("quary", "select 1"), "Did you mean 'query'?"),
        (("status", "--from", "2024-12-16", "--to", "2024-12-13"), "before it begins on"),
    ],
)
def test_a_wrong_command_line_is_answered_with_a_sentence(
    empty: Home, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in said(empty.run(*arguments))
    assert not empty.lake.exists()
    assert not empty.dagster.exists()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INDEXTRACKER_SOURCE", "carrier pigeon"),
        ("INDEXTRACKER_START", "yesterday"),
        ("INDEXTRACKER_ENGINE", "abacus"),
    ],
)
def test_a_wrong_environment_is_answered_with_a_sentence(
    empty: Home, variable: str, value: str
) -> None:
    assert variable in said(empty.run("status", **{variable: value}))


def test_an_archive_that_is_not_there_is_answered_with_a_sentence(empty: Home) -> None:
    done = empty.run(*BACKFILL, *DAY, INDEXTRACKER_SOURCE="archive:/no/such/folder")
    assert done.returncode == 1
    assert "/no/such/folder is no folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(empty: Home) -> None:
    done = empty.run("--debug", "query", "select 1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "WarehouseMissingError" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("status",), (*BACKFILL, *DAY, "--to-layer", "bronze"), ("query", "select 1")]
)
def test_data_of_the_other_world_is_refused(
    home: Home, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    before = sorted(path for path in home.lake.rglob("*") if path.is_file())
    done = home.run(
        *arguments,
        INDEXTRACKER_SOURCE=f"archive:{tmp_path}",
        INDEXTRACKER_DAGSTER_HOME=str(tmp_path / "dagster"),
    )
    assert done.returncode == 1
    assert "simulated data and this run is of the real world" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path for path in home.lake.rglob("*") if path.is_file()) == before


def test_simulate_serves_until_interrupted(empty: Home) -> None:
    with empty.start("simulate", "--port", "0") as process:
        assert process.stdout
        address = process.stdout.readline().split()[-1]
        path = "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241213&response=json"
        try:
            with urllib.request.urlopen(address + path, timeout=60) as response:
                assert b'"OK"' in response.read()
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "Ctrl-C stops the simulated exchange\n")


def test_the_dashboard_says_where_it_is_until_interrupted(empty: Home) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with empty.start("dashboard", "--port", str(port)) as process:
        assert process.stderr
        said = process.stderr.readline()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
                assert answer.read() == b"ok\n"
        finally:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert said == f"the dashboard is at http://127.0.0.1:{port}; Ctrl-C stops it\n"
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("command", ["dashboard", "ui", "simulate"])
def test_a_server_says_that_its_port_is_taken(empty: Home, command: str) -> None:
    """Dagster would run on without its UI, and a server of the library end in a traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = empty.run_by_path(command, "--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith(f"Error: port {port} of 127.0.0.1 cannot be used")
    assert "--port" in line
