"""The command of an installed wheel, with the sources out of reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import duckdb
import hatchling.build
import pytest
from support.sources import PROJECT

# Run when an interpreter starts: whatever is opened of the sources is refused, but their .venv,
# which has the libraries.
GUARD = f"""
import sys
def refuse(event, arguments):
    path = str(arguments[0]) if event in ("open", "os.listdir", "os.scandir") else ""
    if path.startswith("{PROJECT}/") and not path.startswith("{sys.prefix}/"):
        raise PermissionError(f"the sources are out of reach: {{path}}")
sys.addaudithook(refuse)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A virtual environment with the wheel, and the libraries of this one behind it."""
    monkeypatch.chdir(PROJECT)
    wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    made = tmp_path / "venv"
    venv.create(made, symlinks=True)
    uv = Path(sys.executable).with_name("uv")
    into = ("--python", made / "bin" / "python", "--no-deps", "--offline")
    subprocess.run([uv, "pip", "install", "--quiet", *into, wheel], check=True, timeout=60)
    [packages] = made.glob("lib/*/site-packages")
    (packages / "guard.py").write_text(GUARD, encoding="utf-8")
    # As a path alone: the .pth of the editable install in there is not followed.
    behind = f"import guard\n{sysconfig.get_path('purelib')}\n"
    (packages / "behind.pth").write_text(behind, encoding="utf-8")
    return made


def test_a_wheel_runs_without_the_sources(installed: Path, tmp_path: Path) -> None:
    """To the marts: dbt's project, the deployment's files and the simulator came with it."""
    [package] = installed.glob("lib/*/site-packages/indextracker")
    before = {path for path in package.rglob("*") if "__pycache__" not in path.parts}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [
            *(installed / "bin" / "indextracker", "backfill", "taiwan", "--json"),
            *("--from", "2024-12-13", "--to", "2024-12-13", "--feeds", "twse_index"),
        ],
        cwd=elsewhere,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "INDEXTRACKER_SETTINGS": os.devnull},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tables"]["gold/index_bars"] > 0
    warehouse = elsewhere / "data" / "simulated" / "warehouse.duckdb"
    with duckdb.connect(warehouse, read_only=True) as connection:
        assert connection.sql("select count(*) from marts.index_history").fetchall() != [(0,)]
    assert {path.name for path in elsewhere.iterdir()} == {"data"}
    assert {path for path in package.rglob("*") if "__pycache__" not in path.parts} == before
