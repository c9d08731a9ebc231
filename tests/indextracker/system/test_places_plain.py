"""Folders whose names engines stumble over are told by a link; all others as they are."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from indextracker.lake import Lake
from indextracker.lake.restoring import plan, restore
from indextracker.system.places import plain
from indextracker_catalogue import TABLES

CHINESE = "我的 資料 夾#100%?"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in Chinese with blanks and worse; the links go into a home of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    made = tmp_path / CHINESE
    made.mkdir()
    return made


@pytest.mark.parametrize("address", ["/srv/lake", "s3://market/lake", "/srv/a.b_c-d+e=f,g&h"])
def test_what_engines_understand_is_told_as_it_is(address: str) -> None:
    assert plain(address) == address


def test_a_link_leads_to_the_folder_and_is_made_again(folder: Path) -> None:
    link = Path(plain(str(folder)))
    assert str(link).isascii()
    assert " " not in str(link)
    assert link.resolve() == folder
    link.unlink()
    assert plain(str(folder)) == str(link)
    link.unlink()
    link.symlink_to("/somewhere/else")
    assert Path(plain(str(folder))).resolve() == folder
    assert list(link.parent.iterdir()) == [link]
    assert plain(f"{folder}2") != str(link)


def test_a_home_of_such_a_name_is_passed_over(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert Path(plain(str(folder))).parent.parent == tmp_path
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(OSError, match="set TMPDIR to a folder of such a path"):
        plain(str(folder))


def test_a_lake_in_such_a_folder_is_written_read_and_taken_back(folder: Path) -> None:
    lake, table = Lake(str(folder / "lake"), "simulated"), TABLES["silver/etfs"]
    assert not lake.exists(table)
    lake.ensure([table])
    lake.replace(table, lake.rows(table).to_table().select(table.column_names))
    assert (folder / "lake" / table.path / "_delta_log").is_dir()
    assert lake.rows(table, as_of=0).count_rows() == 0
    restore(lake, plan(lake, table, 0))
    with lake.sql([table]) as connection:
        assert connection.execute(f"select count(*) from {table.name}").fetchall() == [(0,)]
    shutil.rmtree(folder / "lake")
    assert not lake.exists(table)
