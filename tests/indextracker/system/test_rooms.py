"""Places that cannot be written or have too little room are found, and called by their names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from indextracker.settings import Settings
from indextracker.system import rooms


class Usage(NamedTuple):
    """What the system says of a disk."""

    total: int
    used: int
    free: int


def settings_below(folder: Path) -> Settings:
    return Settings(
        lake=str(folder / "lake"),
        warehouse=str(folder / "warehouse" / "w.duckdb"),
        dagster_home=str(folder / "dagster"),
    )


@pytest.mark.parametrize(
    ("file", "setting"),
    [("lake", "LAKE"), ("dagster", "DAGSTER_HOME"), ("warehouse", "WAREHOUSE")],
)
def test_a_file_in_place_of_a_folder_is_named(tmp_path: Path, file: str, setting: str) -> None:
    (tmp_path / file).touch()
    said = rooms.obstacles(settings_below(tmp_path))
    assert said
    assert str(tmp_path / file) in said[0]
    assert f"set INDEXTRACKER_{setting} to a place of yours" in said[0]


def test_a_folder_in_place_of_the_warehouse_is_named(tmp_path: Path) -> None:
    (tmp_path / "warehouse" / "w.duckdb").mkdir(parents=True)
    [said] = rooms.obstacles(settings_below(tmp_path))
    assert f"{tmp_path}/warehouse/w.duckdb (it is a folder" in said


def test_a_disk_with_too_little_room_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_below(tmp_path)
    assert rooms.obstacles(settings) == []
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 10**10, 23_000_000))
    [said] = rooms.obstacles(settings)
    assert said.startswith(f"23 MB free below {tmp_path}, 1.0 GB are needed: make room")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "said",
    [
        "[Errno 28] No space left on device",
        "Generic LocalFileSystem error: ... No space left on device (os error 28)",
        "(sqlite3.OperationalError) database or disk is full",
    ],
)
def test_a_run_that_filled_the_disk_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    settings = settings_below(tmp_path)
    # There is room again, or it is another disk.
    sentence = str(rooms.full(settings, said))
    assert sentence.startswith(f"a disk was full, {said}: make room there (")
    assert sentence.endswith(f"free below {tmp_path}), and run the same command again")
    assert rooms.full(settings, "the line is full of blanks") is None
    # Whatever it says, where nothing is left.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**10, 10**10, 20_000))
    assert str(rooms.full(settings, "disk I/O error")).startswith("the disk is full: 0 MB free")
