"""An installed wheel with what it requires, and nothing else: it reads a lake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

import hatchling.build
import pytest
from packaging.requirements import Requirement
from support.good_rows import put, rows
from support.sources import PROJECT

from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t

PROGRAM = """
import importlib.util, json, sys
from indextracker import Lakehouse
found = Lakehouse(sys.argv[1]).bars("TX", "M", minutes=10)
heavy = ("pyspark", "pysail", "dagster", "dbt", "boto3", "plotly", "requests", "hypothesis")
print(json.dumps({
    "polars": found.polars()["close"].to_list(),
    "pandas": found.pandas()["close"].tolist(),
    "installed": [name for name in heavy if importlib.util.find_spec(name)],
}))
"""


def required(names: list[str]) -> dict[str, Distribution]:
    """The distributions that some need, with all that these need in turn."""
    found: dict[str, Distribution] = {}
    asked = [Requirement(name) for name in names]
    while asked:
        one = asked.pop()
        extras = {"", *one.extras}
        key = one.name.lower().replace("_", "-")
        if key in found and not one.extras:
            continue
        found[key] = distribution(one.name)
        for line in found[key].requires or ():
            needed = Requirement(line)
            marker = needed.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                asked.append(needed)
    return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel and its requirements alone, which are those of this one."""
    folder = tmp_path_factory.mktemp("installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        wheel = folder / hatchling.build.build_wheel(str(folder))
    made = folder / "venv"
    venv.create(made, symlinks=True)
    [packages] = made.glob("lib/*/site-packages")
    needs = [line for line in distribution("indextracker").requires or () if "extra ==" not in line]
    for one in required(needs).values():
        for file in one.files or ():
            top = file.parts[0]
            link = packages / top
            if top not in ("..", "__pycache__") and not link.exists():
                link.symlink_to(Path(str(one.locate_file(top))))
    uv = Path(sys.executable).with_name("uv")
    into = ("--python", made / "bin" / "python", "--no-deps", "--offline")
    subprocess.run([uv, "pip", "install", "--quiet", *into, wheel], check=True, timeout=60)
    return made


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lake") / "lake"
    made = Lake(str(place), "simulated")
    for table in (t.PRODUCTS, t.CONTRACTS, t.FUTURES_BARS):
        put(made, table, rows(table, {"instrument": "Futures", "expire_code": "M"}))
    return place


def run(
    program: list[str | Path], home: Path, lake: Path | str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        program,
        cwd=home,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "INDEXTRACKER_SETTINGS": os.devnull,
            "INDEXTRACKER_LAKE": str(lake),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_wheel_alone_reads_a_lake(installed: Path, lake: Path, tmp_path: Path) -> None:
    """The bar of five minutes of the fixture is one of ten too."""
    done = run([installed / "bin" / "python", "-c", PROGRAM, str(lake)], tmp_path, lake)
    assert done.returncode == 0, done.stderr
    [package] = installed.glob("lib/*/site-packages/indextracker")
    assert (package / "py.typed").exists()
    expected = {"polars": [3.0], "pandas": [3.0], "installed": []}
    assert json.loads(done.stdout) == expected


def test_its_command_exports_and_says_what_it_is_without(
    installed: Path, lake: Path, tmp_path: Path
) -> None:
    command = installed / "bin" / "indextracker"
    words = ["export", "bars", "TX", "M", "--minutes", "5", "--output", "tx.csv"]
    done = run([command, *words], tmp_path, lake)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tx.csv").read_text(encoding="utf-8").count("\n") == 2
    asked = "select count(*) as bars from gold.futures_bars"
    done = run([command, "query", "--lake", "--csv", asked], tmp_path, lake)
    assert (done.returncode, done.stdout) == (0, "bars\n1\n"), done.stderr
    listed = run([command, "tables", "gold/futures_bars", "--json"], tmp_path, lake)
    assert (listed.returncode, "futures_bars" in listed.stdout) == (0, True), listed.stderr
    away = run(
        [command, "export", "bars", "TX", "--output", "s3.csv"], tmp_path, "s3://markets/lake"
    )
    assert away.returncode == 1
    assert "pip install 'indextracker[aws]'" in away.stderr
    for other, extra in ((["backfill", "taiwan"], "pipeline"), (["chart", "TX"], "dashboard")):
        done = run([command, *other], tmp_path, lake)
        assert done.returncode == 1
        assert f"pip install 'indextracker[{extra}]'" in done.stderr
