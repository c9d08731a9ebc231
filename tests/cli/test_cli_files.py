"""`indextracker files detect`: layouts for people, JSON for programs."""

from __future__ import annotations

import json
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
    assert "refused: page.html: it is a page or a structured document, no table" in done.stdout
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
