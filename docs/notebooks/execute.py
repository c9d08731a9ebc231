"""Executes the notebooks beside this file in place: `make notebooks`, with Chromium there.

They read two sessions of the simulated exchange, which are made first where they are not there yet.
Equal sessions give equal notebooks: nothing of the machine or of the moment is stored in them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

FOLDER = Path(__file__).parent
HOME = FOLDER.parents[1] / "data" / "notebooks"
SESSIONS = ("--from", "2024-12-13", "--to", "2024-12-16")
CELL_SECONDS = 300


def main() -> None:
    """Makes the sessions, and writes each notebook with what came out."""
    environment = os.environ | {
        "INDEXTRACKER_SETTINGS": os.devnull,
        "INDEXTRACKER_SOURCE": "simulated",
        "INDEXTRACKER_LAKE": str(HOME / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(HOME / "warehouse.duckdb"),
        "INDEXTRACKER_DAGSTER_HOME": str(HOME / "dagster"),
    }
    command = Path(sys.executable).with_name("indextracker")
    filled = [command, "backfill", "taiwan", *SESSIONS, "--to-layer", "gold"]
    subprocess.run(filled, env=environment, check=True)
    for place in sorted(FOLDER.glob("*.ipynb")):
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
