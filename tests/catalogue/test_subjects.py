"""A subject, its tables and its jobs are found by its folder, in a zip too."""

from __future__ import annotations

import itertools
import sys
import zipfile
from pathlib import Path

import pytest

from indextracker_catalogue import AUDITS, SUBJECTS, TABLES, subject_of, tables_of
from indextracker_catalogue.subjects import find_subjects, find_tables
from indextracker_spark.finding import find_jobs
from indextracker_spark.jobs import JOBS

NUMBERS = itertools.count()

TABLE = """
from dataclasses import replace
from indextracker_catalogue import TABLES
{name} = replace(TABLES["gold/index_bars"], layer="{layer}", name="{path}")
"""
SUBJECT = """
from indextracker_catalogue import Days, Subject
SUBJECT = Subject("{name}", "Toys", Days("Asia/Kolkata"), "Asia/Kolkata")
"""


def floor(folder: Path, files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a name of its own that holds the given files."""
    name = f"toy_floor_{next(NUMBERS)}"
    for path, text in {"__init__.py": "", **files}.items():
        place = folder / name / path
        place.parent.mkdir(parents=True, exist_ok=True)
        (place.parent / "__init__.py").touch()
        place.write_text(text)
    monkeypatch.syspath_prepend(folder)
    return name


def test_every_table_is_of_one_subject_or_of_all() -> None:
    logs = {path for path, table in TABLES.items() if subject_of(table) is None}
    assert logs == {"bronze/deliveries", "silver/builds"}
    of_subjects = [table.path for subject in SUBJECTS.values() for table in tables_of(subject)]
    assert sorted([*logs, *of_subjects]) == sorted(TABLES)
    assert all(audit.on in TABLES for audit in AUDITS)


def test_tables_follow_each_other_as_data_does() -> None:
    for subject in SUBJECTS.values():
        layers = [table.layer for table in tables_of(subject)]
        assert layers == sorted(layers, key=["bronze", "silver", "gold"].index)


def test_a_subject_is_found_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "shared/logs.py": "",
        "toys/subject.py": SUBJECT.format(name="toys"),
        "toys/a.py": TABLE.format(name="SOLD", layer="gold", path="toys_sold"),
        "toys/more/b.py": TABLE.format(name="LISTED", layer="bronze", path="toys_listed"),
    }
    name = floor(tmp_path, files, monkeypatch)
    assert [subject.title for subject in find_subjects(name).values()] == ["Toys"]
    assert list(find_tables(name, ["shared", "toys"])["toys"]) == [
        "bronze/toys_listed",
        "gold/toys_sold",
    ]
    assert find_tables(name, ["without_a_folder"]) == {"without_a_folder": {}}


def test_a_subject_is_found_in_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"toy_floor_{next(NUMBERS)}"
    archive = tmp_path / "floor.zip"
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr(f"{name}/__init__.py", "")
        written.writestr(f"{name}/toys/__init__.py", "")
        written.writestr(f"{name}/toys/subject.py", SUBJECT.format(name="toys"))
        written.writestr(
            f"{name}/toys/gold.py", TABLE.format(name="SOLD", layer="gold", path="toys_sold")
        )
    monkeypatch.setattr(sys, "path", [str(archive), *sys.path])
    assert list(find_subjects(name)) == ["toys"]
    assert list(find_tables(name, ["toys"])["toys"]) == ["gold/toys_sold"]


@pytest.mark.parametrize("declaration", ["", SUBJECT.format(name="dolls")])
def test_a_folder_declares_the_subject_of_its_name(
    declaration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = floor(tmp_path, {"toys/subject.py": declaration}, monkeypatch)
    with pytest.raises(ValueError, match=rf"^{name}\.toys .* with the name 'toys'$"):
        find_subjects(name)


def test_a_path_declared_twice_is_told_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = TABLE.format(name="BARS", layer="gold", path="bars")
    name = floor(tmp_path, {"dolls/gold.py": bars, "toys/facts.py": bars}, monkeypatch)
    told = f"^the table gold/bars is declared twice, in {name}.dolls.gold and in {name}.toys.facts"
    with pytest.raises(ValueError, match=told):
        find_tables(name, ["dolls", "toys"])


def test_a_job_declared_twice_is_told_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = 'from indextracker_spark.jobs import JOBS\nJOBS = (JOBS["gold/index_bars"],)\n'
    name = floor(tmp_path, {"dolls/__init__.py": same, "toys/__init__.py": same}, monkeypatch)
    told = f"^the job gold/index_bars is declared twice, in {name}.dolls and in {name}.toys"
    with pytest.raises(ValueError, match=told):
        find_jobs(name, ["dolls", "toys"])
    assert find_jobs(name, ["toys", "without_a_folder"]) == {
        "gold/index_bars": JOBS["gold/index_bars"]
    }
