"""Executes the notebooks here and in `analytics` in place: `make notebooks`, with Chromium.

Each of both folders has a lake of the simulated exchange, which is made first where it is not there
yet: the notebooks here read two sessions of Taiwan's documents, those of analytics five, of which
the tables of the subject `analytics` are made too. Five are too few for what is estimated from
months, which the notebooks show, and making them takes some minutes.
Equal sessions give equal notebooks: nothing of the machine or of the moment is stored in them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

FOLDER = Path(__file__).parent
HOME = FOLDER.parents[1] / "data" / "notebooks"
CELL_SECONDS = 300


def main() -> None:
    """Makes the sessions, and writes each notebook with what came out."""
    make(FOLDER, HOME, ("taiwan",), "2024-12-13", "2024-12-16")
    make(
        FOLDER / "analytics",
        HOME / "analytics",
        ("taiwan", "india", "news", "analytics"),
        "2024-12-02",
        "2024-12-06",
    )


def make(folder: Path, home: Path, subjects: Sequence[str], first: str, last: str) -> None:
    """Fills a lake to gold, and executes the notebooks of a folder on it.

    Args:
        folder: Of the notebooks.
        home: Where the lake is, or is made.
        subjects: What is filled, in this order.
        first: First session.
        last: Last session.

    Raises:
        subprocess.CalledProcessError: A session could not be made.
        nbclient.exceptions.CellExecutionError: A cell fails.
    """
    environment = os.environ | {
        "INDEXTRACKER_SETTINGS": os.devnull,
        "INDEXTRACKER_SOURCE": "simulated",
        "INDEXTRACKER_LAKE": str(home / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
        "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster"),
    }
    command = Path(sys.executable).with_name("indextracker")
    sessions = ("--from", first, "--to", last, "--to-layer", "gold")
    for subject in subjects:
        subprocess.run([command, "backfill", subject, *sessions], env=environment, check=True)
    for place in sorted(folder.glob("*.ipynb")):
        nbformat.write(executed(place, environment), place)


def executed(place: Path, environment: Mapping[str, str]) -> NotebookNode:
    """A notebook with the outputs of its cells.

    Args:
        place: Its file.
        environment: Of its kernel: it names the lake.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell fails.
    """
    notebook = nbformat.read(place, as_version=4)
    metadata = notebook.metadata.copy()
    # Its cells are sent through files of the user, and not through open ports.
    files = Config({"ConnectionFileMixin": {"transport": "ipc"}})
    client = NotebookClient(notebook, config=files, timeout=CELL_SECONDS, record_timing=False)
    client.execute(env=dict(environment))
    notebook.metadata = metadata
    return notebook


if __name__ == "__main__":
    main()
