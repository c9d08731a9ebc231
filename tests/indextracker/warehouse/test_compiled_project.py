"""The compiled dbt project in the user's cache: made once, whole, and forgotten when it is old."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indextracker.warehouse import dbt_runs

FILES = ("manifest.json", "partial_parse.msgpack", "column_lineage.json")


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Where dbt compiled to; dbt itself, which takes ten seconds, stands aside."""
    made: list[Path] = []

    def compile_to(folder: Path) -> None:
        made.append(folder)
        for name in FILES:
            (folder / name).write_text("{}")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(dbt_runs, "_compile", compile_to)
    dbt_runs._compiled.cache_clear()
    yield made
    dbt_runs._compiled.cache_clear()


def test_it_is_made_once(compiled: list[Path], tmp_path: Path) -> None:
    assert not dbt_runs.prepared()
    for _ in range(2):
        dbt_runs.prepare()
    assert len(compiled) == 1
    assert dbt_runs.prepared()
    assert (dbt_runs.manifest(), dbt_runs.origins_of_columns()) == ({}, {})
    [kept] = (tmp_path / "indextracker" / "dbt").iterdir()
    assert sorted(path.name for path in kept.iterdir()) == sorted(FILES)


def test_what_another_process_made_meanwhile_stays(
    compiled: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(folder: Path) -> None:
        with monkeypatch.context() as faster:
            faster.setattr(dbt_runs, "_compile", before)
            dbt_runs.prepare()
        before(folder)

    before = dbt_runs._compile
    monkeypatch.setattr(dbt_runs, "_compile", slowly)
    dbt_runs.prepare()
    assert len(compiled) == 2
    assert dbt_runs.manifest() == {}


def test_what_was_compiled_long_ago_goes(compiled: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "indextracker" / "dbt"
    for name, days in (("old", 31), ("new", 29)):
        (folder / name).mkdir(parents=True)
        then = time.time() - days * 24 * 60 * 60
        os.utime(folder / name, (then, then))
    dbt_runs.prepare()
    assert not (folder / "old").exists()
    assert (folder / "new").exists()


def test_a_cache_that_cannot_be_written_is_said(compiled: list[Path], tmp_path: Path) -> None:
    (tmp_path / "indextracker").write_text("a file")
    with pytest.raises(dbt_runs.DbtError, match=r"cannot be kept in .*: set XDG_CACHE_HOME to a"):
        dbt_runs.prepare()
