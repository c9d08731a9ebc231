"""The command `query`: forms of its results, permitted statements, and interrupts."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook
from support.homes import COMMAND, Home

README = (
    "select * from index join index_history on index.id = index_history.index_id"
    " where index.name = 'TAIEX' and index_history.scale = 5"
    " and datetime between '2024-12-13' and '2024-12-14' order by index_history.datetime"
)
KINDS = (
    "select datetime, null as nothing, '' as empty, 'a,\"b' as text, true as yes,"
    " volume is null as no from derivative_detail_history order by datetime, volume limit 2"
)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert not done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def on_a_terminal(home: Home, *arguments: str, columns: int = 80) -> str:
    """What the command prints on a terminal of that width."""
    ours, its = pty.openpty()
    environment = home.environment(COLUMNS=str(columns), LINES="50", TERM="xterm")
    with subprocess.Popen(
        [COMMAND, *arguments], env=environment, stdout=its, stderr=its, stdin=subprocess.DEVNULL
    ) as running:
        os.close(its)
        said = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            said += piece
        os.close(ours)
        assert running.wait() == 0, said
    return said.decode().replace("\r\n", "\n")


def test_csv_tells_null_from_an_empty_text(home: Home) -> None:
    done = home.run("query", "--csv", KINDS)
    header, first, _ = done.stdout.splitlines()
    assert header == "datetime,nothing,empty,text,yes,no"
    assert first.partition(",")[2] == ',"","a,""b",true,false'
    assert next(csv.reader([first]))[3] == 'a,"b'


def test_no_text_is_a_formula_to_a_spreadsheet(home: Home, tmp_path: Path) -> None:
    asked = (
        "select '=cmd|calc!A1' as a, '+1' as b, '@SUM(1)' as c, '-x' as d, -1.5 as e, 'a=b' as f"
    )
    done = home.run("query", "--csv", asked)
    assert done.stdout.splitlines()[1] == "'=cmd|calc!A1,'+1,'@SUM(1),'-x,-1.5,a=b"
    home.run("query", "--output", str(tmp_path / "x.xlsx"), asked)
    [_, row] = (
        CalamineWorkbook.from_path(str(tmp_path / "x.xlsx")).get_sheet_by_index(0).to_python()
    )
    assert row == ["=cmd|calc!A1", "+1", "@SUM(1)", "-x", -1.5, "a=b"]
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_json_is_an_array_with_times_in_their_zone(home: Home) -> None:
    in_utc = json.loads(home.run("query", "--json", KINDS).stdout)
    there = json.loads(home.run("query", "--json", "--tz", "Asia/Taipei", KINDS).stdout)
    assert [row["nothing"] for row in in_utc] == [None, None]
    assert (in_utc[0]["yes"], in_utc[0]["empty"]) == (True, "")
    assert in_utc[0]["datetime"].endswith("+00:00")
    assert there[0]["datetime"].endswith("+08:00")
    instants = [
        pa.scalar(rows[0]["datetime"]).cast(pa.timestamp("us", "UTC")) for rows in (in_utc, there)
    ]
    assert instants[0] == instants[1]


def test_an_answer_is_a_file_of_the_kind_that_its_ending_names(home: Home, tmp_path: Path) -> None:
    asked = "select * from index_history order by all"
    for name in ("bars.parquet", "bars.csv", "bars.json"):
        done = home.run("query", "--output", str(tmp_path / name), asked)
        assert done.returncode == 0, done.stderr
        assert not done.stdout
        assert f"rows in {tmp_path / name}" in done.stderr
    found = pq.read_table(tmp_path / "bars.parquet")
    assert found.schema.field("datetime").type == pa.timestamp("us")
    with (tmp_path / "bars.csv").open() as file:
        assert len(list(csv.DictReader(file))) == found.num_rows
    assert len(json.loads((tmp_path / "bars.json").read_text())) == found.num_rows > 100
    assert len(list(tmp_path.iterdir())) == 3


def test_sql_comes_from_a_file_or_the_input(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "asked.sql"
    file.write_text("-- how many\nselect count(*) as n from index;\n")
    from_file = home.run("query", "--csv", "--file", str(file))
    piped = subprocess.run(
        [COMMAND, "query", "--csv", "-"],
        input=file.read_text(),
        env=home.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert from_file.stdout == piped.stdout
    assert from_file.stdout.startswith("n\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("",), "there is no SQL"),
        (("select 1; select 2",), "these are 2 statements: give one at a time"),
        (("select * fro x",), "LINE 1: select * fro x\n                     ^"),
        (("select * from index_histroy",), "perhaps index_history"),
        (("select * from futures_trades",), "silver/futures_trades is a table of the lake"),
        (("--tz", "Taipei", "select 1"), "perhaps Asia/Taipei"),
        (("--output", "x.ods", "select 1"), "none of .parquet, .csv, .json and .xlsx"),
        (("--output", "/nowhere/x.csv", "select 1"), "there is no folder /nowhere"),
        (("--csv", "--json", "select 1"), "exclude each other"),
        (("--file", "/nowhere.sql"), "/nowhere.sql cannot be read"),
        ((), "give either SQL, or --file"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    home: Home, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(home.run("query", *arguments))


@pytest.mark.parametrize("place", [(), ("--lake",)])
@pytest.mark.parametrize(
    "sql", ["copy (select 1) to '{}'", "explain analyze copy (select 1) to '{}'", "attach '{}'"]
)
def test_no_question_writes_a_file(
    home: Home, tmp_path: Path, place: tuple[str, ...], sql: str
) -> None:
    file = tmp_path / "written"
    refused(home.run("query", *place, sql.format(file)))
    assert not file.exists()


def test_the_lake_lists_and_describes_its_tables(home: Home) -> None:
    listed = home.run("query", "--lake", "--csv", "show tables").stdout.splitlines()
    assert {"name", "silver.futures_trades", "bronze.deliveries"} <= set(listed)
    described = home.run("query", "--lake", "--csv", "describe silver.futures_trades").stdout
    assert "session_date,DATE" in described


def test_a_terminal_gets_the_first_rows_and_how_to_have_all(home: Home) -> None:
    said = on_a_terminal(home, "query", "select range as n from range(100000000)")
    assert said.count("│") == 2 * 40
    assert "the first 40 rows; --csv, --json or --output FILE gives all" in said
    assert "UTC" not in said
    assert said.rstrip().splitlines()[-1].startswith("simulated data: ")


def test_a_wide_answer_is_shown_row_by_row_on_a_terminal(home: Home) -> None:
    said = on_a_terminal(home, "query", README)
    assert "row 1\n" in said
    assert "row 11\n" not in said
    assert "stored times are in UTC; --tz ZONE converts them" in said
    assert max(map(len, said.splitlines()[:50])) <= 80


def test_who_reads_no_further_ends_it_quietly(home: Home) -> None:
    with home.start("query", "--csv", "select range from range(100000000)") as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline() == "range\n"
        running.stdout.close()
        assert not running.stderr.read()
    assert running.returncode == 1  # click's code of a reader that is gone


def test_an_interrupt_ends_a_long_question(home: Home) -> None:
    asked = "select count(*) from range(100000000000) a, range(1000) b where a.range % 7 = b.range"
    with home.start("query", asked) as running:
        time.sleep(5)
        running.send_signal(2)
        output, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in output + errors


def test_an_older_duckdb_answers_from_the_marts(
    home: Home, older_duckdb: Callable[[Path, str], list[list[Any]]]
) -> None:
    assert len(older_duckdb(home.warehouse, README)) == 54
