"""`indextracker files`: layouts for people, JSON for programs; confirmed, loaded, and killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import yaml
from support.homes import Home

BARS = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2021-03-{day},10.5,12.5,9.5,11.5,{day}00\n" for day in range(11, 29)
)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    folder = tmp_path / "prices"
    folder.mkdir()
    (folder / "AAA.csv").write_text(BARS)
    (folder / "BBB.csv").write_text(BARS)
    (folder / "page.html").write_text("<!DOCTYPE html>\n<html></html>\n")
    return folder


def test_a_layout_is_written_once_and_the_rest_is_refused(empty: Home, prices: Path) -> None:
    done = empty.run_by_path("files", "detect", str(prices))
    assert done.returncode == 0, done.stderr
    assert "2 files, such as AAA.csv" in done.stdout
    assert "refused: page.html: it is a page of HTML, no table" in done.stdout
    (written,) = (prices / "layouts").iterdir()
    document = yaml.safe_load(written.read_text())
    assert [column["role"] for column in document["columns"]] == [
        *("date", "open", "high", "low", "close", "volume")
    ]
    assert document["files"]["count"] == 2
    again = empty.run_by_path("files", "detect", str(prices))
    assert "1 of them there before" in again.stderr


def test_json_is_an_array_with_an_object_a_line(empty: Home, prices: Path) -> None:
    done = empty.run_by_path("files", "detect", str(prices), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [file["file"] for file in told] == ["AAA.csv", "BBB.csv", "page.html"]
    assert told[0]["check_sums"]["sum_close"] == 18 * 11.5
    assert not (prices / "layouts").exists()


def test_a_folder_without_a_price_file_exits_with_2(empty: Home, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy low.\nSell high.\n")
    assert empty.run_by_path("files", "detect", str(tmp_path)).returncode == 2
    assert json.loads(
        empty.run_by_path("files", "detect", str(tmp_path / "notes.txt"), "--json").stdout
    )


def confirmed(home: Home, prices: Path) -> Path:
    home.run_by_path("files", "detect", str(prices))
    done = home.run_by_path("files", "confirm", str(prices), "--answer", "weekends=yes")
    assert done.returncode == 0, done.stdout + done.stderr
    return prices


def test_a_layout_is_shown_as_it_would_be_read_and_confirmed(empty: Home, prices: Path) -> None:
    empty.run_by_path("files", "detect", str(prices))
    shown = empty.run_by_path("files", "confirm", str(prices), "--yes")
    assert shown.returncode == 2
    assert "open: weekends: weekend rows are fill" in shown.stdout
    assert "2021-03-11 00:00:00 UTC" in shown.stdout
    done = empty.run_by_path("files", "confirm", str(prices), "--answer", "weekends=yes")
    assert done.returncode == 0, done.stderr
    (written,) = (prices / "layouts").iterdir()
    assert yaml.safe_load(written.read_text())["confirmed"] is True
    written.write_text(written.read_text().replace("'%Y-%m-%d'", "'%d/%m/%Y'"))
    unread = empty.run_by_path("files", "confirm", str(prices), "--answer", "weekends=yes")
    assert (unread.returncode, "no row would be read" in unread.stdout) == (2, True)
    wrong = empty.run_by_path("files", "confirm", str(prices), "--answer", "weekends")
    assert "write ABOUT=VALUE" in wrong.stderr


def test_a_folder_is_loaded_and_what_is_odd_is_told(empty: Home, prices: Path) -> None:
    unconfirmed = empty.run_by_path("files", "load", str(prices), "--collection", "mine")
    assert unconfirmed.returncode == 1
    assert "indextracker files confirm" in unconfirmed.stderr
    confirmed(empty, prices)
    (prices / "BBB.csv").write_text(BARS.replace("2021-03-20,10.5", "2021-03-20,-36.98"))
    done = empty.run_by_path("files", "load", str(prices), "--collection", "mine")
    assert done.returncode == 2, done.stderr
    assert "mine: 2 files with 36 prices; 2 files loaded now" in done.stdout
    assert "refused: page.html: " in done.stdout
    assert "look at: 1 negative prices, such as BBB.csv:11" in done.stdout
    (prices / "page.html").unlink()
    again = empty.run_by_path("files", "load", str(prices), "--collection", "mine", "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert (told["loaded"], told["rows"]) == ([], 36)
    wrong = empty.run_by_path("files", "load", str(prices), "--collection", "my prices")
    assert (wrong.returncode, "is no name of a collection" in wrong.stderr) == (1, True)


def test_a_load_killed_at_each_of_its_points_ends_as_if_it_had_not_been(
    empty: Home, prices: Path
) -> None:
    confirmed(empty, prices)
    (prices / "BBB.csv").write_text(BARS.replace("2021-03-20", "Saturday"))
    (prices / "page.html").unlink()
    load = ("files", "load", str(prices), "--collection", "mine", "--no-checks")
    points = ("begun", "converted", "rejects", "prices", "documents")
    for point in points:
        killed = empty.run_by_path(*load, INDEXTRACKER_FAILPOINT=f"files-{point}")
        assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
        # What was killed last had all but ended: the next one begins anew.
        (prices / "AAA.csv").write_text(BARS.replace("2021-03-28", "2021-03-30") + f"{point}\n")
    (prices / "AAA.csv").write_text(BARS)
    done = empty.run_by_path(*load, "--json")
    assert done.returncode == 0, done.stderr
    asked = "select file, count(*), sum(close) from silver.file_prices group by 1 order by 1"
    rows = empty.run_by_path("query", "--lake", "--json", asked)
    assert [[*row.values()] for row in json.loads(rows.stdout)] == [
        ["AAA.csv", 18, 207.0],
        ["BBB.csv", 17, 195.5],
    ]
    asked = "select file, line from silver.file_rejects"
    rows = empty.run_by_path("query", "--lake", "--json", asked)
    assert json.loads(rows.stdout) == [{"file": "BBB.csv", "line": 11}]
