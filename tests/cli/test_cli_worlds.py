"""The world of a result is named, and where the other world has newer data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indextracker.settings import Settings
from indextracker_cli.worlds import newer_elsewhere, tell_world


def lake(home: Path, world: str, seconds: int) -> None:
    """A lake whose publishers answered last at that second."""
    log = home / world / "lake" / "bronze" / "deliveries" / "_delta_log"
    log.mkdir(parents=True)
    os.utime(log, (seconds, seconds))


def of(home: Path, source: str, world: str) -> Settings:
    return Settings(source=source, lake=str(home / world / "lake"))


def test_an_answer_names_its_world_and_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_world(of(tmp_path, "simulated", "simulated"), "/srv/warehouse.duckdb")
    tell_world(of(tmp_path, "live", "real"), "/srv/lake")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "simulated data: /srv/warehouse.duckdb\nreal data: /srv/lake\n"


def test_the_other_worlds_data_is_told_where_it_is_newer(tmp_path: Path) -> None:
    lake(tmp_path, "simulated", 1000)
    assert newer_elsewhere(of(tmp_path, "simulated", "simulated")) is None
    lake(tmp_path, "real", 2000)
    hint = newer_elsewhere(of(tmp_path, "simulated", "simulated"))
    assert hint
    assert hint.startswith(f"newer real data is in {tmp_path}/real/lake")
    assert newer_elsewhere(of(tmp_path, "live", "real")) is None


def test_lakes_of_other_names_are_not_compared(tmp_path: Path) -> None:
    lake(tmp_path, "real", 2000)
    assert newer_elsewhere(Settings(source="simulated", lake=str(tmp_path / "mine"))) is None
    assert newer_elsewhere(Settings(source="simulated", lake="s3://market/simulated/lake")) is None
