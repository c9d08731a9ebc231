"""A copy of the sources with a subject more, whose folders are all that was added."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from support.sources import PROJECT

from indextracker.settings import cache

FLOORS = Path(__file__).with_name("floors")
COPIED = (
    *("catalogue", "spark", "simulator", "indextracker", "indextracker_assets", "indextracker_cli"),
    *("dbt_project", "deployment"),
)
# What `make docs` writes, for which it has the dbt project compiled.
GENERATE = """
from indextracker.warehouse import dbt_sources
from indextracker_cli import dictionary
dbt_sources.main([])
dictionary.main([])
"""
# Where Python looks for the packages of the copy, before those of the project.
ROOTS = ("", "catalogue", "spark", "simulator")
WAIT_SECONDS = 300


@dataclass(frozen=True)
class House:
    """The copy, and what processes of it say."""

    folder: Path

    @property
    def roots(self) -> list[str]:
        """The folders in which its packages lie."""
        return [str(self.folder / root) for root in ROOTS]

    def generate(self) -> None:
        """Renews what follows from the declarations: dbt's sources, the data dictionary."""
        self.run("-c", GENERATE)

    def run(
        self, *program: str, environment: Mapping[str, str] | None = None, **settings: object
    ) -> str:
        """What a program prints, a file or a module, whose packages are those of the copy."""
        named = {f"INDEXTRACKER_{name.upper()}": str(value) for name, value in settings.items()}
        variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(self.roots),
            # Where the commands of the house keep its compiled dbt project too.
            "XDG_CACHE_HOME": str(cache().parent),
            "INDEXTRACKER_SETTINGS": os.devnull,
            **named,
            **(environment or {}),
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *program],
            cwd=self.folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def built(folder: Path, floors: Path = FLOORS) -> House:
    """Copies the sources and adds the folders of a subject; no file of the copy is changed."""
    for part in COPIED:
        shutil.copytree(
            PROJECT / part,
            folder / part,
            ignore=shutil.ignore_patterns("__pycache__", "target", "logs"),
        )
    for file in added(floors):
        place = folder / file
        assert not place.exists(), f"{place} is there already: a subject only adds"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(floors / file, place)
    install(folder)
    return House(folder)


def install(folder: Path) -> None:
    """Notes beside the copy that it is an installation of its own, as an editable install does."""
    here = distribution("indextracker")
    noted = folder / f"indextracker-{here.version}.dist-info"
    noted.mkdir()
    (noted / "METADATA").write_text(here.read_text("METADATA") or "")
    written = {"url": folder.as_uri(), "dir_info": {"editable": True}}
    (noted / "direct_url.json").write_text(json.dumps(written))


def added(floors: Path = FLOORS) -> list[Path]:
    """The files of a subject, by their place in the sources."""
    files = (file for file in sorted(floors.rglob("*")) if file.is_file())
    return [file.relative_to(floors) for file in files if "__pycache__" not in file.parts]
