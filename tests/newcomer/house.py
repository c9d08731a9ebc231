"""A copy of the sources with a subject more, whose folders are all that was added."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.sources import PROJECT

FLOORS = Path(__file__).with_name("floors")
COPIED = (
    *("catalogue", "spark", "simulator", "indextracker", "indextracker_assets", "indextracker_cli"),
    *("dbt_project", "deployment"),
)
# Where Python looks for the packages of the copy, before those of the project.
ROOTS = ("", "catalogue", "spark", "simulator")
WAIT_SECONDS = 300


@dataclass(frozen=True)
class House:
    """The copy, and what processes of it say."""

    folder: Path

    def asked(self, program: str, **settings: object) -> Any:
        """What a program prints as JSON, whose packages are those of the copy."""
        named = {f"INDEXTRACKER_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(str(self.folder / root) for root in ROOTS),
            "INDEXTRACKER_SETTINGS": os.devnull,
            **named,
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def built(folder: Path, floors: Path = FLOORS) -> House:
    """Copies the sources and adds the folders of a subject; no file of the copy is changed."""
    for part in COPIED:
        shutil.copytree(
            PROJECT / part,
            folder / part,
            ignore=shutil.ignore_patterns("__pycache__", "target", "logs"),
        )
    for file in sorted(floors.rglob("*")):
        place = folder / file.relative_to(floors)
        if file.is_file() and "__pycache__" not in file.parts:
            assert not place.exists(), f"{place} is there already: a subject only adds"
            place.parent.mkdir(exist_ok=True)
            shutil.copy(file, place)
    return House(folder)
